mod extend;
mod list;
mod open;
mod reject;
mod show;
mod verify_identity;
mod withdraw;

use pii_core::request::{Deadline, Request};
use pii_core::workspace::Workspace;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Open(open::Args),
    VerifyIdentity(verify_identity::Args),
    List(list::Args),
    Show(show::Args),
    Extend(extend::Args),
    Reject(reject::Args),
    Withdraw(withdraw::Args),
}

pub(crate) fn run(command: &Command, global: &Global, ui: Ui) -> Result<Exit, Error> {
    match command {
        Command::Open(args) => open::run(args, global, ui),
        Command::VerifyIdentity(args) => verify_identity::run(args, global, ui),
        Command::List(args) => list::run(args, global, ui),
        Command::Show(args) => show::run(args, global, ui),
        Command::Extend(args) => extend::run(args, global, ui),
        Command::Reject(args) => reject::run(args, global, ui),
        Command::Withdraw(args) => withdraw::run(args, global, ui),
    }
}

/// Which request is meant: its number, or as much of its end as tells it apart.
fn number(workspace: &Workspace, text: &str) -> Result<Uuid, Error> {
    if let Ok(id) = Uuid::try_parse(text) {
        return Ok(id);
    }
    let wanted = text.to_ascii_lowercase();
    let all = workspace.requests().list(true)?;
    let mut found = all.iter().filter(|request| wanted.len() >= 4 && request.id.to_string().ends_with(&wanted));
    match (found.next(), found.next()) {
        (Some(request), None) => Ok(request.id),
        (None, _) => Err(Error::usage(format!("`{text}` is no request"), "`pii request list` shows their numbers")),
        _ => Err(Error::usage(format!("`{text}` ends the number of several requests"), "write more of it")),
    }
}

/// `in 9 days`, `today`, `2 days ago`.
fn left(days: i32) -> String {
    match days {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        -1 => "yesterday".to_owned(),
        days if days < 0 => format!("{} days ago", -days),
        days => format!("in {days} days"),
    }
}

/// A request as JSON has it, everywhere.
fn value(request: &Request, deadline: &Deadline, days_left: i32) -> Value {
    json!({
        "id": request.id.to_string(), "right": request.claim.right().name(), "state": request.state.of(request.claim.right()),
        "received": request.received.to_string(), "due": deadline.due.to_string(), "due_by_law": deadline.by_law.to_string(),
        "due_unsuspended": deadline.unsuspended.to_string(), "ends": deadline.ends.to_string(), "days_left": days_left,
        "over": request.state.is_over(), "reference": request.reference,
    })
}
