mod put;
mod read;
mod read_file;
mod relocate;
mod rewrap;
mod status;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// How many people and values, from which datasets, where, and how old their keys are
    Status,
    Put(put::Args),
    Read(read::Args),
    Move(relocate::Args),
    Rewrap(rewrap::Args),
}

pub(crate) fn run(command: &Command, global: &Global, ui: Ui) -> Result<Exit, Error> {
    match command {
        Command::Status => status::run(global, ui),
        Command::Put(args) => put::run(args, global, ui),
        Command::Read(args) => read::run(args, global, ui),
        Command::Move(args) => relocate::run(args, global, ui),
        Command::Rewrap(args) => rewrap::run(args, global, ui),
    }
}
