use std::fmt;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use super::{KeyProvider, RootId, Wrapped, told};
use crate::keyring::Error;
use crate::wire::{Encryption, Http, Wire};

/// Which key of a HashiCorp Vault's transit engine, and where it is asked for. OpenBao speaks the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransitSettings {
    /// The server: `https://vault.example:8200`.
    pub address: String,
    /// Where the engine is mounted.
    #[serde(default = "usual_mount")]
    pub mount: String,
    /// The name of the key; of type `aes256-gcm96` or another AEAD, and not derived.
    pub key: String,
    /// The namespace, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// A file that holds the token, such as an agent of Vault's keeps up to date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
}

/// A root key in the transit engine: secrets go there in TLS, are encrypted (AES-256-GCM, with the label as associated
/// data), and come back when they are asked for. Needs Vault 1.13.
///
/// Its `rewrap` is not used: it takes no associated data. A secret under an old version of the key is unwrapped and
/// wrapped anew, which takes the newest.
pub struct Transit {
    settings: TransitSettings,
    address: Url,
    token: Zeroizing<String>,
    encryption: Encryption,
    http: Http,
}

impl Transit {
    /// Checks the settings. `token` goes before the token file. Nothing is asked of the server yet.
    ///
    /// # Errors
    /// [`Error::NoCredentials`], [`Error::Setting`], [`Error::Unreadable`] and [`Error::Exposed`] for the token file;
    /// [`Error::Unreachable`] if the address is plain and far.
    pub fn new(settings: &TransitSettings, token: Option<Zeroizing<String>>, wire: &Wire) -> Result<Self, Error> {
        let wrong = |reason: &str| Error::Setting { setting: "transit", reason: reason.to_owned() };
        let plain = |url: &Url| url.query().is_none() && url.username().is_empty() && url.password().is_none();
        let address = Url::parse(&settings.address).ok().filter(plain);
        let address = address.ok_or_else(|| wrong("`address` is a URL such as `https://vault.example:8200`"))?;
        let part =
            |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        let name = |text: &str| part(text) && text.chars().any(|c| c != '.');
        if !settings.mount.split('/').all(name) {
            return Err(wrong("`mount` is a path such as `transit`"));
        }
        if !name(&settings.key) {
            return Err(wrong("`key` is the name of a key, such as `pii`"));
        }
        let unreachable = |source| Error::Unreachable { provider: NAME, source };
        let encryption = wire.admit(&address).map_err(unreachable)?;
        let token = match (token, &settings.token_file) {
            (Some(token), _) => token,
            (None, Some(file)) => read_token(file)?,
            (None, None) => return Err(Error::NoCredentials { provider: NAME }),
        };
        let http = Http::new(wire).map_err(unreachable)?;
        Ok(Self { settings: settings.clone(), address, token, encryption, http })
    }

    fn ask(&self, operation: &str, question: &impl Serialize) -> Result<Data, Error> {
        let body = serde_json::to_vec(question).map_err(|_| Error::Answer { provider: NAME })?;
        let mut url = self.address.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty()
                .push("v1")
                .extend(self.settings.mount.split('/'))
                .extend([operation, &self.settings.key]);
        }
        let mut headers =
            vec![("content-type", "application/json"), ("x-vault-request", "true"), ("x-vault-token", &*self.token)];
        headers.extend(self.settings.namespace.as_deref().map(|namespace| ("x-vault-namespace", namespace)));
        let answer = self.http.post(&url, &headers, body);
        let answer = answer.map_err(|source| Error::Unreachable { provider: NAME, source })?;
        if answer.status == 200 {
            let answer: Result<Answer, _> = serde_json::from_slice(&answer.body);
            return answer.map(|answer| answer.data).map_err(|_| Error::Answer { provider: NAME });
        }
        let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
        let reason = told(&refusal.errors.join("; "));
        let altered = ["message authentication failed", "invalid ciphertext", "unable to decrypt"];
        if answer.status == 400 && operation == DECRYPT && altered.iter().any(|words| reason.contains(words)) {
            return Err(Error::Unsealable);
        }
        let reason = if reason.is_empty() { format!("status {}", answer.status) } else { reason };
        Err(Error::Refused { provider: NAME, reason })
    }
}

impl KeyProvider for Transit {
    fn id(&self) -> Result<RootId, Error> {
        Ok(RootId::transit(&self.settings.mount, &self.settings.key))
    }

