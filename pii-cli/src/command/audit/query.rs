use pii_core::audit::{Action, Decision, Entry};
use pii_core::workspace::Mention;
use serde_json::{Value, json};

use super::filter::FilterArgs;
use crate::command::subject::{self, SubjectArgs};
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Who did what, when, why
///
/// Reading the log is an entry of its own. With `--subject` or `--subject-file`: what it says of a person, whose
/// identifiers come as lines of `kind=value`, see `pii help identifiers`. Exit code 3 if nobody is known by them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: FilterArgs,
    #[command(flatten)]
    who: Option<SubjectArgs>,
    /// Here only to be refused, and not repeated as an unexpected argument would be
    #[arg(hide = true)]
    misplaced: Vec<String>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let filter = args.which.filter()?;
    subject::refuse(&args.misplaced, HINT)?;
    let identifiers = args.who.as_ref().map(|who| who.read(&[], HINT)).transpose()?;
    let workspace = global.open()?;
    let mut table = ui.columns(["entry", "time", "who", "did", "what", "why"]);
    let mut show = |index: u64, entry: &Entry| {
        ui.record("entry", &fields(index, entry));
        if !ui.json {
            table.push(row(index, entry));
        }
    };
    let mut unknown = 0;
    if let Some(identifiers) = identifiers {
        let entries = workspace.query_log_about(&filter, &identifiers);
        workspace.seal()?;
        for found in entries? {
            match found? {
                (_, _, Mention::Unknown) => unknown += 1,
                (index, entry, _) => show(index, &entry),
            }
        }
    } else {
        let entries = workspace.query_log(&filter);
        workspace.seal()?;
        for found in entries? {
            let (index, entry) = found?;
            show(index, &entry);
        }
    }
    table.finish();
    if unknown > 0 {
        let entries = count(unknown, "more entry").replace("entrys", "entries");
        ui.warn(format!("whom {entries} concerned nobody can tell: the list of them is gone"));
    }
    Ok(Exit::Done)
}

/// An entry as JSON, with its number.
pub(crate) fn fields(index: u64, entry: &Entry) -> Value {
    let mut fields = json!({ "index": index, "time": entry.time.to_string(), "host": entry.host });
    if let (Some(fields), Value::Object(event)) = (fields.as_object_mut(), json!(entry.event)) {
        fields.extend(event);
    }
    fields
}

fn row(index: u64, entry: &Entry) -> [String; 6] {
    let event = &entry.event;
    let mut what: Vec<String> = Vec::new();
    what.extend(event.dataset.as_ref().map(ToString::to_string));
    what.extend(event.recipient.as_ref().map(|r| format!("for {r}")));
    let between = if event.action == Action::KeyRotate { " → " } else { ", " };
    what.extend((!event.keys.is_empty()).then(|| format!("key {}", event.keys.join(between))));
    what.extend(event.rows.map(|n| format!("{n} rows")));
    what.extend(event.dropped_objections.map(|n| format!("{n} of objectors dropped")));
    what.extend(event.dropped_restrictions.map(|n| format!("{n} of restricted people dropped")));
    what.extend(event.peer.as_ref().map(|peer| format!("with {peer}")));
    what.extend(event.subjects.iter().map(|s| format!("person {s}")));
    what.extend(event.count.map(|n| format!("{n} people")));
    let mut why: Vec<String> = Vec::new();
    why.extend(event.purpose.as_ref().map(ToString::to_string));
    why.extend(event.despite_restriction.map(|used| format!("despite a restriction: {used}")));
    why.extend(event.ticket.clone());
    let did = match &event.decision {
        Decision::Allowed => event.action.to_string(),
        Decision::Denied(reason) => {
            why.push(reason.clone());
            format!("{} DENIED", event.action)
        }
    };
    let time = entry.time.strftime("%F %TZ").to_string();
    [index.to_string(), time, event.actor.id.clone(), did, what.join(", "), why.join(", ")]
}

const HINT: &str = "printf 'email=…\\n' | pii audit query --subject -";
