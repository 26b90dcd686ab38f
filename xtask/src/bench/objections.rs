//! What do a million objectors cost `pii protect`? The same file, with and without them, in turns.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::machine;
use super::measure::{Cost, measure, median};
use super::options::Options;
use super::workspace::Workspace;
use super::{audit, people};
use crate::Result;
use crate::step;

/// How many object.
const OBJECTORS: usize = 1_000_000;

/// By which kinds of identifiers they are known, and whether rows of the file are theirs.
const CASES: &[(&str, &str, bool)] = &[
    ("nobody", "", false),
    ("by e-mail", "email", false),
    ("by number, e-mail, telephone", "student_id,email,phone", false),
    ("by number, and a part of the rows is theirs", "student_id", true),
];

struct Case {
    name: &'static str,
    command: Command,
    costs: Vec<Cost>,
}

pub(super) fn run(python: &Path, file: &Path, cache: &Path, options: &Options) -> Result {
    let scratch = cache.join("objections");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    let register = audit::build("register")?;
    let output = scratch.join("out.parquet");
    let mut cases = Vec::new();
    for (number, (name, kinds, theirs)) in CASES.iter().enumerate() {
        let folder = scratch.join(number.to_string());
        fs::create_dir_all(&folder)?;
        let workspace = Workspace::make(&folder)?;
        let command = |threads: usize| {
            let mut command = workspace.pii(&["protect"]);
            command.arg(file).args(["-d", "bench.people", "-r", "warehouse", "--quiet"]);
            command.arg("-o").arg(&output).args(["--threads", &threads.to_string()]);
            command
        };
        if !kinds.is_empty() {
            let first = if *theirs { options.rows - options.rows.min(OBJECTORS) } else { options.rows };
            let mut fill = Command::new(&register);
            fill.args(workspace.place()).args([first.to_string(), OBJECTORS.to_string(), (*kinds).to_owned()]);
            step::stream(&mut fill)?;
        }
        cases.extend([1, 2].map(|threads| (threads, Case { name, command: command(threads), costs: Vec::new() })));
    }
    println!("{}; {}", machine::line(), machine::load());
    println!(
        "{} rows, {} columns, {OBJECTORS} objectors, {} runs, medians\n",
        options.rows,
        people::COLUMNS,
        options.runs
    );
    for run in 1..=options.runs {
        eprintln!("   run {run} of {}", options.runs);
        for (_, case) in &mut cases {
            case.costs.push(measure(python, &case.command, &[0])?);
            fs::remove_file(&output)?;
        }
    }
    report(&cases);
    fs::remove_dir_all(&scratch)?;
    Ok(())
}

fn report(cases: &[(usize, Case)]) {
    println!("| objectors | threads | wall s | CPU s | peak MiB | wall ÷ nobody | CPU ÷ nobody |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for (threads, case) in cases {
        let cost = median(&case.costs);
        let nobody = cases.iter().find(|(same, _)| same == threads).map(|(_, nobody)| nobody);
        // Of each round for itself: a noisy minute falls on both.
        let ratio = |number: fn(&Cost) -> f64| {
            let pairs = nobody.into_iter().flat_map(|nobody| case.costs.iter().zip(&nobody.costs));
            let ratios = pairs.map(|(this, nobody)| number(this) / number(nobody));
            let ratios: Vec<Cost> = ratios.map(|wall| Cost { wall, cpu: 0.0, memory: 0.0 }).collect();
            median(&ratios).wall
        };
        println!(
            "| {} | {threads} | {:.2} | {:.2} | {:.0} | {:.3} | {:.3} |",
            case.name,
            cost.wall,
            cost.cpu,
            cost.memory,
            ratio(|cost| cost.wall),
            ratio(|cost| cost.cpu)
        );
    }
}
