use pii_core::batch::{Addressee, ProtectedColumn};
use pii_core::keyring::Epoch;
use pii_core::outbound::Disclosure;
use pii_core::policy::Method;
use pii_core::vocab::{DatasetId, RecipientId};
use pii_core::workspace::Workspace;

use super::epoch;
use super::input::{OutputArgs, SourceArgs, destination};
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, bytes, count};

/// Write data for a recipient: keyed one-way hashes, the rest dropped or made coarse, as the policy says
///
/// The release is in the log before the output appears under its name.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files, folders, globs, or `-`; together one dataset
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,
    /// The dataset, as the policy names it
    #[arg(long, short, value_name = "DATASET")]
    dataset: String,
    /// The recipient, as the policy names it
    #[arg(long, short, value_name = "RECIPIENT")]
    recipient: String,
    /// Where to write, or `-`; without it, show what would become of each column
    #[arg(long, short, value_name = "FILE")]
    output: Option<String>,
    /// A bridge: beside each pseudonym, in columns of their own, those of older epochs from this one on
    #[arg(long, value_name = "EPOCH", value_parser = epoch)]
    since_epoch: Option<Epoch>,
    /// How many threads; otherwise one a core
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    #[command(flatten)]
    reading: SourceArgs,
    #[command(flatten)]
    writing: OutputArgs,
}

pub(crate) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let dataset = DatasetId::parse(&args.dataset)?;
    let recipient = RecipientId::parse(&args.recipient)?;
    if let Some(threads) = args.threads {
        // There is no other pool in this process yet; were there one, its size would stand.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    }
    let to = Addressee::from(&recipient);
    let to = args.since_epoch.map_or(to, |epoch| to.bridged_since(epoch));
    let workspace = global.open()?;
    let source = args.reading.open(&args.sources, workspace.file_keys(), ui)?;
    let Some(output) = &args.output else {
        let protection = workspace.protection(&source, &dataset, to);
        workspace.seal()?;
        let rows =
            protection?.columns().iter().map(|c| [c.path.clone(), c.tag.to_string(), would(c)]).collect::<Vec<_>>();
        for [column, tag, method] in &rows {
            ui.record("column", &serde_json::json!({ "column": column, "category": tag, "would": method }));
        }
        ui.table(["column", "category", "would"], &rows);
        ui.note("nothing was written: name an output with `-o FILE`");
        return Ok(Exit::Done);
    };
    let destination = destination(output)?;
    let options = args.writing.options()?;
    let done = workspace.protect(source, &dataset, to, &destination, &options, &mut ui.watch("protecting"));
    workspace.seal()?;
    let disclosure = done?;

    warn_if_rotated(&workspace, &recipient, &disclosure, ui)?;
    if output == "-" {
        return Ok(Exit::Done);
    }
    ui.record("disclosure", &disclosure);
    ui.line(format!(
        "`{output}`: {}, {} for `{recipient}`, purpose `{}`",
        count(disclosure.rows, "row"),
        bytes(disclosure.bytes),
        disclosure.purpose
    ));
    say_dropped(&disclosure, ui);
    ui.line(format!("  sha-256 {}, audit entry {}", disclosure.sha256, disclosure.audit_entry));
    say_epochs(args, &disclosure, ui);
    let subject = workspace.policy().dataset(&dataset).and_then(|d| d.subject());
    if subject.is_some() && workspace.catalog().dataset(dataset.as_str())?.is_none() {
        ui.note(format!("the people of `{dataset}` are not in the vault: take them in with `pii tag … -d {dataset}`"));
    }
    Ok(Exit::Done)
}

/// How many rows stayed behind; never whose.
fn say_dropped(disclosure: &Disclosure, ui: Ui) {
    for (rows, why) in [
        (disclosure.dropped_objections, "people who object to this purpose (Art. 21)"),
        (disclosure.dropped_restrictions, "people whose data are restricted (Art. 18)"),
    ] {
        if rows > 0 {
            ui.line(format!("  left behind: {} of {why}", count(rows, "row")));
        }
    }
}

/// Of which epochs the pseudonyms are.
fn say_epochs(args: &Args, disclosure: &Disclosure, ui: Ui) {
    let (bridges, columns): (Vec<_>, Vec<_>) = disclosure.columns.iter().partition(|column| column.bridges.is_some());
    let Some(key) = columns.iter().find_map(|column| column.key.as_deref()) else { return };
    let mut older: Vec<_> = bridges.iter().filter_map(|column| column.key.as_deref()).collect();
    older.sort_by_key(|key| (key.len(), *key));
    older.dedup();
    ui.line(match (older.as_slice(), args.since_epoch) {
        ([], None) => format!("  pseudonyms of {key}"),
        ([], Some(_)) => format!("  pseudonyms of {key}, which is that epoch: there is nothing to bridge"),
        (older, _) => format!("  pseudonyms of {key}, and a bridge to {}", older.join(", ")),
    });
}

/// A rotation while this ran is for what comes after it.
fn warn_if_rotated(workspace: &Workspace, to: &RecipientId, released: &Disclosure, ui: Ui) -> Result<(), Error> {
    let Some(domain) = workspace.policy().recipient(to).map(|known| known.domain()) else { return Ok(()) };
    let (used, now) = (workspace.keys().current_epoch(&domain), workspace.site().domain_epochs()?.current(&domain));
    if now > used && released.columns.iter().any(|column| column.key.is_some()) {
        ui.warn(format!("`{domain}` has gone to epoch {now} meanwhile: what left is of epoch {used}"));
    }
    Ok(())
}

fn would(column: &ProtectedColumn) -> String {
    match (&column.method, &column.bridges) {
        (Method::Drop, _) => "be dropped".to_owned(),
        (Method::Keep, _) => "be kept".to_owned(),
        (Method::Pseudonymise, None) => "become a pseudonym".to_owned(),
        (Method::Pseudonymise, Some(beside)) => format!("stand beside `{beside}`, as an older pseudonym"),
        (other, _) => format!("become `{other}`"),
    }
}
