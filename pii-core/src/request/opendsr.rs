//! OpenDSR 2.0 (formerly OpenGDPR), as files: requests of other systems come in, and how far they are goes out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use webpki::EndEntityCert;
use webpki::ring::{ECDSA_P256_SHA256, RSA_PKCS1_2048_8192_SHA256};

use super::{Claim, Deadline, Deed, Error, Request, State};
use crate::vocab::Personal;

/// A request, as OpenDSR writes it. What this program does not go by is passed over.
#[derive(Debug, Deserialize)]
pub struct OpenDsr {
    subject_request_id: String,
    subject_request_type: String,
    submitted_time: Timestamp,
    subject_identities: Vec<DsrIdentity>,
    #[serde(default)]
    regulation: Option<String>,
    #[serde(default)]
    api_version: Option<String>,
    #[serde(default)]
    status_callback_urls: Vec<String>,
}

/// Something that names the person.
#[derive(Debug, Deserialize)]
pub struct DsrIdentity {
    /// Of which sort: `email`, `controller_customer_id`.
    pub identity_type: String,
    #[serde(deserialize_with = "personal")]
    identity_value: Personal<String>,
    identity_format: String,
}

/// How far a request is, as OpenDSR writes it.
#[derive(Debug, Serialize)]
pub struct DsrStatus {
    controller_id: String,
    subject_request_id: String,
    request_status: &'static str,
    expected_completion_time: Timestamp,
    api_version: &'static str,
    extensions: Value,
}

impl OpenDsr {
    /// Reads one.
    ///
    /// # Errors
    /// [`Error::OpenDsr`] for what is none, is of another version or regulation, or asks for what the standard does not
    /// know; no message repeats a value.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        // The reader's own words may repeat what stands there.
        let dsr: Self = serde_json::from_slice(json).map_err(|error| {
            Error::OpenDsr(format!("it cannot be read at line {}, column {}", error.line(), error.column()))
        })?;
        if dsr.api_version.as_deref().is_some_and(|version| !VERSIONS.contains(&version)) {
            return Err(Error::OpenDsr(format!("its version is none of {}", VERSIONS.join(", "))));
        }
        if dsr.regulation.as_deref().is_some_and(|regulation| !regulation.eq_ignore_ascii_case("gdpr")) {
            return Err(Error::OpenDsr("it is made under another regulation than the GDPR".to_owned()));
        }
        if dsr.subject_request_id.trim().is_empty() || dsr.subject_request_id.len() > LONGEST {
            return Err(Error::OpenDsr("its `subject_request_id` is empty or too long".to_owned()));
        }
        dsr.claim()?;
        Ok(dsr)
    }

    /// What is asked.
    ///
    /// # Errors
    /// [`Error::OpenDsr`].
    pub fn claim(&self) -> Result<Claim, Error> {
        match self.subject_request_type.as_str() {
            "access" => Ok(Claim::Access),
            "erasure" => Ok(Claim::Erasure),
            "portability" => Ok(Claim::Portability),
            _ => Err(Error::OpenDsr("OpenDSR knows access, erasure and portability".to_owned())),
        }
    }

    /// The name that the other system has for it.
    pub fn reference(&self) -> &str {
        &self.subject_request_id
    }

    /// When it was submitted.
    pub fn submitted(&self) -> Timestamp {
        self.submitted_time
    }

    /// Whether the other system wants to be called back. That is not done.
    pub fn wants_callbacks(&self) -> bool {
        !self.status_callback_urls.is_empty()
    }

    /// What names the person, by type.
    ///
    /// # Errors
    /// [`Error::OpenDsr`] for a hash: it was made without a key of ours, so nobody is found by it.
    pub fn identities(&self) -> Result<Vec<(&str, &Personal<String>)>, Error> {
        let mut raw = Vec::with_capacity(self.subject_identities.len());
        for identity in &self.subject_identities {
            if identity.identity_format != "raw" {
                let why = "an identity is hashed; nobody is found by a hash without a key: have it sent as `raw`";
                return Err(Error::OpenDsr(why.to_owned()));
            }
            raw.push((identity.identity_type.as_str(), &identity.identity_value));
        }
        Ok(raw)
    }
}

impl DsrStatus {
    /// What there is to say of a request. OpenDSR has four states and knows neither refusal, nor hold, nor extension: ours
    /// stands in the extensions.
    pub fn of(request: &Request, deadline: &Deadline, controller: &str) -> Self {
        let ground = request.steps.iter().rev().find_map(|step| match &step.deed {
            Deed::Refuse { ground } => Some(json!({ "ground": ground.name(), "article": ground.article() })),
            Deed::Hold { until } => Some(json!({ "held_until": until.map(|until| until.to_string()) })),
            _ => None,
        });
        let right = request.claim.right();
        Self {
            controller_id: controller.to_owned(),
            subject_request_id: request.reference.clone().unwrap_or_else(|| request.id.to_string()),
            request_status: status(request.state),
            expected_completion_time: deadline.ends,
            api_version: "2.0",
            extensions: json!({
                "pii": {
                    "id": request.id.to_string(), "right": right.name(), "state": request.state.of(right),
                    "received": request.received.to_string(), "due": deadline.due.to_string(),
                    "due_by_law": deadline.by_law.to_string(), "extended_by_months": request.course.extended.map(|by| by.months()),
                    "because": ground,
                },
            }),
        }
    }
}

