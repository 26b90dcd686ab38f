use std::fmt;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::derive::derive;
use super::replace::Replacement;
use super::root::random;
use super::{Epoch, Epochs, Error, KeyProvider, PseudonymKey, RootId, SealingKey, Wrapped};
use crate::vocab::Domain;

/// Every key of a workspace, derived from its master secret. Gives out keys for uses, never the secret.
pub struct Keyring {
    master: Zeroizing<[u8; 32]>,
    root: RootId,
    epochs: Epochs,
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
        let text = file.text(keys)?;
        let mut out = std::fs::File::create_new(&path).map_err(|e| unusable(e.to_string()))?;
        out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(|e| unusable(e.to_string()))?;
        Epochs::create(keys)?;
        Ok(Self { master, root: file.wrapped.root, epochs: Epochs::default() })
    }

    /// Unwraps the master secret in the folder `keys`.
    ///
    /// # Errors
    /// [`Error::WrongKey`] says which key was expected; [`Error::Master`] if the file is unusable; what the provider
    /// says.
    pub fn open(keys: &Path, root: &dyn KeyProvider) -> Result<Self, Error> {
        let file = Master::read(keys)?;
        let master = file.open(keys, root)?;
        Ok(Self { master, root: file.wrapped.root, epochs: Epochs::read(keys)? })
    }

    /// The file `master.json` as it is to be: the same master secret, wrapped by `root`, which gives it back; and which key
    /// that is.
    pub(super) fn replacement(&self, keys: &Path, root: &dyn KeyProvider) -> Result<(Replacement, RootId), Error> {
        let file = Master { v: 1, wrapped: root.wrap(LABEL, self.master.as_ref())? };
        if *file.open(keys, root)? != *self.master {
            return Err(Error::Unsealable);
        }
        Ok((Replacement::stage(&keys.join(MASTER), file.text(keys)?.as_bytes())?, file.wrapped.root))
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

    /// The generation that new pseudonyms of `domain` are made with. It is the one that was current when the keys were
    /// opened: what runs while a domain goes to its next epoch keeps to one.
    pub fn current_epoch(&self, domain: &Domain) -> Epoch {
        self.epochs.current(domain)
    }

    /// The epochs of every domain, as they were when the keys were opened.
    pub fn epochs(&self) -> &Epochs {
        &self.epochs
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

    /// The key of the tags by which the ledger of requests knows again whom it erased; `norm` as of
    /// [`pseudonym`](Self::pseudonym).
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn ledger(&self, norm: &str) -> Result<PseudonymKey, Error> {
        Ok(PseudonymKey::new(&*derive(&self.master, &["pii/v1/ledger", norm])?, Epoch::FIRST))
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

    /// The seed of the Ed25519 key that signs what goes to people and authorities: packages, certificates.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn document_seed(&self) -> Result<Zeroizing<[u8; 32]>, Error> {
        derive(&self.master, &["pii/v1/document", "1"])
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

    /// The master secret in it.
    fn open(&self, keys: &Path, root: &dyn KeyProvider) -> Result<Zeroizing<[u8; 32]>, Error> {
        let unusable = |reason: &str| Error::Master { path: keys.join(MASTER), reason: reason.to_owned() };
        let opened = root.unwrap(LABEL, &self.wrapped).map_err(|error| match error {
            Error::Unsealable => unusable("it was altered"),
            Error::Newer => unusable("a later version wrote it"),
            other => other,
        })?;
        let mut master = Zeroizing::new([0; 32]);
        if opened.len() != master.len() {
            return Err(unusable("it is not 32 bytes"));
        }
        master.copy_from_slice(&opened);
        Ok(master)
    }

    fn text(&self, keys: &Path) -> Result<String, Error> {
        serde_json::to_string_pretty(self).map_err(|e| Error::Master { path: keys.join(MASTER), reason: e.to_string() })
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

    /// Computed with Python's `hmac` and another AES, so that no later version makes other pseudonyms of the same master.
    #[test]
    fn a_master_of_the_first_workspaces_opens_and_gives_the_same_keys() {
        let dir = tempfile::tempdir().unwrap();
        let root = RootKey::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
        let wrapped = "AAECAwQFBgcICQoLZyP0OOHA5DylaL2gncRWQrPntQfETmlLAF7fviFUPo2SovXbLlpmFxsgRDlza/zM";
        let file = format!(r#"{{"v":1,"alg":"AES-256-GCM","root":"c552149d8bafd1f2","wrapped":"{wrapped}"}}"#);
        std::fs::write(dir.path().join(MASTER), file).unwrap();
        std::fs::write(dir.path().join("domains.json"), r#"{"v":1,"domains":{}}"#).unwrap();
        let ring = Keyring::open(dir.path(), &root).unwrap();
        assert_eq!(ring.root_id().to_string(), root.id().to_string());
        let warehouse = Domain::parse("warehouse").unwrap();
        let (first, second) = (Epoch::FIRST, Epoch::FIRST.next());
        for (epoch, key) in [
            (first, "8c91574a643be1d9fe42cffec847558cffc9e3b8b6c9956300494cffd0d68fb5"),
            (second, "d9f64e2f3f4371f06435bdf4af16413209ea96de0c0b5d564a8cac0e192794bf"),
        ] {
            let made = ring.reveal_pseudonym(&warehouse, "email/v1", epoch).unwrap();
            assert_eq!(made.iter().map(|b| format!("{b:02x}")).collect::<String>(), key, "epoch {epoch}");
        }
        let tag = ring.pseudonym(&warehouse, "email/v1", first).unwrap().sign(b"anna.mueller@example.org");
        assert_eq!(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&tag[..16]), "p_v9g7CR_R1smZgnFdQBNQ");
    }

    #[test]
    fn domains_norms_and_epochs_have_keys_of_their_own() {
        let dir = tempfile::tempdir().unwrap();
        let ring = Keyring::create(dir.path(), &RootKey::generate().unwrap()).unwrap();
        let (a, b) = (Domain::parse("warehouse").unwrap(), Domain::parse("partner").unwrap());
        let tag = |domain, norm, epoch| ring.pseudonym(domain, norm, epoch).unwrap().sign(b"x");
        let tags = [
            tag(&a, "email/v1", Epoch::FIRST),
            tag(&b, "email/v1", Epoch::FIRST),
            tag(&a, "text/v1", Epoch::FIRST),
            tag(&a, "email/v1", Epoch::FIRST.next()),
            ring.blind("email/v1").unwrap().sign(b"x"),
        ];
        let distinct: std::collections::BTreeSet<_> = tags.iter().collect();
        assert_eq!(distinct.len(), tags.len());
        assert_eq!(tag(&a, "email/v1", Epoch::FIRST), tags[0]);
    }
}
