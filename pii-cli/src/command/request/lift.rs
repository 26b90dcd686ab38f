use super::Which;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// End a restriction or an objection: the person changed their mind, or the ground is gone (Art. 18(3))
///
/// A restricted person is told before. What was erased or not sent meanwhile stays so.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let workspace = global.open()?;
    let ids = args.which.numbers(&workspace, |_| true)?;
    let lifted = workspace.lift(&ids);
    workspace.seal()?;
    for (id, entry) in ids.iter().zip(lifted?) {
        ui.record("lifted", &serde_json::json!({ "request": id.to_string(), "audit_entry": entry }));
    }
    ui.line(format!("what {} forbade is allowed again", count(ids.len() as u64, "request")));
    Ok(Exit::Done)
}
