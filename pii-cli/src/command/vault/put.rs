use std::fs::File;
use std::path::{Path, PathBuf};

use pii_core::store::{Destination, refuse_overwrite};
use pii_core::vocab::DatasetId;
use pii_core::workspace::Incoming;
use serde_json::json;

use crate::command::input::destination;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, bytes};

/// Seal a whole file of any type, so that only `pii vault read` opens it
///
/// It gets a key of its own, which this workspace's keys wrap, and says in its header which dataset it belongs to.
/// It is in the log before it is read. The file that was given stays where it is, in clear: that is yours to remove.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file, or `-`
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The dataset that it belongs to, as the policy names it
    #[arg(long, short, value_name = "DATASET")]
    dataset: String,
    /// Where to write, or `-`; otherwise FILE.sealed
    #[arg(long, short, value_name = "FILE")]
    output: Option<String>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let dataset = DatasetId::parse(&args.dataset)?;
    let to = match &args.output {
        Some(output) => destination(output)?,
        None if args.file == Path::new("-") => Destination::Stdout,
        None => {
            let mut name = args.file.clone().into_os_string();
            name.push(".sealed");
            Destination::Path(name.into())
        }
    };
    refuse_overwrite(std::slice::from_ref(&args.file), &to)?;
    let workspace = global.open()?;
    let moved = workspace.put_file(open(&args.file)?, &dataset, &to, &mut ui.watch_bytes("sealing"));
    workspace.seal()?;
    let moved = moved?;
    if to == Destination::Stdout {
        return Ok(Exit::Done);
    }
    ui.record(
        "sealed",
        &json!({
            "output": to.to_string(), "dataset": dataset.as_str(), "key": moved.key, "bytes": moved.bytes,
            "envelope": moved.envelope.to_string(), "audit_entry": moved.audit_entry,
        }),
    );
    ui.line(format!("`{to}`: {} of `{dataset}`, sealed; audit entry {}", bytes(moved.bytes), moved.audit_entry));
    if args.file != Path::new("-") {
        ui.note(format!("`{}` is still there in clear: remove it when you need it no longer", args.file.display()));
    }
    Ok(Exit::Done)
}

/// A file, or standard input.
pub(super) fn open(path: &Path) -> Result<Incoming<Box<dyn std::io::Read + Send>>, Error> {
    if path == Path::new("-") {
        return Ok(Incoming { path: "-".into(), bytes: Box::new(std::io::stdin()), size: None });
    }
    let io = |source| pii_core::error::Error::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    let known = file.metadata().map_err(io)?;
    if known.is_dir() {
        return Err(Error::usage(
            format!("`{}` is a folder", path.display()),
            "name one file, or pack it: `tar -c DIR | pii vault put - …`",
        ));
    }
    Ok(Incoming { path: path.to_owned(), bytes: Box::new(file), size: known.is_file().then_some(known.len()) })
}
