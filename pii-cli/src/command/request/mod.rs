mod package_verify;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    PackageVerify(package_verify::Args),
}

pub(crate) fn run(command: &Command, global: &Global, ui: Ui) -> Result<Exit, Error> {
    match command {
        Command::PackageVerify(args) => package_verify::run(args, global, ui),
    }
}
