mod calendar;
mod certificate;
mod close;
mod export;
mod extend;
mod hold;
mod import;
mod lift;
mod list;
mod notify;
mod open;
mod package_verify;
mod plan;
mod reject;
mod replay;
mod run;
mod show;
mod verify_identity;
mod withdraw;

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use pii_core::erase::Progress;
use pii_core::error::Error as Core;
use pii_core::policy::Policy;
use pii_core::request::package::Language;
use pii_core::request::{Asking, Deadline, Request};
use pii_core::workspace::{Step, Workspace};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

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
    Lift(lift::Args),
    PackageVerify(package_verify::Args),
    #[command(subcommand)]
    Hold(hold::Command),
    Import(import::Args),
    Export(export::Args),
    Replay(replay::Args),
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
        Command::Lift(args) => lift::run(args, global, ui),
        Command::PackageVerify(args) => package_verify::run(args, global, ui),
        Command::Hold(command) => hold::run(command, global, ui),
        Command::Import(args) => import::run(args, global, ui),
        Command::Export(args) => export::run(args, global, ui),
        Command::Replay(args) => replay::run(args, global, ui),
    }
}

/// Which requests a command is about.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// Which requests
    #[arg(value_name = "REQUEST", conflicts_with = "reference")]
    requests: Vec<String>,
    /// All open requests of this reference for which it is time
    #[arg(long, value_name = "ID")]
    reference: Option<String>,
}

impl Which {
    /// As it was written, for the next command.
    fn again(&self) -> String {
        match &self.reference {
            Some(reference) => format!("--reference {reference}"),
            None => "with the same requests".to_owned(),
        }
    }

    /// Their numbers, each once; of a reference, those that are `ready`.
    fn numbers(&self, workspace: &Workspace, ready: impl Fn(&Request) -> bool) -> Result<Vec<Uuid>, Error> {
        if let Some(reference) = &self.reference {
            let mut ids = Vec::new();
            workspace.requests().each::<Error>(Asking::OpenOf(reference), |request| {
                ids.extend(ready(&request).then_some(request.id));
                Ok(())
            })?;
            if ids.is_empty() {
                let hint = "`pii request list` shows references, and how far each request is";
                return Err(Error::usage(format!("no request of `{reference}` is ready for this"), hint));
            }
            return Ok(ids);
        }
        let mut ids = self.requests.iter().map(|text| number(workspace, text)).collect::<Result<Vec<_>, _>>()?;
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Err(Error::usage("no request is named", "`pii request list` shows their numbers"));
        }
        Ok(ids)
    }
}

/// Which request is meant: its number, as much of its end as tells it apart, or its reference, if one open request has it.
fn number(workspace: &Workspace, text: &str) -> Result<Uuid, Error> {
    if let Ok(id) = Uuid::try_parse(text) {
        return Ok(id);
    }
    let (mut open, mut over, mut ending) = (Vec::new(), Vec::new(), Vec::new());
    workspace.requests().each::<Error>(Asking::Called(text), |request| {
        let found = match request.reference.as_deref() == Some(text) {
            true if request.state.is_over() => &mut over,
            true => &mut open,
            false => &mut ending,
        };
        found.push(request.id);
        Ok(())
    })?;
    match (open.as_slice(), over.as_slice(), ending.as_slice()) {
        ([one], ..) | ([], [one], _) => Ok(*one),
        ([], [], [one]) => Ok(*one),
        ([], [], []) => Err(Error::usage(format!("`{text}` is no request"), "`pii request list` shows their numbers")),
        ([], [], _) => Err(Error::usage(format!("`{text}` ends the number of several requests"), "write more of it")),
        _ => Err(Error::usage(format!("`{text}` is the reference of several requests"), "write the number of one")),
    }
}

/// Each of these requests, for programs.
fn records(ids: &[Uuid], workspace: &Workspace, ui: Ui) -> Result<(), Error> {
    if !ui.json {
        return Ok(());
    }
    workspace.requests().each_of(ids, |request| {
        let (deadline, days) = workspace.deadline(&request)?;
        ui.record("request", &value(&request, &deadline, days));
        Ok(())
    })
}

/// The beginning of a day where the controller is.
fn midnight(day: Date, policy: &Policy) -> Result<Timestamp, Error> {
    let zoned = day.to_zoned(policy.calendar().zone.clone());
    Ok(zoned.map_err(|_| Error::usage(format!("`{day}` is no day"), "write 2026-05-17"))?.timestamp())
}

/// A request that names several people: says how they differ, and how to go on.
fn ambiguous(error: Core, workspace: &Workspace, ui: Ui) -> Error {
    let Core::Request(pii_core::request::Error::Ambiguous { id, candidates }) = &error else { return error.into() };
    let apart = match (workspace.tell_apart(*id, candidates), workspace.seal()) {
        (Ok(apart), Ok(())) => apart,
        (Err(other), _) | (_, Err(other)) => return other.into(),
    };
    let mut rows = Vec::new();
    for one in &apart {
        let kinds = one.kinds.iter().map(ToString::to_string).collect::<Vec<_>>();
        let datasets: Vec<_> =
            one.datasets.iter().map(|(name, values)| json!({ "dataset": name, "values": values })).collect();
        let since = one.since.strftime("%F").to_string();
        ui.record(
            "candidate",
            &json!({ "request": id.to_string(), "alias": one.alias.to_string(), "known_since": since, "kinds": kinds, "datasets": datasets }),
        );
        let datasets = one.datasets.iter().map(|(name, values)| format!("{name}: {}", count(*values, "value")));
        rows.push([one.alias.to_string(), since, kinds.join(", "), datasets.collect::<Vec<_>>().join("; ")]);
    }
    ui.table(["who, in the log", "known since", "named by", "in"], &rows);
    let hint = format!("ask for more, then `pii request verify-identity {id} --method METHOD --subject-file FILE`");
    Error::from(error).with_hint(hint)
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

fn language(tag: &str) -> Result<Language, String> {
    Language::parse(tag).ok_or_else(|| {
        format!("languages are {}", Language::ALL.iter().map(|l| l.tag()).collect::<Vec<_>>().join(", "))
    })
}
