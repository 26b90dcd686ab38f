//! Encryption at rest beside what it is made of: ring's AES-256-GCM, `cp`, the same table in clear, and PyArrow.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::audit::{build, kept, median};
use super::machine;
use super::measure::measure;
use crate::Result;
use crate::project;
use crate::step;

/// MiB that a row in memory works on.
const MIB: u64 = 4096;

/// MiB of the file that is sealed: it is to stay in memory, so that it is not the disk that is measured.
const FILE_MIB: u64 = 512;

pub(super) fn run(python: &Path, people: &Path, runs: usize) -> Result {
    let folder = project::target()?.join("xtask-bench/seal");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let bench = Bench { program: build("seal")?, python, people, folder };
    bench.ask("make", &bench.folder, FILE_MIB)?;
    println!("{}", machine::line());
    println!("{}; {runs} rounds, medians; ratios are of two rows of one round\n", machine::load());
    memory(&bench, runs)?;
    files(&bench, runs)?;
    tables(&bench, runs)?;
    println!("{}", machine::load());
    fs::remove_dir_all(&bench.folder)?;
    Ok(())
}

fn memory(bench: &Bench, runs: usize) -> Result {
    println!("| in memory | GB/s of CPU | ring does the same at | ratio | mark | |");
    println!("|---|--:|--:|--:|--:|---|");
    for (ours, peer, what) in [
        ("write", "ring-seal-64", "64 KiB, in place"),
        ("write", "ring-seal-16", "16 KiB, in place"),
        ("seal", "ring-seal-64", "64 KiB, in place"),
        ("open", "ring-open-64", "64 KiB, in place"),
        ("open", "ring-open-16", "16 KiB, in place"),
        ("open", "ring-copy-open-16", "16 KiB, copied to a buffer first, as any reader must"),
    ] {
        let mut rounds = Vec::new();
        for _ in 0..runs {
            rounds.push([bench.rate(ours)?, bench.rate(peer)?]);
        }
        let own = median(rounds.iter().map(|[own, _]| *own));
        let theirs = median(rounds.iter().map(|[_, theirs]| *theirs));
        let ratio = median(rounds.iter().map(|[own, theirs]| own / theirs));
        println!("| {ours} | {own:.2} | {theirs:.2}: {what} | {ratio:.2} | ≥ 0.9 | {} |", kept(ratio >= 0.9));
    }
    Ok(())
}

/// Whole processes, so that starting one is in all of the figures.
fn files(bench: &Bench, runs: usize) -> Result {
    let [plain, sealed, opened, copy] = ["plain", "sealed", "opened", "copy"].map(|name| bench.folder.join(name));
    let (mut seals, mut opens) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let row = |row: &str, output: &Path| -> Result<[f64; 2]> {
            let _ = fs::remove_file(output);
            let mut command = Command::new(&bench.program);
            command.arg(row).arg(&bench.folder).arg("0");
            let cost = measure(bench.python, &command, &[0])?;
            let _ = fs::remove_file(&copy);
            let mut cp = Command::new("cp");
            cp.arg(&plain).arg(&copy);
            Ok([cost.wall, measure(bench.python, &cp, &[0])?.wall / cost.wall])
        };
        seals.push(row("file-seal", &sealed)?);
        opens.push(row("file-open", &opened)?);
        if fs::metadata(&opened)?.len() != fs::metadata(&plain)?.len() {
            return Err("what was opened is not what was sealed".into());
        }
    }
    println!("\n| file to file, {FILE_MIB} MiB, in the page cache | GB/s | cp ÷ it | mark | |");
    println!("|---|--:|--:|--:|---|");
    for (name, rounds) in [("seal", seals), ("open", opens)] {
        let rate = (FILE_MIB << 20) as f64 / median(rounds.iter().map(|[wall, _]| *wall)) / 1e9;
        let ratio = median(rounds.iter().map(|[_, ratio]| *ratio));
        println!("| {name} | {rate:.2} | {ratio:.2} | ≥ 0.8 | {} |", kept(ratio >= 0.8));
    }
    Ok(())
}

