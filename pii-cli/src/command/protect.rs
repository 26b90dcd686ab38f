use pii_core::policy::Method;
use pii_core::vocab::{DatasetId, RecipientId};

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
    let workspace = global.open()?;
    let source = args.reading.open(&args.sources, workspace.file_keys(), ui)?;
    let Some(output) = &args.output else {
        let protection = workspace.protection(&source, &dataset, &recipient);
        workspace.seal()?;
        let rows = protection?
            .columns()
            .iter()
            .map(|c| [c.path.clone(), c.tag.to_string(), would(&c.method)])
            .collect::<Vec<_>>();
        for [column, tag, method] in &rows {
            ui.record("column", &serde_json::json!({ "column": column, "category": tag, "would": method }));
        }
        ui.table(["column", "category", "would"], &rows);
        ui.note("nothing was written: name an output with `-o FILE`");
        return Ok(Exit::Done);
    };
    let destination = destination(output)?;
    let options = args.writing.options()?;
    let done = workspace.protect(source, &dataset, &recipient, &destination, &options, &mut ui.watch("protecting"));
    workspace.seal()?;
    let disclosure = done?;

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
    ui.line(format!("  sha-256 {}, audit entry {}", disclosure.sha256, disclosure.audit_entry));
    let subject = workspace.policy().dataset(&dataset).and_then(|d| d.subject());
    if subject.is_some() && workspace.catalog().dataset(dataset.as_str())?.is_none() {
        ui.note(format!("the people of `{dataset}` are not in the vault: take them in with `pii tag … -d {dataset}`"));
    }
    Ok(Exit::Done)
}

fn would(method: &Method) -> String {
    match method {
        Method::Drop => "be dropped".to_owned(),
        Method::Keep => "be kept".to_owned(),
        Method::Pseudonymise => "become a pseudonym".to_owned(),
        other => format!("become `{other}`"),
    }
}
