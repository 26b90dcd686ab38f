use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use pii_core::error::Error as Core;
use pii_core::request::{KeptLedger, KeptLine, PlaceName};
use serde_json::json;

use super::plan::{counted, place_value, places};
use super::{midnight, watching};
use crate::config::Global;
use crate::error::{Error, whole};
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// After a backup was restored: erase again whoever was erased since it was made, and forbid again what was forbidden
///
/// The ledger knows them by keyed hashes. Reads the subject column of every dataset once, encrypted files and buckets too, and copies that hold identifiers in clear. Shows what came back, and asks. Where the ledger went with the backup, `--ledger` brings it back from a file of `pii request export --ledger`: with it come objections and restrictions, and that they were lifted. Exit code 3 if a place could not be searched.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The day of the backup
    #[arg(long, value_name = "DATE")]
    since: Date,
    /// A ledger that was kept elsewhere
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Say what would be done, and change nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let ledger = args.ledger.as_deref().map(read).transpose()?.unwrap_or_default();
    let workspace = global.open()?;
    let since = midnight(args.since, workspace.policy())?;
    let planned = workspace.plan_replay(since, &ledger, &watching(ui, "looking"));
    workspace.seal()?;
    let replay = planned?;
    let plan = &replay.plan;
    let acts = plan.places.iter().any(|planned| planned.intent.acts());
    let came_back = plan.places.iter().any(|place| place.intent.acts() && place.place != PlaceName::Register);
    ui.record(
        "replay_plan",
        &json!({ "erasures": replay.erasures, "places": plan.places.len(), "unsearched": plan.unsearched(), "acts": acts }),
    );
    plan.places.iter().for_each(|place| ui.record("request_place", &place_value(plan, place)));
    let looked = count(replay.erasures, "erasure");
    if acts {
        let came = if came_back { "and some came back" } else { "and the register forgot what is forbidden" };
        ui.line(format!("{looked} since {}, {came}; would:", args.since));
        places(plan, ui);
    } else {
        ui.line(format!("{looked} since {}, and nothing came back", args.since));
        super::plan::unsearched(plan, ui);
    }
    if !replay.rectified.is_empty() {
        let (one, many) = (
            "request put something right since, and nobody knows any more what: ask the person",
            "requests put something right since, and nobody knows any more what: ask the people",
        );
        ui.warn(format!("{} {}", replay.rectified.len(), if replay.rectified.len() == 1 { one } else { many }));
        replay.rectified.iter().for_each(|id| {
            ui.record("rectification", &json!({ "request": id.to_string() }));
            ui.line(format!("  {id}"));
        });
    }
    let searched = if plan.unsearched() > 0 { Exit::No } else { Exit::Done };
    if args.dry_run || (!acts && ledger.is_empty()) {
        return Ok(searched);
    }
    if !args.yes && came_back {
        ui.confirm("this destroys data for good", &args.since.to_string())?;
    }
    let ended = workspace.run_replay(&replay, &ledger, &watching(ui, "erasing"));
    workspace.seal()?;
    let mut failed = 0;
    for (place, outcome) in &ended? {
        let mut value = place_value(plan, place);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("outcome".to_owned(), json!(if outcome.is_ok() { "done" } else { "failed" }));
        }
        ui.record("request_place", &value);
        match outcome {
            Ok(ran) if place.intent.acts() => {
                ui.line(format!("{}: {}, {}", place.place, place.intent.name(), counted(&place.intent, ran.rows)));
            }
            Ok(_) => {}
            Err(error) => {
                failed += 1;
                ui.warn(whole(error));
            }
        }
    }
    if failed > 0 {
        ui.note(format!("{} not done: mend what is wrong, and do it again", count(failed, "place")));
        return Ok(Exit::No);
    }
    ui.line(if ledger.forbidden.is_empty() {
        "who was erased is gone again"
    } else {
        "who was erased is gone again, and what was forbidden is forbidden again"
    });
    Ok(searched)
}

/// Lines of a ledger.
fn read(file: &Path) -> Result<KeptLedger, Error> {
    let io = |source| Error::from(Core::Io { path: file.to_owned(), source });
    let mut ledger = KeptLedger::default();
    for (number, line) in BufReader::new(File::open(file).map_err(io)?).lines().enumerate() {
        let one: KeptLine = serde_json::from_str(&line.map_err(io)?).map_err(|_| {
            let why = format!("line {} of `{}` is not of a ledger of requests", number + 1, file.display());
            Error::failed("request.not-a-ledger", why).with_hint("`pii request export --ledger FILE` writes one")
        })?;
        ledger.add(one);
    }
    Ok(ledger)
}
