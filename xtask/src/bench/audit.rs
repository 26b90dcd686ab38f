//! The audit log beside what one would write instead: a bare file, SQLite, PostgreSQL. All on one disk, in turns.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use super::machine;
use super::postgres::Postgres;
use crate::Result;
use crate::project;
use crate::step;

/// Seconds that a writer writes.
const SECONDS: u64 = 3;

const VERIFIED: u64 = 1_000_000;

const PROVED: u64 = 10_000_000;

const ENTRY_BYTES: f64 = 256.0;

pub(super) fn run(runs: usize) -> Result {
    let scratch = project::target()?.join("xtask-bench/audit");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    fs::create_dir_all(&scratch)?;
    let bench = Bench { program: build("audit")?, entry: String::new(), scratch };
    let bench = Bench { entry: bench.ask("entry", Path::new("-"), 0, &[])?, ..bench };
    let postgres = Postgres::start(&bench.scratch.join("postgres"))?;
    println!("{}", machine::line());
    println!(
        "{}; {}; {runs} rounds, medians; entries of {} bytes",
        machine::load(),
        postgres.version()?,
        bench.entry.len()
    );
    println!(
        "Rates and ratios are the middle one of all rounds, each for itself: a ratio is of two runs of one round.\n"
    );
    writers(&bench, &postgres, runs)?;
    drop(postgres);
    verifiers(&bench, runs)?;
    provers(&bench, runs)?;
    println!("{}", machine::load());
    Ok(())
}

fn writers(bench: &Bench, postgres: &Postgres, runs: usize) -> Result {
    let (mut one, mut threads, mut batches) = (Vec::new(), Vec::new(), Vec::new());
    for run in 1..=runs {
        eprintln!("   round {run} of {runs}");
        one.push([bench.write("log-one")?, bench.write("bare-one")?, bench.write("sqlite-one")?]);
        threads.push((bench.write("log-threads")?, postgres.inserts(&bench.entry, SECONDS)?));
        batches.push([bench.write("log-batches")?, bench.write("bare-batches")?, bench.write("sqlite-batches")?]);
    }
    println!("| each entry durable, one writer | entries/s | µs CPU an entry | log ÷ it | mark | |");
    println!("|---|--:|--:|--:|--:|---|");
    against(&one, ["the log", "bare write + fdatasync", "SQLite, WAL, FULL"], [0.95, 1.0]);

    println!("\n| each entry durable, 64 at once | entries/s | µs CPU an entry | log ÷ it | mark | |");
    println!("|---|--:|--:|--:|--:|---|");
    let cpu = median(threads.iter().map(|(log, _)| log.cpu_per_entry()));
    let alone = Cost::read(&bench.ask("wake-threads", Path::new("-"), SECONDS, &[])?)?.cpu_per_entry();
    println!(
        "| the log | {:.0} | {cpu:.1} | | ≤ 5 µs | {} |",
        median(threads.iter().map(|(log, _)| log.rate())),
        kept(cpu <= 5.0)
    );
    println!("| the same threads, if nothing is written | | {alone:.1} | | | |");
    let ratio = median(threads.iter().map(|(log, postgres)| log.rate() / postgres));
    println!(
        "| PostgreSQL | {:.0} | | {ratio:.2} | ≥ 3 | {} |",
        median(threads.iter().map(|(_, rate)| *rate)),
        kept(ratio >= 3.0)
    );

    println!("\n| batches of 1,000, one writer | entries/s | µs CPU an entry | log ÷ it | mark | |");
    println!("|---|--:|--:|--:|--:|---|");
    against(&batches, ["the log", "bare write + fdatasync", "SQLite, WAL, FULL, hash chain"], [0.85, 2.5]);
    Ok(())
}

