//! Where the root key is, and what it does there.
//!
//! | provider | where the root key is | what comes here |
//! |---|---|---|
//! | [`KeyFile`] | in a file | the root key |
//! | [`KeyCommand`] | wherever a command gets it from | the root key |
//! | [`Kms`] | in AWS KMS, which never gives it out | a data key, for as long as a secret is wrapped or unwrapped |
//! | [`Transit`] | in HashiCorp Vault, which never gives it out | nothing: the secret goes there, and comes back |

mod command;
mod file;
mod kms;
mod transit;

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Error, KeyId, RootKey, SealingKey};
use crate::wire;
use crate::wire::{Answer, Credentials, Encryption};

pub use command::KeyCommand;
pub use file::KeyFile;
pub use kms::{Kms, KmsSettings};
pub use transit::{Transit, TransitSettings};

/// Who wraps small secrets under the root key. Where the root key is not here, it never comes here.
pub trait KeyProvider {
    /// Which root key it wraps with, as far as that can be told without asking for anything to be wrapped.
    ///
    /// # Errors
    /// Says why there is none; never with key material.
    fn id(&self) -> Result<RootId, Error>;

    /// Wraps a secret of 1 to 4,096 bytes. `label` names its use: under another it does not come back.
    ///
    /// # Errors
    /// Says why it could not be; never with key material.
    fn wrap(&self, label: &str, secret: &[u8]) -> Result<Wrapped, Error>;

    /// Gives back what [`wrap`](Self::wrap) wrapped under the same label.
    ///
    /// # Errors
    /// [`Error::WrongKey`] says which key was expected; [`Error::Unsealable`] if it was altered, or was wrapped for
    /// something else; [`Error::Unreachable`], [`Error::Refused`].
    fn unwrap(&self, label: &str, wrapped: &Wrapped) -> Result<Zeroizing<Vec<u8>>, Error>;

    /// How it is spoken to, if it is on another machine.
    fn encryption(&self) -> Option<&Encryption> {
        None
    }
}

impl<P: KeyProvider + ?Sized> KeyProvider for Box<P> {
    fn id(&self) -> Result<RootId, Error> {
        self.as_ref().id()
    }

    fn wrap(&self, label: &str, secret: &[u8]) -> Result<Wrapped, Error> {
        self.as_ref().wrap(label, secret)
    }

    fn unwrap(&self, label: &str, wrapped: &Wrapped) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.as_ref().unwrap(label, wrapped)
    }

    fn encryption(&self) -> Option<&Encryption> {
        self.as_ref().encryption()
    }
}

/// The name of a root key: `6d8568756ffacc9c` of one that is here, `aws-kms:arn:aws:kms:…`, `vault-transit:transit/pii`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RootId(String);

impl RootId {
    fn kms(key: &str) -> Self {
        Self(format!("{KMS}{key}"))
    }

    fn transit(mount: &str, key: &str) -> Self {
        Self(format!("{TRANSIT}{mount}/{key}"))
    }

    /// The key of AWS KMS that it names, if it names one.
    pub fn kms_key(&self) -> Option<&str> {
        self.0.strip_prefix(KMS)
    }

    /// Whether the key is on another machine.
    pub fn is_remote(&self) -> bool {
        self.0.starts_with(KMS) || self.0.starts_with(TRANSIT)
    }
}

impl From<KeyId> for RootId {
    fn from(id: KeyId) -> Self {
        Self(id.to_string())
    }
}

impl fmt::Display for RootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A secret, wrapped by a provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Wrapped {
    /// `AES-256-GCM`, or `vault-transit`.
    pub alg: String,
    /// Which root key wraps it.
    pub root: RootId,
    /// The data key that seals it, in base64, wrapped by AWS KMS. Only with a root key there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_key: Option<String>,
    /// The secret: base64 of nonce, ciphertext and tag; or what Vault made of it, `vault:v1:…`.
    pub wrapped: String,
}

impl Wrapped {
    /// Refuses what another root key, or another kind of provider, has wrapped.
    fn expect(&self, root: RootId, alg: &str) -> Result<(), Error> {
        if self.root != root {
            return Err(Error::WrongKey { expected: self.root.clone(), found: root });
        }
        if self.alg == alg { Ok(()) } else { Err(Error::Newer) }
    }
}

/// A root key that is here is its own provider.
impl KeyProvider for RootKey {
    fn id(&self) -> Result<RootId, Error> {
        Ok(RootKey::id(self).into())
    }

    fn wrap(&self, label: &str, secret: &[u8]) -> Result<Wrapped, Error> {
        seal(self.expose(), label, RootKey::id(self).into(), secret)
    }

    fn unwrap(&self, label: &str, wrapped: &Wrapped) -> Result<Zeroizing<Vec<u8>>, Error> {
        wrapped.expect(RootKey::id(self).into(), AES)?;
        open(self.expose(), label, wrapped)
    }
}

/// AES-256-GCM, bound to `label` NUL the name of the root key.
fn seal(key: &[u8; 32], label: &str, root: RootId, secret: &[u8]) -> Result<Wrapped, Error> {
    let sealed = SealingKey::new(key)?.seal(format!("{label}\0{root}").as_bytes(), secret)?;
    Ok(Wrapped { alg: AES.to_owned(), root, data_key: None, wrapped: STANDARD.encode(sealed) })
}

fn open(key: &[u8; 32], label: &str, wrapped: &Wrapped) -> Result<Zeroizing<Vec<u8>>, Error> {
    let sealed = STANDARD.decode(&wrapped.wrapped).map_err(|_| Error::Unsealable)?;
    SealingKey::new(key)?.open(format!("{label}\0{}", wrapped.root).as_bytes(), &sealed)
}

/// Who asks a provider on another machine. Its `Debug` shows nothing; it is wiped when it is dropped.
#[derive(Clone, Default)]
pub struct KeyAccess {
    /// For AWS KMS.
    pub aws: Option<Credentials>,
    /// For HashiCorp Vault.
    pub vault_token: Option<Zeroizing<String>>,
}

impl fmt::Debug for KeyAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyAccess").finish_non_exhaustive()
    }
}

/// 32 bytes, from their base64.
fn key_of_base64(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
    let mut key = Zeroizing::new([0; 32]);
    (bytes.len() == key.len()).then(|| key.copy_from_slice(&bytes))?;
    Some(key)
}

/// Asks; and asks again, twice, of a service that is busy or had an accident. Answers to more than that.
fn patiently(ask: impl Fn() -> Result<Answer, wire::Error>) -> Result<Answer, wire::Error> {
    for pause in PAUSES {
        let answer = ask()?;
        let throttled = answer.status == 400 && String::from_utf8_lossy(&answer.body).contains("ThrottlingException");
        if !throttled && !matches!(answer.status, 429 | 500 | 502 | 504) {
            return Ok(answer);
        }
        std::thread::sleep(pause);
    }
    ask()
}

/// Why there is no answer, of a service that does not say.
fn unexplained(status: u16) -> String {
    match status {
        300..400 => format!("it sends us elsewhere (status {status}), and a secret is for one host: name that one"),
        _ => format!("status {status}"),
    }
}

/// What a service says of itself when it refuses: one line of at most 300 characters.
fn told(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(300).collect()
}

const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];
const AES: &str = "AES-256-GCM";
const KMS: &str = "aws-kms:";
const TRANSIT: &str = "vault-transit:";
