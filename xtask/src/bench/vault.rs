//! The vault in SQLite, and on a PostgreSQL of our own over TLS, beside a bare COPY of the same rows.

use std::fs;
use std::process::Command;

use super::{audit, machine};
use crate::Result;
use crate::project;
use crate::step;

/// So many people at most, each with five values.
const PEOPLE: usize = 1_000_000;

pub(super) fn run(rows: usize, runs: usize) -> Result {
    let scratch = project::target()?.join("xtask-bench/vault");
    let program = audit::build("vault")?;
    let people = rows.min(PEOPLE).to_string();
    println!("{}", machine::line());
    for run in 1..=runs {
        for row in ["sqlite", "postgres"] {
            if scratch.exists() {
                fs::remove_dir_all(&scratch)?;
            }
            println!("\n{row}, {people} people, run {run} of {runs}; {}", machine::load());
            step::stream(Command::new(&program).arg(row).arg(scratch.join(row)).arg(&people))?;
        }
    }
    println!("\n{}", machine::load());
    Ok(())
}
