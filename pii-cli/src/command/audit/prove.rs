use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, bytes};

/// Prove that the log holds an entry, to somebody who has neither the log nor us
///
/// Prints a C2SP tlog-proof: the hashes from the entry to the signed root. Asking for it is an entry of its own.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The number of the entry, as `pii audit query` shows it
    entry: u64,
    /// Where to write it; otherwise to stdout. Such files end in .tlog-proof
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let workspace = global.open()?;
    let proof = workspace.prove_entry(args.entry);
    workspace.seal()?;
    let proof = proof?;
    let text = proof.to_string();
    ui.record(
        "proof",
        &json!({
            "index": proof.index, "origin": proof.checkpoint.origin(), "tree_size": proof.checkpoint.size(),
            "root": proof.checkpoint.root().to_string(), "proof": text,
        }),
    );
    match &args.output {
        Some(path) => {
            write(path, &text)?;
            let size = bytes(text.len() as u64);
            ui.line(format!("`{}`: entry {} of {}, {size}", path.display(), proof.index, proof.checkpoint.size()));
        }
        None => ui.line(text.trim_end_matches('\n')),
    }
    Ok(Exit::Done)
}

/// Under a temporary name first, so that nobody reads half a proof.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::failed("io", format!("cannot write `{}`: {error}", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
