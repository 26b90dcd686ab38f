use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The file `pii.toml`. Paths are relative to the workspace.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Who answers for the processing (Art. 4(7)).
    pub controller: String,
    /// The folder of policies.
    #[serde(default = "policies")]
    pub policies: PathBuf,
    /// The vault.
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
            policies: policies(),
            vault: vault(),
            audit: audit(),
            state: state(),
            key: KeySettings::default(),
        }
    }

    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let unusable = |reason: String| Error::Settings { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|e| unusable(e.to_string()))?;
        let settings: Self = toml::from_str(&text).map_err(|e| unusable(e.to_string().trim_end().to_owned()))?;
        if settings.vault.contains("://") {
            return Err(unusable("a vault on a server is not supported yet: name a file".to_owned()));
        }
        Ok(settings)
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        let unusable = |reason: String| Error::Settings { path: path.to_owned(), reason };
        let text = toml::to_string(self).map_err(|e| unusable(e.to_string()))?;
        std::fs::write(path, format!("{HEADER}{text}")).map_err(|e| unusable(e.to_string()))
    }
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
