use std::path::{Path, PathBuf};

use pii_core::error::Error as Core;
use pii_core::request::{OpenDsr, check_signature};
use pii_core::vocab::IdentifierKind;
use serde_json::json;

use super::left;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{HEAD, Ui, paint};

/// Take in a request that another system wrote, in the form of OpenDSR 2.0
///
/// Access, erasure and portability, with identities in clear. The same request, come again, is the same. Who asks is still to be verified.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("trust").args(["signature", "unsigned"]).required(true))]
pub(crate) struct Args {
    /// The request: its body, as it was sent
    #[arg(long, value_name = "FILE", required = true)]
    opendsr: PathBuf,
    /// Its signature, base64: what stood in `X-OpenDSR-Signature`
    #[arg(long, value_name = "FILE", requires = "certificate")]
    signature: Option<PathBuf>,
    /// The certificate of whom it is from, in PEM. You vouch for it: its chain is not looked at
    #[arg(long, value_name = "FILE", requires = "signature")]
    certificate: Option<PathBuf>,
    /// Take it in without a signature
    #[arg(long)]
    unsigned: bool,
    /// An identity type and the kind that it is here: controller_customer_id=student_id
    #[arg(long, value_name = "TYPE=KIND", value_parser = kind)]
    kind: Vec<(String, IdentifierKind)>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let body = read(&args.opendsr)?;
    if let (Some(signature), Some(certificate)) = (&args.signature, &args.certificate) {
        check_signature(&body, &read(signature)?, &read(certificate)?)?;
    }
    let dsr = OpenDsr::from_json(&body)?;
    let workspace = global.open()?;
    let opened = workspace.import_request(&dsr, &args.kind);
    workspace.seal()?;
    let opened = opened?;
    let right = dsr.claim()?.right();
    ui.record(
        "request",
        &json!({
            "id": opened.id.to_string(), "right": right.name(), "due": opened.deadline.due.to_string(),
            "due_by_law": opened.deadline.by_law.to_string(), "reference": dsr.reference(), "again": opened.again,
        }),
    );
    let days = opened.deadline.days_left(workspace.policy().calendar(), jiff::Timestamp::now());
    let again = if opened.again { "; it had come before" } else { "" };
    let id = paint(&opened.id.to_string(), HEAD);
    ui.line(format!("request {id}: {right}, due {}, {}{again}", opened.deadline.due, left(days)));
    if dsr.wants_callbacks() {
        ui.note(format!("nobody is called back: `pii request export --opendsr {}` says how far it is", opened.id));
    }
    ui.note(format!("next: pii request verify-identity {} --method METHOD", opened.id));
    Ok(Exit::Done)
}

fn read(file: &Path) -> Result<Vec<u8>, Error> {
    Ok(std::fs::read(file).map_err(|source| Core::Io { path: file.to_owned(), source })?)
}

fn kind(text: &str) -> Result<(String, IdentifierKind), String> {
    let pair = text.split_once('=').and_then(|(name, kind)| Some((name, IdentifierKind::parse(kind).ok()?)));
    pair.map(|(name, kind)| (name.to_owned(), kind)).ok_or_else(|| "write TYPE=KIND".to_owned())
}