/// Checks the signature of a body (`X-OpenDSR-Signature`): base64, RSA PKCS #1 v1.5 or ECDSA P-256 (in ASN.1), with
/// SHA-256 (FIPS 186-4), by the key of an X.509 certificate in PEM. Whose certificate it is, whoever hands it in knows: its
/// chain and its days are not looked at.
///
/// # Errors
/// [`Error::Signature`].
pub fn check_signature(body: &[u8], signature: &[u8], certificate: &[u8]) -> Result<(), Error> {
    let text: Vec<u8> = signature.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let signature = STANDARD.decode(text).map_err(|_| Error::Signature("the signature is not base64"))?;
    let pem = CertificateDer::from_pem_slice(certificate);
    let pem = pem.map_err(|_| Error::Signature("the certificate is not one in PEM"))?;
    let certificate = EndEntityCert::try_from(&pem);
    let certificate = certificate.map_err(|_| Error::Signature("the certificate cannot be read"))?;
    let algorithms = [RSA_PKCS1_2048_8192_SHA256, ECDSA_P256_SHA256];
    match algorithms.into_iter().any(|how| certificate.verify_signature(how, body, &signature).is_ok()) {
        true => Ok(()),
        false => Err(Error::Signature("the signature is not of this body by this certificate")),
    }
}

fn status(state: State) -> &'static str {
    match state {
        State::Received | State::IdentityPending => "pending",
        State::Verified
        | State::Planned
        | State::Approved
        | State::Running
        | State::PartlyDone
        | State::Held
        | State::Fulfilled => "in_progress",
        State::RecipientsTold | State::Closed => "completed",
        State::Refused | State::Withdrawn => "cancelled",
    }
}

fn personal<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Personal<String>, D::Error> {
    String::deserialize(deserializer).map(Personal::new)
}

const VERSIONS: [&str; 2] = ["1.0", "2.0"];
const LONGEST: usize = 256;

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};

    use super::*;

    const BODY: &str = r#"{
        "regulation": "gdpr", "api_version": "2.0", "subject_request_id": "a7551968-d5d6-44b2-9831-815ac9017798",
        "subject_request_type": "erasure", "submitted_time": "2026-11-01T10:00:00Z",
        "subject_identities": [
            { "identity_type": "email", "identity_value": "anna@example.org", "identity_format": "raw" }
        ],
        "status_callback_urls": ["https://example.org/callbacks"], "extensions": { "example.org": { "foo": 1 } }
    }"#;

    #[test]
    fn a_request_of_the_standard_is_read() {
        let dsr = OpenDsr::from_json(BODY.as_bytes()).unwrap();
        assert_eq!(dsr.claim().unwrap(), Claim::Erasure);
        assert_eq!(dsr.reference(), "a7551968-d5d6-44b2-9831-815ac9017798");
        assert!(dsr.wants_callbacks());
        let [(kind, value)] = dsr.identities().unwrap()[..] else { panic!() };
        assert_eq!((kind, value.expose().as_str()), ("email", "anna@example.org"));
    }

    #[test]
    fn what_cannot_be_answered_is_refused_and_no_value_is_repeated() {
        for (from, to, says) in [
            (r#""raw""#, r#""sha256""#, "hashed"),
            (r#""gdpr""#, r#""ccpa""#, "another regulation"),
            (r#""2.0""#, r#""3.0""#, "version"),
            (r#""erasure""#, r#""rectification""#, "knows access"),
            (r#""2026-11-01T10:00:00Z""#, r#""anna@example.org""#, "line"),
        ] {
            let body = BODY.replace(from, to);
            let error = OpenDsr::from_json(body.as_bytes()).and_then(|dsr| dsr.identities().map(|_| ())).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
            assert!(!error.to_string().contains("anna"), "{error}");
        }
    }

    #[test]
    fn a_signature_holds_for_its_body_and_its_certificate_alone() {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = |key: &KeyPair| {
            CertificateParams::new(vec!["processor.example".to_owned()]).unwrap().self_signed(key).unwrap().pem()
        };
        let signer =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.serialized_der(), &SystemRandom::new());
        let signature = signer.unwrap().sign(&SystemRandom::new(), BODY.as_bytes()).unwrap();
        let signature = STANDARD.encode(signature.as_ref());
        let pem = certificate(&key);
        check_signature(BODY.as_bytes(), format!("{signature}\n").as_bytes(), pem.as_bytes()).unwrap();

        let changed = BODY.replace("erasure", "access");
        assert!(check_signature(changed.as_bytes(), signature.as_bytes(), pem.as_bytes()).is_err());
        let other = certificate(&KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap());
        assert!(check_signature(BODY.as_bytes(), signature.as_bytes(), other.as_bytes()).is_err());
        assert!(check_signature(BODY.as_bytes(), b"???", pem.as_bytes()).is_err());
    }

    #[test]
    fn every_state_is_one_of_the_four_and_nothing_open_is_completed() {
        for state in State::ALL {
            let open = !matches!(state, State::RecipientsTold | State::Closed);
            assert_eq!(status(state) == "completed", !open, "{state}");
        }
    }
}
