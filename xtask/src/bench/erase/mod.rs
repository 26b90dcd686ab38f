//! Erasing people from a lake of Parquet, beside what its owners would write: `cargo xtask bench erase`.
//!
//! Whole processes, in turns. The peers write to an empty folder, and only the files that hold somebody; `pii` writes each
//! file beside the old one, syncs it, reads it again, and gives it the name. So a peer's time is told twice: as it is, and
//! with its files synced, as ours are.

mod contender;
mod filters;
pub(super) mod lake;

use std::path::Path;

use contender::{ALL, Run, Tools, Who, middle, warm};
use lake::{Lake, size};

use super::audit::{kept, median};
use super::machine;
use super::measure::{self, Cost};
use super::options::Options;
use crate::Result;
use crate::project;
use crate::step;

struct Case {
    what: &'static str,
    layout: &'static str,
    people: usize,
    /// So many times less CPU, and less time, than the best peer.
    mark: f64,
}

const CASES: [Case; 4] = [
    Case { what: "1 person, events as they came", layout: "random", people: 1, mark: 7.0 },
    Case { what: "100 people, events as they came", layout: "random", people: 100, mark: 1.7 },
    Case { what: "10,000 people, events as they came", layout: "random", people: 10_000, mark: 1.2 },
    Case { what: "1 person, sorted by person", layout: "clustered", people: 1, mark: 20.0 },
];

pub(super) fn run(python: &Path, options: &Options) -> Result {
    let folder = project::target()?.join("xtask-bench/erase");
    step::stream(&mut step::cargo(&["build", "--release", "--workspace", "--bin", "pii"]))?;
    let tools = Tools {
        python: python.to_owned(),
        pii: project::target()?.join("release/pii"),
        lake: Lake::make(python, &folder, options.files, options.scale)?,
        threads: std::thread::available_parallelism().map_or(1, usize::from).min(2),
    };
    println!("{}", machine::line());
    println!("{}; {}; {} rounds, medians", machine::load(), tools.versions()?, options.runs);
    for layout in ["random", "clustered"] {
        let bytes = size(&tools.lake.layout(layout))?;
        println!("{layout}: {} files, {:.2} GB", options.files, bytes as f64 / 1e9);
    }
    println!("Ratios are the middle one of all rounds: of two runs of one round.\n");
    for case in &CASES {
        whole_job(&tools, case, options.runs)?;
    }
    find(&tools, options.runs)?;
    filters::run(&tools, options.runs)?;
    threads(&tools, options.runs)?;
    memory(&tools)?;
    println!("{}", machine::load());
    tools.lake.clear(options.keep)
}

fn whole_job(tools: &Tools, case: &Case, runs: usize) -> Result {
    warm(&tools.lake.layout(case.layout))?;
    let checked = tools.check(case.layout, case.people)?;
    let mut rounds = Vec::new();
    for run in 1..=runs {
        eprintln!("   {}: round {run} of {runs}", case.what);
        let all = ALL.iter().map(|who| tools.erase(*who, case.layout, case.people));
        rounds.push(all.collect::<Result<Vec<Run>>>()?);
    }
    println!("| {} | wall s | and synced | CPU s | peak MB | written MB |", case.what);
    println!("|---|--:|--:|--:|--:|--:|");
    for (at, who) in ALL.iter().enumerate() {
        let runs: Vec<Run> = rounds.iter().filter_map(|round| round.get(at).copied()).collect();
        let run = middle(&runs);
        let plain = if *who == Who::Pii { String::new() } else { format!("{:.2}", run.cost.wall - run.sync) };
        println!(
            "| {} | {plain} | {:.2} | {:.2} | {:.0} | {:.0} |",
            who.name(),
            run.cost.wall,
            run.cost.cpu,
            run.cost.memory * 1.048_576,
            run.written as f64 / 1e6
        );
    }
    let best = |of: fn(&Run) -> f64| {
        median(rounds.iter().filter_map(|round| {
            let peers = ALL.iter().zip(round).filter(|(who, _)| who.is_peer()).map(|(_, run)| of(run));
            Some(peers.fold(f64::INFINITY, f64::min) / of(round.first()?))
        }))
    };
    let (cpu, synced, plain) =
        (best(|run| run.cost.cpu), best(|run| run.cost.wall), best(|run| run.cost.wall - run.sync));
    println!("\n{}\n\n| the best peer ÷ pii | | mark | |\n|---|--:|--:|---|", checked.said);
    let mark = case.mark;
    for (what, ratio) in [("CPU", cpu), ("wall, the peer's files not synced", plain), ("wall, all synced", synced)] {
        println!("| {what} | {ratio:.1} | ≥ {mark} | {} |", kept(ratio >= mark));
    }
    let share = checked.made * 100.0;
    let mark = if case.people == 1 { format!("≤ 2 % | {}", kept(share <= 2.0)) } else { " | ".to_owned() };
    println!("| bytes made anew, % of the lake | {share:.1} | {mark} |");
    let ours = rounds.first().and_then(|round| round.first()).map_or(0.0, |run| run.cost.memory * 1.048_576);
    println!("| peak MB | {ours:.0} | ≤ 200 | {} |", kept(ours <= 200.0));
    if case.people == 100 {
        let grown = checked.grown * 100.0;
        println!("| the files are larger by, % | {grown:.1} | ≤ 2 | {} |", kept(grown <= 2.0));
    }
    println!();
    Ok(())
}

