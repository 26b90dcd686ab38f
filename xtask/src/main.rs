//! The chores of the house: `cargo xtask <chore>`.

mod bench;
mod fixtures;
mod prerequisites;
mod project;
mod python;
mod rng;
mod step;
mod test;

use std::process::ExitCode;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["test"] => test::run(),
        ["fixtures"] => fixtures::write(),
        ["fixtures", "--check"] => fixtures::check(),
        ["bench", options @ ..] => bench::run(options),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

const USAGE: &str = "say which chore

  cargo xtask test                                        everything that CI runs
  cargo xtask fixtures [--check]                          write the fixtures, or compare them with what is committed
  cargo xtask bench [protect|scan] [--rows N] [--runs N]  measure `pii`, with DuckDB and Polars beside it
                    [--peers-only]                      or those two alone
  cargo xtask bench audit [--runs N]                      measure the audit log, with SQLite and PostgreSQL beside it
  cargo xtask bench erase [--runs N] [--files N]          measure erasing people from a lake, with DuckDB, Polars, PyArrow
                    [--scale PERCENT] [--keep]          and delta-rs beside it; wants 8 GB of disk, less with --files
  cargo xtask bench requests [--runs N] [--files N]       measure one request, and a hundred thousand together, with the
                    [--scale PERCENT] [--keep]          same people erased by `pii erase` beside them";
