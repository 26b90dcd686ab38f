use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pii_core::request::State;
use pii_core::vocab::RecipientId;
use pii_core::workspace::Workspace;
use serde_json::json;

use uuid::Uuid;

use super::Which;
use crate::command::age::age;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Tell recipients what became of the data that they were given (Art. 19)
///
/// Writes a notice for each, with the pseudonyms by which they know the person; records that it was sent, and that it was acknowledged. Exit code 3 while somebody is not told. `--unanswered 14d` names whoever is to be reminded, whichever request it is: a job can look every morning.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    /// Write the notices into this folder, one a recipient
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
    /// The notice went out to this recipient
    #[arg(long, value_name = "RECIPIENT")]
    sent: Vec<String>,
    /// Of all requests, the notices that went out so long ago, or never, and that nobody acknowledged
    #[arg(long, value_name = "TIME", conflicts_with_all = ["requests", "reference", "sent", "acknowledged"])]
    unanswered: Option<String>,
    /// This recipient says that it is done
    #[arg(long, value_name = "RECIPIENT")]
    acknowledged: Vec<String>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let workspace = global.open()?;
    if let Some(time) = &args.unanswered {
        return remind(&workspace, time, args.output.as_deref(), ui);
    }
    let ids = args.which.numbers(&workspace, |request| {
        matches!(request.state, State::PartlyDone | State::Held | State::Fulfilled | State::RecipientsTold)
    })?;
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
        told = theirs(&workspace, &ids).and_then(|notices| write(&workspace, &notices, folder, ui));
    }
    workspace.seal()?;
    told?;
    let (mut open, mut rows) = (0, BTreeMap::<String, [u64; 3]>::new());
    for (id, told) in ids.iter().zip(workspace.requests().notices_of(&ids)?) {
        for told in told {
            if ui.json {
                let (sent, acknowledged) =
                    (told.sent.map(|at| at.to_string()), told.acknowledged.map(|at| at.to_string()));
                let (request, recipient) = (id.to_string(), &told.recipient);
                ui.record(
                    "notice",
                    &json!({ "request": request, "recipient": recipient, "sent": sent, "acknowledged": acknowledged }),
                );
            }
            open += u64::from(told.sent.is_none());
            let [requests, sent, acknowledged] = rows.entry(told.recipient).or_default();
            *requests += 1;
            *sent += u64::from(told.sent.is_some());
            *acknowledged += u64::from(told.acknowledged.is_some());
        }
    }
    if rows.is_empty() {
        ui.line("nobody is to be told");
    } else {
        let row = |(recipient, numbers): (String, [u64; 3])| {
            let [requests, sent, acknowledged] = numbers.map(|number| number.to_string());
            [recipient, requests, sent, acknowledged]
        };
        let rows: Vec<_> = rows.into_iter().map(row).collect();
        ui.table(["recipient", "requests", "sent", "acknowledged"], &rows);
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

/// Whom somebody has to write to again.
fn remind(workspace: &Workspace, time: &str, folder: Option<&Path>, ui: Ui) -> Result<Exit, Error> {
    let now = Timestamp::now();
    let since = now.checked_sub(age(time)?).map_err(|_| Error::usage("that is too long ago", "`--unanswered 14d`"))?;
    let unanswered = workspace.requests().unanswered(since)?;
    if unanswered.is_empty() {
        ui.line("nobody is to be reminded");
        return Ok(Exit::Done);
    }
    let zone = workspace.policy().calendar().zone.clone();
    let mut rows = Vec::new();
    for (id, told) in &unanswered {
        let sent = told.sent.map(|at| at.to_zoned(zone.clone()).date().to_string());
        ui.record(
            "notice",
            &json!({ "request": id.to_string(), "recipient": told.recipient, "sent": told.sent.map(|at| at.to_string()), "acknowledged": null }),
        );
        rows.push([told.recipient.clone(), id.to_string(), sent.unwrap_or_else(|| "never".to_owned())]);
    }
    ui.table(["recipient", "request", "sent"], &rows);
    if let Some(folder) = folder {
        let notices: Vec<_> = unanswered.into_iter().map(|(id, told)| (id, told.recipient)).collect();
        let wrote = write(workspace, &notices, folder, ui);
        workspace.seal()?;
        wrote?;
    }
    Ok(Exit::No)
}

/// Every notice of these requests.
fn theirs(workspace: &Workspace, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>, Error> {
    let mut notices = Vec::new();
    for id in ids {
        notices.extend(workspace.requests().notices(*id)?.into_iter().map(|told| (*id, told.recipient)));
    }
    Ok(notices)
}

fn write(workspace: &Workspace, notices: &[(Uuid, String)], folder: &Path, ui: Ui) -> Result<(), Error> {
    let files = workspace.write_notices(notices, folder)?;
    files.iter().for_each(|(recipient, file)| written(ui, recipient, file));
    Ok(())
}

fn written(ui: Ui, recipient: &str, file: &Path) {
    ui.note(format!("the notice for `{recipient}` is in `{}`", file.display()));
}
