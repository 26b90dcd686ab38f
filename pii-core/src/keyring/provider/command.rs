use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use super::{KeyProvider, RootId, Wrapped};
use crate::keyring::{Error, RootKey};

/// A shell command that prints the root key in base64: a password manager, a client of a store of secrets.
///
/// It gets the environment, less the variables that hold secrets of ours: they are not its business, and every process
/// that it starts would have them. One that it does need is named to [`passing`](KeyCommand::passing).
#[derive(Clone, Debug)]
pub struct KeyCommand {
    command: String,
    passed: Vec<String>,
}

impl KeyCommand {
    /// The variables that the command does not get: those that hold secrets for `pii` itself.
    pub const HIDDEN: &'static [&'static str] =
        &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "VAULT_TOKEN", "PGPASSWORD"];

    /// For `sh -c`.
    pub fn new(command: impl Into<String>) -> Self {
        Self { command: command.into(), passed: Vec::new() }
    }

    /// Lets it have variables that are [hidden](Self::HIDDEN) otherwise, by their names.
    #[must_use]
    pub fn passing(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.passed.extend(names.into_iter().map(Into::into));
        self
    }

    /// Runs it, and reads the root key.
    ///
    /// # Errors
    /// [`Error::Command`] if it fails, [`Error::Malformed`] if it prints something else.
    pub fn root(&self) -> Result<RootKey, Error> {
        let failed = |reason: String| Error::Command { reason };
        let mut command = Command::new("sh");
        command.args(["-c", &self.command]).stdin(Stdio::null()).stderr(Stdio::inherit());
        for name in Self::HIDDEN.iter().filter(|name| !self.passed.iter().any(|passed| passed == *name)) {
            command.env_remove(name);
        }
        let output = command.output().map_err(|e| failed(e.to_string()))?;
        let text = Zeroizing::new(output.stdout);
        if !output.status.success() {
            return Err(failed(output.status.to_string()));
        }
        RootKey::from_base64(std::str::from_utf8(&text).map_err(|_| Error::Malformed)?)
    }
}

impl KeyProvider for KeyCommand {
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
    use super::*;
    use crate::keyring::KeyFile;

    #[test]
    fn a_command_gives_the_same_key_as_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = KeyFile(dir.path().join("root.key"));
        file.create(&RootKey::generate().unwrap()).unwrap();
        let command = KeyCommand::new(format!("cat '{}'", file.0.display()));
        assert_eq!(command.root().unwrap().id(), file.root().unwrap().id());
        assert!(matches!(KeyCommand::new("exit 3").root(), Err(Error::Command { .. })));
        assert!(matches!(KeyCommand::new("echo hello").root(), Err(Error::Malformed)));
    }
}
