//! Thousands of people who leave together: their requests, from the first to the last command, in a lake of Parquet.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::bench::audit::kept;
use crate::bench::erase::lake::Lake;
use crate::bench::measure::{Cost, measure};
use crate::bench::options::Options;
use crate::bench::workspace::Workspace;
use crate::project;
use crate::step;

/// People in the vault.
const MEMBERS: usize = 200_000;

/// How many of them leave.
const LEAVERS: [usize; 2] = [1_000, 100_000];

/// What all commands together may cost beside the pass over the files, in passes.
const MARK: f64 = 1.0;

/// MB that none of them may exceed.
const MEMORY: f64 = 500.0;

/// What so many requests cost.
struct Costs {
    /// `pii erase`, of the same people in the same files.
    pass: Cost,
    /// Command by command.
    steps: Vec<(&'static str, Cost)>,
}

pub(super) fn run(python: &Path, scratch: &Path, options: &Options) -> Result {
    let lakes = project::target()?.join("xtask-bench/erase");
    let lake = Lake::make(python, &lakes, options.files, options.scale)?;
    let mut draw = Command::new(python);
    draw.args(["-c", include_str!("people.py")]).arg(lake.layout("random")).arg(scratch).arg(MEMBERS.to_string());
    step::stream(draw.args(LEAVERS.map(|leavers| leavers.to_string())))?;
    let mut costs = Vec::new();
    for leavers in LEAVERS {
        eprintln!("   {leavers} requests");
        costs.push(Case { python, scratch, lake: &lake, leavers }.run()?);
    }
    report(&costs);
    lake.clear(options.keep)
}

/// So many requests.
struct Case<'a> {
    python: &'a Path,
    scratch: &'a Path,
    lake: &'a Lake,
    leavers: usize,
}

impl Case<'_> {
    fn run(&self) -> Result<Costs> {
        let folder = self.scratch.join(self.leavers.to_string());
        fs::create_dir_all(&folder)?;
        let workspace = Workspace::make(&folder)?;
        let [home, _] = workspace.place();
        let members = home.join("members.parquet");
        let fresh = || -> Result<PathBuf> {
            fs::copy(self.scratch.join("members.parquet"), &members)?;
            self.lake.fresh("random")
        };
        let files = [fresh()?, members.clone()];
        fs::write(home.join("policies/bench.toml"), POLICY.replace("LAKE", &files[0].display().to_string()))?;
        step::stream(workspace.pii(&["tag", "-d", "bench.members", "--quiet"]).arg(&members))?;
        let mut protect = workspace.pii(&["protect", "-d", "bench.members", "-r", "warehouse", "--quiet", "-o"]);
        step::stream(protect.arg(folder.join("released.parquet")).arg(&members))?;
        // A release that has left the house: its recipient is told, and it is no place.
        fs::remove_file(folder.join("released.parquet"))?;

        let list = |name: &str| self.scratch.join(format!("{name}-{}.txt", self.leavers));
        let mut pass = workspace.pii(&["erase", "--column", "user_id", "--yes", "--json", "--values-file"]);
        let pass = measure(self.python, pass.arg(list("values")).args(&files), &[0])?;
        fresh()?;
        let mut steps = Vec::new();
        let mut request = |name: &'static str, args: &[&str], more: &[&Path]| -> Result {
            let mut command = workspace.pii(&["request"]);
            command.args(args).args(more).arg("--quiet");
            steps.push((name, measure(self.python, &command, &[0])?));
            eprintln!("      {name}: {:.1} s", steps.last().map_or(0.0, |(_, cost)| cost.wall));
            Ok(())
        };
        let theirs = ["--reference", "leavers"];
        request("open", &["open", "erasure", theirs[0], theirs[1], "--subjects-file"], &[&list("leavers")])?;
        request("list", &["list"], &[])?;
        request("verify-identity", &["verify-identity", theirs[0], theirs[1], "--method", "bench"], &[])?;
        request("plan", &["plan", theirs[0], theirs[1]], &[])?;
        request("run", &["run", theirs[0], theirs[1], "--yes"], &[])?;
        let sent = ["notify", theirs[0], theirs[1], "--sent", "warehouse", "--output"];
        request("notify", &sent, &[&folder.join("notices")])?;
        request("close", &["close", theirs[0], theirs[1]], &[])?;
        // Nobody is left.
        let mut again = workspace.pii(&["erase", "--column", "user_id", "--dry-run", "--values-file"]);
        let found = String::from_utf8(again.arg(list("values")).args(&files).output()?.stdout)?;
        if !found.contains("would erase nothing") {
            return Err(format!("somebody is left in the files: {found}").into());
        }
        fs::remove_dir_all(&folder)?;
        Ok(Costs { pass, steps })
    }
}

