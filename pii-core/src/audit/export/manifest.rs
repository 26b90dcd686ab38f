use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Format;
use super::listed::Listed;
use super::tally::Tally;
use crate::audit::entry::{TimeText, time_text};
use crate::audit::{Checkpoint, Filter};
use crate::vocab::Actor;

/// What an export is, so that a sample of it is a sample of a known population. Its own digest stands in the log.
#[derive(Serialize)]
pub(super) struct Manifest<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    v: u32,
    log: Log<'a>,
    filter: Map<String, Value>,
    counts: Counts<'a>,
    first: Option<Marked>,
    last: Option<Marked>,
    exported: By<'a>,
    format: &'static str,
    view: Option<&'static str>,
    files: Vec<Listed>,
}

#[derive(Serialize)]
struct Log<'a> {
    origin: &'a str,
    tree_size: u64,
    /// In base64, as in the checkpoint.
    root: String,
    pruned_up_to: u64,
    keys: Vec<String>,
}

#[derive(Serialize)]
struct Counts<'a> {
    tree: u64,
    pruned: u64,
    looked_at: u64,
    matched: u64,
    by_action: &'a BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct Marked {
    index: u64,
    time: String,
}

#[derive(Serialize)]
struct By<'a> {
    by: &'a str,
    issuer: &'a str,
    at: String,
    with: &'static str,
}

impl<'a> Manifest<'a> {
    pub(super) fn new(
        checkpoint: &'a Checkpoint,
        pruned: u64,
        filter: &Filter,
        tally: &'a Tally,
        format: Format,
        (by, at): (&'a Actor, Timestamp),
        files: Vec<Listed>,
    ) -> Self {
        let tree = checkpoint.size();
        let marked = |mark: Option<(u64, TimeText)>| mark.map(|(index, time)| Marked { index, time: time.to_string() });
        Self {
            kind: "pii.audit.export",
            v: 1,
            log: Log {
                origin: checkpoint.origin(),
                tree_size: tree,
                root: STANDARD.encode(checkpoint.root().as_bytes()),
                pruned_up_to: pruned,
                keys: checkpoint.note().key_ids(),
            },
            filter: spelled(filter),
            counts: Counts {
                tree,
                pruned,
                looked_at: tree - pruned.min(tree),
                matched: tally.matched,
                by_action: &tally.by_action,
            },
            first: marked(tally.first),
            last: marked(tally.last),
            exported: By { by: &by.id, issuer: &by.issuer, at: at.to_string(), with: WITH },
            format: format.name(),
            view: format.view(),
            files,
        }
    }
}

/// What was asked for; what does not matter is left out.
fn spelled(filter: &Filter) -> Map<String, Value> {
    let Filter { since, until, actor, action, dataset, purpose, recipient, subject } = filter;
    let fields = [
        ("since", since.map(time_text)),
        ("until", until.map(time_text)),
        ("actor", actor.clone()),
        ("action", action.map(|action| action.to_string())),
        ("dataset", dataset.as_ref().map(ToString::to_string)),
        ("purpose", purpose.as_ref().map(ToString::to_string)),
        ("recipient", recipient.as_ref().map(ToString::to_string)),
        ("subject", subject.map(|alias| alias.to_string())),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect()
}

const WITH: &str = concat!("pii ", env!("CARGO_PKG_VERSION"));
