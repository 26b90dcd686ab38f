use serde_json::json;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, bytes, count};

pub(super) fn run(global: &Global, ui: Ui) -> Result<Exit, Error> {
    let status = global.open()?.vault().status()?;
    ui.record(
        "vault",
        &json!({ "subjects": status.subjects, "identifiers": status.identifiers, "values": status.values,
                 "bytes": status.bytes, "datasets": status.datasets }),
    );
    ui.line(format!(
        "{}, {}, {} in {}",
        count(status.subjects, "person").replace("persons", "people"),
        count(status.identifiers, "identifier"),
        count(status.values, "sealed value"),
        bytes(status.bytes)
    ));
    status.datasets.iter().for_each(|d| ui.line(format!("  {d}")));
    Ok(Exit::Done)
}
