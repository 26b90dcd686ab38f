use std::io::{Read, Write};
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::{KeyProvider, RootId, Wrapped};
use crate::keyring::{Error, RootKey};

/// A file of 32 random bytes in base64, readable by its owner only.
#[derive(Clone, Debug)]
pub struct KeyFile(pub PathBuf);

impl KeyFile {
    /// Writes `key` to a new file of mode 0600.
    ///
    /// # Errors
    /// [`Error::Unreadable`] if the file exists or cannot be written.
    pub fn create(&self, key: &RootKey) -> Result<(), Error> {
        let unreadable = |source| Error::Unreadable { path: self.0.clone(), source };
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.0).map_err(unreadable)?;
        file.write_all(key.to_base64().as_bytes()).map_err(unreadable)?;
        file.write_all(b"\n").map_err(unreadable)?;
        file.sync_all().map_err(unreadable)
    }

    /// Reads the root key.
    ///
    /// # Errors
    /// [`Error::Unreadable`], [`Error::Exposed`], [`Error::Malformed`].
    pub fn root(&self) -> Result<RootKey, Error> {
        let unreadable = |source| Error::Unreadable { path: self.0.clone(), source };
        let mut file = std::fs::File::open(&self.0).map_err(unreadable)?;
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().map_err(unreadable)?.permissions());
            if mode & 0o077 != 0 {
                return Err(Error::Exposed { path: self.0.clone(), mode: mode & 0o777 });
            }
        }
        // Enough for what is expected there: a text that grows leaves copies of itself behind.
        let mut text = Zeroizing::new(String::with_capacity(256));
        file.read_to_string(&mut text).map_err(unreadable)?;
        RootKey::from_base64(&text)
    }
}

impl KeyProvider for KeyFile {
    fn id(&self) -> Result<RootId, Error> {
        Ok(self.root()?.id().into())
    }

    fn wrap(&self, label: &str, secret: &[u8]) -> Result<Wrapped, Error> {
        self.root()?.wrap(label, secret)
    }

    fn unwrap(&self, label: &str, wrapped: &Wrapped) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.root()?.unwrap(label, wrapped)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = KeyFile(dir.path().join("root.key"));
        file.create(&RootKey::generate().unwrap()).unwrap();
        assert!(file.root().is_ok());
        std::fs::set_permissions(&file.0, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(file.root(), Err(Error::Exposed { mode: 0o640, .. })));
    }
}
