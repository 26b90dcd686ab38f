//! What a request costs: `cargo xtask bench requests`. One over fifty datasets, and a hundred thousand together.
//!
//! Many requests are one pass over the files. The peer is that pass: `pii erase` of the same people in the same files, which
//! knows of no vault, no ledger, no log and no recipient. Whole processes, from start to exit, each command for itself.

mod bulk;
mod wide;

use std::fs;
use std::path::Path;

use super::machine;
use super::options::Options;
use crate::Result;
use crate::project;

pub(super) fn run(python: &Path, options: &Options) -> Result {
    let scratch = project::target()?.join("xtask-bench/requests");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    fs::create_dir_all(&scratch)?;
    println!("{}; {}\n", machine::line(), machine::load());
    wide::run(python, &scratch, options.runs)?;
    bulk::run(python, &scratch, options)?;
    println!("{}", machine::load());
    Ok(fs::remove_dir_all(&scratch)?)
}
