use std::path::PathBuf;

use pii_core::vocab::RecipientId;
use pii_core::workspace::{Output, Rotation};
use serde_json::{Value, json};

use super::rotate_root;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Let a recipient's pseudonyms begin a new epoch, or wrap the keys with another root key
///
/// RECIPIENT: from now on its pseudonyms, and those of everybody in its group, are others, and cannot be joined with what
/// was released before, unless `pii protect --since-epoch` makes a bridge. Nothing that was released changes, and `pii vault
/// read` finds people by pseudonyms of every epoch.
///
/// `--root`: the keys are wrapped by another root key. No data is touched and no pseudonym changes. The new one comes from
/// `--new-key-file`, `--new-key-command` or `--new-settings`; or, if the environment gives the old one, from where `pii.toml`
/// says. Without any of these, a root key that is in a key service wraps them again, in its newest version.
///
/// A run that was cut short is completed by running it again.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").args(["recipient", "root"]).required(true))]
pub(crate) struct Args {
    /// The recipient whose pseudonyms are to change
    recipient: Option<String>,
    /// Wrap all keys with another root key
    #[arg(long)]
    root: bool,
    /// The file of the new root key; made if it is not there
    #[arg(long, value_name = "FILE", conflicts_with_all = ["recipient", "new_key_command"])]
    pub(super) new_key_file: Option<PathBuf>,
    /// A command that prints the new root key
    #[arg(long, value_name = "COMMAND", conflicts_with = "recipient")]
    pub(super) new_key_command: Option<String>,
    /// A file whose [key] says where the new root key is, as `pii.toml` would
    #[arg(long, value_name = "FILE", conflicts_with_all = ["recipient", "new_key_file", "new_key_command"])]
    pub(super) new_settings: Option<PathBuf>,
    /// Say what would change, and change nothing
    #[arg(long, short = 'n')]
    pub(super) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let Some(recipient) = &args.recipient else { return rotate_root::run(args, global, ui) };
    let recipient = RecipientId::parse(recipient)?;
    let workspace = global.open()?;
    let plan = workspace.rotation(&recipient);
    workspace.seal()?;
    let plan = plan?;
    let Rotation { domain, from, to, .. } = &plan;
    show(ui, &plan);
    if args.dry_run {
        report(ui, &plan, if plan.resumes.is_some() { "would complete" } else { "would rotate" }, plan.resumes);
        ui.line(format!("`{domain}` would go from epoch {from} to epoch {to}"));
        return Ok(Exit::Done);
    }
    if !args.yes {
        let what = format!("new pseudonyms of `{domain}` will not join with those of epoch {from}");
        ui.confirm(&what, domain.as_str())?;
    }
    let rotated = workspace.rotate(&plan);
    workspace.seal()?;
    let entry = rotated?.audit_entry;
    report(ui, &plan, if plan.resumes.is_some() { "completed" } else { "rotated" }, Some(entry));
    ui.line(format!("`{domain}` is in epoch {to}; audit entry {entry}"));
    ui.note(format!(
        "next: protect again; `--since-epoch {from}` gives a recipient both pseudonyms, to join what it has with what comes"
    ));
    Ok(Exit::Done)
}

/// The plan: who shares the domain, and which outputs hold its older epochs.
fn show(ui: Ui, plan: &Rotation) {
    let sharing: Vec<_> =
        plan.shared_by.iter().filter(|id| **id != plan.recipient).map(|id| format!("`{id}`")).collect();
    if !sharing.is_empty() {
        ui.line(format!("the domain `{}` is shared with {}: theirs change, too", plan.domain, sharing.join(", ")));
    }
    if let Some(entry) = plan.resumes {
        ui.line(format!("audit entry {entry} records this rotation, and it has not come to its end"));
    }
    plan.outputs.iter().for_each(|output| ui.record("output", &fields(output)));
    if plan.outputs.is_empty() {
        ui.line(format!("no output is known that holds pseudonyms of `{}`", plan.domain));
        return;
    }
    let rows: Vec<_> = plan.outputs.iter().map(row).collect();
    ui.table(["epoch", "dataset", "recipient", "last", "released", "where"], &rows);
}

fn row(output: &Output) -> [String; 6] {
    let times = if output.releases == 1 { String::new() } else { format!(", {} times", output.releases) };
    [
        output.epoch.to_string(),
        output.dataset.clone(),
        output.recipient.clone(),
        output.at.strftime("%F").to_string(),
        format!("{}{times}", count(output.rows, "row")),
        output.destination.clone(),
    ]
}

fn fields(output: &Output) -> Value {
    json!({
        "epoch": output.epoch.to_string(), "dataset": output.dataset, "recipient": output.recipient,
        "destination": output.destination, "releases": output.releases, "at": output.at.to_string(),
        "rows": output.rows,
    })
}

fn report(ui: Ui, plan: &Rotation, outcome: &str, entry: Option<u64>) {
    let shared_by: Vec<_> = plan.shared_by.iter().map(RecipientId::as_str).collect();
    ui.record(
        "rotation",
        &json!({
            "outcome": outcome, "recipient": plan.recipient.as_str(), "domain": plan.domain.as_str(),
            "from": plan.from.to_string(), "to": plan.to.to_string(), "shared_by": shared_by, "audit_entry": entry,
        }),
    );
}
