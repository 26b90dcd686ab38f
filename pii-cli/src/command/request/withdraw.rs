use pii_core::request::Deed;

use super::{number, value};
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

/// Record that the person took their request back
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which request
    #[arg(value_name = "REQUEST")]
    request: String,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let workspace = global.open()?;
    let id = number(&workspace, &args.request)?;
    let withdrawn = workspace.step_request(id, &Deed::Withdraw);
    workspace.seal()?;
    let request = withdrawn?;
    let (deadline, days) = workspace.deadline(&request)?;
    ui.record("request", &value(&request, &deadline, days));
    ui.line(format!("request {id} is withdrawn"));
    Ok(Exit::Done)
}
