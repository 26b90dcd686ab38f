use serde_json::json;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

/// Columns whose name, tag or detector contains a text
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to look for; case is ignored
    text: String,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let found = global.site()?.catalog()?.search(&args.text)?;
    for (dataset, column) in &found {
        ui.record(
            "column",
            &json!({ "dataset": dataset, "column": column.path, "tag": column.tag, "detector": column.detector }),
        );
    }
    let rows: Vec<[String; 3]> = found.into_iter().map(|(dataset, c)| [dataset, c.path, c.tag]).collect();
    ui.table(["dataset", "column", "tag"], &rows);
    Ok(Exit::Done)
}
