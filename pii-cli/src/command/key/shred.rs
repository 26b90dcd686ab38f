use pii_core::workspace::{ShredReceipt, Shreddable};
use serde_json::json;

use crate::command::subject::SubjectArgs;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Destroy the keys of people, and with them what the vault holds of them, in every copy of its database
///
/// The keys of the others in their shards are wrapped anew, and the epoch key that wrapped them all is overwritten: what
/// the database's log, pages and backups hold of these people can never be opened again. Copies of `.pii/keys` are the
/// exception: keep none for longer than you promise.
///
/// One step of an erasure, not the whole: what other systems hold is not touched.
/// Identifiers come as lines of `kind=value`, never on the command line: see `pii help identifiers`.
/// Exit code 3 if nobody is known by any of them, as after it was done.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("somebody").args(["subject", "subject_file"]).required(true))]
pub(crate) struct Args {
    #[command(flatten)]
    who: SubjectArgs,
    /// Here only to be refused, and not repeated as an unexpected argument would be
    #[arg(hide = true)]
    misplaced: Vec<String>,
    /// Say how many were found, and destroy nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let identifiers = args.who.read(&args.misplaced, HINT)?;
    let workspace = global.open()?;
    let found = workspace.shreddable(&identifiers);
    if found.is_err() {
        workspace.seal()?;
    }
    let Shreddable { people, unknown } = found?;
    let found = people.len() as u64;
    if unknown > 0 {
        ui.warn(format!("the vault knows nobody by {} of {}", unknown, count(identifiers.len() as u64, "identifier")));
    }
    if args.dry_run {
        ui.record("key_shred", &json!({ "outcome": "would shred", "keys": found, "unknown": unknown }));
        ui.line(format!("would destroy {}", keys(found)));
        return Ok(Exit::Done);
    }
    if !args.yes {
        let what = format!("this destroys {}, for good, in every copy of the vault", keys(found));
        ui.confirm(&what, &found.to_string())?;
    }
    let done = workspace.shred(&people);
    workspace.seal()?;
    report(ui, &done?, unknown);
    Ok(Exit::Done)
}

fn report(ui: Ui, done: &ShredReceipt, unknown: u64) {
    let ShredReceipt { aliases, shredded, audit_entries } = done;
    let spent: Vec<_> =
        shredded.spent.iter().map(|spent| json!({ "shard": spent.shard, "epoch": spent.epoch })).collect();
    ui.record(
        "key_shred",
        &json!({
            "outcome": "shredded", "keys": shredded.keys, "unknown": unknown, "identifiers": shredded.identifiers,
            "values": shredded.values, "pseudonyms": shredded.pseudonyms, "rewrapped": shredded.rewrapped,
            "epoch_keys": spent, "aliases": aliases.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "audit_entries": audit_entries,
        }),
    );
    ui.line(format!(
        "destroyed {}, {} and {}",
        keys(shredded.keys),
        count(shredded.values, "sealed value"),
        count(shredded.identifiers, "identifier")
    ));
    ui.line(format!(
        "{} destroyed; {} of other people wrapped anew; {}",
        count(shredded.spent.len() as u64, "epoch key"),
        count(shredded.rewrapped, "key"),
        entries(audit_entries)
    ));
    ui.note("one step of an erasure: what other systems hold of them is not touched");
}

fn keys(number: u64) -> String {
    format!(
        "{} of {}",
        count(number, "key"),
        if number == 1 { "1 person".to_owned() } else { "as many people".to_owned() }
    )
}

/// `audit entry 7`, `audit entries 7 to 9`.
fn entries(numbers: &[u64]) -> String {
    match numbers {
        [] => "no audit entry".to_owned(),
        [one] => format!("audit entry {one}"),
        [first, .., last] => format!("audit entries {first} to {last}"),
    }
}

const HINT: &str = "printf 'email=…\\n' | pii key shred --subject -";
