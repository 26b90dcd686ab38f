use std::path::PathBuf;

use pii_core::error::Error as Core;
use pii_core::request::package::Language;
use pii_core::request::{PublicKey, SignedCertificate};
use serde_json::json;

use super::{language, number};
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Prove what was done: a signed certificate as JSON, without personal data
///
/// With the proofs that the log holds each step. `--page FILE` writes it as a page to read and print, too. `--verify FILE` checks one, with the workspace's key or with `--key`; exit code 3 if it is not as it was signed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which request
    #[arg(value_name = "REQUEST", required_unless_present = "verify")]
    request: Option<String>,
    /// Write it there as a page, too
    #[arg(long, value_name = "FILE", conflicts_with = "verify")]
    page: Option<PathBuf>,
    /// The language of the page: en, ko, de, fr
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = language, requires = "page")]
    language: Language,
    /// Check this certificate
    #[arg(long, value_name = "FILE", conflicts_with = "request")]
    verify: Option<PathBuf>,
    /// The public key, as minisign has it; otherwise that of the workspace
    #[arg(long, value_name = "FILE", requires = "verify")]
    key: Option<PathBuf>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    if let Some(file) = &args.verify {
        return verify(args, file, global, ui);
    }
    let workspace = global.open()?;
    let id = number(&workspace, args.request.as_deref().unwrap_or_default())?;
    let signed = workspace.certify(id);
    workspace.seal()?;
    let signed = signed?;
    ui.record("certificate", &signed);
    if let Some(file) = &args.page {
        let page = signed.page(args.language, &workspace.policy().calendar().zone)?;
        std::fs::write(file, page).map_err(|source| Core::Io { path: file.clone(), source })?;
        ui.note(format!("the page is `{}`", file.display()));
    }
    let pretty = serde_json::to_string_pretty(&signed);
    ui.line(pretty.map_err(|error| Error::failed("request", error.to_string()))?);
    Ok(Exit::Done)
}

fn verify(args: &Args, file: &PathBuf, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let read = |path: &PathBuf| {
        let failed = |source| Error::from(Core::Io { path: path.clone(), source });
        std::fs::read(path).map_err(failed)
    };
    let signed = SignedCertificate::from_json(&read(file)?)?;
    let key = match &args.key {
        Some(key) => PublicKey::parse(&String::from_utf8_lossy(&read(key)?))?,
        None => global.open()?.document_key()?.public().clone(),
    };
    match signed.verify(&key) {
        Ok(()) => {
            let certificate = &signed.certificate;
            let places = count(certificate.places.len() as u64, "place");
            let entries = count(certificate.entries.len() as u64, "proof");
            ui.record("verdict", &json!({ "verified": true, "request": certificate.request.to_string() }));
            ui.line(format!("VERIFIED: request {} is {}; {places}, {entries}", certificate.request, certificate.state));
            Ok(Exit::Done)
        }
        Err(error) => {
            ui.record("verdict", &json!({ "verified": false, "why": error.to_string() }));
            ui.line(format!("NOT VERIFIED: {error}"));
            Ok(Exit::No)
        }
    }
}
