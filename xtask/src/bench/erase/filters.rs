//! Finding in files that `pii protect` wrote: a bloom filter over the subject column tells of most that they hold nobody.

use std::fs;
use std::path::{Path, PathBuf};

use super::contender::{Tools, output, warm};
use super::lake::size;
use super::{finding, heads};
use crate::Result;
use crate::bench::measure;
use crate::bench::workspace::Workspace;

/// Protects the lake, looks for pseudonyms in it, and in the same rows without filters.
pub(super) fn run(tools: &Tools, runs: usize) -> Result {
    let (filtered, plain) = (tools.lake.scratch("filtered")?, tools.lake.scratch("plain")?);
    protect(tools, &filtered)?;
    let (original, list) = (tools.lake.layout("random"), tools.lake.people(1));
    output(&mut tools.peer("without-filters", &filtered, &list, &plain))?;
    println!("| finding in what `pii protect` wrote | pii, CPU s | wall s | DuckDB, CPU s | wall s | CPU ÷ | mark | |");
    println!("|---|--:|--:|--:|--:|--:|--:|---|");
    for people in [1, 100] {
        let list = pseudonyms(tools, &original, &filtered, people)?;
        for (what, theirs, mark) in
            [("DuckDB without filters", &plain, Some(0.05)), ("DuckDB with them", &filtered, None)]
        {
            warm(&filtered)?;
            warm(theirs)?;
            let mut rounds = Vec::new();
            for _ in 0..runs {
                rounds.push((tools.find(&filtered, &list)?, tools.find_by_duckdb(theirs, &list)?));
            }
            let mark = mark.filter(|_| people == 1);
            finding(&format!("{}, {what}", heads(people)), &rounds, mark);
        }
    }
    let more = size(&filtered)? as f64 / size(&plain)? as f64 - 1.0;
    println!("\nThe files of `pii` are larger than PyArrow's without filters by {:.1} %.\n", more * 100.0);
    fs::remove_dir_all(&filtered)?;
    Ok(fs::remove_dir_all(&plain)?)
}

fn protect(tools: &Tools, to: &Path) -> Result {
    let folder = tools.lake.scratch("controller")?;
    fs::create_dir_all(&folder)?;
    fs::create_dir_all(to)?;
    let workspace = Workspace::make(&folder)?;
    for file in fs::read_dir(tools.lake.layout("random"))? {
        let file = file?;
        let mut protect = workspace.pii(&["protect", "-d", "bench.events", "-r", "warehouse", "--quiet"]);
        measure::measure(&tools.python, protect.arg(file.path()).arg("-o").arg(to.join(file.file_name())), &[0])?;
    }
    Ok(fs::remove_dir_all(&folder)?)
}

/// What the recipient knows these people by.
fn pseudonyms(tools: &Tools, original: &Path, protected: &Path, people: usize) -> Result<PathBuf> {
    let list = tools.lake.scratch("pseudonyms.txt")?;
    let known = output(&mut tools.peer("pseudonyms", original, &tools.lake.people(people), protected))?;
    fs::write(&list, known + "\n")?;
    Ok(list)
}
