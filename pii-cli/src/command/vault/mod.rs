mod put;
mod read;
mod read_file;
mod status;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// How many people and values, from which datasets
    Status,
    Put(put::Args),
    Read(read::Args),
}

pub(crate) fn run(command: &Command, global: &Global, ui: Ui) -> Result<Exit, Error> {
    match command {
        Command::Status => status::run(global, ui),
        Command::Put(args) => put::run(args, global, ui),
        Command::Read(args) => read::run(args, global, ui),
    }
}
