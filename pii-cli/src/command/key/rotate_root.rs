use std::path::{Path, PathBuf};

use pii_core::error::Error as Core;
use pii_core::keyring;
use pii_core::keyring::{KeyFile, KeyProvider, RootId, RootKey};
use pii_core::workspace::{KeySettings, Settings, Site, Workspace};
use serde_json::json;

use super::rotate::Args;
use crate::config::{Global, given_key, key_access, key_command};
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let site = global.site()?;
    let new = NewKey::find(args, &site)?;
    let opened = if new.again { None } else { new.opens(&site, global)? };
    match opened {
        Some(workspace) => already(&workspace, &new, args, ui),
        None => rotate(&new, site, args, global, ui),
    }
}

/// The new key opens the workspace: it is the one that was used all the time, or a run was cut short.
fn already(workspace: &Workspace, new: &NewKey, args: &Args, ui: Ui) -> Result<Exit, Error> {
    workspace.seal()?;
    let root = workspace.keys().root_id();
    report(ui, "nothing to do", root, Some(root), None);
    ui.line(format!("root key {root} wraps the keys already"));
    if !args.dry_run {
        tell(root, new, workspace.site(), ui);
    }
    Ok(Exit::Done)
}

fn rotate(new: &NewKey, site: Site, args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    // Before anybody is asked: the old key is at hand.
    let workspace = site.clone().unlock(&global.root_key(&site)?, global.caller())?;
    let from = workspace.keys().root_id();
    let to = if new.exists() { new.provider.id()?.to_string() } else { "a new one".to_owned() };
    ui.line(format!("root key {from} would give way to {to}, {}", new.place));
    ui.line("  no data is touched, and every pseudonym stays what it is");
    ui.line("  whoever has the old key and an old copy of `.pii/keys/master.json` has every key still");
    if args.dry_run {
        workspace.seal()?;
        let known = if new.exists() { Some(new.provider.id()?) } else { None };
        report(ui, "would rotate", from, known.as_ref(), None);
        return Ok(Exit::Done);
    }
    if !args.yes {
        ui.confirm("without the new key nothing here can be read again", "root")?;
    }
    new.make()?;
    let rotated = workspace.rotate_root(new.provider.as_ref());
    workspace.seal()?;
    let rotated = rotated?;
    report(ui, "rotated", &rotated.from, Some(&rotated.to), Some(rotated.audit_entry));
    ui.line(format!("root key {} wraps the keys now; audit entry {}", rotated.to, rotated.audit_entry));
    tell(&rotated.to, new, workspace.site(), ui);
    ui.warn(if rotated.to.is_remote() {
        format!("without `{}` nothing here can be read again: see that nobody can delete it unseen", rotated.to)
    } else {
        "back the new key up now, apart from this folder and from version control; destroy the old one when no backup of `.pii/keys/master.json` needs it".to_owned()
    });
    Ok(Exit::Done)
}

/// Where whoever comes next finds the new key.
fn tell(now: &RootId, new: &NewKey, site: &Site, ui: Ui) {
    if let Some(settings) = &new.settings
        && site.settings().key != *settings
        && site.settings().key != KeySettings::default()
    {
        match site.name_key(settings) {
            Ok(()) => ui.line(format!("`pii.toml` says so: {}", new.place)),
            Err(error) => ui.warn(error.to_string()),
        }
    }
    let given = given_key().and_then(|provider| provider.id().ok());
    if given.is_some_and(|given| given != *now) {
        ui.warn(format!("the environment still names the old key: {}", new.variable));
    }
}

fn report(ui: Ui, outcome: &str, from: &RootId, to: Option<&RootId>, entry: Option<u64>) {
    ui.record("root_rotation", &json!({ "outcome": outcome, "from": from, "to": to, "audit_entry": entry }));
}

/// Where the new root key is.
struct NewKey {
    provider: Box<dyn KeyProvider>,
    /// The file, if it is to be made when it is not there.
    file: Option<PathBuf>,
    /// What `pii.toml` is to say, unless it says so already.
    settings: Option<KeySettings>,
    /// In words.
    place: String,
    /// What to do about the environment, if it gives the old key.
    variable: String,
    /// It is the old key, in a newer version.
    again: bool,
}

impl NewKey {
    fn find(args: &Args, site: &Site) -> Result<Self, Error> {
        if let Some(file) = &args.new_key_file {
            return Self::in_file(file, site);
        }
        if let Some(command) = &args.new_key_command {
            let (provider, pass) = key_command(command);
            let settings = KeySettings { command: Some(command.clone()), pass, ..KeySettings::default() };
            return Ok(Self {
                provider,
                file: None,
                settings: Some(settings),
                place: format!("from `{command}`"),
                variable: "set PII_KEY_COMMAND to the new command".to_owned(),
                again: false,
            });
        }
        let named = match &args.new_settings {
            Some(file) => Some(Settings::begin(file, &site.settings().controller)?),
            None => None,
        };
        let settings = named.as_ref().unwrap_or(site.settings());
        let provider = settings.key_provider(site.root(), key_access(), site.wire())?;
        // The environment gives the old one; or there is another version of the same one, where it is.
        let again = named.is_none() && given_key().is_none();
        match provider {
            Some(provider) if !again || site.root_id()?.is_remote() => Ok(Self {
                provider,
                file: None,
                place: match &args.new_settings {
                    Some(file) => format!("as `{}` says", file.display()),
                    None => "as `pii.toml` says".to_owned(),
                },
                settings: named.map(|named| named.key),
                variable: "unset PII_KEY_FILE and PII_KEY_COMMAND".to_owned(),
                again,
            }),
            _ => Err(Error::usage(
                "nothing says where the new root key comes from",
                "add `--new-key-file FILE`, which is made if it is not there, `--new-key-command COMMAND` or `--new-settings FILE`",
            )),
        }
    }

    fn in_file(file: &Path, site: &Site) -> Result<Self, Error> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let io = |source| Core::Io { path: folder.to_owned(), source };
        let folder = folder.canonicalize().map_err(io)?;
        let root = site.root().canonicalize().map_err(io)?;
        if folder.starts_with(root.join(".pii")) {
            return Err(Error::usage(
                format!("`{}` lies beside what it is to lock", file.display()),
                "keep the root key apart from `.pii`",
            ));
        }
        let path = folder.join(file.file_name().unwrap_or_default());
        let named = path.strip_prefix(&root).unwrap_or(&path).to_owned();
        Ok(Self {
            provider: Box::new(KeyFile(path.clone())),
            settings: Some(KeySettings { file: Some(named), ..KeySettings::default() }),
            place: format!("in `{}`", path.display()),
            variable: format!("set PII_KEY_FILE to `{}`", path.display()),
            file: Some(path),
            again: false,
        })
    }

    fn exists(&self) -> bool {
        self.file.as_ref().is_none_or(|file| file.exists())
    }

    /// The workspace, if the new key opens it.
    fn opens(&self, site: &Site, global: &Global) -> Result<Option<Workspace>, Error> {
        if !self.exists() {
            return Ok(None);
        }
        match site.clone().unlock(self.provider.as_ref(), global.caller()) {
            Ok(workspace) => Ok(Some(workspace)),
            Err(Core::Keyring(keyring::Error::WrongKey { .. })) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the file, if it is not there.
    fn make(&self) -> Result<(), Error> {
        match &self.file {
            Some(file) if !file.exists() => Ok(KeyFile(file.clone()).create(&RootKey::generate()?)?),
            _ => Ok(()),
        }
    }
}
