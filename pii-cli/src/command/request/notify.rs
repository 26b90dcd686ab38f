use std::path::{Path, PathBuf};

use pii_core::request::Told;
use pii_core::vocab::RecipientId;
use serde_json::json;

use super::Which;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Tell recipients what became of the data that they were given (Art. 19)
///
/// Writes a notice for each, with the pseudonyms by which they know the person; records that it was sent, and that it was acknowledged. Exit code 3 while somebody is not told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    /// Write the notices of one request into this folder
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
    /// The notice went out to this recipient
    #[arg(long, value_name = "RECIPIENT")]
    sent: Vec<String>,
    /// This recipient says that it is done
    #[arg(long, value_name = "RECIPIENT")]
    acknowledged: Vec<String>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let workspace = global.open()?;
    let ids = args.which.numbers(&workspace)?;
    let recipients =
        |names: &[String]| names.iter().map(|name| RecipientId::parse(name)).collect::<Result<Vec<_>, _>>();
    let (sent, acknowledged) = (recipients(&args.sent)?, recipients(&args.acknowledged)?);
    let told = || -> Result<(), Error> {
        for recipient in &sent {
            workspace.record_notice(&ids, recipient, false)?;
        }
        for recipient in &acknowledged {
            workspace.record_notice(&ids, recipient, true)?;
        }
        Ok(())
    };
    let mut told = told();
    if let (Some(folder), Ok(())) = (&args.output, &told) {
        told = ids.iter().try_for_each(|id| {
            for (recipient, file) in workspace.write_notices(*id, folder)? {
                written(ui, &recipient, &file);
            }
            Ok(())
        });
    }
    workspace.seal()?;
    told?;
    let mut open = 0;
    for id in &ids {
        let notices = workspace.requests().notices(*id)?;
        open += notices.iter().filter(|told| told.sent.is_none()).count() as u64;
        for told in &notices {
            ui.record(
                "notice",
                &json!({
                    "request": id.to_string(), "recipient": told.recipient, "sent": told.sent.map(|at| at.to_string()),
                    "acknowledged": told.acknowledged.map(|at| at.to_string()),
                }),
            );
        }
        let row = |told: &Told| {
            let day = |at: Option<jiff::Timestamp>| at.map(|at| at.strftime("%F").to_string()).unwrap_or_default();
            [told.recipient.clone(), day(told.sent), day(told.acknowledged)]
        };
        if notices.is_empty() {
            ui.line(format!("request {id}: nobody is to be told"));
        } else {
            ui.table(["recipient", "sent", "acknowledged"], &notices.iter().map(row).collect::<Vec<_>>());
        }
    }
    if open > 0 {
        ui.note(format!(
            "{} to be sent: `--output DIR` writes them, `--sent RECIPIENT` records it",
            count(open, "notice")
        ));
        return Ok(Exit::No);
    }
    Ok(Exit::Done)
}

fn written(ui: Ui, recipient: &str, file: &Path) {
    ui.note(format!("the notice for `{recipient}` is in `{}`", file.display()));
}
