use serde_json::json;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Wrap every person's key under new epoch keys, and destroy those before
///
/// Nobody is forgotten, and no value is touched. What was copied of the vault's database until now cannot be opened any
/// more: make a fresh backup afterwards.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Say how many keys it would wrap, and wrap none
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let workspace = global.open()?;
    let people = workspace.vault()?.status()?.subjects;
    if args.dry_run {
        ui.record("vault_rewrap", &json!({ "outcome": "would rewrap", "keys": people }));
        ui.line(format!("would wrap {} anew", count(people, "key")));
        return Ok(Exit::Done);
    }
    if !args.yes {
        let what =
            format!("this wraps {} anew; no backup of the vault from before can be opened", count(people, "key"));
        ui.confirm(&what, &people.to_string())?;
    }
    let done = workspace.rewrap_vault();
    workspace.seal()?;
    let (done, entry) = done?;
    ui.record(
        "vault_rewrap",
        &json!({ "outcome": "rewrapped", "keys": done.rewrapped, "epoch_keys": done.spent.len(), "audit_entry": entry }),
    );
    ui.line(format!(
        "wrapped {} anew, {} destroyed; audit entry {entry}",
        count(done.rewrapped, "key"),
        count(done.spent.len() as u64, "epoch key")
    ));
    Ok(Exit::Done)
}
