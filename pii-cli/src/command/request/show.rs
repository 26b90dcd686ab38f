use pii_core::request::{Claim, Deed, Step};
use serde_json::json;

use super::{left, number, value};
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{HEAD, Ui, count, paint};

/// One request: what was done to it, by whom, and when it is due
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which request
    #[arg(value_name = "REQUEST")]
    request: String,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let workspace = global.open()?;
    let request = workspace.requests().get(number(&workspace, &args.request)?)?;
    let (deadline, days) = workspace.deadline(&request)?;
    let mut whole = value(&request, &deadline, days);
    if let Some(whole) = whole.as_object_mut() {
        whole.insert("claim".to_owned(), json!(request.claim));
        whole.insert("steps".to_owned(), json!(request.steps));
    }
    ui.record("request", &whole);
    let right = request.claim.right();
    ui.line(format!(
        "{}: {} ({}), {}",
        paint(&request.id.to_string(), HEAD),
        right,
        right.article(),
        request.state.of(right)
    ));
    match &request.claim {
        Claim::Objection { purpose, marketing: true } => ui.line(format!("to `{purpose}`, which is direct marketing")),
        Claim::Objection { purpose, .. } => ui.line(format!("to `{purpose}`")),
        Claim::Restriction { because } => ui.line(format!("because of {}", because.name())),
        _ => {}
    }
    let zone = workspace.policy().calendar().zone.clone();
    let moment = |at: jiff::Timestamp| at.to_zoned(zone.clone()).strftime("%F %H:%M").to_string();
    ui.line(format!("received {}", moment(request.received)));
    if let Some(until) = request.waits() {
        let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
        ui.line(format!("answered; what a ground keeps is held{until}"));
    } else if !request.state.is_over() {
        ui.line(format!("due {}, {}, to the last hour of that day", deadline.due, left(days)));
    }
    if deadline.by_law != deadline.due {
        ui.line(format!("by law it may take until {}", deadline.by_law));
    }
    if deadline.due != deadline.unsuspended {
        ui.line(format!("without the time that the question who it is took: {}", deadline.unsuspended));
    }
    let row = |step: &Step| [moment(step.at), said(&step.deed), step.by.clone(), step.audit_entry.to_string()];
    if !request.steps.is_empty() {
        ui.table(["when", "what", "by", "entry"], &request.steps.iter().map(row).collect::<Vec<_>>());
    }
    Ok(Exit::Done)
}

fn said(deed: &Deed) -> String {
    let done = deed.step().done();
    match deed {
        Deed::ProveIdentity { method } => format!("identity proven: {method}"),
        Deed::Plan { digest, .. } | Deed::Approve { digest } | Deed::Run { digest } => {
            format!("{done}: {}", digest.get(..12).unwrap_or(digest))
        }
        Deed::Part { places: 1 } => format!("{done}: 1 place is not"),
        Deed::Part { places } => format!("{done}: {places} places are not"),
        Deed::Hold { until: Some(until) } => format!("{done} until {until}"),
        Deed::Tell { recipients } => format!("{done}: {recipients}"),
        Deed::Refuse { ground } => format!("{done}: {} ({})", ground.name(), ground.article()),
        Deed::Extend { months, because } => {
            format!("{done} by {}: {}", count(u64::from(*months), "month"), because.name())
        }
        _ => done.to_owned(),
    }
}
