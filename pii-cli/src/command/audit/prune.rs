use pii_core::audit::Prunable;
use serde_json::json;

use super::time;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, bytes, count};

/// Drop old entries, whole months of them, and keep their hashes
///
/// Every signature and every proof can still be checked, and an entry says what was dropped. Entries lie in segments of a month, or of 64 MiB; a segment goes when its last entry is old enough, and the newest stays.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Entries before this time: 2025-11-21 or 2025-11-21T12:00:00Z
    #[arg(long, value_name = "TIME")]
    before: String,
    /// Say what would go, and drop nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let before = time::read(&args.before)?;
    let workspace = global.open()?;
    let found = workspace.prunable_log(before)?;
    if found.segments == 0 {
        report(ui, "nothing to drop", found);
        ui.line(format!("nothing to drop: no segment ends before {}", args.before));
        return Ok(Exit::Done);
    }
    let what = format!(
        "{} in {}, {}",
        count(found.entries, "entry").replace("entrys", "entries"),
        count(found.segments as u64, "segment"),
        bytes(found.bytes)
    );
    if args.dry_run {
        report(ui, "would drop", found);
        ui.line(format!("would drop {what}"));
        return Ok(Exit::Done);
    }
    if !args.yes {
        ui.confirm(&format!("this drops {what}, for good"), &found.entries.to_string())?;
    }
    let dropped = workspace.prune_log(before)?;
    report(ui, "dropped", dropped);
    ui.line(format!("dropped {what}; their hashes stay, and the log says so"));
    Ok(Exit::Done)
}

fn report(ui: Ui, outcome: &str, found: Prunable) {
    let Prunable { entries, segments, bytes, .. } = found;
    ui.record("pruned", &json!({ "outcome": outcome, "entries": entries, "segments": segments, "bytes": bytes }));
}
