use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;

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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
        if settings.vault.contains("://") {
            return Err(unusable("a vault on a server is not supported yet: name a file".to_owned()));
        }
        Ok(settings)
    }

    /// Writes `[key]` into the file at `path` as it is here, and leaves every other line as it is.
    pub(super) fn rewrite_key(&self, path: &Path) -> Result<(), Error> {
        let unusable = |reason: String| Error::Settings { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|e| unusable(e.to_string()))?;
        let entries = toml::to_string(&self.key).map_err(|e| unusable(e.to_string()))?;
        let rewritten = with_key(&text, &entries);
        let says: Result<Self, _> = toml::from_str(&rewritten);
        if !says.is_ok_and(|says| says.key == self.key) {
            return Err(unusable(format!("only a person can change its [key]: let it say {}", entries.trim_end())));
        }
        let hidden = path.with_file_name(".pii.toml.new");
        let replace = || -> std::io::Result<()> {
            let mut file = std::fs::File::create(&hidden)?;
            file.set_permissions(std::fs::metadata(path)?.permissions())?;
            file.write_all(rewritten.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&hidden, path)
        };
        replace().map_err(|e| unusable(e.to_string()))
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        let unusable = |reason: String| Error::Settings { path: path.to_owned(), reason };
        let text = toml::to_string(self).map_err(|e| unusable(e.to_string()))?;
        std::fs::write(path, format!("{HEADER}{text}")).map_err(|e| unusable(e.to_string()))
    }
}

/// `text` with `entries` in place of those of its table `[key]`; the table comes last if there is none.
fn with_key(text: &str, entries: &str) -> String {
    let (mut rewritten, mut within, mut done) = (String::new(), false, false);
    for line in text.lines() {
        let starts_table = line.trim_start().starts_with('[');
        within = if starts_table { line.trim() == "[key]" } else { within };
        let replaced = within && !starts_table && !line.trim().is_empty() && !line.trim_start().starts_with('#');
        if !replaced {
            rewritten.push_str(line);
            rewritten.push('\n');
        }
        if starts_table && within {
            rewritten.push_str(entries);
            done = true;
        }
    }
    if !done {
        rewritten.push_str(&format!("\n[key]\n{entries}"));
    }
    rewritten
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
    fn another_key_is_named_and_nothing_else_changes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pii.toml");
        let renamed = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let mut settings = Settings::read(&path).unwrap();
            settings.key = KeySettings { file: Some("../keys/\"2\".key".into()), command: None };
            settings.rewrite_key(&path).map(|()| std::fs::read_to_string(&path).unwrap())
        };
        let named = "[key]\nfile = '../keys/\"2\".key'\n";
        let before = "# Ours.\ncontroller = \"Acme\" # GmbH\n\n";
        assert_eq!(renamed(&format!("{before}[key]\ncommand = \"pass\"\n")).unwrap(), format!("{before}{named}"));
        assert_eq!(
            renamed(&format!("{before}[key] \nfile = 'x'")).unwrap(),
            format!("{before}[key] \n{}", &named[6..])
        );
        assert_eq!(renamed(before).unwrap(), format!("{before}\n{named}"));
        // Written in another way, it is left to a person, and as it was.
        let inline = "controller = \"Acme\"\nkey = { file = \"a\" }\n";
        assert!(renamed(inline).unwrap_err().to_string().contains("only a person"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), inline);
    }

    #[test]
    fn a_setting_that_nobody_knows_is_named() {
        let error = read("controller = \"Acme\"\npolices = \"p\"").unwrap_err();
        assert!(error.contains("pii.toml") && error.contains("polices"), "{error}");
        let error = read("controller = \"Acme\"\nvault = \"postgres://db/vault\"").unwrap_err();
        assert!(error.contains("a vault on a server is not supported yet"), "{error}");
    }
}
