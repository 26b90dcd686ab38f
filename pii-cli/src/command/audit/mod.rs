mod anchor;
mod checkpoint;
mod export;
mod filter;
mod prove;
mod prune;
pub(crate) mod query;
mod show;
mod time;
mod verify;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Query(Box<query::Args>),
    Show(show::Args),
    Verify(verify::Args),
    Prove(prove::Args),
    Export(export::Args),
    Prune(prune::Args),
    Checkpoint(checkpoint::Args),
    Anchor(anchor::Args),
}

pub(crate) fn run(command: &Command, global: &Global, ui: Ui) -> Result<Exit, Error> {
    match command {
        Command::Query(args) => query::run(args, global, ui),
        Command::Show(args) => show::run(args, global, ui),
        Command::Verify(args) => verify::run(args, global, ui),
        Command::Prove(args) => prove::run(args, global, ui),
        Command::Export(args) => export::run(args, global, ui),
        Command::Prune(args) => prune::run(args, global, ui),
        Command::Checkpoint(args) => checkpoint::run(args, global, ui),
        Command::Anchor(args) => anchor::run(args, global, ui),
    }
}
