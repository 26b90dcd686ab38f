use pii_core::vocab::DatasetId;
use serde_json::json;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{HEAD, Ui, paint};

/// What a column is, and what becomes of it for each recipient, and why
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Such as `crm.customers.email`
    #[arg(value_name = "DATASET.COLUMN")]
    column: String,
}

pub(crate) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let policy = global.site()?.policy()?;
    // Both names may hold dots: the longest dataset that the policy knows wins.
    let split = args.column.match_indices('.').rev().find_map(|(at, _)| {
        let (dataset, column) = args.column.split_at(at);
        let dataset = DatasetId::parse(dataset).ok()?;
        policy.dataset(&dataset).map(|d| (d, column.trim_start_matches('.')))
    });
    let (dataset, column) = split.ok_or_else(|| {
        Error::usage(format!("`{}` names no column of a dataset", args.column), "`pii policy show` lists the datasets")
    })?;
    if let Some(rule) = dataset.column(column) {
        let (category, origin) = (rule.tag().to_string(), rule.origin());
        ui.record(
            "column",
            &json!({ "dataset": dataset.id().as_str(), "column": column, "category": category,
                     "origin": origin.name(), "meaning": rule.meaning(), "of_subject": rule.is_of_subject() }),
        );
        let meaning = rule.meaning().map(|meaning| format!(": {meaning}")).unwrap_or_default();
        ui.line(format!("{} {category}, {origin}{meaning}", paint(column, HEAD)));
        ui.line("");
    }
    let rows: Vec<[String; 4]> = policy
        .explain(dataset.id(), column)?
        .into_iter()
        .map(|outcome| {
            let recipient = outcome.recipient.id().as_str();
            let (tag, method, because) = match outcome.rule {
                Ok(rule) => (rule.tag.to_string(), rule.method.to_string(), rule.because.to_string()),
                Err(refusal) => (String::new(), "refused".to_owned(), refusal.to_string()),
            };
            ui.record(
                "rule",
                &json!({ "dataset": dataset.id().as_str(), "column": column, "recipient": recipient,
                         "category": tag, "method": method, "because": because }),
            );
            [recipient.to_owned(), tag, method, because]
        })
        .collect();
    ui.table(["recipient", "category", "method", "because"], &rows);
    Ok(Exit::Done)
}
