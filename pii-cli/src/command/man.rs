use std::path::PathBuf;

use clap::CommandFactory;

use crate::cli::Cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

/// Write manual pages into a folder
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder; made if it is not there
    dir: PathBuf,
}

pub(crate) fn run(args: &Args, ui: Ui) -> Result<Exit, Error> {
    let failed = |e: std::io::Error| Error::failed("io", format!("`{}`: {e}", args.dir.display()));
    std::fs::create_dir_all(&args.dir).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), &args.dir).map_err(failed)?;
    ui.note(format!("manual pages in `{}`", args.dir.display()));
    Ok(Exit::Done)
}
