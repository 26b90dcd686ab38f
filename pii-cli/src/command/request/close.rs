use pii_core::request::{Move, State};

use super::Which;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Record that the person has their answer
///
/// Of an erasure, what named the person goes with it: the ledger keeps hashes, to know them again should a backup bring them back. A request that a ground keeps held is answered, and nothing is due of it before the ground ends.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let workspace = global.open()?;
    let ids = args.which.numbers(&workspace, |request| {
        let may = |step| request.state.after(step, &request.claim).is_some();
        may(Move::Close) || (may(Move::Answer) && request.waits().is_none())
    })?;
    let closed = workspace.close_requests(&ids);
    workspace.seal()?;
    closed?;
    super::records(&ids, &workspace, ui)?;
    let held = workspace.requests().heads(&ids)?.iter().filter(|head| head.state == State::Held).count() as u64;
    ui.line(match ids.len() as u64 - held {
        0 => format!("{} answered, and held", count(held, "request")),
        closed if held == 0 => format!("{} closed", count(closed, "request")),
        closed => format!("{} closed; {} answered, and held", count(closed, "request"), count(held, "request")),
    });
    Ok(Exit::Done)
}
