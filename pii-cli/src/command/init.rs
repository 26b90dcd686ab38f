use std::path::{Path, PathBuf};

use pii_core::error::Error as Core;
use pii_core::keyring::{KeyFile, KeyProvider, RootKey};
use pii_core::workspace::{Settings, Site};
use serde_json::json;

use crate::config::Global;
use crate::config::{given_key, key_access};
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

/// Make a workspace, with a policy that works and says what to change
///
/// Takes the root key of PII_KEY_FILE or PII_KEY_COMMAND, else where `--settings` says that it is: in a file, AWS KMS or HashiCorp Vault. Otherwise it makes one in `.pii-root.key` and says where it lies.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder; made if it is not there
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Who answers for the processing (Art. 4(7))
    #[arg(long, value_name = "NAME")]
    controller: String,
    /// A `pii.toml` to begin with, such as one that names a key of AWS KMS; `controller` is not needed in it
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    if args.controller.trim().is_empty() {
        return Err(Error::usage("a controller has a name", "for example `--controller 'Acme GmbH'`"));
    }
    if args.dir.join("pii.toml").exists() {
        return Err(Core::WorkspaceExists(args.dir.clone()).into());
    }
    let mut settings = match &args.settings {
        Some(file) => Settings::begin(file, &args.controller)?,
        None => Settings::new(&args.controller),
    };
    let root = root_key(&args.dir, &mut settings, global)?;
    let site = Site::create(&args.dir, settings, root.provider.as_ref(), global.caller())?;
    let id = site.root_id()?;
    ui.record(
        "workspace",
        &json!({ "root": site.root(), "key": id, "key_file": root.made, "policies": site.policies() }),
    );
    ui.line(format!("workspace `{}` for {}", site.root().display(), args.controller));
    ui.line(match &root.made {
        Some(file) => format!("  root key  {id} in `{}`", file.display()),
        None => format!("  root key  {id} as given"),
    });
    ui.line(format!("  policy    `{}`", site.policies().join("policy.toml").display()));
    if let Some(file) = &root.made {
        ui.warn(format!(
            "without `{}` nothing here can be read again: back it up now, apart from this folder, and move it out with PII_KEY_FILE",
            file.display()
        ));
    } else if id.is_remote() {
        ui.warn(format!("without `{id}` nothing here can be read again: see that nobody can delete it unseen"));
    }
    ui.note("next: edit the policy, then run `pii policy check`");
    Ok(Exit::Done)
}

struct Root {
    provider: Box<dyn KeyProvider>,
    /// The file that was made for it.
    made: Option<PathBuf>,
}

/// The one that is given, or the one that is named, or a new one.
fn root_key(dir: &Path, settings: &mut Settings, global: &Global) -> Result<Root, Error> {
    if let Some(provider) = given_key() {
        return Ok(Root { provider, made: None });
    }
    let wire = settings.wire(dir, global.wire());
    if let Some(provider) = settings.key_provider(dir, key_access(), &wire)?
        && settings.key.file.as_ref().is_none_or(|file| dir.join(file).exists())
    {
        return Ok(Root { provider, made: None });
    }
    let file = dir.join(settings.key.file.get_or_insert_with(|| KEY.into()));
    new_key(dir, &file)?;
    Ok(Root { provider: Box::new(KeyFile(file.clone())), made: Some(file) })
}

fn new_key(dir: &Path, path: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(dir).map_err(|source| Core::Io { path: dir.to_owned(), source })?;
    // One may have been left by an init that did not come to its end.
    if !path.exists() {
        KeyFile(path.to_owned()).create(&RootKey::generate()?)?;
    }
    Ok(())
}

const KEY: &str = ".pii-root.key";