fn tables(bench: &Bench, runs: usize) -> Result {
    let mut rounds = Vec::new();
    for _ in 0..runs {
        let ours = |row: &str| Cost::read(&bench.ask(row, bench.people, 0)?);
        let theirs = |how: &str| Cost::read(&bench.pyarrow(how)?);
        let (clear, uniform, columns) = (ours("write-clear")?, ours("write-uniform")?, ours("write-columns")?);
        rounds.push(Tables {
            clear,
            uniform,
            columns,
            their_clear: theirs("clear")?,
            their_uniform: theirs("uniform")?,
        });
    }
    println!("\n| the same table into Parquet, Zstandard | wall s | CPU s | CPU ÷ its own in clear | mark | |");
    println!("|---|--:|--:|--:|--:|---|");
    let show = |name: &str, of: fn(&Tables) -> &Cost, clear: fn(&Tables) -> &Cost, most: Option<f64>| {
        let ratio = median(rounds.iter().map(|round| of(round).cpu / clear(round).cpu));
        let mark = most.map_or(" | ".to_owned(), |most| format!("≤ {most} | {}", kept(ratio <= most)));
        let wall = median(rounds.iter().map(|round| of(round).wall));
        let cpu = median(rounds.iter().map(|round| of(round).cpu));
        println!("| {name} | {wall:.2} | {cpu:.2} | {ratio:.2} | {mark} |");
    };
    show("pii, in clear", |r| &r.clear, |r| &r.clear, None);
    show("pii, uniform", |r| &r.uniform, |r| &r.clear, Some(1.15));
    show("pii, columns", |r| &r.columns, |r| &r.clear, Some(1.15));
    show("PyArrow, in clear", |r| &r.their_clear, |r| &r.their_clear, None);
    show("PyArrow, uniform", |r| &r.their_uniform, |r| &r.their_clear, None);
    let wall = median(rounds.iter().map(|round| round.their_uniform.wall / round.uniform.wall));
    let cpu = median(rounds.iter().map(|round| round.their_uniform.cpu / round.uniform.cpu));
    println!("\nPyArrow's uniform write takes {wall:.2} times our time by the clock, {cpu:.2} times our CPU.\n");
    Ok(())
}

/// What writing one table cost, in the ways there are.
struct Tables {
    clear: Cost,
    uniform: Cost,
    columns: Cost,
    their_clear: Cost,
    their_uniform: Cost,
}

struct Bench<'a> {
    program: PathBuf,
    python: &'a Path,
    people: &'a Path,
    folder: PathBuf,
}

impl Bench<'_> {
    /// One row of `pii-core/benches/seal.rs`.
    fn ask(&self, row: &str, place: &Path, mib: u64) -> Result<String> {
        let mut program = Command::new(&self.program);
        output(program.arg(row).arg(place).arg(mib.to_string()))
    }

    /// GB a second of the processor that a row in memory takes.
    fn rate(&self, row: &str) -> Result<f64> {
        let cost = Cost::read(&self.ask(row, &self.folder, MIB)?)?;
        Ok(cost.bytes / cost.cpu / 1e9)
    }

    fn pyarrow(&self, how: &str) -> Result<String> {
        let mut python = Command::new(self.python);
        python.args(["-c", include_str!("seal.py"), how]).arg(self.people).arg(self.folder.join("pyarrow.parquet"));
        output(&mut python)
    }
}

/// What a command prints.
fn output(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} ended with {}: {said}", step::spelt(command), output.status).into())
}

struct Cost {
    bytes: f64,
    wall: f64,
    cpu: f64,
}

impl Cost {
    fn read(line: &str) -> Result<Self> {
        let numbers: Vec<f64> = line.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
        match numbers.as_slice() {
            [bytes, wall, cpu] => Ok(Self { bytes: *bytes, wall: *wall, cpu: *cpu }),
            _ => Err(format!("not a cost: `{line}`").into()),
        }
    }
}
