use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;
use pii_core::request::DsrStatus;
use serde_json::json;

use super::{midnight, number};
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Give requests to other systems: the ledger of erasures, objections and restrictions, or how far one is
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").args(["ledger", "opendsr"]).required(true))]
pub(crate) struct Args {
    /// Whom requests erased and what people forbid, as keyed hashes, a line each: to be kept apart from the backups, for `pii request replay`
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Only those since this day
    #[arg(long, value_name = "DATE", requires = "ledger")]
    since: Option<Date>,
    /// How far this request is, in the form of OpenDSR 2.0
    #[arg(long, value_name = "REQUEST")]
    opendsr: Option<String>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let workspace = global.open()?;
    if let Some(request) = &args.opendsr {
        let request = workspace.requests().get(number(&workspace, request)?)?;
        let (deadline, _) = workspace.deadline(&request)?;
        let status = DsrStatus::of(&request, &deadline, workspace.policy().controller().name());
        // It is JSON whoever reads it, and the standard's, not ours.
        let text = serde_json::to_string_pretty(&status).map_err(|error| Error::failed("io", error.to_string()))?;
        ui.line(text);
        ui.record("opendsr", &json!({ "status": status }));
        return Ok(Exit::Done);
    }
    let Some(file) = &args.ledger else { return Ok(Exit::Done) };
    let since = args.since.map(|day| midnight(day, workspace.policy())).transpose()?.unwrap_or(Timestamp::MIN);
    let (erased, forbidden) = workspace.keep_ledger(since, file)?;
    let name = file.display();
    ui.record("ledger", &json!({ "file": name.to_string(), "erasures": erased, "prohibitions": forbidden }));
    ui.line(format!("{} and {} in `{name}`", count(erased, "erasure"), count(forbidden, "prohibition")));
    ui.note("keep it apart from the backups, and from the key: with both, a guess of who was erased can be tested");
    Ok(Exit::Done)
}
