use serde_json::json;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, json_line};

pub(super) fn run(global: &Global, ui: Ui) -> Result<Exit, Error> {
    let catalog = global.site()?.catalog()?;
    // An export is JSON, asked for or not.
    let ui = Ui { json: false, ..ui };
    for dataset in catalog.datasets()? {
        ui.line(json_line("dataset", &dataset));
        for column in catalog.columns(&dataset.id)? {
            let mut fields = json!(column);
            if let Some(fields) = fields.as_object_mut() {
                fields.insert("dataset".into(), dataset.id.clone().into());
            }
            ui.line(json_line("column", &fields));
        }
    }
    for disclosure in catalog.disclosures(None)? {
        ui.line(json_line("disclosure", &disclosure));
    }
    Ok(Exit::Done)
}
