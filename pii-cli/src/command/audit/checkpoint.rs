use serde_json::json;

use crate::command::age::age;
use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{Ui, count};

/// Sign what the log holds now, and print what was signed
///
/// Meant for a timer: with `--max-age` an entry is added when nothing else happened for so long, so that a log that was cut at its end, or is not kept any more, shows by its age. `pii audit verify --max-age` looks for it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Add an entry if the newest one is older than this: 30m, 1h, 1d
    #[arg(long, value_name = "AGE")]
    max_age: Option<String>,
}

pub(super) fn run(args: &Args, global: &Global, ui: Ui) -> Result<Exit, Error> {
    let max_age = args.max_age.as_deref().map(age).transpose()?;
    let sealed = global.open()?.checkpoint(max_age)?;
    let checkpoint = &sealed.checkpoint;
    ui.record(
        "checkpoint",
        &json!({
            "origin": checkpoint.origin(), "size": checkpoint.size(), "root": checkpoint.root().to_string(),
            "note": checkpoint.to_string(), "new": sealed.new, "heartbeat": sealed.heartbeat,
        }),
    );
    ui.line(checkpoint.to_string().trim_end());
    let entries = count(checkpoint.size(), "entry").replace("entrys", "entries");
    ui.note(match (sealed.heartbeat, sealed.new) {
        (true, _) => format!("nothing had happened for a while, and an entry says so: {entries} sealed"),
        (false, true) => format!("{entries} sealed"),
        (false, false) => format!("nothing is new: these {entries} were sealed before"),
    });
    Ok(Exit::Done)
}
