use std::path::{Path, PathBuf};

use pii_core::keyring::{KeyCommand, KeyFile, KeyId, KeyProvider, RootKey};
use pii_core::workspace::{KeySettings, Site};
use serde_json::json;

use super::rotate::Args;
use crate::config::{Global, given_key};
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let mut site = global.site()?;
    let new = NewKey::find(args, &site)?;
    let current = site.wrapped_by()?;
    match new.read()? {
        Some(key) if key.id() == current => already(current, &new, &mut site, args, ui),
        key => rotate(current, key, &new, site, args, global, ui),
    }
}

/// The keys are wrapped by the new key: it is the one that was used all the time, or a run was cut short.
fn already(current: KeyId, new: &NewKey, site: &mut Site, args: &Args, ui: Ui) -> Result<Exit, Error> {
    report(ui, "nothing to do", Some(current), current, None);
    ui.line(format!("root key {current} wraps the keys already"));
    if !args.dry_run {
        tell(current, new, site, ui);
    }
    Ok(Exit::Done)
}

fn rotate(
    current: KeyId,
    key: Option<RootKey>,
    new: &NewKey,
    site: Site,
    args: &Args,
    global: &Global,
    ui: Ui,
) -> Result<Exit, Error> {
    // Before anybody is asked: the old key is at hand.
    let workspace = site.clone().unlock(&global.root_key(&site)?, global.caller())?;
    let to = key.as_ref().map_or_else(|| "a new one".to_owned(), |key| key.id().to_string());
    ui.line(format!("root key {current} would give way to {to}, {}", new.place()));
    ui.line("  no data is touched, and every pseudonym stays what it is");
    ui.line("  whoever has the old key and an old copy of `.pii/keys/master.json` has every key still");
    if args.dry_run {
        report(ui, "would rotate", key.map(|key| key.id()), current, None);
        return Ok(Exit::Done);
    }
    if !args.yes {
        ui.confirm("without the new key nothing here can be read again", "root")?;
    }
    let key = match key {
        Some(key) => key,
        None => new.make()?,
    };
    let rotated = workspace.rotate_root(&key);
    workspace.seal()?;
    let rotated = rotated?;
    report(ui, "rotated", Some(rotated.to), rotated.from, Some(rotated.audit_entry));
    ui.line(format!("root key {} wraps the keys now; audit entry {}", rotated.to, rotated.audit_entry));
    tell(rotated.to, new, &mut workspace.site().clone(), ui);
    ui.warn(
        "back the new key up now, apart from this folder and from version control; destroy the old one when no backup of `.pii/keys` needs it",
    );
    Ok(Exit::Done)
}

/// Where whoever comes next finds the new key.
fn tell(now: KeyId, new: &NewKey, site: &mut Site, ui: Ui) {
    if let Some(settings) = new.settings(site)
        && site.settings().key != settings
        && site.settings().key != KeySettings::default()
    {
        match site.name_key(settings) {
            Ok(()) => ui.line(format!("`pii.toml` says so: {}", new.place())),
            Err(error) => ui.warn(error.to_string()),
        }
    }
    let given = given_key().and_then(|provider| provider.root().ok());
    if given.is_some_and(|given| given.id() != now) {
        ui.warn(format!("the environment still names the old key: {}", new.variable()));
    }
}

fn report(ui: Ui, outcome: &str, to: Option<KeyId>, from: KeyId, entry: Option<u64>) {
    ui.record(
        "root_rotation",
        &json!({
            "outcome": outcome, "from": from.to_string(), "to": to.map(|to| to.to_string()), "audit_entry": entry,
        }),
    );
}

/// Where the new root key comes from.
enum NewKey {
    File(PathBuf),
    Command(String),
    /// The environment gives the old one.
    Settings(Box<dyn KeyProvider>),
}

impl NewKey {
    fn find(args: &Args, site: &Site) -> Result<Self, Error> {
        if let Some(command) = &args.new_key_command {
            return Ok(Self::Command(command.clone()));
        }
        if let Some(file) = &args.new_key_file {
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let io = |source| pii_core::error::Error::Io { path: folder.to_owned(), source };
            let folder = folder.canonicalize().map_err(io)?;
            if folder.starts_with(site.root().canonicalize().map_err(io)?.join(".pii")) {
                return Err(Error::usage(
                    format!("`{}` lies beside what it is to lock", file.display()),
                    "keep the root key apart from `.pii`",
                ));
            }
            return Ok(Self::File(folder.join(file.file_name().unwrap_or_default())));
        }
        match (given_key(), site.key_provider()) {
            (Some(_), Some(provider)) => Ok(Self::Settings(provider)),
            _ => Err(Error::usage(
                "nothing says where the new root key comes from",
                "add `--new-key-file FILE`, which is made if it is not there, or `--new-key-command COMMAND`",
            )),
        }
    }

    /// The new key; none, if its file is still to be made.
    fn read(&self) -> Result<Option<RootKey>, Error> {
        Ok(match self {
            Self::File(_) if !self.exists() => None,
            Self::File(path) => Some(KeyFile(path.clone()).root()?),
            Self::Command(command) => Some(KeyCommand(command.clone()).root()?),
            Self::Settings(provider) => Some(provider.root()?),
        })
    }

    fn exists(&self) -> bool {
        !matches!(self, Self::File(path) if !path.exists())
    }

    /// Makes the file, and reads it back before anything relies on it.
    fn make(&self) -> Result<RootKey, Error> {
        if let Self::File(path) = self {
            KeyFile(path.clone()).create(&RootKey::generate()?)?;
        }
        self.read()?.ok_or_else(Error::no_key)
    }

    fn place(&self) -> String {
        match self {
            Self::File(path) => format!("in `{}`", path.display()),
            Self::Command(command) => format!("from `{command}`"),
            Self::Settings(_) => "from where `pii.toml` says".to_owned(),
        }
    }

    /// What `pii.toml` is to say.
    fn settings(&self, site: &Site) -> Option<KeySettings> {
        match self {
            Self::File(path) => {
                let root = site.root().canonicalize().ok()?;
                let file = path.strip_prefix(root).unwrap_or(path).to_owned();
                Some(KeySettings { file: Some(file), ..KeySettings::default() })
            }
            Self::Command(command) => Some(KeySettings { command: Some(command.clone()), ..KeySettings::default() }),
            Self::Settings(_) => None,
        }
    }

    /// What to do about the environment, if it gives the old key.
    fn variable(&self) -> String {
        match self {
            Self::File(path) => format!("set PII_KEY_FILE to `{}`", path.display()),
            Self::Command(_) => "set PII_KEY_COMMAND to the new command".to_owned(),
            Self::Settings(_) => "unset PII_KEY_FILE and PII_KEY_COMMAND".to_owned(),
        }
    }
}
