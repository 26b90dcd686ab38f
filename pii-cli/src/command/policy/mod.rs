mod check;
mod explain;
mod export;
mod show;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Check(check::Args),
    /// Purposes, recipients and datasets, on one page
    Show,
    Explain(explain::Args),
    /// Every decision, one JSON value a line
    Export,
}

pub(crate) fn run(command: &Command, global: &Global, ui: Ui) -> Result<Exit, Error> {
    match command {
        Command::Check(args) => check::run(args, global, ui),
        Command::Show => show::run(global, ui),
        Command::Explain(args) => explain::run(args, global, ui),
        Command::Export => export::run(global, ui),
    }
}
