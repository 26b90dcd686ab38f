use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use pii_core::error::Error as Core;
use pii_core::request::{Intent, Move, PlaceName, Plan, PlannedPlace, Right};
use serde_json::json;

use super::{Which, ambiguous, watching};
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{HEAD, Ui, bytes, count, paint};

/// Look in every place, and say what a request would do there; change nothing
///
/// Every dataset of the policy, every copy that was written for a recipient, and the vault; encrypted files with the keys of the workspace, `s3://` as the AWS_ variables say, with old versions. Free text in rows about others is searched for names and identifiers: it stays, until somebody looked at it and says so with `--by-hand`. Exit code 3 if a place could not be searched, or text is to be looked at: such a request can only be partly done.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    /// A dataset that somebody else sees to; `DATASET:COLUMN`, the rows of others in which free text speaks of the person;
    /// `DATASET:*`, the files of it that cannot be searched
    #[arg(long, value_name = "DATASET")]
    by_hand: Vec<String>,
    /// Write the plan there, too
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let workspace = global.open()?;
    let ids = args.which.numbers(&workspace, |request| request.state.after(Move::Plan, &request.claim).is_some())?;
    let by_hand: Vec<_> = args.by_hand.iter().map(|name| place(name)).collect();
    let planned = workspace.plan_requests(&ids, &by_hand, &watching(ui, "looking"));
    workspace.seal()?;
    let plan = planned.map_err(|error| ambiguous(error, &workspace, ui))?;
    show(&plan, ui)?;
    if let Some(file) = &args.output {
        write(file, &plan)?;
    }
    match (ids.as_slice(), &args.output) {
        (_, Some(file)) => ui.note(format!("next: pii request run --plan {}", file.display())),
        ([id], None) => ui.note(format!("next: pii request run {id}")),
        _ => ui.note(format!("next: pii request run {}", args.which.again())),
    }
    Ok(if plan.unsearched() + plan.to_look_at() > 0 { Exit::No } else { Exit::Done })
}

/// What somebody sees to by hand.
fn place(name: &str) -> PlaceName {
    match name.split_once(':') {
        Some((dataset, "*")) => PlaceName::Others { dataset: dataset.to_owned() },
        Some((dataset, column)) => PlaceName::Mentions { dataset: dataset.to_owned(), column: column.to_owned() },
        None => PlaceName::Dataset(name.to_owned()),
    }
}

/// What a plan would do.
pub(super) fn show(plan: &Plan, ui: Ui) -> Result<(), Error> {
    for place in &plan.places {
        ui.record("request_place", &place_value(plan, place));
    }
    ui.record(
        "request_plan",
        &json!({
            "requests": plan.requests.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "digest": plan.digest()?.to_string(), "known": plan.known, "places": plan.places.len(),
            "unsearched": plan.unsearched(), "recipients": plan.recipients,
        }),
    );
    let what = match plan.requests.as_slice() {
        [id] => format!("request {}", paint(&id.to_string(), HEAD)),
        many => count(many.len() as u64, "request"),
    };
    if plan.known == 0 {
        ui.line(format!("{what}: the vault knows nobody by that"));
    }
    if plan.is_empty() {
        ui.line(format!("{what}: we hold nothing; {} searched:", count(plan.places.len() as u64, "place")));
        plan.places.iter().for_each(|planned| ui.line(format!("  {}", planned.place)));
        return Ok(());
    }
    ui.line(format!("{what} would:"));
    places(plan, ui);
    if !plan.recipients.is_empty() {
        ui.line(format!("to be told (Art. 19): {}", plan.recipients.join(", ")));
    }
    Ok(())
}

