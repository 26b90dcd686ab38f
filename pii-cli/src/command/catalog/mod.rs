mod export;
mod list;
mod search;
mod show;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Every dataset that came in
    List,
    Show(show::Args),
    Search(search::Args),
    /// Datasets, columns and disclosures, one JSON value a line
    Export,
}

pub(crate) fn run(command: &Command, global: &Global, ui: Ui) -> Result<Exit, Error> {
    match command {
        Command::List => list::run(global, ui),
        Command::Show(args) => show::run(args, global, ui),
        Command::Search(args) => search::run(args, global, ui),
        Command::Export => export::run(global, ui),
    }
}
