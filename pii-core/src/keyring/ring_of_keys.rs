use std::fmt;
use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::derive::derive;
use super::root::random;
use super::{Error, KeyId, PseudonymKey, RootKey, SealingKey};
use crate::vocab::Domain;

/// Every key of a workspace, derived from its master secret. Gives out keys for uses, never the secret.
pub struct Keyring {
    master: Zeroizing<[u8; 32]>,
    root: KeyId,
}

impl Keyring {
    /// Makes a master secret and writes it, wrapped by `root`, to the folder `keys`.
    ///
    /// # Errors
    /// [`Error::Master`] if there is one already or it cannot be written.
    pub fn create(keys: &Path, root: &RootKey) -> Result<Self, Error> {
        let path = keys.join(MASTER);
        let unusable = |reason: String| Error::Master { path: path.clone(), reason };
        let master = random()?;
        let wrapped = SealingKey::new(root.expose())?.seal(&surroundings(root.id()), master.as_ref())?;
        let file = Wrapped { v: 1, alg: ALG.into(), root: root.id().to_string(), wrapped: STANDARD.encode(wrapped) };
        let text = serde_json::to_string_pretty(&file).map_err(|e| unusable(e.to_string()))?;
        let mut out = std::fs::File::create_new(&path).map_err(|e| unusable(e.to_string()))?;
        out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(|e| unusable(e.to_string()))?;
        Ok(Self { master, root: root.id() })
    }

    /// Unwraps the master secret in the folder `keys`.
    ///
    /// # Errors
    /// [`Error::WrongKey`] says which key was expected; [`Error::Master`] if the file is unusable.
    pub fn open(keys: &Path, root: &RootKey) -> Result<Self, Error> {
        let path = keys.join(MASTER);
        let unusable = |reason: &str| Error::Master { path: path.clone(), reason: reason.to_owned() };
        let text = std::fs::read_to_string(&path).map_err(|e| unusable(&e.to_string()))?;
        let file: Wrapped = serde_json::from_str(&text).map_err(|e| unusable(&e.to_string()))?;
        if file.v != 1 || file.alg != ALG {
            return Err(unusable("a later version wrote it"));
        }
        let expected = KeyId::parse(&file.root).ok_or_else(|| unusable("the key id is malformed"))?;
        if expected != root.id() {
            return Err(Error::WrongKey { expected, found: root.id() });
        }
        let wrapped = STANDARD.decode(&file.wrapped).map_err(|_| unusable("it is not base64"))?;
        let opened = SealingKey::new(root.expose())?
            .open(&surroundings(expected), &wrapped)
            .map_err(|_| unusable("it was altered"))?;
        let mut master = Zeroizing::new([0; 32]);
        if opened.len() != master.len() {
            return Err(unusable("it is not 32 bytes"));
        }
        master.copy_from_slice(&opened);
        Ok(Self { master, root: expected })
    }

    /// Which root key wraps this keyring.
    pub fn root_id(&self) -> KeyId {
        self.root
    }

    /// The generation that new pseudonyms of `domain` are made with.
    pub fn current_epoch(&self, _domain: &Domain) -> Epoch {
        Epoch::FIRST
    }

