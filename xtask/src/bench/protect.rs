//! Three columns hashed, seven kept: `pii protect` against DuckDB and Polars.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use parquet::basic::Compression;

use super::Bench;
use super::measure::{Cost, measure, median};
use super::people;
use crate::Result;

struct Contender {
    name: &'static str,
    threads: usize,
    command: Command,
    output: PathBuf,
    costs: Vec<Cost>,
}

impl Contender {
    /// Runs it once more, and makes sure that it did the work.
    fn run(&mut self, bench: &Bench) -> Result {
        if self.output.exists() {
            fs::remove_file(&self.output)?;
        }
        self.costs.push(measure(&bench.python, &self.command, &[0])?);
        match people::shape(&self.output)?.0 {
            rows if rows == bench.options.rows => Ok(()),
            rows => Err(format!("{} wrote {rows} rows of {}", self.name, bench.options.rows).into()),
        }
    }
}

pub(super) fn run(bench: &Bench) -> Result {
    let codec = codec(bench)?;
    let mut contenders: Vec<Contender> = [1, 2].iter().flat_map(|threads| contenders(bench, *threads, codec)).collect();
    for run in 1..=bench.options.runs {
        eprintln!("   run {run} of {}", bench.options.runs);
        for contender in &mut contenders {
            contender.run(bench)?;
        }
    }
    report(&contenders);
    let start = |peer| measure(&bench.python, &peers(bench, peer, 1), &[0]).map(|cost| cost.cpu);
    let (duckdb, polars) = (start("duckdb")?, start("polars")?);
    println!("\nOutput: Parquet, {codec}. The peers' numbers hold what it costs to start Python and to import them:");
    println!("{duckdb:.2} s of CPU for DuckDB, {polars:.2} s for Polars.\n");
    Ok(())
}

fn contenders(bench: &Bench, threads: usize, codec: &str) -> Vec<Contender> {
    let peers = ["duckdb", "polars"].map(|name| {
        let output = output(bench, name, threads);
        let mut command = peers(bench, name, threads);
        command.arg(&bench.people).arg(&output).arg(codec);
        Contender { name, threads, command, output, costs: Vec::new() }
    });
    pii(bench, threads).into_iter().chain(peers).collect()
}

fn pii(bench: &Bench, threads: usize) -> Option<Contender> {
    let output = output(bench, "pii", threads);
    let mut command = bench.workspace.as_ref()?.pii(&["protect"]);
    command.arg(&bench.people).args(["-d", "bench.people", "-r", "warehouse", "--quiet"]);
    command.arg("-o").arg(&output).args(["--threads", &threads.to_string()]);
    Some(Contender { name: "pii", threads, command, output, costs: Vec::new() })
}

fn peers(bench: &Bench, peer: &str, threads: usize) -> Command {
    let mut command = Command::new(&bench.python);
    command.args(["-c", include_str!("peers.py"), peer, &threads.to_string()]);
    command
}

fn output(bench: &Bench, name: &str, threads: usize) -> PathBuf {
    bench.scratch.join(format!("{name}-{threads}.parquet"))
}

/// The codec that `pii` writes, so that the peers do the same work.
fn codec(bench: &Bench) -> Result<&'static str> {
    let mut written = bench.people.clone();
    if let Some(mut pii) = pii(bench, 1) {
        pii.run(bench)?;
        written = pii.output;
    }
    match people::shape(&written)?.1 {
        Compression::SNAPPY => Ok("snappy"),
        Compression::ZSTD(_) => Ok("zstd"),
        Compression::UNCOMPRESSED => Ok("uncompressed"),
        other => Err(format!("the peers are not told how to write {other}").into()),
    }
}

fn report(contenders: &[Contender]) {
    println!("| protect | threads | wall s | CPU s | peak MiB | wall ÷ pii | CPU ÷ pii |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for contender in contenders {
        let cost = median(&contender.costs);
        let pii = contenders.iter().find(|c| c.name == "pii" && c.threads == contender.threads);
        let ratio = |number: fn(&Cost) -> f64| {
            pii.map_or("–".to_owned(), |pii| format!("{:.2}", number(&cost) / number(&median(&pii.costs))))
        };
        println!(
            "| {} | {} | {:.2} | {:.2} | {:.0} | {} | {} |",
            contender.name,
            contender.threads,
            cost.wall,
            cost.cpu,
            cost.memory,
            ratio(|c| c.wall),
            ratio(|c| c.cpu)
        );
    }
}