fn find(tools: &Tools, runs: usize) -> Result {
    let files = tools.lake.layout("random");
    warm(&files)?;
    println!("| finding only, events as they came | pii, CPU s | wall s | DuckDB, CPU s | wall s | CPU ÷ | mark | |");
    println!("|---|--:|--:|--:|--:|--:|--:|---|");
    for people in [1, 100, 10_000] {
        let list = tools.lake.people(people);
        let mut rounds = Vec::new();
        for _ in 0..runs {
            rounds.push((tools.find(&files, &list)?, tools.find_by_duckdb(&files, &list)?));
        }
        finding(&heads(people), &rounds, Some(0.5));
    }
    println!();
    Ok(())
}

fn finding(what: &str, rounds: &[(Cost, Cost)], mark: Option<f64>) {
    let (ours, theirs): (Vec<Cost>, Vec<Cost>) = rounds.iter().copied().unzip();
    let ratio = median(rounds.iter().map(|(ours, theirs)| ours.cpu / theirs.cpu));
    let (ours, theirs) = (measure::median(&ours), measure::median(&theirs));
    let mark = mark.map_or(" | ".to_owned(), |mark| format!("≤ {mark} | {}", kept(ratio <= mark)));
    println!(
        "| {what} | {:.3} | {:.3} | {:.2} | {:.2} | {ratio:.3} | {mark} |",
        ours.cpu, ours.wall, theirs.cpu, theirs.wall
    );
}

/// How much sooner two cores are done than one.
fn threads(tools: &Tools, runs: usize) -> Result {
    println!("| `pii` alone | one core, s | two, s | one ÷ two | mark | |\n|---|--:|--:|--:|--:|---|");
    for people in [1, 100] {
        let mut rounds = Vec::new();
        for _ in 0..runs {
            let wall = |threads| tools.erase_with(threads, "random", people).map(|cost| cost.wall);
            rounds.push((wall(1)?, wall(2)?));
        }
        let one = median(rounds.iter().map(|(one, _)| *one));
        let two = median(rounds.iter().map(|(_, two)| *two));
        let gain = median(rounds.iter().map(|(one, two)| one / two));
        println!("| {} | {one:.2} | {two:.2} | {gain:.2} | ≥ 1.8 | {} |", heads(people), kept(gain >= 1.8));
    }
    println!();
    Ok(())
}

/// A file of four times the size, with row groups eight times as large.
fn memory(tools: &Tools) -> Result {
    println!("| peak MB of `pii` | as the lake is | one file of four times the size | mark | |\n|---|--:|--:|--:|---|");
    for people in [1, 100, 10_000] {
        let peak = |layout| tools.erase_with(tools.threads, layout, people).map(|cost| cost.memory * 1.048_576);
        let (small, large) = (peak("random")?, peak("large")?);
        println!("| {} | {small:.0} | {large:.0} | ≤ 200 | {} |", heads(people), kept(small.max(large) <= 200.0));
    }
    println!();
    Ok(())
}

fn heads(people: usize) -> String {
    if people == 1 { "1 person".to_owned() } else { format!("{people} people") }
}
