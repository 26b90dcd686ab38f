//! Every value looked at: `pii scan`.

use super::Bench;
use super::measure::{measure, median};
use super::people;
use crate::Result;

pub(super) fn run(bench: &Bench) -> Result {
    let Some(workspace) = &bench.workspace else { return Ok(()) };
    let rows = bench.options.rows.to_string();
    let mut scan = workspace.pii(&["scan"]);
    scan.arg(&bench.people).args(["--sample", &rows, "--quiet"]);
    // 3: it found personal data that has no tag, which is an answer.
    let costs = (0..bench.options.runs).map(|_| measure(&bench.python, &scan, &[0, 3])).collect::<Result<Vec<_>>>()?;
    let cost = median(&costs);
    let values = (bench.options.rows * people::COLUMNS) as f64;
    println!("| scan | wall s | CPU s | peak MiB | million values/s |");
    println!("|---|--:|--:|--:|--:|");
    println!("| pii | {:.2} | {:.2} | {:.0} | {:.1} |", cost.wall, cost.cpu, cost.memory, values / cost.wall / 1e6);
    Ok(())
}
