use std::fs::File;
use std::path::{Path, PathBuf};

use pii_core::error::Error as Core;
use pii_core::request::package::{Opener, Verdict, Verified, is_sealed, verify};
use pii_core::request::{DocumentKey, PublicKey};
use pii_core::vocab::Personal;
use serde_json::json;

use crate::config::{Global, passphrase_file};
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{ERROR, GOOD, Ui, bytes, count, paint};

/// Check that a package for a person is as it was signed
///
/// Every file that the manifest names is there and unchanged, there is no other, and the signature fits. Writes nothing, and
/// shows nothing of what is inside. Needs no workspace; in the one that made the package, with its key, it also checks who
/// signed. Anybody can check the same with unzip, sha256sum and minisign. Exit code 3 unless the package is whole.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A .zip, or a .zip.age with what opens it
    #[arg(value_name = "FILE")]
    package: PathBuf,
    /// The controller's public key, as it was given to you: a file of minisign's, or its text
    #[arg(long, value_name = "FILE|KEY")]
    key: Option<String>,
    /// Opens a package that is encrypted to an age key: a file with `AGE-SECRET-KEY-1…`
    #[arg(long, value_name = "FILE")]
    identity_file: Option<PathBuf>,
    /// Opens a package that is encrypted by a passphrase: a file with it; otherwise PII_PASSPHRASE_FILE
    #[arg(long, value_name = "FILE", conflicts_with = "identity_file")]
    passphrase_file: Option<PathBuf>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let key = match &args.key {
        Some(given) => Some(key(given)?),
        None => own_key(global)?,
    };
    let unreadable = |source| Core::Io { path: args.package.clone(), source };
    let mut file = File::open(&args.package).map_err(unreadable)?;
    let verdict = if is_sealed(&mut file)? {
        verify(opener(args)?.open(file)?, key.as_ref())?
    } else {
        verify(file, key.as_ref())?
    };
    match &verdict {
        Verdict::Whole(whole) => show(whole, ui),
        Verdict::Flawed(flaw) => {
            ui.record("package", &json!({ "verified": false, "why": flaw.to_string() }));
            ui.line(paint("NOT VERIFIED", ERROR));
            ui.line(format!("  {flaw}"));
            ui.line("  next: trust nothing in it, and ask whoever sent it for another");
        }
    }
    Ok(if matches!(verdict, Verdict::Whole(_)) { Exit::Done } else { Exit::No })
}

fn show(whole: &Verified, ui: Ui) {
    let signer = whole.signer.number();
    ui.record(
        "package",
        &json!({
            "verified": true, "request": whole.request, "right": whole.right, "generated": whole.generated,
            "files": whole.files, "rows": whole.rows, "bytes": whole.bytes, "signer": signer,
            "signer_checked": whole.expected,
        }),
    );
    ui.line(paint("VERIFIED", GOOD));
    ui.line("  every file is as it was signed, and there is no other");
    ui.line(format!("  {}, request {}, made {}", whole.right, whole.request, whole.generated));
    let (files, rows) = (count(whole.files, "file"), count(whole.rows, "row"));
    ui.line(format!("  {files}, {rows}, {}", bytes(whole.bytes)));
    if whole.expected {
        ui.line(format!("  signed by the key {signer}, as it should be"));
    } else {
        ui.line(format!("  signed by the key {signer}; whose it is was not checked"));
        ui.line("  next: give `--key FILE`, the controller's key as you got it on another way");
    }
}

/// In the workspace that made it, nobody has to bring the key.
fn own_key(global: &Global) -> Result<Option<PublicKey>, Error> {
    let Ok(site) = global.site() else { return Ok(None) };
    let Ok(root) = global.root_key_alone(&site) else { return Ok(None) };
    let seed = site.keyring(&root)?.document_seed()?;
    Ok(Some(DocumentKey::from_seed(&seed)?.public().clone()))
}

fn key(given: &str) -> Result<PublicKey, Error> {
    let path = Path::new(given);
    let text = if path.exists() { text(path)?.expose().clone() } else { given.to_owned() };
    Ok(PublicKey::parse(&text)?)
}

fn opener(args: &Args) -> Result<Opener, Error> {
    if let Some(file) = &args.identity_file {
        return Ok(Opener::identities(text(file)?.expose())?);
    }
    let Some(file) = args.passphrase_file.clone().or_else(passphrase_file) else {
        let hint = "bring what opens it: `--passphrase-file FILE` or `--identity-file FILE`";
        return Err(Error::usage(format!("`{}` is encrypted to the person", args.package.display()), hint));
    };
    // An editor ends the line.
    Ok(Opener::passphrase(text(&file)?.expose().trim_end_matches(['\r', '\n'])))
}

fn text(path: &Path) -> Result<Personal<String>, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Core::Io { path: path.to_owned(), source })?;
    Ok(Personal::new(text))
}
