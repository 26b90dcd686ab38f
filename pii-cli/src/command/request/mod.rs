mod certificate;
mod close;
mod extend;
mod list;
mod notify;
mod open;
mod package_verify;
mod plan;
mod reject;
mod run;
mod show;
mod verify_identity;
mod withdraw;

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use pii_core::erase::Progress;
use pii_core::request::{Deadline, Request};
use pii_core::workspace::{Step, Workspace};
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
    Plan(plan::Args),
    Run(run::Args),
    Notify(notify::Args),
    Certificate(certificate::Args),
    Close(close::Args),
    Extend(extend::Args),
    Reject(reject::Args),
    Withdraw(withdraw::Args),
    PackageVerify(package_verify::Args),
}

pub(crate) fn run(command: &Command, global: &Global, ui: Ui) -> Result<Exit, Error> {
    match command {
        Command::Open(args) => open::run(args, global, ui),
        Command::VerifyIdentity(args) => verify_identity::run(args, global, ui),
        Command::List(args) => list::run(args, global, ui),
        Command::Show(args) => show::run(args, global, ui),
        Command::Plan(args) => plan::run(args, global, ui),
        Command::Run(args) => run::run(args, global, ui),
        Command::Notify(args) => notify::run(args, global, ui),
        Command::Certificate(args) => certificate::run(args, global, ui),
        Command::Close(args) => close::run(args, global, ui),
        Command::Extend(args) => extend::run(args, global, ui),
        Command::Reject(args) => reject::run(args, global, ui),
        Command::Withdraw(args) => withdraw::run(args, global, ui),
        Command::PackageVerify(args) => package_verify::run(args, global, ui),
    }
}

/// Which requests a command is about.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// Which requests
    #[arg(value_name = "REQUEST")]
    requests: Vec<String>,
}

impl Which {
    /// Their numbers, each once.
    fn numbers(&self, workspace: &Workspace) -> Result<Vec<Uuid>, Error> {
        let mut ids = self.requests.iter().map(|text| number(workspace, text)).collect::<Result<Vec<_>, _>>()?;
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Err(Error::usage("no request is named", "`pii request list` shows their numbers"));
        }
        Ok(ids)
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

/// Watches work over files.
fn watching(ui: Ui, verb: &'static str) -> impl Fn(Progress) -> ControlFlow<()> + Sync {
    let watch = Mutex::new(ui.watch_bytes(verb));
    move |progress| {
        let step = Step { bytes: progress.bytes, of_bytes: Some(progress.of_bytes), ..Step::default() };
        (watch.lock().unwrap_or_else(PoisonError::into_inner))(step)
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