/// The log, and two others with the least that the log should be of each.
fn against(rounds: &[[Cost; 3]], names: [&str; 3], marks: [f64; 2]) {
    let [log, others @ ..] = [0, 1, 2].map(|at| rounds.iter().filter_map(move |round| round.get(at)));
    let shown = |costs: &mut dyn Iterator<Item = &Cost>| {
        let costs: Vec<_> = costs.collect();
        format!(
            "{:.0} | {:.1}",
            median(costs.iter().map(|c| c.rate())),
            median(costs.iter().map(|c| c.cpu_per_entry()))
        )
    };
    let [ours, names @ ..] = names;
    println!("| {ours} | {} | | | |", shown(&mut log.clone()));
    for ((name, other), mark) in names.iter().zip(others).zip(marks) {
        let ratio = median(log.clone().zip(other.clone()).map(|(log, other)| log.rate() / other.rate()));
        println!("| {name} | {} | {ratio:.2} | ≥ {mark} | {} |", shown(&mut other.clone()), kept(ratio >= mark));
    }
}

fn verifiers(bench: &Bench, runs: usize) -> Result {
    let folder = bench.scratch.join("verified");
    eprintln!("   making a log of {VERIFIED} entries");
    bench.ask("make", &folder, VERIFIED, &[])?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (mut rounds, mut tenth, mut exports) = (Vec::new(), Vec::new(), Vec::new());
    for run in 1..=runs {
        eprintln!("   round {run} of {runs}");
        let verify = |threads: usize| {
            let output = bench.ask("verify", &folder, VERIFIED, &[("RAYON_NUM_THREADS", threads.to_string())])?;
            Cost::read(&output)
        };
        rounds.push((verify(1)?, verify(cores)?));
        let ask = |row: &str| bench.ask(row, &folder, VERIFIED, &[]).and_then(|output| Cost::read(&output));
        tenth.push(ask("verify-from")?.wall / verify(cores)?.wall);
        exports.push(ask("export")?);
    }
    let one = median(rounds.iter().map(|(one, _)| one.rate()));
    let all = median(rounds.iter().map(|(_, all)| all.rate()));
    let gain = median(rounds.iter().map(|(one, all)| all.rate() / one.rate()));
    println!("\n| verify 1,000,000 entries | million/s | µs CPU an entry | mark | |");
    println!("|---|--:|--:|--:|---|");
    let cpu = |cost: fn(&(Cost, Cost)) -> &Cost| median(rounds.iter().map(|round| cost(round).cpu_per_entry()));
    println!("| one core | {:.2} | {:.2} | ≥ 1.5 | {} |", one / 1e6, cpu(|r| &r.0), kept(one >= 1.5e6));
    let linear = 0.9 * cores as f64;
    println!(
        "| {cores} cores, {gain:.2} times one | {:.2} | {:.2} | ≥ {linear:.1} times | {} |",
        all / 1e6,
        cpu(|r| &r.1),
        kept(gain >= linear)
    );
    println!(
        "\nFrom the checkpoint over its first 90 %, verifying takes {:.2} of the time of the whole.",
        median(tenth.into_iter())
    );
    let rate = median(exports.iter().map(Cost::rate));
    println!("\n| export 1,000,000 entries, JSON lines with their tiles | million/s | µs CPU an entry | mark | |");
    println!("|---|--:|--:|--:|---|");
    let cpu = median(exports.iter().map(Cost::cpu_per_entry));
    println!("| all cores | {:.2} | {cpu:.2} | ≥ 1 | {} |", rate / 1e6, kept(rate >= 1e6));
    Ok(())
}

