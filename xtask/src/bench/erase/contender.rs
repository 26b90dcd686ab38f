//! One run of one tool, from start to exit.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::lake::{Lake, size};
use crate::Result;
use crate::bench::measure::{self, Cost, measure};
use crate::step;

/// Who erases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Who {
    Pii,
    DuckDb,
    Polars,
    PyArrow,
    DeltaRs,
    /// Copies the whole layout, and erases nobody: what bytes cost.
    Cp,
}

/// Everybody, ours first.
pub(super) const ALL: [Who; 6] = [Who::Pii, Who::DuckDb, Who::Polars, Who::PyArrow, Who::DeltaRs, Who::Cp];

impl Who {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pii => "pii",
            Self::DuckDb => "DuckDB",
            Self::Polars => "Polars",
            Self::PyArrow => "PyArrow",
            Self::DeltaRs => "delta-rs",
            Self::Cp => "`cp`, erasing nobody",
        }
    }

    pub(super) fn is_peer(self) -> bool {
        !matches!(self, Self::Pii | Self::Cp)
    }
}

/// What a run cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) cost: Cost,
    /// Seconds of its wall that went into having the files on the disk; of `pii`, not known.
    pub(super) sync: f64,
    /// Bytes of files that it wrote.
    pub(super) written: u64,
}

/// The tools, and what they work on.
pub(super) struct Tools {
    pub(super) python: PathBuf,
    pub(super) pii: PathBuf,
    pub(super) lake: Lake,
    pub(super) threads: usize,
}

impl Tools {
    /// `pii erase` on these files.
    fn pii(&self, files: &Path, people: &Path, threads: usize, more: &[&str]) -> Command {
        let mut pii = Command::new(&self.pii);
        pii.arg("erase").arg(files).args(["--column", "user_id", "--values-file"]).arg(people);
        pii.args(["--threads", &threads.to_string(), "--json"]).args(more);
        pii
    }

    pub(super) fn peer(&self, peer: &str, files: &Path, people: &Path, out: &Path) -> Command {
        let mut python = Command::new(&self.python);
        python.args(["-c", include_str!("peers.py"), peer]).arg(files).arg(people).arg(out);
        python.arg(self.threads.to_string());
        python
    }

    /// The versions of the peers.
    pub(super) fn versions(&self) -> Result<String> {
        let nowhere = Path::new("-");
        output(&mut self.peer("versions", nowhere, nowhere, nowhere))
    }

    /// Erases so many people from a fresh copy of a layout.
    pub(super) fn erase(&self, who: Who, layout: &str, people: usize) -> Result<Run> {
        let (files, list) = (self.lake.layout(layout), self.lake.people(people));
        let out = self.lake.scratch("out")?;
        let run = match who {
            Who::Pii => {
                let cost = self.erase_with(self.threads, layout, people)?;
                Run { cost, sync: 0.0, written: written(&files, &self.lake.work(layout))? }
            }
            Who::Cp => {
                let mut cp = Command::new("cp");
                cp.arg("-r").arg(&files).arg(&out);
                Run { cost: measure(&self.python, &cp, &[0])?, sync: 0.0, written: size(&out)? }
            }
            Who::DeltaRs => {
                let table = self.lake.linked(layout)?;
                output(&mut self.peer("delta-convert", &table, &list, &out))?;
                let cost = measure(&self.python, &self.peer("delta-rs", &table, &list, &out), &[0])?;
                let run = figures(cost, &table)?;
                fs::remove_dir_all(&table)?;
                run
            }
            Who::DuckDb | Who::Polars | Who::PyArrow => {
                let cost = measure(&self.python, &self.peer(&who.name().to_lowercase(), &files, &list, &out), &[0])?;
                figures(cost, &out)?
            }
        };
        if out.exists() {
            fs::remove_dir_all(&out)?;
        }
        Ok(run)
    }

