use std::path::PathBuf;

use pii_core::error::Error as Core;
use pii_core::keyring::Epoch;
use pii_core::pseudonym::Normaliser;
use pii_core::vocab::RecipientId;
use serde_json::json;

use super::list::day;
use super::show_file;
use crate::command::epoch;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::Ui;

/// A recipient's pseudonym keys of every epoch, by check value; or those of an encrypted file, by name
///
/// With `--reveal-to`, the keys themselves go to a new file that only its owner can read, so that a sample can
/// be checked in PostgreSQL, Spark or Python, or the encrypted file be read there. Whoever has them can recompute
/// pseudonyms from guesses, or read that file: it is a release, and the log records it first.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The recipient
    #[arg(required_unless_present = "file")]
    recipient: Option<String>,
    /// An encrypted Parquet file
    #[arg(long, value_name = "FILE", conflicts_with = "recipient")]
    file: Option<PathBuf>,
    /// Leave out the keys of personal columns
    #[arg(long, requires = "file", requires = "reveal_to")]
    footer_only: bool,
    /// Write the keys to a new file
    #[arg(long, value_name = "FILE")]
    reveal_to: Option<PathBuf>,
    /// Of this epoch, to check what was released in it; otherwise of the current one
    #[arg(long, value_name = "EPOCH", requires = "reveal_to", value_parser = epoch)]
    epoch: Option<Epoch>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    if let Some(file) = &args.file {
        return show_file::run(file, args.reveal_to.as_deref(), args.footer_only, global, ui);
    }
    let id = RecipientId::parse(args.recipient.as_deref().unwrap_or_default())?;
    let workspace = global.open()?;
    let recipient = workspace.policy().recipient(&id).ok_or_else(|| Core::UnknownRecipient(id.clone()))?;
    let domain = recipient.domain();
    let mut rows: Vec<[String; 5]> = Vec::new();
    for generation in workspace.keys().epochs().history(&domain).into_iter().rev() {
        let epoch = generation.epoch;
        for norm in Normaliser::NAMES {
            let check = workspace.keys().pseudonym(&domain, norm, epoch)?.check_value();
            ui.record(
                "pseudonym_key",
                &json!({
                    "domain": domain.as_str(), "epoch": epoch.to_string(), "norm": norm, "kcv": check,
                    "since": generation.since, "retired": generation.retired,
                }),
            );
            let retired = generation.retired.map(day).unwrap_or_default();
            rows.push([domain.to_string(), epoch.to_string(), (*norm).to_owned(), check, retired]);
        }
    }
    ui.table(["domain", "epoch", "normalisation", "check value", "retired"], &rows);
    if let Some(path) = &args.reveal_to {
        let revealed = workspace.reveal_keys(recipient.id(), args.epoch, path);
        workspace.seal()?;
        revealed?;
        ui.warn(format!("`{}` holds keys in clear: destroy it after the check", path.display()));
    }
    Ok(Exit::Done)
}
