//! `cargo xtask bench`: what does it cost, next to what people would use instead?
//!
//! Whole processes, from start to exit, in turns, so that a noisy minute falls on everybody. The peers do less: an unkeyed
//! hash of the bytes, no normalisation, no policy, no log. That is the price to beat all the same.

mod audit;
mod erase;
mod machine;
mod measure;
mod objections;
mod options;
mod people;
mod postgres;
mod protect;
mod requests;
mod scan;
mod seal;
mod vault;
mod workspace;

use std::fs;

use options::{Options, What};

use crate::Result;
use crate::prerequisites;
use crate::project;
use crate::python;

pub(crate) fn run(args: &[&str]) -> Result {
    let options = Options::read(args)?;
    prerequisites::ensure()?;
    if options.what == Some(What::Audit) {
        return audit::run(options.runs);
    }
    if options.what == Some(What::Vault) {
        return vault::run(options.rows, options.runs);
    }
    let python = python::venv()?;
    if options.what == Some(What::Erase) {
        return erase::run(&python, &options);
    }
    if options.what == Some(What::Requests) {
        return requests::run(&python, &options);
    }
    let cache = project::target()?.join("xtask-bench");
    if options.what == Some(What::Seal) {
        fs::create_dir_all(&cache)?;
        return seal::run(&python, &people::file(&cache, options.rows.min(2_000_000))?, options.runs);
    }
    if options.what == Some(What::Objections) {
        fs::create_dir_all(&cache)?;
        return objections::run(&python, &people::file(&cache, options.rows)?, &cache, &options);
    }
    let scratch = cache.join("scratch");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    fs::create_dir_all(&scratch)?;
    let bench = Bench {
        workspace: if options.peers_only { None } else { Some(workspace::Workspace::make(&scratch)?) },
        people: people::file(&cache, options.rows)?,
        python,
        scratch,
        options,
    };
    println!("{}", machine::line());
    println!("{} rows, {} columns, {} runs, medians\n", options.rows, people::COLUMNS, options.runs);
    if options.what != Some(What::Scan) {
        protect::run(&bench)?;
    }
    if options.what != Some(What::Protect) {
        scan::run(&bench)?;
    }
    Ok(())
}

/// What every measurement needs.
struct Bench {
    options: Options,
    python: std::path::PathBuf,
    people: std::path::PathBuf,
    scratch: std::path::PathBuf,
    workspace: Option<workspace::Workspace>,
}
