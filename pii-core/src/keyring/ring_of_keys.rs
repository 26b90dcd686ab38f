use std::fmt;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::derive::derive;
use super::root::random;
use super::{Error, KeyProvider, PseudonymKey, RootId, SealingKey, Wrapped};
use crate::vocab::Domain;

/// Every key of a workspace, derived from its master secret. Gives out keys for uses, never the secret.
pub struct Keyring {
    master: Zeroizing<[u8; 32]>,
    root: RootId,
}

impl Keyring {
    /// Makes a master secret and writes it, wrapped by `root`, to the folder `keys`.
    ///
    /// # Errors
    /// [`Error::Master`] if there is one already or it cannot be written; what the provider says.
    pub fn create(keys: &Path, root: &dyn KeyProvider) -> Result<Self, Error> {
        let path = keys.join(MASTER);
        let unusable = |reason: String| Error::Master { path: path.clone(), reason };
        let master = random()?;
        let file = Master { v: 1, wrapped: root.wrap(LABEL, master.as_ref())? };
        let text = serde_json::to_string_pretty(&file).map_err(|e| unusable(e.to_string()))?;
        let mut out = std::fs::File::create_new(&path).map_err(|e| unusable(e.to_string()))?;
        out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(|e| unusable(e.to_string()))?;
        Ok(Self { master, root: file.wrapped.root })
    }

    /// Unwraps the master secret in the folder `keys`.
    ///
    /// # Errors
    /// [`Error::WrongKey`] says which key was expected; [`Error::Master`] if the file is unusable; what the provider
    /// says.
    pub fn open(keys: &Path, root: &dyn KeyProvider) -> Result<Self, Error> {
        let file = Master::read(keys)?;
        let unusable = |reason: &str| Error::Master { path: keys.join(MASTER), reason: reason.to_owned() };
        let opened = root.unwrap(LABEL, &file.wrapped).map_err(|error| match error {
            Error::Unsealable => unusable("it was altered"),
            Error::Newer => unusable("a later version wrote it"),
            other => other,
        })?;
        let mut master = Zeroizing::new([0; 32]);
        if opened.len() != master.len() {
            return Err(unusable("it is not 32 bytes"));
        }
        master.copy_from_slice(&opened);
        Ok(Self { master, root: file.wrapped.root })
    }

    /// Which root key wraps the master secret in the folder `keys`: known without it.
    ///
    /// # Errors
    /// [`Error::Master`] if the file is unusable.
    pub fn root_of(keys: &Path) -> Result<RootId, Error> {
        Ok(Master::read(keys)?.wrapped.root)
    }

    /// Which root key wraps this keyring.
    pub fn root_id(&self) -> &RootId {
        &self.root
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
struct Master {
    v: u32,
    #[serde(flatten)]
    wrapped: Wrapped,
}

impl Master {
    fn read(keys: &Path) -> Result<Self, Error> {
        let path = keys.join(MASTER);
        let unusable = |reason: String| Error::Master { path: path.clone(), reason };
        let text = std::fs::read_to_string(&path).map_err(|e| unusable(e.to_string()))?;
        let file: Self = serde_json::from_str(&text).map_err(|e| unusable(e.to_string()))?;
        if file.v == 1 { Ok(file) } else { Err(unusable("a later version wrote it".to_owned())) }
    }
}

const MASTER: &str = "master.json";
/// What the master secret is wrapped for.
const LABEL: &str = "pii/v1/master";

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::keyring::RootKey;

    /// Written before there were providers on other machines.
    const FIRST: &str = r#"{
  "v": 1,
  "alg": "AES-256-GCM",
  "root": "c552149d8bafd1f2",
  "wrapped": "CA+3/d2+1+SW+TYoJArKfxqaamXiaxSb3RCEFLvP820ST3dyBAKkLCeZPH1Bojw3VpX4sVIY+NsEtEft"
}"#;

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
        let mut file: Master = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let mut bytes = STANDARD.decode(&file.wrapped.wrapped).unwrap();
        bytes[20] ^= 1;
        file.wrapped.wrapped = STANDARD.encode(bytes);
        std::fs::write(&path, serde_json::to_string(&file).unwrap()).unwrap();
        assert!(matches!(Keyring::open(dir.path(), &root), Err(Error::Master { .. })));
    }

    #[test]
    fn a_master_of_the_first_workspaces_still_opens() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(MASTER), FIRST).unwrap();
        let root = RootKey::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
        let ring = Keyring::open(dir.path(), &root).unwrap();
        assert_eq!(ring.root_id().to_string(), root.id().to_string());
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