    /// `pii` erases so many people from a fresh copy of a layout.
    pub(super) fn erase_with(&self, threads: usize, layout: &str, people: usize) -> Result<Cost> {
        let work = self.lake.fresh(layout)?;
        measure(&self.python, &self.pii(&work, &self.lake.people(people), threads, &["--yes"]), &[0])
    }

    /// Looks for so many people, and changes nothing.
    pub(super) fn find(&self, files: &Path, list: &Path) -> Result<Cost> {
        measure(&self.python, &self.pii(files, list, self.threads, &["-n"]), &[0])
    }

    /// The same by DuckDB: with the list in a table, or as `IN (…)`, whichever is the quicker.
    pub(super) fn find_by_duckdb(&self, files: &Path, list: &Path) -> Result<Cost> {
        let one = |how: &str| -> Result<Cost> {
            let out = self.lake.scratch("out")?;
            measure(&self.python, &self.peer(how, files, list, &out), &[0])
        };
        let (table, listed) = (one("duckdb-find")?, one("duckdb-find-in")?);
        Ok(if table.cpu < listed.cpu { table } else { listed })
    }

    /// Erases once more, and has three readers compare the result with a filter of what was there.
    pub(super) fn check(&self, layout: &str, people: usize) -> Result<Checked> {
        let (files, list) = (self.lake.layout(layout), self.lake.people(people));
        let work = self.lake.fresh(layout)?;
        let said = output(&mut self.pii(&work, &list, self.threads, &["--yes"]))?;
        let lines = said.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let made = lines.filter_map(|line| line.get("bytes_made")?.as_f64()).next_back();
        let made = made.ok_or_else(|| format!("`pii` does not say what it made: {said}"))?;
        let mut readers = Command::new(&self.python);
        readers.args(["-c", include_str!("readers.py")]).args([&files, &work, &list]);
        let (before, after) = (size(&files)? as f64, size(&work)? as f64);
        Ok(Checked { said: output(&mut readers)?, made: made / before, grown: after / before - 1.0 })
    }
}

/// What was found in a result.
pub(super) struct Checked {
    /// By three readers.
    pub(super) said: String,
    /// The share of the lake's bytes that was made anew.
    pub(super) made: f64,
    /// By what share the lake is larger now.
    pub(super) grown: f64,
}

/// The middle one, of each number for itself.
pub(super) fn middle(runs: &[Run]) -> Run {
    let costs: Vec<Cost> = runs.iter().map(|run| run.cost).collect();
    let sync = super::median(runs.iter().map(|run| run.sync));
    Run { cost: measure::median(&costs), sync, written: runs.first().map_or(0, |run| run.written) }
}

/// The size of the files that are not as they were.
fn written(before: &Path, after: &Path) -> Result<u64> {
    let mut written = 0;
    for file in fs::read_dir(after)? {
        let file = file?;
        let (old, new) = (fs::metadata(before.join(file.file_name()))?, file.metadata()?);
        if old.modified()? != new.modified()? {
            written += new.len();
        }
    }
    Ok(written)
}

/// What a peer left beside its output: how long syncing took, and how many bytes it wrote.
fn figures(cost: Cost, out: &Path) -> Result<Run> {
    let text = fs::read_to_string(out.join("figures"))?;
    let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
    match numbers.as_slice() {
        [sync, written] => Ok(Run { cost, sync: *sync, written: *written as u64 }),
        _ => Err(format!("not the figures of a peer: `{text}`").into()),
    }
}

/// What a command prints.
pub(super) fn output(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?.trim().to_owned());
    }
    // A script that stands in the arguments would fill the screen.
    let short: String = step::spelt(command).lines().next().unwrap_or_default().chars().take(120).collect();
    Err(format!("{short} ended with {}", output.status).into())
}

/// Forgets nothing that is asked for soon: reads all files once.
pub(super) fn warm(folder: &Path) -> Result {
    for file in fs::read_dir(folder)? {
        std::io::copy(&mut File::open(file?.path())?, &mut std::io::sink())?;
    }
    Ok(())
}
