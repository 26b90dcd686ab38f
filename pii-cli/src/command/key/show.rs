use std::path::PathBuf;

use pii_core::pseudonym::Normaliser;
use pii_core::vocab::RecipientId;
use serde_json::json;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

/// A recipient's pseudonym keys, by check value
///
/// With `--reveal-to`, the keys themselves go to a new file that only its owner can read, so that a sample can
/// be checked in PostgreSQL, Spark or Python. Whoever has them can recompute pseudonyms from guesses: it is
/// a release, and the log records it first.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The recipient
    recipient: String,
    /// Write the keys to a new file
    #[arg(long, value_name = "FILE")]
    reveal_to: Option<PathBuf>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let id = RecipientId::parse(&args.recipient)?;
    let workspace = global.open()?;
    let recipient = workspace.policy().recipient(&id).ok_or_else(|| {
        Error::failed("policy.unknown-recipient", format!("no policy names the recipient `{id}`"))
            .with_hint("`pii policy show` lists the recipients")
    })?;
    let domain = recipient.domain();
    let epoch = workspace.keys().current_epoch(&domain);
    let mut rows: Vec<[String; 4]> = Vec::new();
    for norm in Normaliser::NAMES {
        let check = workspace.keys().pseudonym(&domain, norm, epoch)?.check_value();
        ui.record(
            "pseudonym_key",
            &json!({ "domain": domain.as_str(), "epoch": epoch.to_string(), "norm": norm, "kcv": check }),
        );
        rows.push([domain.to_string(), epoch.to_string(), (*norm).to_owned(), check]);
    }
    ui.table(["domain", "epoch", "normalisation", "check value"], &rows);
    if let Some(path) = &args.reveal_to {
        let revealed = workspace.reveal_keys(recipient.id(), path);
        workspace.seal()?;
        revealed?;
        ui.warn(format!("`{}` holds keys in clear: destroy it after the check", path.display()));
    }
    Ok(Exit::Done)
}
