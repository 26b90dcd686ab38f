//! Three columns hashed, seven kept: `pii protect` against DuckDB and Polars.

use std::path::{Path, PathBuf};
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

pub(super) fn run(bench: &Bench) -> Result {
    let codec = codec(bench)?;
    let mut contenders: Vec<Contender> = [1, 2].iter().flat_map(|threads| contenders(bench, *threads, codec)).collect();
    for run in 1..=bench.options.runs {
        eprintln!("   run {run} of {}", bench.options.runs);
        for contender in &mut contenders {
            contender.costs.push(measure(&bench.python, &contender.command, &[0])?);
            let (rows, _) = people::shape(&contender.output)?;
            if rows != bench.options.rows {
                return Err(format!("{} wrote {rows} rows of {}", contender.name, bench.options.rows).into());
            }
        }
    }
    report(&contenders);
    let start = |peer| Ok::<_, Box<dyn std::error::Error>>(measure(&bench.python, &peers(bench, peer, 1), &[0])?.cpu);
    println!(
        "\nTo start Python and import itself costs DuckDB {:.2} s and Polars {:.2} s of CPU, which",
        start("duckdb")?,
        start("polars")?
    );
    println!("is in their numbers. Output: Parquet, {codec}.\n");
    Ok(())
}

fn contenders(bench: &Bench, threads: usize, codec: &str) -> Vec<Contender> {
    let pii = bench.workspace.as_ref().map(|workspace| {
        let output = output(bench, "pii", threads);
        let mut command = workspace.pii(&["protect"]);
        command.arg(&bench.people).args(["-d", "bench.people", "-r", "warehouse", "--quiet"]);
        command.arg("-o").arg(&output).args(["--threads", &threads.to_string()]);
        Contender { name: "pii", threads, command, output, costs: Vec::new() }
    });
    let peers = ["duckdb", "polars"].map(|name| {
        let output = output(bench, name, threads);
        let mut command = peers(bench, name, threads);
        command.arg(&bench.people).arg(&output).arg(codec);
        Contender { name, threads, command, output, costs: Vec::new() }
    });
    pii.into_iter().chain(peers).collect()
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
    let file: &Path = match contenders(bench, 1, "").first() {
        Some(pii) if pii.name == "pii" => {
            measure(&bench.python, &pii.command, &[0])?;
            &pii.output.clone()
        }
        _ => &bench.people,
    };
    match people::shape(file)?.1 {
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
