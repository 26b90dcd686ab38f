use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;
use zeroize::Zeroizing;

use super::{AES, KeyProvider, RootId, Wrapped, key_of_base64, open, patiently, seal, told, unexplained};
use crate::clock::{Clock, SystemClock};
use crate::keyring::Error;
use crate::wire::Credentials;
use crate::wire::sigv4::{self, Request};
use crate::wire::{Encryption, Http, Wire, host_of};

/// Which key of AWS KMS, and where it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KmsSettings {
    /// Its ARN, its id, or an alias: `alias/pii`.
    pub key: String,
    /// The region; it is in an ARN, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Another endpoint than Amazon's for the region: one of a VPC, one of FIPS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
}

/// A root key in AWS KMS, for an envelope: each secret is sealed here by a data key of its own (`GenerateDataKey`), which
/// is wrapped there (`Decrypt`). KMS sees the data key, and never the secret.
///
/// The encryption context is `{"pii": label}`: it stands in CloudTrail, and a key policy can ask for it.
pub struct Kms {
    settings: KmsSettings,
    region: String,
    endpoint: Url,
    credentials: Credentials,
    encryption: Encryption,
    http: Http,
}

impl Kms {
    /// Checks the settings. Nothing is asked of KMS yet.
    ///
    /// # Errors
    /// [`Error::NoCredentials`], [`Error::Setting`]; [`Error::Unreachable`] if the endpoint is plain and far.
    pub fn new(settings: &KmsSettings, credentials: Option<Credentials>, wire: &Wire) -> Result<Self, Error> {
        let wrong = |reason: &str| Error::Setting { setting: "kms", reason: reason.to_owned() };
        if settings.key.is_empty() || settings.key.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(wrong("`key` is an ARN, an id or an alias"));
        }
        let region = settings.region.as_deref().or_else(|| region_of(&settings.key));
        let region = region.ok_or_else(|| wrong("`region` is needed, for `key` is no ARN"))?.to_owned();
        if region.is_empty() || !region.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            return Err(wrong("`region` is a name such as `eu-central-1`"));
        }
        let china = if region.starts_with("cn-") { ".cn" } else { "" };
        let usual = format!("https://kms.{region}.amazonaws.com{china}/");
        let endpoint = Url::parse(settings.endpoint.as_deref().unwrap_or(&usual)).ok();
        let nobody = |url: &Url| url.username().is_empty() && url.password().is_none();
        let plain = |url: &Url| url.path() == "/" && url.query().is_none() && nobody(url);
        let endpoint = endpoint.filter(plain).ok_or_else(|| wrong("`endpoint` is a URL such as `https://host`"))?;
        let credentials = credentials.ok_or(Error::NoCredentials { provider: NAME })?;
        let unreachable = |source| Error::Unreachable { provider: NAME, source };
        let encryption = wire.admit(&endpoint).map_err(unreachable)?;
        let http = Http::new(wire).map_err(unreachable)?;
        Ok(Self { settings: settings.clone(), region, endpoint, credentials, encryption, http })
    }

    fn ask(&self, operation: &str, question: &Value) -> Result<Answer, Error> {
        let body = question.to_string().into_bytes();
        let target = format!("TrentService.{operation}");
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
        let host = host_of(&self.endpoint);
        let payload = sigv4::sha256(&body);
        let request = Request {
            method: "POST",
            host: &host,
            path: "/",
            query: "",
            region: &self.region,
            service: "kms",
            headers: &headers,
            payload: &payload,
        };
        let answer = patiently(|| {
            let signed = sigv4::sign(&request, &self.credentials, SystemClock.now());
            let mut all = headers.to_vec();
            all.extend(signed.iter().map(|(name, value)| (*name, value.as_str())));
            self.http.post(&self.endpoint, &all, body.clone())
        });
        let answer = answer.map_err(|source| Error::Unreachable { provider: NAME, source })?;
        if answer.status == 200 {
            return serde_json::from_slice(&answer.body).map_err(|_| Error::Answer { provider: NAME });
        }
        let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
        // `com.amazonaws.kms#AccessDeniedException`, from some endpoints.
        match refusal.kind.rsplit('#').next().unwrap_or_default() {
            "InvalidCiphertextException" => Err(Error::Unsealable),
            "IncorrectKeyException" => Err(Error::Refused { provider: NAME, reason: INCORRECT.to_owned() }),
            "" => Err(Error::Refused { provider: NAME, reason: unexplained(answer.status) }),
            kind => Err(Error::Refused { provider: NAME, reason: told(&format!("{kind} {}", refusal.message)) }),
        }
    }
}

impl KeyProvider for Kms {
    fn id(&self) -> Result<RootId, Error> {
        Ok(RootId::kms(&self.settings.key))
    }

    fn wrap(&self, label: &str, secret: &[u8]) -> Result<Wrapped, Error> {
        let question = json!({
            "KeyId": self.settings.key, "KeySpec": "AES_256", "EncryptionContext": { "pii": label },
        });
        let answer = self.ask("GenerateDataKey", &question)?;
        let blob = answer.blob.ok_or(Error::Answer { provider: NAME })?;
        let wrapped = seal(&*answer.key.data_key()?, label, RootId::kms(&answer.id), secret)?;
        Ok(Wrapped { data_key: Some(blob), ..wrapped })
    }

