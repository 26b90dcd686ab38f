use pii_core::vault::Status;
use serde_json::json;

use crate::config::Global;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{HEAD, Ui, bytes, count, paint};

pub(super) fn run(global: &Global, ui: Ui) -> Result<Exit, Error> {
    let status = global.open()?.vault()?.status()?;
    let epochs: Vec<_> = status.epochs.iter().map(|one| json!({ "epoch": one.epoch, "shards": one.shards })).collect();
    ui.record(
        "vault",
        &json!({ "place": status.place, "subjects": status.subjects, "identifiers": status.identifiers,
                 "values": status.values, "bytes": status.bytes, "datasets": status.datasets, "epochs": epochs,
                 "oldest_key": status.oldest_key.map(|made| made.to_string()), "unspent_keys": status.unspent }),
    );
    ui.line(format!(
        "{}, {}, {} in {}",
        count(status.subjects, "person"),
        count(status.identifiers, "identifier"),
        count(status.values, "sealed value"),
        bytes(status.bytes)
    ));
    status.datasets.iter().for_each(|d| ui.line(format!("  {d}")));
    ui.line(format!("{} {}", paint("where", HEAD), status.place));
    ui.line(format!("{} {}", paint("keys", HEAD), epochs_of(&status)));
    if status.unspent > 0 {
        ui.warn(format!(
            "{} not destroyed yet: a shred is at work, or the next command that opens the vault ends it",
            count(status.unspent, "older epoch key")
        ));
    }
    Ok(Exit::Done)
}

/// `256 shards: 254 in epoch 1, 2 in epoch 2; the oldest key is of 2026-11-21`.
fn epochs_of(status: &Status) -> String {
    let epochs: Vec<_> = status.epochs.iter().map(|one| format!("{} in epoch {}", one.shards, one.epoch)).collect();
    let shards: u64 = status.epochs.iter().map(|one| one.shards).sum();
    let oldest = status.oldest_key.map(|made| format!("; the oldest key is of {}", made.strftime("%F")));
    format!("{}: {}{}", count(shards, "shard"), epochs.join(", "), oldest.unwrap_or_default())
}
