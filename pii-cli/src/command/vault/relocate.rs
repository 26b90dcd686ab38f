use serde_json::json;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Move the vault to another database: a PostgreSQL server, or a file
///
/// Nobody else writes to the vault while it is copied. Both sides are then read and compared, row by row, and
/// `pii.toml` is told: the one line, the rest stays. Whoever is interrupted runs it again, and it goes on.
/// A password comes from PGPASSFILE or PGPASSWORD, never from the address: see docs/guides/vault-on-postgresql.md.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// `postgres://ROLE@HOST/DATABASE?sslrootcert=FILE`, or a path; files are relative to the workspace
    #[arg(long, value_name = "URL|FILE")]
    to: String,
    /// Destroy what is left at the old place, when the new one holds all of it
    #[arg(long)]
    wipe_source: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let mut workspace = global.open()?;
    let from = workspace.vault()?.location().to_string();
    if args.wipe_source && !args.yes {
        let people = workspace.vault()?.status()?.subjects;
        let what = format!("this moves {}, and then destroys what is left at `{from}`", people_of(people));
        ui.confirm(&what, &people.to_string())?;
    }
    let mut watch = ui.watch("moving");
    let moved = workspace.move_vault(&args.to, &mut watch);
    workspace.seal()?;
    let moved = moved?;
    let digest: String = moved.copied.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let wiped = match args.wipe_source {
        true => Some(workspace.wipe_left(moved.left)),
        false => None,
    };
    workspace.seal()?;
    let wiped = wiped.transpose();
    let place = workspace.vault()?.location().to_string();
    ui.record(
        "vault_move",
        &json!({ "from": from, "to": place, "rows": moved.copied.rows, "sha256": digest,
                 "audit_entry": moved.audit_entry, "source_wiped": args.wipe_source && wiped.is_ok() }),
    );
    ui.line(format!("{} moved to {place}, the same there as here: sha256 {digest}", count(moved.copied.rows, "row")));
    match wiped? {
        Some(entry) => ui.line(format!("destroyed what was left at {from}; audit entry {entry}")),
        None => {
            ui.note(format!("`{from}` is still there, and opens with the same keys: destroy it when nobody needs it"))
        }
    }
    Ok(Exit::Done)
}

fn people_of(number: u64) -> String {
    count(number, "person")
}
