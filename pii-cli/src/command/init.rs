use std::path::PathBuf;

use pii_core::keyring::{KeyFile, KeyProvider, RootKey};
use pii_core::workspace::{Settings, Site};
use serde_json::json;

use crate::config::Global;
use crate::config::given_key;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

/// Make a workspace, with a policy that works and says what to change
///
/// Takes the root key of PII_KEY_FILE or PII_KEY_COMMAND. If neither is set, it makes one in `.pii-root.key`
/// and says where it lies.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder; made if it is not there
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Who answers for the processing (Art. 4(7))
    #[arg(long, value_name = "NAME")]
    controller: String,
}

pub(crate) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    if args.controller.trim().is_empty() {
        return Err(Error::usage("a controller has a name", "for example `--controller 'Acme GmbH'`"));
    }
    let mut settings = Settings::new(&args.controller);
    let root = args.dir.join("pii.toml");
    if root.exists() {
        return Err(pii_core::error::Error::WorkspaceExists(args.dir.clone()).into());
    }
    let made = args.dir.join(KEY);
    let (key, new) = match given_key() {
        Some(provider) => (provider.root()?, false),
        None => {
            settings.key.file = Some(KEY.into());
            (new_key(&args.dir, &made)?, true)
        }
    };
    let site = Site::create(&args.dir, settings, &key, global.caller())?;
    ui.record(
        "workspace",
        &json!({ "root": site.root(), "key": key.id().to_string(), "key_file": new.then_some(&made), "policies": site.policies() }),
    );
    ui.line(format!("workspace `{}` for {}", site.root().display(), args.controller));
    ui.line(format!(
        "  root key  {} {}",
        key.id(),
        if new { format!("in `{}`", made.display()) } else { "as given".into() }
    ));
    ui.line(format!("  policy    `{}`", site.policies().join("policy.toml").display()));
    if new {
        ui.warn(format!(
            "without `{}` nothing here can be read again: back it up now, apart from this folder, and move it out with PII_KEY_FILE",
            made.display()
        ));
    }
    ui.note("next: edit the policy, then run `pii policy check`");
    Ok(Exit::Done)
}

fn new_key(dir: &std::path::Path, path: &std::path::Path) -> Result<RootKey, Error> {
    std::fs::create_dir_all(dir).map_err(|source| pii_core::error::Error::Io { path: dir.to_owned(), source })?;
    let file = KeyFile(path.to_owned());
    // Left by an init that did not come to its end.
    if path.exists() {
        return Ok(file.root()?);
    }
    let key = RootKey::generate()?;
    file.create(&key)?;
    Ok(key)
}

const KEY: &str = ".pii-root.key";
