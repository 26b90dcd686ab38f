use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

/// A dataset: its columns, why they are what they are, and where it went
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The dataset
    dataset: String,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let catalog = global.site()?.catalog()?;
    let dataset = catalog.dataset(&args.dataset)?.ok_or_else(|| {
        Error::failed("catalog.unknown-dataset", format!("`{}` never came in", args.dataset))
            .with_hint("`pii catalog list` shows what did")
    })?;
    ui.record("dataset", &dataset);
    ui.line(format!(
        "{}  {} rows from `{}`, first {}, last {}",
        dataset.id,
        dataset.rows,
        dataset.location,
        dataset.first_seen.strftime("%F %TZ"),
        dataset.last_seen.strftime("%F %TZ")
    ));
    ui.line("");
    let columns = catalog.columns(&args.dataset)?;
    columns.iter().for_each(|c| ui.record("column", c));
    let rows: Vec<[String; 4]> =
        columns.into_iter().map(|c| [c.path, c.data_type, c.tag, c.evidence.unwrap_or_default()]).collect();
    ui.table(["column", "type", "tag", "evidence"], &rows);
    let disclosures = catalog.disclosures(Some(&args.dataset))?;
    disclosures.iter().for_each(|d| ui.record("disclosure", d));
    if !disclosures.is_empty() {
        ui.line("");
        let rows: Vec<[String; 5]> = disclosures
            .into_iter()
            .map(|d| {
                [d.at.strftime("%F %H:%MZ").to_string(), d.recipient, d.purpose, d.rows.to_string(), d.destination]
            })
            .collect();
        ui.table(["disclosed", "to", "for", "rows", "as"], &rows);
    }
    Ok(Exit::Done)
}