    fn wrap(&self, label: &str, secret: &[u8]) -> Result<Wrapped, Error> {
        let plaintext = Zeroizing::new(STANDARD.encode(secret));
        let question = Encrypt { plaintext: &plaintext, associated_data: STANDARD.encode(label) };
        let wrapped = self.ask(ENCRYPT, &question)?.ciphertext.ok_or(Error::Answer { provider: NAME })?;
        Ok(Wrapped { alg: ALG.to_owned(), root: self.id()?, data_key: None, wrapped })
    }

    fn unwrap(&self, label: &str, wrapped: &Wrapped) -> Result<Zeroizing<Vec<u8>>, Error> {
        wrapped.expect(self.id()?, ALG)?;
        let question = Decrypt { ciphertext: &wrapped.wrapped, associated_data: STANDARD.encode(label) };
        let plaintext = self.ask(DECRYPT, &question)?.plaintext.map(Zeroizing::new);
        let secret = plaintext.and_then(|text| STANDARD.decode(text.as_bytes()).ok());
        secret.map(Zeroizing::new).ok_or(Error::Answer { provider: NAME })
    }

    fn encryption(&self) -> Option<&Encryption> {
        Some(&self.encryption)
    }
}

impl fmt::Debug for Transit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transit").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// An agent and a job are often two users of one group; the world is nobody's group.
fn read_token(path: &PathBuf) -> Result<Zeroizing<String>, Error> {
    let unreadable = |source| Error::Unreadable { path: path.clone(), source };
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().map_err(unreadable)?.permissions());
        if mode & 0o007 != 0 {
            return Err(Error::Exposed { path: path.clone(), mode: mode & 0o777 });
        }
    }
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(unreadable)?);
    Ok(Zeroizing::new(text.trim().to_owned()))
}

#[derive(Serialize)]
struct Encrypt<'a> {
    plaintext: &'a str,
    associated_data: String,
}

#[derive(Serialize)]
struct Decrypt<'a> {
    ciphertext: &'a str,
    associated_data: String,
}

#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    ciphertext: Option<String>,
    plaintext: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    errors: Vec<String>,
}

fn usual_mount() -> String {
    "transit".to_owned()
}

const NAME: &str = "HashiCorp Vault";
const ALG: &str = "vault-transit";
const ENCRYPT: &str = "encrypt";
const DECRYPT: &str = "decrypt";

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> TransitSettings {
        toml::from_str("address = 'https://vault.example:8200'\nkey = 'pii'").unwrap()
    }

    fn made(settings: &TransitSettings) -> Result<Transit, Error> {
        Transit::new(settings, Some(Zeroizing::new("hvs.hush".to_owned())), &Wire::default())
    }

    #[test]
    fn settings_that_lead_nowhere_are_refused_before_anything_is_asked() {
        let shown = format!("{:?}", made(&settings()).unwrap());
        assert!(shown.contains("vault.example") && !shown.contains("hush"), "{shown}");
        assert_eq!(made(&settings()).unwrap().id().unwrap().to_string(), "vault-transit:transit/pii");
        for (wrong, word) in [
            (TransitSettings { address: "vault.example".into(), ..settings() }, "`address`"),
            (TransitSettings { address: "https://anna:secret@vault.example".into(), ..settings() }, "`address`"),
            (TransitSettings { mount: "".into(), ..settings() }, "`mount`"),
            (TransitSettings { mount: "../sys".into(), ..settings() }, "`mount`"),
            (TransitSettings { key: "pii/../../sys/seal".into(), ..settings() }, "`key`"),
        ] {
            let error = made(&wrong).unwrap_err().to_string();
            assert!(error.contains(word) && !error.contains("secret"), "{error}");
        }
        let plain = made(&TransitSettings { address: "http://vault.example:8200".into(), ..settings() }).unwrap_err();
        assert!(matches!(plain, Error::Unreachable { source: crate::wire::Error::PlainText { .. }, .. }));
    }

    #[test]
    fn a_token_comes_from_a_file_that_is_not_everybodys() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "hvs.hush\n").unwrap();
        let settings = TransitSettings { token_file: Some(file.clone()), ..settings() };
        let made = || Transit::new(&settings, None, &Wire::default());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(made(), Err(Error::Exposed { mode: 0o644, .. })));
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        }
        assert_eq!(*made().unwrap().token, "hvs.hush");
        let nobody = Transit::new(&self::settings(), None, &Wire::default()).unwrap_err();
        assert!(matches!(nobody, Error::NoCredentials { .. }));
    }
}