/// Every place of a plan, and what keeps something of it.
pub(super) fn places(plan: &Plan, ui: Ui) {
    ui.table(["", "where", "what", "rows", "files", "size"], &plan.places.iter().map(row).collect::<Vec<_>>());
    let until = |until: Option<jiff::civil::Date>| until.map(|until| format!(" until {until}")).unwrap_or_default();
    let article = if plan.right == Right::Erasure { " (Art. 17(3))" } else { "" };
    for place in &plan.places {
        if let Intent::Keep { ground, until: end, .. } = &place.intent {
            ui.line(format!("{} keeps them{}{article}: {ground}", place.place, until(*end)));
        }
    }
    for hold in plan.holds.iter().filter(|hold| !hold.requests.is_empty()) {
        let who = if plan.requests.len() == 1 {
            "the person".to_owned()
        } else {
            count(hold.requests.len() as u64, "request")
        };
        ui.line(format!("{who} is held{}{article}: {}", until(hold.until), hold.ground));
    }
    for place in plan.places.iter().filter(|place| matches!(place.intent, Intent::Mentioned { .. })) {
        let rows = count(place.intent.rows(), "row");
        let [speak, stay] = if place.intent.rows() == 1 { ["speaks", "stays"] } else { ["speak", "stay"] };
        match plan.right {
            Right::Erasure => ui.warn(format!(
                "{}: {rows} about others {speak} of the person, and {stay}; look at them, then plan with `--by-hand {}`",
                place.place, place.place
            )),
            _ => ui.line(format!(
                "{}: {rows} about others {speak} of the person, and none is handed out (Art. 15(4))",
                place.place
            )),
        }
    }
    unsearched(plan, ui);
}

pub(super) fn unsearched(plan: &Plan, ui: Ui) {
    for place in &plan.places {
        if let Intent::Unsearched { why } = &place.intent {
            ui.warn(format!("{} was not searched: {why}", place.place));
        }
        if let Intent::Erase { plan } = &place.intent {
            for file in &plan.skipped {
                ui.warn(format!("{}: `{file}` was passed over", place.place));
            }
            for (file, old) in plan.locked() {
                let lock = old.lock.as_deref().unwrap_or_default();
                ui.warn(format!(
                    "{}: version {} of `{}` is {lock}, and cannot be removed",
                    place.place, old.id, file.file
                ));
            }
        }
    }
}

fn row(place: &PlannedPlace) -> [String; 6] {
    let (files, size) = match &place.intent {
        Intent::Erase { plan } if !plan.is_empty() => (plan.to_change().count().to_string(), bytes(plan.bytes())),
        _ => (String::new(), String::new()),
    };
    let rows = match &place.intent {
        Intent::Shred { people, values, .. } => {
            format!("{}, {}", count(*people, "person"), count(*values, "value"))
        }
        Intent::Amend { values } => count(*values, "value"),
        Intent::Absent => "none".to_owned(),
        Intent::Unsearched { .. } | Intent::ByHand => "?".to_owned(),
        Intent::Erase { plan } if plan.old_versions() > 0 => {
            format!("{}, {}", plan.rows(), count(plan.old_versions(), "old version"))
        }
        intent => intent.rows().to_string(),
    };
    let rows = match place.intent.held() {
        0 => rows,
        held => format!("{rows}, {held} held"),
    };
    let mark = if place.intent.acts() { "-" } else { " " };
    [mark.to_owned(), place.place.to_string(), place.intent.name().to_owned(), rows, files, size]
}

/// How many, of what an intent is about.
pub(super) fn counted(intent: &Intent, number: u64) -> String {
    match intent {
        Intent::Shred { .. } | Intent::Forbid { .. } => count(number, "person"),
        Intent::Amend { .. } => count(number, "value"),
        _ => count(number, "row"),
    }
}

/// A place as JSON has it.
pub(super) fn place_value(plan: &Plan, place: &PlannedPlace) -> serde_json::Value {
    let (ground, until) = match &place.intent {
        Intent::Keep { ground, until, .. } => (Some(ground), *until),
        // Of several holds on people, the first.
        intent if intent.held() > 0 => {
            let hold = plan.holds.iter().find(|hold| !hold.requests.is_empty());
            (hold.map(|hold| &hold.ground), hold.and_then(|hold| hold.until))
        }
        _ => (None, None),
    };
    let until = until.map(|until| until.to_string());
    let why = if let Intent::Unsearched { why } = &place.intent { Some(why) } else { None };
    let (files, old) = match &place.intent {
        Intent::Erase { plan } => (plan.to_change().count(), plan.old_versions()),
        _ => (0, 0),
    };
    json!({
        "place": place.place.to_string(), "outcome": format!("would {}", place.intent.name()), "intent": place.intent.name(),
        "rows": place.intent.rows(), "held": place.intent.held(), "files": files, "old_versions": old, "ground": ground, "until": until, "why": why,
    })
}

/// For nobody else's eyes.
fn write(file: &PathBuf, plan: &Plan) -> Result<(), Error> {
    let json = plan.to_json()?;
    let out = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let written = out.and_then(|mut out| out.write_all(&json).and_then(|()| out.sync_all()));
    Ok(written.map_err(|source| Core::Io { path: file.clone(), source })?)
}
