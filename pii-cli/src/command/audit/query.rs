use jiff::Timestamp;
use pii_core::audit::{Action, Decision, Entry, Filter};
use pii_core::vocab::{DatasetId, PurposeId, RecipientId};

use serde_json::{Value, json};

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

/// Who did what, when, why
///
/// Reading the log is an entry of its own.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Not before this time: 2026-05-17 or 2026-05-17T12:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// By this identity
    #[arg(long, value_name = "ID")]
    by: Option<String>,
    /// This was done: tag, protect, disclose, vault_read …
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// In this dataset
    #[arg(long, short, value_name = "DATASET")]
    dataset: Option<String>,
    /// For this purpose
    #[arg(long, short, value_name = "PURPOSE")]
    purpose: Option<String>,
    /// To this recipient
    #[arg(long, short, value_name = "RECIPIENT")]
    recipient: Option<String>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let action = args.action.as_deref().map(Action::parse).transpose();
    let filter = Filter {
        since: args.since.as_deref().map(time).transpose()?,
        until: args.until.as_deref().map(time).transpose()?,
        actor: args.by.clone(),
        action: action.map_err(|e| Error::usage(e.to_string(), "for example tag, protect, disclose, vault_read"))?,
        dataset: args.dataset.as_deref().map(DatasetId::parse).transpose()?,
        purpose: args.purpose.as_deref().map(PurposeId::parse).transpose()?,
        recipient: args.recipient.as_deref().map(RecipientId::parse).transpose()?,
        subject: None,
    };
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

fn time(text: &str) -> Result<Timestamp, Error> {
    let whole = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    whole
        .parse()
        .map_err(|_| Error::usage(format!("`{text}` is not a time"), "write 2026-05-17 or 2026-05-17T12:00:00Z"))
}