fn provers(bench: &Bench, runs: usize) -> Result {
    let folder = bench.scratch.join("proved");
    eprintln!("   making a log of {PROVED} entries");
    bench.ask("make", &folder, PROVED, &[])?;
    let mut rounds = Vec::new();
    for _ in 0..runs {
        let output = bench.ask("prove", &folder, PROVED, &[])?;
        let numbers: Vec<f64> = output.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
        let [proofs, wall, _, bytes] = numbers.as_slice() else { return Err(format!("not a cost: `{output}`").into()) };
        rounds.push((wall / proofs * 1e3, *bytes));
    }
    let (time, bytes) = (median(rounds.iter().map(|r| r.0)), median(rounds.iter().map(|r| r.1)));
    println!("\n| proof of one entry in 10,000,000 | | mark | |");
    println!("|---|--:|--:|---|");
    println!("| ms, the tiles opened for it | {time:.3} | ≤ 1 | {} |", kept(time <= 1.0));
    println!("| bytes, checkpoint and signature included | {bytes:.0} | ≤ 1,200 | {} |", kept(bytes <= 1200.0));
    Ok(())
}

pub(super) fn kept(kept: bool) -> &'static str {
    if kept { "kept" } else { "**missed**" }
}

pub(super) fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

struct Bench {
    program: PathBuf,
    scratch: PathBuf,
    /// An entry as the log stores it.
    entry: String,
}

/// What one row of `pii-core/benches/audit.rs` cost.
struct Cost {
    entries: f64,
    wall: f64,
    cpu: f64,
}

impl Bench {
    /// Writes into a new folder, which goes again.
    fn write(&self, row: &str) -> Result<Cost> {
        let folder = self.scratch.join("row");
        let cost = Cost::read(&self.ask(row, &folder, SECONDS, &[])?);
        fs::remove_dir_all(&folder)?;
        cost
    }

    fn ask(&self, row: &str, folder: &Path, amount: u64, envs: &[(&str, String)]) -> Result<String> {
        let mut program = Command::new(&self.program);
        program.arg(row).arg(folder).arg(amount.to_string()).envs(envs.iter().map(|(name, value)| (name, value)));
        let output = program.output()?;
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout)?);
        }
        Err(format!(
            "{} ended with {}: {}",
            step::spelt(&program),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )
        .into())
    }
}

impl Cost {
    fn read(line: &str) -> Result<Self> {
        let numbers: Vec<f64> = line.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
        match numbers.as_slice() {
            // The number of an entry has more digits or fewer.
            [entries, wall, cpu, bytes] if (bytes - ENTRY_BYTES).abs() <= 8.0 => {
                Ok(Self { entries: *entries, wall: *wall, cpu: *cpu })
            }
            _ => Err(format!("not a cost: `{line}`").into()),
        }
    }

    fn rate(&self) -> f64 {
        self.entries / self.wall
    }

    /// In microseconds.
    fn cpu_per_entry(&self) -> f64 {
        self.cpu / self.entries * 1e6
    }
}

/// Builds `pii-core/benches/NAME.rs`, and says where it is.
pub(super) fn build(name: &str) -> Result<PathBuf> {
    let args = ["bench", "--workspace", "--bench", name, "--no-run", "--message-format", "json"];
    let mut cargo = step::cargo(&args);
    let output = cargo.current_dir(project::root()).stderr(std::process::Stdio::inherit()).output()?;
    let messages = String::from_utf8(output.stdout)?;
    let mut program = messages.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let ours = message.pointer("/target/name")? == name && message.pointer("/target/kind/0")? == "bench";
        message.get("executable")?.as_str().filter(|_| ours).map(PathBuf::from)
    });
    program.next().ok_or_else(|| format!("{} built nothing", step::spelt(&cargo)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_read_and_shared_among_the_entries() {
        let cost = Cost::read("1000 0.5 0.01 256\n").unwrap();
        assert_eq!((cost.rate(), cost.cpu_per_entry()), (2000.0, 10.0));
        assert!(Cost::read("1000 0.5").is_err());
        assert!(Cost::read("1000 0.5 0.01 32").is_err(), "that is another measurement");
    }

    #[test]
    fn one_noisy_round_does_not_move_the_median() {
        assert_eq!(median([3.0, 100.0, 1.0].into_iter()), 3.0);
    }
}
