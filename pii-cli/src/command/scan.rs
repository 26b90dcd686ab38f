use pii_core::policy::Policy;
use pii_core::tag::{ColumnFinding, PROPOSE};
use pii_core::vocab::{DatasetId, Tag};
use pii_core::workspace;
use serde_json::json;

use super::input::SourceArgs;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{DIM, HEAD, Ui, count, paint};

/// Look for personal data; change nothing
///
/// Exit code 3 if a column that looks personal has no tag in the policy.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files, folders, globs, or `-`; together one dataset
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,
    /// The dataset whose decisions to compare with
    #[arg(long, short, value_name = "DATASET")]
    dataset: Option<String>,
    /// Stop after so many rows
    #[arg(long, value_name = "N")]
    sample: Option<u64>,
    /// Print the TOML that decides what is undecided, to paste into a policy
    #[arg(long)]
    propose: bool,
    #[command(flatten)]
    reading: SourceArgs,
}

pub(crate) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let named = args.dataset.as_deref().map(DatasetId::parse).transpose()?;
    let policy = policy(global, named.is_some())?;
    let source = args.reading.open(&args.sources, global.file_keys(), ui)?;
    let dataset = named.or_else(|| known(global, policy.as_ref()?, &args.sources));
    let name = dataset.as_ref().map_or_else(|| workspace::located(source.files()), ToString::to_string);
    let scanned = workspace::scan(source, args.sample, &mut ui.watch("scanning"))?;

    let decided = |column: &str| -> Option<Tag> {
        policy.as_ref()?.dataset(dataset.as_ref()?)?.column(column).map(|rule| rule.tag())
    };
    let mut undecided = 0;
    for column in &scanned.columns {
        let decision = decided(&column.column);
        undecided += usize::from(decision.is_none() && personal(column));
        record(ui, &name, column, decision);
    }
    if args.propose {
        propose(ui, dataset.as_ref(), &args.sources, &scanned.columns, decided);
    } else {
        for column in &scanned.columns {
            show(ui, column, decided(&column.column));
        }
    }
    let values = scanned.columns.iter().map(|c| c.examined).sum();
    ui.note(format!(
        "{} in {:.1} s; {} examined",
        count(scanned.rows, "row"),
        scanned.took.as_secs_f64(),
        count(values, "value")
    ));
    if undecided > 0 {
        let (look, have) = if undecided == 1 { ("looks", "has") } else { ("look", "have") };
        ui.note(format!("{} {look} personal and {have} no tag", count(undecided as u64, "column")));
        return Ok(Exit::No);
    }
    Ok(Exit::Done)
}

/// A scan needs no workspace, nor one in order, unless a dataset's decisions are asked for.
fn policy(global: &Global, needed: bool) -> Result<Option<Policy>, Error> {
    match global.site().and_then(|site| Ok(site.policy()?)) {
        Ok(policy) => Ok(Some(policy)),
        Err(error) if needed && global.workspace.is_some() => Err(error),
        Err(_) => Ok(None),
    }
}

/// The dataset that lies where the source does, if the policy has one.
fn known(global: &Global, policy: &Policy, sources: &[String]) -> Option<DatasetId> {
    let [source] = sources else { return None };
    let source = std::fs::canonicalize(source).ok()?;
    let root = global.site().ok()?.root().to_owned();
    let there = |location: &str| std::fs::canonicalize(root.join(location)).is_ok_and(|path| path == source);
    policy.datasets().iter().find(|d| there(d.location())).map(|d| d.id().clone())
}

fn personal(column: &ColumnFinding) -> bool {
    column.proposals.first().is_some_and(|best| best.confidence >= PROPOSE)
}

fn record(ui: Ui, dataset: &str, column: &ColumnFinding, decided: Option<Tag>) {
    let best = column.proposals.first().filter(|b| b.confidence >= PROPOSE);
    let category = best.map_or_else(|| "none".to_owned(), |b| b.category.to_string());
    ui.record(
        "column",
        &json!({
            "dataset": dataset,
            "column": column.column,
            "category": category,
            "detector": best.map(|b| b.detector),
            "confidence": best.map(|b| b.confidence),
            "evidence": best.map(|b| b.evidence.to_string()),
            "examples": best.map(|b| &b.evidence.examples),
            "decided": decided.map(|t| t.to_string()),
            "data_type": column.data_type.to_string(),
            "rows": column.rows,
            "nulls": column.nulls,
            "runners_up": column.proposals.iter().skip(1).map(|r| json!({
                "category": r.category.to_string(), "detector": r.detector, "confidence": r.confidence,
            })).collect::<Vec<_>>(),
        }),
    );
}

/// A column, then why.
fn show(ui: Ui, column: &ColumnFinding, decided: Option<Tag>) {
    let best = column.proposals.first().filter(|b| b.confidence >= PROPOSE);
    let looks =
        best.map_or_else(|| "not personal".to_owned(), |b| format!("{} ({:.0} %)", b.category, b.confidence * 100.0));
    let tag = match decided {
        Some(tag) => paint(&format!("  decided: {tag}"), DIM),
        None if best.is_some() => paint("  no tag", DIM),
        None => String::new(),
    };
    ui.line(format!("{}  {looks}{tag}", paint(&format!("{:24}", column.column), HEAD)));
    if let Some(best) = best {
        ui.line(paint(&format!("{:24}  {}: {}", "", best.detector, best.evidence), DIM));
        if !best.evidence.examples.is_empty() {
            ui.line(paint(&format!("{:24}  such as {}", "", best.evidence.examples.join(", ")), DIM));
        }
    }
}

fn propose(
    ui: Ui,
    dataset: Option<&DatasetId>,
    sources: &[String],
    columns: &[ColumnFinding],
    decided: impl Fn(&str) -> Option<Tag>,
) {
    let known = columns.iter().any(|c| decided(&c.column).is_some());
    if known {
        ui.line(format!("# below [dataset.columns] of `{}`:", dataset.map_or("the dataset", DatasetId::as_str)));
    } else {
        ui.line("[[dataset]]");
        ui.line(format!("id = \"{}\"", dataset.map_or("system.table", DatasetId::as_str)));
        ui.line(format!("location = {}", quoted(&sources.join(" "))));
        ui.line("purposes = []                # which purposes of yours may these data serve?");
        let subject =
            columns.iter().find(|c| c.proposals.first().is_some_and(|b| b.category.name() == "user.unique_id"));
        match subject {
            Some(column) => ui.line(format!(
                "subject = {{ column = {}, kind = \"{}\" }}   # one kind in two datasets: the same numbers, the same people",
                quoted(&column.column),
                kind(&column.column)
            )),
            None => ui.line("# subject = { column = \"…\", kind = \"…\" }   # which column says whom a row is about?"),
        }
        ui.line("retention = { keep = \"P1Y\", then = \"delete-row\" }   # how long is it needed?");
        ui.line("[dataset.columns]");
    }
    for column in columns.iter().filter(|c| decided(&c.column).is_none()) {
        let key = if plain(&column.column) { column.column.clone() } else { quoted(&column.column) };
        match column.proposals.first().filter(|b| b.confidence >= PROPOSE) {
            Some(best) => {
                ui.line(format!("{key} = \"{}\"  # {:.0} %: {}", best.category, best.confidence * 100.0, best.evidence))
            }
            None => ui.line(format!("{key} = \"none\"")),
        }
    }
}

/// `Customer Id` → `customer_id`.
fn kind(column: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    column.rsplit('.').next().unwrap_or(column).chars().map(plain).collect::<String>().trim_matches('_').to_owned()
}

fn plain(key: &str) -> bool {
    key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
