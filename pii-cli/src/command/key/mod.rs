mod list;
mod rotate;
mod rotate_root;
mod show;
mod show_file;
mod shred;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// The root key and each recipient's domain, by id and epoch; the public key of documents
    List,
    Show(show::Args),
    Rotate(rotate::Args),
    Shred(shred::Args),
}

pub(crate) fn run(command: &Command, global: &Global, ui: Ui) -> Result<Exit, Error> {
    match command {
        Command::List => list::run(global, ui),
        Command::Show(args) => show::run(args, global, ui),
        Command::Rotate(args) => rotate::run(args, global, ui),
        Command::Shred(args) => shred::run(args, global, ui),
    }
}
