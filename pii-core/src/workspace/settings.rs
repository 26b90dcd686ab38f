use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::vault::VaultLocation;

/// The file `pii.toml`. Paths are relative to the workspace.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Who answers for the processing (Art. 4(7)).
    pub controller: String,
    /// The name of the audit log, as its checkpoints are signed; it outlives a change of the controller's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// The folder of policies.
    #[serde(default = "policies")]
    pub policies: PathBuf,
    /// The vault: a file, or `postgres://user@host/database`.
    #[serde(default = "vault")]
    pub vault: String,
    /// The folder of the audit log.
    #[serde(default = "audit")]
    pub audit: PathBuf,
    /// Catalog, requests and disclosures.
    #[serde(default = "state")]
    pub state: PathBuf,
    /// Where the root key comes from, unless the environment says.
    #[serde(default)]
    pub key: KeySettings,
}

/// Where the root key comes from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySettings {
    /// A file that only its owner can read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// A command that prints the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

impl Settings {
    /// The usual places, for `controller`.
    pub fn new(controller: &str) -> Self {
        Self {
            controller: controller.to_owned(),
            log: Some(log_name(controller)),
            policies: policies(),
            vault: vault(),
            audit: audit(),
            state: state(),
            key: KeySettings::default(),
        }
    }

    /// The name of the audit log.
    pub fn log_name(&self) -> String {
        self.log.clone().unwrap_or_else(|| log_name(&self.controller))
    }

    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let unusable = |reason: String| Error::Settings { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|e| unusable(e.to_string()))?;
        let settings: Self = toml::from_str(&text).map_err(|e| unusable(e.to_string().trim_end().to_owned()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        VaultLocation::parse(&settings.vault, folder)?;
        Ok(settings)
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        let unusable = |reason: String| Error::Settings { path: path.to_owned(), reason };
        let text = toml::to_string(self).map_err(|e| unusable(e.to_string()))?;
        std::fs::write(path, format!("{HEADER}{text}")).map_err(|e| unusable(e.to_string()))
    }
}

/// The controller's name, in the alphabet of a checkpoint's origin line.
fn log_name(controller: &str) -> String {
    let plain: String = controller.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    format!("{}/pii-audit", plain.trim_matches('-'))
}

fn policies() -> PathBuf {
    "policies".into()
}

fn vault() -> String {
    ".pii/vault.db".into()
}

fn audit() -> PathBuf {
    ".pii/audit".into()
}

fn state() -> PathBuf {
    ".pii/state.db".into()
}

const HEADER: &str = "\
# A workspace of `pii`. Paths are relative to this file.
# The root key comes from PII_KEY_FILE or PII_KEY_COMMAND; if neither is set, from [key] below.

";

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pii.toml");
        std::fs::write(&path, text).unwrap();
        Settings::read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn a_controller_is_enough() {
        let settings = read("controller = \"Acme GmbH\"").unwrap();
        assert_eq!((settings.policies.as_path(), settings.vault.as_str()), (Path::new("policies"), ".pii/vault.db"));
        assert!(settings.key.file.is_none() && settings.key.command.is_none());
    }

    #[test]
    fn what_was_written_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pii.toml");
        let mut settings = Settings::new("Acme \"GmbH\"");
        settings.key.file = Some(".pii-root.key".into());
        settings.write(&path).unwrap();
        let back = Settings::read(&path).unwrap();
        assert_eq!((back.controller, back.key.file), (settings.controller, settings.key.file));
    }

    #[test]
    fn a_setting_that_nobody_knows_is_named() {
        let error = read("controller = \"Acme\"\npolices = \"p\"").unwrap_err();
        assert!(error.contains("pii.toml") && error.contains("polices"), "{error}");
        let error = read("controller = \"Acme\"\nvault = \"postgres://v:secret@db/vault\"").unwrap_err();
        assert!(error.contains("password") && !error.contains("secret"), "{error}");
    }
}
