//! One file a command: it parses and prints, the library decides.

mod age;
pub(crate) mod audit;
pub(crate) mod catalog;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod erase;
pub(crate) mod help;
mod hold;
pub(crate) mod init;
mod input;
pub(crate) mod key;
pub(crate) mod man;
pub(crate) mod policy;
pub(crate) mod protect;
pub(crate) mod request;
pub(crate) mod scan;
mod subject;
pub(crate) mod tag;
pub(crate) mod vault;

use pii_core::keyring::Epoch;

use crate::cli::{Cli, Command};
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

/// Reads an epoch of a recipient's keys.
fn epoch(text: &str) -> Result<Epoch, String> {
    let number = text.parse().ok().and_then(Epoch::new);
    number.ok_or_else(|| "epochs count from 1; `pii key list` shows them".to_owned())
}

/// Runs one command.
pub(crate) fn run(cli: &Cli) -> Result<Exit, Error> {
    let global = &cli.global;
    let ui = Ui { json: global.json, quiet: global.quiet };
    match &cli.command {
        Command::Init(args) => init::run(args, global, ui),
        Command::Demo(args) => demo::run(args, global, ui),
        Command::Scan(args) => scan::run(args, global, ui),
        Command::Tag(args) => tag::run(args, global, ui),
        Command::Protect(args) => protect::run(args, global, ui),
        Command::Erase(args) => erase::run(args, global, ui),
        Command::Policy(command) => policy::run(command, global, ui),
        Command::Catalog(command) => catalog::run(command, global, ui),
        Command::Key(command) => key::run(command, global, ui),
        Command::Vault(command) => vault::run(command, global, ui),
        Command::Request(command) => request::run(command, global, ui),
        Command::Audit(command) => audit::run(command, global, ui),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args, ui),
        Command::Help(args) => help::run(args, ui),
    }
}
