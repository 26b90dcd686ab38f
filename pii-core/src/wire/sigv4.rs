use jiff::Timestamp;
use ring::{digest, hmac};
use zeroize::Zeroizing;

use super::Credentials;

/// What is asked of a service of Amazon's.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    /// As it stands in the request, escaped.
    pub(crate) path: &'a str,
    /// As it stands in the request, escaped, its names in order; empty if there is none.
    pub(crate) query: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    /// Besides `host`, `x-amz-date` and `x-amz-security-token`; names in small letters.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// SHA-256 of the body, in hexadecimal.
    pub(crate) payload: &'a str,
}

/// Signs it (AWS Signature Version 4): `x-amz-date`, `x-amz-security-token` if there is one, and `authorization`.
pub(crate) fn sign(request: &Request<'_>, credentials: &Credentials, now: Timestamp) -> Vec<(&'static str, String)> {
    let time = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let date = now.strftime("%Y%m%d").to_string();
    let mut made = vec![("x-amz-date", time.clone())];
    made.extend(credentials.session_token.iter().map(|token| ("x-amz-security-token", token.to_string())));

    let mut headers: Vec<(&str, &str)> = vec![("host", request.host)];
    headers.extend(request.headers);
    headers.extend(made.iter().map(|(name, value)| (*name, value.as_str())));
    headers.sort_unstable();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let mut canonical = Zeroizing::new(format!("{}\n{}\n{}\n", request.method, request.path, request.query));
    for (name, value) in &headers {
        // Spaces count once.
        let value = value.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        canonical.push_str(&format!("{name}:{value}\n"));
    }
    canonical.push_str(&format!("\n{names}\n{}", request.payload));

    let scope = format!("{date}/{}/{}/aws4_request", request.region, request.service);
    let text = format!("{ALGORITHM}\n{time}\n{scope}\n{}", sha256(canonical.as_bytes()));
    let first = Zeroizing::new(format!("AWS4{}", *credentials.secret_access_key));
    let mut key = hmac::Key::new(hmac::HMAC_SHA256, first.as_bytes());
    for part in [date.as_str(), request.region, request.service, "aws4_request"] {
        key = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref());
    }
    let signature = hex(hmac::sign(&key, text.as_bytes()).as_ref());
    let id = &credentials.access_key_id;
    made.push((
        "authorization",
        format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}"),
    ));
    made
}

/// In hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that Amazon publishes its test vectors with.
    fn signed(headers: &[(&str, &str)], body: &[u8], token: Option<&str>) -> String {
        let credentials = Credentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned().into(),
            session_token: token.map(|token| token.to_owned().into()),
        };
        let host = "example.amazonaws.com";
        let (region, service, payload) = ("us-east-1", "service", sha256(body));
        let payload = payload.as_str();
        let request = Request { method: "POST", host, path: "/", query: "", region, service, headers, payload };
        let made = sign(&request, &credentials, "2015-08-30T12:36:00Z".parse().unwrap());
        assert_eq!(made[0], ("x-amz-date", "20150830T123600Z".to_owned()));
        made.last().unwrap().1.clone()
    }

    #[test]
    fn signatures_are_those_that_amazon_publishes() {
        // post-vanilla
        assert_eq!(
            signed(&[], b"", None),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        );
        // post-x-www-form-urlencoded
        assert_eq!(
            signed(&[("content-type", "application/x-www-form-urlencoded")], b"Param1=value1", None),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, \
             Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        );
        // post-sts-header-before
        let token = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
        assert!(
            signed(&[], b"", Some(token))
                .ends_with("Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead")
        );
    }
}
