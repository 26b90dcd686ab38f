//! `pii`: find, protect and account for personal data, from the command line.

mod cli;
mod command;
mod config;
mod error;
mod exit;
mod exposure;
mod ui;

use std::process::ExitCode;

fn main() -> ExitCode {
    exposure::keep_memory_here();
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(exit) => return exit.into(),
    };
    ui::listen_for_interrupts();
    match command::run(&cli) {
        Ok(exit) => exit.into(),
        Err(error) => error.report(cli.global.json).into(),
    }
}