fn report(costs: &[Costs]) {
    let heads: Vec<_> = LEAVERS.iter().map(|leavers| format!("{leavers} requests: wall s | CPU s | peak MB")).collect();
    println!("| | {} |\n|---|{}", heads.join(" | "), "--:|".repeat(3 * LEAVERS.len()));
    let cells = |cost: &Cost| format!(" {:.2} | {:.2} | {:.0} |", cost.wall, cost.cpu, cost.memory * 1.048_576);
    let names = costs.first().map(|costs| costs.steps.iter().map(|(name, _)| *name)).into_iter().flatten();
    for (at, name) in names.enumerate() {
        let row = costs.iter().filter_map(|costs| costs.steps.get(at)).map(|(_, cost)| cells(cost));
        println!("| {name} |{}", row.collect::<String>());
    }
    let whole = |costs: &Costs| {
        let all = || costs.steps.iter().map(|(_, cost)| cost);
        let memory = all().map(|cost| cost.memory).fold(0.0, f64::max);
        Cost { wall: all().map(|cost| cost.wall).sum(), cpu: all().map(|cost| cost.cpu).sum(), memory }
    };
    println!("| all of it |{}", costs.iter().map(|costs| cells(&whole(costs))).collect::<String>());
    let passes = costs.iter().map(|costs| cells(&costs.pass)).collect::<String>();
    println!("| `pii erase` of the same people |{passes}\n");
    println!("| {MEMBERS} members | all of it ÷ `pii erase`, wall | CPU | mark | | peak MB | mark | |");
    println!("|---|--:|--:|--:|---|--:|--:|---|");
    for (leavers, costs) in LEAVERS.iter().zip(costs) {
        let (all, pass) = (whole(costs), &costs.pass);
        // The pass is in it.
        let (wall, cpu, mark) = (all.wall / pass.wall, all.cpu / pass.cpu, 1.0 + MARK);
        let (memory, verdict) = (all.memory * 1.048_576, kept(wall <= mark));
        let bounded = kept(memory <= MEMORY);
        println!(
            "| {leavers} leave | {wall:.2} | {cpu:.2} | ≤ {mark} | {verdict} | {memory:.0} | ≤ {MEMORY} | {bounded} |"
        );
    }
    println!();
}

/// `LAKE` stands for the folder of the lake.
const POLICY: &str = r#"[controller]
name = "Bench"
contact = "dpo@bench.example"

[[purpose]]
id = "analytics"
lawful_basis = "legitimate-interests"

[[recipient]]
id = "warehouse"
purpose = "analytics"
[recipient.methods]
"user" = "pseudonymise"
"user.name" = "drop"
"none" = "keep"

[[dataset]]
id = "bench.members"
location = "members.parquet"
purposes = ["analytics"]
subject = { column = "user_id", kind = "user_id" }
retention = { keep = "P1Y", then = "delete-row" }
erasure = "delete-row"
[dataset.columns]
user_id = "user.unique_id"
email = "user.contact.email"
name = "user.name"
phone = { category = "user.contact.phone_number", region = "KR" }

[[dataset]]
id = "bench.events"
location = "LAKE"
purposes = ["analytics"]
subject = { column = "user_id", kind = "user_id" }
retention = { after = "ts", keep = "P1Y", then = "delete-row" }
erasure = "delete-row"
[dataset.columns]
event_id = "none"
user_id = "user.unique_id"
email_hash = "none"
ts = "none"
country = "none"
course_id = "none"
amount = "none"
payload = "none"
"#;
