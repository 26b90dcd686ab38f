//! `pii vault read FILE`: a whole file that `pii vault put` sealed.

use std::path::Path;

use pii_core::store::{Destination, refuse_overwrite};
use pii_core::vocab::PurposeId;
use pii_core::workspace::Reading;
use serde_json::json;

use super::put::open;
use crate::command::input::destination;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, bytes};

/// Opens `file`. What was named may be a person, mistaken for a file: if there is no such file, it is not repeated.
pub(super) fn run(
    file: &Path,
    output: Option<&str>,
    purpose: &PurposeId,
    ticket: Option<&str>,
    global: &Global,
    ui: Ui,
) -> Result<Exit, Error> {
    if file != Path::new("-") && !file.exists() {
        return Err(Error::usage("there is no such file", NO_FILE));
    }
    let to = output.map_or(Ok(Destination::Stdout), destination)?;
    refuse_overwrite(&[file.to_owned()], &to)?;
    let workspace = global.open()?;
    let read = workspace.read_file(open(file)?, Reading { purpose, ticket }, &to, &mut ui.watch_bytes("opening"));
    workspace.seal()?;
    let read = read?;
    if to == Destination::Stdout {
        return Ok(Exit::Done);
    }
    ui.record(
        "opened",
        &json!({
            "output": to.to_string(), "dataset": read.dataset.as_str(), "key": read.key, "bytes": read.bytes,
            "envelope": read.envelope.to_string(), "audit_entry": read.audit_entry,
        }),
    );
    ui.line(format!("`{to}`: {} of `{}`, in clear; audit entry {}", bytes(read.bytes), read.dataset, read.audit_entry));
    Ok(Exit::Done)
}

const NO_FILE: &str =
    "name a file that `pii vault put` sealed; a person is named on standard input: `pii vault read --subject -`";
