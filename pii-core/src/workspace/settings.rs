use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml_edit::{DocumentMut, Item, TomlError};

use crate::error::Error;
use crate::keyring;
use crate::keyring::{KeyAccess, KeyCommand, KeyFile, KeyProvider, Kms, KmsSettings, Transit, TransitSettings};
use crate::store::Encryption;
use crate::vault::VaultLocation;
use crate::wire::Wire;

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
    /// Every table that is written is a Parquet file encrypted so, and never a file in clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypt: Option<Encryption>,
    /// Where the root key comes from, unless the environment says.
    #[serde(default)]
    pub key: KeySettings,
    /// Whom to trust when another machine is spoken to.
    #[serde(default, skip_serializing_if = "TlsSettings::is_usual")]
    pub tls: TlsSettings,
}

/// Whom to trust when another machine is spoken to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSettings {
    /// Further authorities besides the system's: a file of certificates in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorities: Option<PathBuf>,
}

impl TlsSettings {
    fn is_usual(&self) -> bool {
        self.authorities.is_none()
    }
}

/// Where the root key is: one of `file`, `command`, `kms` and `transit`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySettings {
    /// A file that only its owner can read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// A command that prints the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Variables of the environment that the command gets although they hold secrets, by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pass: Vec<String>,
    /// A key of AWS KMS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms: Option<KmsSettings>,
    /// A key of a HashiCorp Vault's transit engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transit: Option<TransitSettings>,
}

impl KeySettings {
    fn names(&self) -> Vec<&'static str> {
        let named = [
            ("file", self.file.is_some()),
            ("command", self.command.is_some()),
            ("kms", self.kms.is_some()),
            ("transit", self.transit.is_some()),
        ];
        named.into_iter().filter_map(|(name, is)| is.then_some(name)).collect()
    }
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
            encrypt: None,
            key: KeySettings::default(),
            tls: TlsSettings::default(),
        }
    }

    /// For `controller`, with what the file at `path` says: a `pii.toml` for a workspace that is yet to be.
    ///
    /// # Errors
    /// [`Error::Settings`].
    pub fn begin(path: &Path, controller: &str) -> Result<Self, Error> {
        let unusable = |reason: String| Error::Settings { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|e| unusable(e.to_string()))?;
        let mut table: toml::Table =
            toml::from_str(&text).map_err(|e| unusable(e.to_string().trim_end().to_owned()))?;
        table.insert("controller".to_owned(), controller.into());
        let mut settings: Self = table.try_into().map_err(|e: toml::de::Error| unusable(e.to_string()))?;
        settings.log.get_or_insert_with(|| log_name(controller));
        settings.checked(path)
    }

    /// `wire`, with the authorities that are trusted in the workspace at `root`.
    pub fn wire(&self, root: &Path, wire: Wire) -> Wire {
        let authorities = wire.authorities.or_else(|| self.tls.authorities.as_ref().map(|file| root.join(file)));
        Wire { authorities, ..wire }
    }

    /// The provider of the root key that is named for the workspace at `root`, if one is.
    ///
    /// # Errors
    /// [`Error::Keyring`] if its settings lead nowhere, or nobody is said to ask.
    pub fn key_provider(
        &self,
        root: &Path,
        access: KeyAccess,
        wire: &Wire,
    ) -> Result<Option<Box<dyn KeyProvider>>, keyring::Error> {
        let KeySettings { file, command, pass, kms, transit } = &self.key;
        Ok(match (file, command, kms, transit) {
            (Some(file), ..) => Some(Box::new(KeyFile(root.join(file)))),
            (_, Some(command), ..) => Some(Box::new(KeyCommand::new(command).passing(pass))),
            (.., Some(kms), _) => Some(Box::new(Kms::new(kms, access.aws, wire)?)),
            (.., Some(transit)) => {
                let token_file = transit.token_file.as_ref().map(|file| root.join(file));
                let transit = TransitSettings { token_file, ..transit.clone() };
                Some(Box::new(Transit::new(&transit, access.vault_token, wire)?))
            }
            (None, None, None, None) => None,
        })
    }

    /// The name of the audit log.
    pub fn log_name(&self) -> String {
        self.log.clone().unwrap_or_else(|| log_name(&self.controller))
    }

    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let unusable = |reason: String| Error::Settings { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|e| unusable(e.to_string()))?;
        let settings: Self = toml::from_str(&text).map_err(|e| unusable(e.to_string().trim_end().to_owned()))?;
        settings.checked(path)
    }

    fn checked(self, path: &Path) -> Result<Self, Error> {
        let unusable = |reason: String| Error::Settings { path: path.to_owned(), reason };
        VaultLocation::parse(&self.vault, path.parent().unwrap_or(Path::new(".")))?;
        if !self.key.pass.is_empty() && self.key.command.is_none() {
            return Err(unusable("[key] has `pass` and no `command` to pass it to".to_owned()));
        }
        match self.key.names().as_slice() {
            [] | [_] => Ok(self),
            several => {
                let named = several.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
                Err(unusable(format!("[key] names {named}, and a workspace has one root key")))
            }
        }
    }

    /// Writes `[key]` into the file at `path` as it is here, and leaves all else as it was written.
    pub(super) fn rewrite_key(&self, path: &Path) -> Result<(), Error> {
        let unusable = |reason: String| Error::Settings { path: path.to_owned(), reason };
        let text = toml::to_string(&Key { key: &self.key }).map_err(|e| unusable(e.to_string()))?;
        let made: DocumentMut = text.parse().map_err(|e: TomlError| unusable(e.to_string()))?;
        edit(path, "key", made.get("key").cloned().unwrap_or_default())
    }

    /// Writes into the file at `path` where the vault is, and leaves all else as it was written.
    pub(super) fn set_vault(path: &Path, to: &str) -> Result<(), Error> {
        edit(path, "vault", toml_edit::value(to))
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        let unusable = |reason: String| Error::Settings { path: path.to_owned(), reason };
        let text = toml::to_string(self).map_err(|e| unusable(e.to_string()))?;
        std::fs::write(path, format!("{HEADER}{text}")).map_err(|e| unusable(e.to_string()))
    }
}

