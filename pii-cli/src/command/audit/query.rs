use pii_core::audit::{Decision, Entry};
use serde_json::{Value, json};

use super::filter::FilterArgs;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

/// Who did what, when, why
///
/// Reading the log is an entry of its own.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: FilterArgs,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let filter = args.which.filter()?;
    let workspace = global.open()?;
    let entries = workspace.query_log(&filter);
    workspace.seal()?;
    let mut rows: Vec<[String; 6]> = Vec::new();
    for found in entries? {
        let (index, entry) = found?;
        ui.record("entry", &fields(index, &entry));
        if !ui.json {
            rows.push(row(index, &entry));
        }
    }
    ui.table(["entry", "time", "who", "did", "what", "why"], &rows);
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
    what.extend(event.rows.map(|n| format!("{n} rows")));
    what.extend(event.subjects.iter().map(|s| format!("person {s}")));
    let mut why: Vec<String> = Vec::new();
    why.extend(event.purpose.as_ref().map(ToString::to_string));
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
