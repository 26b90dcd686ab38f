//! `pii key show --file FILE`: the keys of an encrypted Parquet file.

use std::path::Path;

use pii_core::seal::{KeyName, KeyPart};
use serde_json::json;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

pub(super) fn run(
    file: &Path,
    reveal_to: Option<&Path>,
    footer_only: bool,
    global: &Global,
    ui: Ui,
) -> Result<Exit, Error> {
    let workspace = global.open()?;
    let mut rows: Vec<[String; 2]> = Vec::new();
    for name in workspace.names_of_file_keys(file)? {
        let opens = match KeyName::parse(&name).map(|name| name.part) {
            Some(KeyPart::Column(column)) => column,
            _ => "the footer, and columns without a key of their own".to_owned(),
        };
        ui.record("file_key", &json!({ "file": file.display().to_string(), "name": name, "opens": opens }));
        rows.push([name, opens]);
    }
    ui.table(["key", "opens"], &rows);
    if let Some(to) = reveal_to {
        let revealed = workspace.reveal_file_keys(file, to, footer_only);
        workspace.seal()?;
        revealed?;
        ui.warn(format!("`{}` holds keys in clear: they open `{}`, and nothing else", to.display(), file.display()));
    }
    Ok(Exit::Done)
}