/// Puts another text in the place of a file's, at once; who owns it and who may read it stays.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let old = std::fs::metadata(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(old.permissions())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        if file.as_file().metadata()?.uid() != old.uid() {
            fchown(file.as_file(), Some(old.uid()), Some(old.gid()))?;
        }
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// The table `[key]` of `pii.toml`, alone.
#[derive(Serialize)]
struct Key<'a> {
    key: &'a KeySettings,
}

/// Sets one item of the file, which is whole at any time. Remarks around it stay.
fn edit(path: &Path, name: &str, mut item: Item) -> Result<(), Error> {
    let unusable = |reason: String| Error::Settings { path: path.to_owned(), reason };
    let failed = |error: std::io::Error| unusable(error.to_string());
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let mut document: DocumentMut = text.parse().map_err(|e: TomlError| unusable(e.to_string()))?;
    match (document.get(name), &mut item) {
        (Some(Item::Value(old)), Item::Value(new)) => *new.decor_mut() = old.decor().clone(),
        (Some(Item::Table(old)), Item::Table(new)) => {
            *new.decor_mut() = old.decor().clone();
            new.set_position(old.position());
        }
        _ => {}
    }
    document.insert(name, item);
    replace(path, &document.to_string()).map_err(failed)
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
# The root key comes from PII_KEY_FILE or PII_KEY_COMMAND; if neither is set, from [key] below: see `pii help keys`.

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
    fn one_thing_changes_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pii.toml");
        let before = "# Ours.\ncontroller = \"Acme\" # GmbH\nvault = \".pii/vault.db\" # here\n\n# apart\n[key] # ours\n\
                      command = \"pass\"\n\n[tls]\nauthorities = 'ca.pem'\n";
        std::fs::write(&path, before).unwrap();
        Settings::set_vault(&path, "postgres://v@db/pii?sslrootcert=ca \"x\".pem").unwrap();
        let moved = std::fs::read_to_string(&path).unwrap();
        let line = "vault = 'postgres://v@db/pii?sslrootcert=ca \"x\".pem' # here";
        assert_eq!(moved, before.replace("vault = \".pii/vault.db\" # here", line));
        let mut settings = Settings::read(&path).unwrap();
        settings.key = KeySettings { file: Some("../keys/\"2\".key".into()), ..KeySettings::default() };
        settings.rewrite_key(&path).unwrap();
        let named = moved.replace("command = \"pass\"", "file = '../keys/\"2\".key'");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), named);
    }

    #[test]
    fn what_was_not_said_is_added_where_it_belongs() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pii.toml");
        for before in ["controller = \"A\"", "controller = \"A\"\r\nkey = { file = \"a\" }\r\n[tls]\r\n"] {
            std::fs::write(&path, before).unwrap();
            Settings::set_vault(&path, "postgres://v@db/pii").unwrap();
            let mut settings = Settings::read(&path).unwrap();
            settings.key = KeySettings { file: Some("b".into()), ..KeySettings::default() };
            settings.rewrite_key(&path).unwrap();
            let after = Settings::read(&path).unwrap();
            assert_eq!((after.vault.as_str(), after.key), ("postgres://v@db/pii", settings.key));
        }
    }

    #[test]
    fn a_root_key_is_in_one_place() {
        let kms = "controller = \"Acme\"\n[key]\nkms = { key = \"alias/pii\", region = \"eu-central-1\" }\n";
        assert_eq!(read(kms).unwrap().key.kms.unwrap().key, "alias/pii");
        let error = read(&format!("{kms}file = \".pii-root.key\"")).unwrap_err();
        assert!(error.contains("`file` and `kms`"), "{error}");
        let error = read("controller = \"Acme\"\n[key]\npass = [\"VAULT_TOKEN\"]").unwrap_err();
        assert!(error.contains("no `command`"), "{error}");
        let error = read("controller = \"Acme\"\n[key]\ntransit = { key = \"pii\", token = \"hvs.x\" }").unwrap_err();
        assert!(error.contains("unknown field `token`"), "a token has no place in a file like this: {error}");
    }

    #[test]
    fn a_workspace_can_begin_with_settings_that_were_written_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("base.toml");
        std::fs::write(&path, "vault = \"v.db\"\n[tls]\nauthorities = \"ca.pem\"\n").unwrap();
        let settings = Settings::begin(&path, "Acme GmbH").unwrap();
        assert_eq!((settings.controller.as_str(), settings.vault.as_str()), ("Acme GmbH", "v.db"));
        assert_eq!(settings.log_name(), "acme-gmbh/pii-audit");
        let wire = settings.wire(Path::new("/acme"), Wire::default());
        assert_eq!(wire.authorities, Some("/acme/ca.pem".into()));
    }

    #[test]
    fn a_setting_that_nobody_knows_is_named() {
        let error = read("controller = \"Acme\"\npolices = \"p\"").unwrap_err();
        assert!(error.contains("pii.toml") && error.contains("polices"), "{error}");
        let error = read("controller = \"Acme\"\nvault = \"postgres://v:secret@db/vault\"").unwrap_err();
        assert!(error.contains("password") && !error.contains("secret"), "{error}");
    }
}
