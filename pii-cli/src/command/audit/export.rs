use std::path::PathBuf;

use pii_core::audit::export::Format;
use serde_json::json;

use super::filter::FilterArgs;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Hand an auditor evidence: entries, their proofs, and a program that checks them without us
///
/// The folder holds the entries as they are stored, the hashes that lead from them to the signed root, the keys, a
/// manifest that says of how many entries these are the ones asked for, and `verify.py`. A format other than jsonl adds
/// a view of them. The export is in the log before the folder appears.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How to show the entries, besides as they are: jsonl, csv, xlsx, parquet, ocsf, cef, syslog, html
    #[arg(long, short, value_name = "FORMAT", default_value = "jsonl")]
    format: String,
    /// The folder, which must be empty or absent
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    which: FilterArgs,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let format = Format::parse(&args.format).map_err(|error| {
        let names: Vec<_> = Format::ALL.iter().map(|format| format.name()).collect();
        Error::usage(error.to_string(), format!("one of {}", names.join(", ")))
    })?;
    let filter = args.which.filter()?;
    let workspace = global.open()?;
    let exported = workspace.export_log(&filter, format, &args.output, &mut ui.watch("exporting"));
    workspace.seal()?;
    let (exported, audit_entry) = exported?;

    let folder = args.output.display();
    ui.record(
        "export",
        &json!({
            "folder": folder.to_string(), "format": format.name(), "entries": exported.entries,
            "pruned": exported.pruned, "matched": exported.matched,
            "manifest": exported.manifest.to_string(), "audit_entry": audit_entry,
        }),
    );
    let entries = count(exported.entries, "entry").replace("entrys", "entries");
    ui.line(format!("`{folder}`: {} of {entries}", exported.matched));
    ui.line(format!("  manifest sha-256 {}, audit entry {audit_entry}", exported.manifest));
    if exported.pruned > 0 {
        ui.warn(format!("entries 0 to {} were pruned before, and could not be looked at", exported.pruned - 1));
    }
    ui.note(format!("whoever gets it checks it with `python3 {folder}/verify.py`"));
    Ok(Exit::Done)
}
