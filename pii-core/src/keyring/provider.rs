use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use super::replace::flush_folder;
use super::{Error, RootKey};

/// Where the root key comes from.
pub trait KeyProvider {
    /// Fetches the root key.
    ///
    /// # Errors
    /// Says why there is none; never with key material.
    fn root(&self) -> Result<RootKey, Error>;
}

/// A file of 32 random bytes in base64, readable by its owner only.
#[derive(Clone, Debug)]
pub struct KeyFile(pub PathBuf);

impl KeyFile {
    /// Writes `key` to a new file of mode 0600: whole and flushed, or not at all.
    ///
    /// # Errors
    /// [`Error::Unreadable`] if the file exists or cannot be written.
    pub fn create(&self, key: &RootKey) -> Result<(), Error> {
        use std::io::Write;
        let unreadable = |source| Error::Unreadable { path: self.0.clone(), source };
        let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Temporary files are their owner's alone.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(unreadable)?;
        file.write_all(key.to_base64().as_bytes()).map_err(unreadable)?;
        file.write_all(b"\n").map_err(unreadable)?;
        file.as_file().sync_all().map_err(unreadable)?;
        file.persist_noclobber(&self.0).map_err(|e| unreadable(e.error))?;
        // What it wraps must not outlive its name when the power goes.
        flush_folder(&self.0).map_err(unreadable)
    }
}

impl KeyProvider for KeyFile {
    fn root(&self) -> Result<RootKey, Error> {
        let unreadable = |source| Error::Unreadable { path: self.0.clone(), source };
        let mut file = std::fs::File::open(&self.0).map_err(unreadable)?;
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().map_err(unreadable)?.permissions());
            if mode & 0o077 != 0 {
                return Err(Error::Exposed { path: self.0.clone(), mode: mode & 0o777 });
            }
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(unreadable)?;
        RootKey::from_base64(&text)
    }
}

/// A shell command that prints the key in base64: a password manager, a KMS client.
#[derive(Clone, Debug)]
pub struct KeyCommand(pub String);

impl KeyProvider for KeyCommand {
    fn root(&self) -> Result<RootKey, Error> {
        let failed = |reason: String| Error::Command { reason };
        let output = Command::new("sh")
            .args(["-c", &self.0])
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|e| failed(e.to_string()))?;
        let text = Zeroizing::new(output.stdout);
        if !output.status.success() {
            return Err(failed(output.status.to_string()));
        }
        RootKey::from_base64(std::str::from_utf8(&text).map_err(|_| Error::Malformed)?)
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

    #[test]
    fn a_command_gives_the_same_key_as_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = KeyFile(dir.path().join("root.key"));
        file.create(&RootKey::generate().unwrap()).unwrap();
        let command = KeyCommand(format!("cat '{}'", file.0.display()));
        assert_eq!(command.root().unwrap().id(), file.root().unwrap().id());
        assert!(matches!(KeyCommand("exit 3".into()).root(), Err(Error::Command { .. })));
        assert!(matches!(KeyCommand("echo hello".into()).root(), Err(Error::Malformed)));
    }
}
