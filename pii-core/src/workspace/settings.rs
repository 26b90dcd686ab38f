use std::io::Write;
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

    /// Rewrites the one line that says where the vault is; every other stays as it was written. The file is whole at any
    /// time.
    pub(super) fn set_vault(path: &Path, to: &str) -> Result<(), Error> {
        let unusable = |reason: String| Error::Settings { path: path.to_owned(), reason };
        let failed = |error: std::io::Error| unusable(error.to_string());
        let text = std::fs::read_to_string(path).map_err(failed)?;
        let line = format!("vault = {}", toml::Value::from(to));
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(with_vault(&text, &line).as_bytes()).map_err(failed)?;
        let permissions = std::fs::metadata(path).map_err(failed)?.permissions();
        file.as_file().set_permissions(permissions).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        let unusable = |reason: String| Error::Settings { path: path.to_owned(), reason };
        let text = toml::to_string(self).map_err(|e| unusable(e.to_string()))?;
        std::fs::write(path, format!("{HEADER}{text}")).map_err(|e| unusable(e.to_string()))
    }
}

/// The text with this line in place of the one that sets `vault` before the first table; or with it there, if none does.
fn with_vault(text: &str, line: &str) -> String {
    let sets =
        |text: &str| text.trim_start().strip_prefix("vault").is_some_and(|rest| rest.trim_start().starts_with('='));
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let top = lines.iter().position(|line| line.trim_start().starts_with('[')).unwrap_or(lines.len());
    let mut there = false;
    let mut changed = String::with_capacity(text.len() + line.len());
    for (number, old) in lines.iter().enumerate() {
        if number < top && sets(old) {
            // A remark that stands behind it stays; a `#` of the address itself is within quotation marks.
            let remark =
                old.trim_end().rsplit_once(" #").filter(|(value, _)| toml::from_str::<toml::Table>(value).is_ok());
            changed.push_str(line);
            changed.extend(remark.map(|(_, remark)| format!(" #{remark}")));
            changed.push('\n');
            there = true;
        } else {
            if number == top && !there {
                changed.push_str(&format!("{line}\n\n"));
                there = true;
            }
            changed.push_str(old);
        }
    }
    if !there {
        if !changed.is_empty() && !changed.ends_with('\n') {
            changed.push('\n');
        }
        changed.push_str(&format!("{line}\n"));
    }
    changed
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
    fn where_the_vault_is_changes_and_nothing_else() {
        let line = "vault = \"postgres://v@db/pii\"";
        for (before, after) in [
            (
                "# ours\ncontroller = \"A\"\nvault = \".pii/vault.db\" # here\n[key]\nfile = \"k\" # apart\n",
                "# ours\ncontroller = \"A\"\nvault = \"postgres://v@db/pii\" # here\n[key]\nfile = \"k\" # apart\n",
            ),
            ("controller = \"A\"", "controller = \"A\"\nvault = \"postgres://v@db/pii\"\n"),
            (
                "controller = \"A\"\n[key]\nvault = 1\n",
                "controller = \"A\"\nvault = \"postgres://v@db/pii\"\n\n[key]\nvault = 1\n",
            ),
            ("vault=\"a #b\"\r\nlog = \"l\"\r\n", "vault = \"postgres://v@db/pii\"\nlog = \"l\"\r\n"),
        ] {
            assert_eq!(with_vault(before, line), after);
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pii.toml");
        Settings::new("Acme").write(&path).unwrap();
        Settings::set_vault(&path, "postgres://v@db/pii?sslrootcert=ca \"x\".pem").unwrap();
        assert_eq!(Settings::read(&path).unwrap().vault, "postgres://v@db/pii?sslrootcert=ca \"x\".pem");
    }

    #[test]
    fn a_setting_that_nobody_knows_is_named() {
        let error = read("controller = \"Acme\"\npolices = \"p\"").unwrap_err();
        assert!(error.contains("pii.toml") && error.contains("polices"), "{error}");
        let error = read("controller = \"Acme\"\nvault = \"postgres://v:secret@db/vault\"").unwrap_err();
        assert!(error.contains("password") && !error.contains("secret"), "{error}");
    }
}
