use jiff::civil::Date;
use pii_core::request::{HoldScope, LegalHold};
use pii_core::vocab::DatasetId;
use pii_core::workspace::{HoldOn, Workspace};
use serde_json::{Value, json};
use uuid::Uuid;

use super::number;
use crate::command::subject::SubjectArgs;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{HEAD, Ui, count, paint};

/// Keep a dataset or a person whatever is asked: a legal claim, a duty to keep (Art. 17(3)(b), (e))
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Add(Add),
    List(List),
    Release(Release),
}

/// Set a hold
///
/// Plans show what it keeps, and until when. A run that comes after it leaves the place alone. What names the person lies in the vault.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("on").args(["request", "dataset", "subject", "subject_file"]).required(true))]
pub(crate) struct Add {
    /// Whoever made this request
    #[arg(value_name = "REQUEST")]
    request: Option<String>,
    /// All rows of a dataset
    #[arg(long, short, value_name = "DATASET")]
    dataset: Option<String>,
    #[command(flatten)]
    who: SubjectArgs,
    /// Why, in words that name nobody
    #[arg(long, value_name = "TEXT")]
    ground: String,
    /// The last day of it
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
}

/// Which holds there are
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// Those that are released, or over, too
    #[arg(long)]
    all: bool,
}

/// Release a hold
///
/// What it kept is found again when its requests are planned again.
#[derive(Debug, clap::Args)]
pub(crate) struct Release {
    /// Which: its number, the end of it, or the dataset that it holds
    #[arg(value_name = "HOLD")]
    hold: String,
}

pub(super) fn run(command: &Command, global: &Global, ui: Ui) -> Result<Exit, Error> {
    match command {
        Command::Add(args) => add(args, global, ui),
        Command::List(args) => list(args, global, ui),
        Command::Release(args) => release(args, global, ui),
    }
}

fn add(args: &Add, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let who = if args.who.is_given() { args.who.read(&[], HINT)? } else { Vec::new() };
    let dataset = args.dataset.as_deref().map(DatasetId::parse).transpose()?;
    let workspace = global.open()?;
    let on = match (&args.request, &dataset) {
        (Some(request), _) => HoldOn::Request(number(&workspace, request)?),
        (None, Some(dataset)) => HoldOn::Dataset(dataset),
        (None, None) => HoldOn::Person(&who),
    };
    let set = workspace.set_hold(&on, &args.ground, args.until);
    workspace.seal()?;
    let hold = set?;
    ui.record("hold", &value(&hold, true));
    let until = hold.until.map(|until| format!(" until {until}")).unwrap_or_default();
    ui.line(format!("hold {}: {} stays{until}", paint(&hold.id.to_string(), HEAD), about(&hold)));
    ui.note(format!("it ends with: pii request hold release {}", hold.id));
    Ok(Exit::Done)
}

fn list(args: &List, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let site = global.site()?;
    let today = jiff::Timestamp::now().to_zoned(site.policy()?.calendar().zone.clone()).date();
    let holds = site.requests()?.holds(args.all)?;
    let holds: Vec<_> = holds.into_iter().filter(|hold| args.all || hold.holds(today)).collect();
    let mut rows = Vec::new();
    for hold in &holds {
        ui.record("hold", &value(hold, hold.holds(today)));
        let end = match (hold.released, hold.until) {
            (Some(_), _) => "released".to_owned(),
            (None, Some(until)) => until.to_string(),
            (None, None) => String::new(),
        };
        rows.push([hold.id.to_string(), about(hold), end, hold.ground.clone(), hold.by.clone()]);
    }
    if rows.is_empty() {
        ui.line("no hold");
        return Ok(Exit::Done);
    }
    ui.table(["hold", "what", "until", "ground", "by"], &rows);
    ui.note(count(rows.len() as u64, "hold"));
    Ok(Exit::Done)
}

fn release(args: &Release, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let workspace = global.open()?;
    let id = hold_number(&workspace, &args.hold)?;
    let released = workspace.release_hold(id);
    workspace.seal()?;
    released?;
    ui.record("hold", &json!({ "id": id.to_string(), "in_force": false }));
    ui.line(format!("hold {id} is released"));
    ui.note("what it kept is found again by `pii request plan` with the requests that it held");
    Ok(Exit::Done)
}

fn hold_number(workspace: &Workspace, text: &str) -> Result<Uuid, Error> {
    if let Ok(id) = Uuid::try_parse(text) {
        return Ok(id);
    }
    let wanted = text.to_ascii_lowercase();
    let holds = workspace.requests().holds(true)?;
    let on = |hold: &LegalHold| hold.released.is_none() && about(hold) == text;
    let is = |hold: &&LegalHold| (wanted.len() >= 4 && hold.id.to_string().ends_with(&wanted)) || on(hold);
    let mut found = holds.iter().filter(is);
    match (found.next(), found.next()) {
        (Some(hold), None) => Ok(hold.id),
        (Some(_), Some(_)) => {
            Err(Error::usage(format!("`{text}` is held several times"), "write the number of one hold"))
        }
        _ => Err(Error::usage(format!("`{text}` is no hold"), "`pii request hold list --all` shows their numbers")),
    }
}

fn about(hold: &LegalHold) -> String {
    match &hold.scope {
        HoldScope::Dataset { dataset } => dataset.clone(),
        HoldScope::Person { request: Some(request) } => format!("the person of {request}"),
        HoldScope::Person { request: None } => "a person".to_owned(),
    }
}

fn value(hold: &LegalHold, in_force: bool) -> Value {
    let (dataset, request) = match &hold.scope {
        HoldScope::Dataset { dataset } => (Some(dataset.clone()), None),
        HoldScope::Person { request } => (None, request.map(|id| id.to_string())),
    };
    json!({
        "id": hold.id.to_string(), "dataset": dataset, "request": request, "ground": hold.ground,
        "until": hold.until.map(|until| until.to_string()), "set": hold.set.to_string(), "by": hold.by,
        "released": hold.released.map(|at| at.to_string()), "in_force": in_force, "audit_entry": hold.audit_entry,
    })
}

const HINT: &str = "printf 'email=…\\n' | pii request hold add --subject - --ground TEXT";
