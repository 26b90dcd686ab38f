use std::fmt;

use zeroize::Zeroizing;

use super::derive::derive;
use super::root::random;
use super::{Error, KeyId, Keyring, SealingKey};
use crate::vocab::DatasetId;

/// The key of a dataset's files: `HKDF(master, "pii/v1/data" ‖ dataset)`. It encrypts no file itself: it wraps the
/// random key that each encrypted file has of its own.
pub struct DataKey {
    id: KeyId,
    dataset: DatasetId,
    key: SealingKey,
}

/// The random key of one file, and the same wrapped, to be kept with the file.
pub struct FileKey {
    /// 32 random bytes, used for one file and never again.
    pub key: Zeroizing<[u8; 32]>,
    /// The key, sealed by the dataset's: [`WRAPPED_BYTES`](DataKey::WRAPPED_BYTES).
    pub wrapped: Vec<u8>,
}

impl Keyring {
    /// The key of a dataset's files.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn data(&self, dataset: &DatasetId) -> Result<DataKey, Error> {
        let bytes = derive(self.master(), &["pii/v1/data", dataset.as_str()])?;
        Ok(DataKey { id: KeyId::of(bytes.as_ref()), dataset: dataset.clone(), key: SealingKey::new(bytes.as_ref())? })
    }
}

impl DataKey {
    /// A wrapped key: nonce (12 bytes), sealed key (32), tag (16).
    pub const WRAPPED_BYTES: usize = 60;

    /// A name for the key that gives nothing of it away. It differs by dataset and by workspace.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Whose files it is for.
    pub fn dataset(&self) -> &DatasetId {
        &self.dataset
    }

    /// A new random key, wrapped; `place` names what it is for and must be the same to unwrap it.
    ///
    /// # Errors
    /// [`Error::NoRandomness`].
    pub fn fresh(&self, place: &[u8]) -> Result<FileKey, Error> {
        let key = random()?;
        let wrapped = self.key.seal(&bound(place), key.as_ref())?;
        Ok(FileKey { key, wrapped })
    }

    /// The key that [`fresh`](Self::fresh) made for the same `place`.
    ///
    /// # Errors
    /// [`Error::Unsealable`].
    pub fn unwrap(&self, place: &[u8], wrapped: &[u8]) -> Result<Zeroizing<[u8; 32]>, Error> {
        let opened = self.key.open(&bound(place), wrapped)?;
        let mut key = Zeroizing::new([0; 32]);
        if opened.len() != key.len() {
            return Err(Error::Unsealable);
        }
        key.copy_from_slice(&opened);
        Ok(key)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey({} of {})", self.id, self.dataset)
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey(…)")
    }
}

fn bound(place: &[u8]) -> Vec<u8> {
    [b"pii/v1/file-key\0", place].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::RootKey;

    fn keyring() -> Keyring {
        Keyring::create(tempfile::tempdir().unwrap().path(), &RootKey::generate().unwrap()).unwrap()
    }

    #[test]
    fn a_dataset_has_a_key_of_its_own_in_each_workspace() {
        let (a, b) = (DatasetId::parse("crm.customers").unwrap(), DatasetId::parse("crm.orders").unwrap());
        let (here, there) = (keyring(), keyring());
        let ids = [&here, &there].map(|ring| [&a, &b].map(|dataset| ring.data(dataset).unwrap().id().to_string()));
        let distinct: std::collections::BTreeSet<_> = ids.iter().flatten().collect();
        assert_eq!(distinct.len(), 4);
        assert_eq!(here.data(&a).unwrap().id(), here.data(&a).unwrap().id());
    }

    #[test]
    fn a_file_key_opens_in_its_place_under_its_dataset_only() {
        let ring = keyring();
        let key = ring.data(&DatasetId::parse("crm.customers").unwrap()).unwrap();
        let other = ring.data(&DatasetId::parse("crm.orders").unwrap()).unwrap();
        let file = key.fresh(b"here").unwrap();
        assert_eq!(file.wrapped.len(), DataKey::WRAPPED_BYTES);
        assert_eq!(key.unwrap(b"here", &file.wrapped).unwrap(), file.key);
        assert!(key.unwrap(b"there", &file.wrapped).is_err());
        assert!(other.unwrap(b"here", &file.wrapped).is_err());
        assert_ne!(key.fresh(b"here").unwrap().key, file.key);
    }
}
