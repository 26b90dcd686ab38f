use pii_core::vocab::DatasetId;
use serde_json::json;

use super::input::{OutputArgs, SourceArgs, destination};
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Take data in: every column decided, or nothing passes
///
/// People go to the vault, what was seen to the catalog. Exit code 3 if the policy is silent on a column.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files, folders, globs, or `-`; together one dataset
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,
    /// The dataset, as the policy names it
    #[arg(long, short, value_name = "DATASET")]
    dataset: String,
    /// Write a copy whose columns carry their tags; it holds clear personal data
    #[arg(long, short, value_name = "FILE")]
    output: Option<String>,
    #[command(flatten)]
    reading: SourceArgs,
    #[command(flatten)]
    writing: OutputArgs,
}

pub(crate) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let dataset = DatasetId::parse(&args.dataset)?;
    let workspace = global.open()?;
    let output = args.output.as_deref().map(destination).transpose()?;
    // A tagged copy holds clear personal data.
    let mut options = args.writing.options()?;
    options.private = true;
    let source = args.reading.open_in_batches(BATCH, &args.sources, workspace.file_keys(), ui);
    let ingested = source.and_then(|source| {
        let out = output.as_ref().map(|o| (o, &options));
        Ok(workspace.ingest(source, &dataset, out, &mut ui.watch("ingesting"))?)
    });
    workspace.seal()?;
    let ingested = ingested?;

    ui.record(
        "ingested",
        &json!({
            "dataset": dataset.as_str(),
            "rows": ingested.rows,
            "columns": ingested.tags.len(),
            "personal": ingested.tags.iter().filter(|(_, t)| t.category().is_some()).count(),
            "new_subjects": ingested.deposited.new_subjects,
            "new_values": ingested.deposited.new_values,
            "anonymous_rows": ingested.deposited.anonymous_rows,
            "sha256": ingested.written.as_ref().map(|w| hex(&w.sha256)),
            "audit_entry": ingested.audit_entry,
        }),
    );
    if output.as_ref().is_none_or(|o| o.to_string() != "standard output") {
        let personal = ingested.tags.iter().filter(|(_, tag)| tag.category().is_some()).count();
        ui.line(format!(
            "`{dataset}`: {} in, {} of {} personal",
            count(ingested.rows, "row"),
            personal,
            count(ingested.tags.len() as u64, "column")
        ));
        ui.line(format!(
            "  vault: {} and {} more; audit entry {}",
            count(ingested.deposited.new_subjects, "person"),
            count(ingested.deposited.new_values, "value"),
            ingested.audit_entry
        ));
    }
    if ingested.deposited.anonymous_rows > 0 {
        let rows = ingested.deposited.anonymous_rows;
        let verbs = if rows == 1 { ("names", "stays") } else { ("name", "stay") };
        ui.note(format!("{} {} nobody and {} out of the vault", count(rows, "row"), verbs.0, verbs.1));
    }
    for doubt in &ingested.doubts {
        ui.warn(format!(
            "column `{}` is decided as `{}` but looks like `{}`: {}",
            doubt.column, doubt.decided, doubt.finding.category, doubt.finding.evidence
        ));
    }
    Ok(Exit::Done)
}

/// Rows of one transaction of the vault: the fewer there are, the less often a page of its indexes is written.
const BATCH: usize = 32_768;

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