    /// The key for pseudonyms in `domain`; `norm` is the name of the normalisation, such as `email/v1`.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn pseudonym(&self, domain: &Domain, norm: &str, epoch: Epoch) -> Result<PseudonymKey, Error> {
        let bytes = derive(&self.master, &["pii/v1/pseudonym", domain.as_str(), norm, &epoch.to_string()])?;
        Ok(PseudonymKey::new(&bytes, epoch))
    }

    /// The key for equality look-ups inside the vault; its tags never leave it.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn blind(&self, norm: &str) -> Result<PseudonymKey, Error> {
        Ok(PseudonymKey::new(&*derive(&self.master, &["pii/v1/blind", norm])?, Epoch::FIRST))
    }

    /// The key that wraps the keys of persons.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn vault(&self) -> Result<SealingKey, Error> {
        SealingKey::new(derive(&self.master, &["pii/v1/vault"])?.as_ref())
    }

    pub(super) fn master(&self) -> &[u8; 32] {
        &self.master
    }

    /// The seed of the Ed25519 key that signs the audit log's checkpoints.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn audit_seed(&self) -> Result<Zeroizing<[u8; 32]>, Error> {
        derive(&self.master, &["pii/v1/audit", "1"])
    }

    /// The key that seals what the audit log keeps beside its entries and concerns no one person.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn sidecar(&self) -> Result<SealingKey, Error> {
        SealingKey::new(derive(&self.master, &["pii/v1/sidecar"])?.as_ref())
    }

    /// The bytes of a domain's key, for a check of samples outside (PostgreSQL, Spark, Python).
    ///
    /// Whoever holds them can recompute pseudonyms from guesses: a release, to be recorded as one.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn reveal_pseudonym(&self, domain: &Domain, norm: &str, epoch: Epoch) -> Result<Zeroizing<[u8; 32]>, Error> {
        derive(&self.master, &["pii/v1/pseudonym", domain.as_str(), norm, &epoch.to_string()])
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring(root {})", self.root)
    }
}

/// A generation of a domain's keys, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u32);

impl Epoch {
    /// The generation that every domain begins with.
    pub const FIRST: Self = Self(1);
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The file `master.json`.
#[derive(Serialize, Deserialize)]
struct Wrapped {
    v: u32,
    alg: String,
    root: String,
    wrapped: String,
}

fn surroundings(root: KeyId) -> Vec<u8> {
    format!("pii/v1/master\0{root}").into_bytes()
}

const MASTER: &str = "master.json";
const ALG: &str = "AES-256-GCM";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_key_is_told_which_one_was_expected() {
        let dir = tempfile::tempdir().unwrap();
        let root = RootKey::generate().unwrap();
        Keyring::create(dir.path(), &root).unwrap();
        let other = RootKey::generate().unwrap();
        let error = Keyring::open(dir.path(), &other).unwrap_err().to_string();
        assert!(error.contains(&root.id().to_string()) && error.contains(&other.id().to_string()), "{error}");
        assert!(Keyring::open(dir.path(), &root).is_ok());
    }

    #[test]
    fn an_altered_master_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let root = RootKey::generate().unwrap();
        Keyring::create(dir.path(), &root).unwrap();
        let path = dir.path().join(MASTER);
        let mut file: Wrapped = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let mut bytes = STANDARD.decode(&file.wrapped).unwrap();
        bytes[20] ^= 1;
        file.wrapped = STANDARD.encode(bytes);
        std::fs::write(&path, serde_json::to_string(&file).unwrap()).unwrap();
        assert!(matches!(Keyring::open(dir.path(), &root), Err(Error::Master { .. })));
    }

    #[test]
    fn domains_norms_and_epochs_have_keys_of_their_own() {
        let dir = tempfile::tempdir().unwrap();
        let ring = Keyring::create(dir.path(), &RootKey::generate().unwrap()).unwrap();
        let (a, b) = (Domain::parse("warehouse").unwrap(), Domain::parse("partner").unwrap());
        let tag = |domain, norm, epoch| ring.pseudonym(domain, norm, epoch).unwrap().sign(b"x");
        let tags = [
            tag(&a, "email/v1", Epoch(1)),
            tag(&b, "email/v1", Epoch(1)),
            tag(&a, "text/v1", Epoch(1)),
            tag(&a, "email/v1", Epoch(2)),
            ring.blind("email/v1").unwrap().sign(b"x"),
        ];
        let distinct: std::collections::BTreeSet<_> = tags.iter().collect();
        assert_eq!(distinct.len(), tags.len());
        assert_eq!(tag(&a, "email/v1", Epoch(1)), tags[0]);
    }
}
