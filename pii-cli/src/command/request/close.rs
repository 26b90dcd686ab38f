use pii_core::request::Move;

use super::Which;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Record that the person has their answer
///
/// Of an erasure, what named the person goes with it: the ledger keeps hashes, to know them again should a backup bring them back.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let workspace = global.open()?;
    let ids = args.which.numbers(&workspace, |request| request.state.after(Move::Close, &request.claim).is_some())?;
    let closed = workspace.close_requests(&ids);
    workspace.seal()?;
    closed?;
    super::records(&ids, &workspace, ui)?;
    ui.line(format!("{} closed", count(ids.len() as u64, "request")));
    Ok(Exit::Done)
}