    fn unwrap(&self, label: &str, wrapped: &Wrapped) -> Result<Zeroizing<Vec<u8>>, Error> {
        let wrong = || Error::WrongKey { expected: wrapped.root.clone(), found: RootId::kms(&self.settings.key) };
        let expected = wrapped.root.kms_key().ok_or_else(wrong)?;
        if are_other_keys(expected, &self.settings.key) {
            return Err(wrong());
        }
        if wrapped.alg != AES {
            return Err(Error::Newer);
        }
        let blob = wrapped.data_key.as_deref().filter(|blob| STANDARD.decode(blob).is_ok());
        let question = json!({
            "KeyId": self.settings.key, "CiphertextBlob": blob.ok_or(Error::Unsealable)?,
            "EncryptionContext": { "pii": label },
        });
        match self.ask("Decrypt", &question) {
            Ok(answer) => open(&*answer.key.data_key()?, label, wrapped),
            Err(Error::Refused { reason, .. }) if reason == INCORRECT => Err(wrong()),
            Err(error) => Err(error),
        }
    }

    fn encryption(&self) -> Option<&Encryption> {
        Some(&self.encryption)
    }
}

impl fmt::Debug for Kms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kms").field("key", &self.settings.key).field("region", &self.region).finish_non_exhaustive()
    }
}

/// What both operations answer.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "KeyId")]
    id: String,
    #[serde(rename = "Plaintext")]
    key: Plaintext,
    #[serde(rename = "CiphertextBlob")]
    blob: Option<String>,
}

/// A data key in base64; wiped when it is dropped.
#[derive(Deserialize)]
#[serde(from = "String")]
struct Plaintext(Zeroizing<String>);

impl From<String> for Plaintext {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl Plaintext {
    fn data_key(&self) -> Result<Zeroizing<[u8; 32]>, Error> {
        key_of_base64(&self.0).ok_or(Error::Answer { provider: NAME })
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    #[serde(rename = "__type")]
    kind: String,
    #[serde(alias = "Message")]
    message: String,
}

/// `arn:aws:kms:REGION:ACCOUNT:key/ID`
fn region_of(key: &str) -> Option<&str> {
    key.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(2))
}

/// Two names that cannot be of one key. An alias may be of any; a multi-region key has one id in all its regions.
fn are_other_keys(one: &str, two: &str) -> bool {
    let id = |name: &str| {
        let last = name.rsplit([':', '/']).next().unwrap_or_default().to_owned();
        (!name.contains("alias/")).then_some(last)
    };
    id(one).zip(id(two)).is_some_and(|(one, two)| one != two)
}

const NAME: &str = "AWS KMS";
const INCORRECT: &str = "IncorrectKeyException";

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    #[test]
    fn an_arn_tells_its_region_and_which_key_it_is() {
        assert_eq!(region_of(ARN), Some("eu-central-1"));
        assert_eq!(region_of("alias/pii"), None);
        assert!(!are_other_keys(ARN, "1234abcd-12ab-34cd-56ef-1234567890ab"));
        assert!(!are_other_keys(ARN, "alias/pii"), "KMS knows what it is an alias of");
        assert!(!are_other_keys("arn:aws:kms:eu-west-1:1:key/mrk-1", "arn:aws:kms:eu-central-1:1:key/mrk-1"));
        assert!(are_other_keys(ARN, &ARN.replace("1234abcd", "4321dcba")));
    }

    #[test]
    fn settings_that_lead_nowhere_are_refused_before_anything_is_asked() {
        let settings = |key: &str, region: Option<&str>, endpoint: Option<&str>| KmsSettings {
            key: key.to_owned(),
            region: region.map(str::to_owned),
            endpoint: endpoint.map(str::to_owned),
        };
        let credentials = || {
            Some(Credentials {
                access_key_id: "AKIDEXAMPLE".to_owned(),
                secret_access_key: "hush".to_owned().into(),
                session_token: None,
            })
        };
        let made = |settings: KmsSettings| Kms::new(&settings, credentials(), &Wire::default());
        let shown = format!("{:?}", made(settings(ARN, None, None)).unwrap());
        assert!(shown.contains(ARN) && !shown.contains("hush"), "{shown}");
        for (wrong, word) in [
            (settings("", Some("eu-central-1"), None), "`key`"),
            (settings("alias/pii", None, None), "`region` is needed"),
            (settings("alias/pii", Some("evil.example/"), None), "`region`"),
            (settings(ARN, None, Some("kms.example")), "`endpoint`"),
            (settings(ARN, None, Some("https://anna:secret@kms.example")), "`endpoint`"),
            (settings(ARN, None, Some("https://:secret@kms.example")), "`endpoint`"),
        ] {
            let error = made(wrong).unwrap_err().to_string();
            assert!(error.contains(word) && !error.contains("secret"), "{error}");
        }
        let plain = made(settings(ARN, None, Some("http://kms.example"))).unwrap_err();
        assert!(matches!(plain, Error::Unreachable { source: crate::wire::Error::PlainText { .. }, .. }));
        let nobody = Kms::new(&settings(ARN, None, None), None, &Wire::default()).unwrap_err();
        assert!(matches!(nobody, Error::NoCredentials { provider: "AWS KMS" }));
    }
}
