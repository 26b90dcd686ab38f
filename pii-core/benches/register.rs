//! Fills the register of a workspace with objectors: `register WORKSPACE KEY FIRST PEOPLE KINDS`, run by
//! `cargo xtask bench objections`. Says what that costs, and what it costs to read them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that fails, fails by a panic")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use pii_core::audit::{Action, Event};
use pii_core::clock::SystemClock;
use pii_core::keyring::RootKey;
use pii_core::register::{Entry, Markers, Prohibition};
use pii_core::vocab::{Actor, Identifier, IdentifierKind, PurposeId, RecipientId};
use pii_core::workspace::{Caller, Site};
use uuid::Uuid;

fn main() {
    // `cargo bench` adds `--bench`.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let [workspace, key, first, people, kinds] = args.as_slice() else {
        eprintln!("usage: register WORKSPACE KEY FIRST PEOPLE KINDS; or: cargo xtask bench objections");
        return;
    };
    let caller =
        Caller { actor: Actor::local("bench"), role: None, host: "bench".into(), clock: Arc::new(SystemClock) };
    let key = RootKey::from_base64(std::fs::read_to_string(key).unwrap().trim()).unwrap();
    let workspace = Site::find(Path::new(workspace)).unwrap().unlock(&key, caller).unwrap();
    let (first, people): (u64, u64) = (first.parse().unwrap(), people.parse().unwrap());
    let analytics = PurposeId::parse("analytics").unwrap();

    let begun = Instant::now();
    let markers = Markers::new(workspace.keys(), workspace.policy()).unwrap();
    let entry = |number: u64| Entry {
        forbids: Prohibition::Objection { purpose: analytics.clone(), recipient: None },
        request: Uuid::now_v7(),
        since: Timestamp::now(),
        lifted: None,
        marks: kinds.split(',').flat_map(|kind| markers.of(&identifier(kind, number)).unwrap()).collect(),
    };
    let entries: Vec<Entry> = (first..first + people).map(entry).collect();
    let marked = begun.elapsed();
    let recorded = [workspace.log().append(&Event::new(Action::Object, Actor::local("bench"))).unwrap()];
    let begun = Instant::now();
    let marks = workspace.register().forbid(&entries, &recorded).unwrap();
    let entered = begun.elapsed();
    drop(entries);

    let kinds: BTreeSet<_> = kinds.split(',').map(|kind| IdentifierKind::parse(kind).unwrap()).collect();
    let begun = Instant::now();
    let forbidden = workspace.register().forbidden(&analytics, &RecipientId::parse("warehouse").unwrap(), &kinds);
    let read = begun.elapsed();
    drop(forbidden.unwrap());
    println!("{people} objectors, {marks} marks: made in {marked:.1?}, entered in {entered:.1?}, read in {read:.2?}");
}

/// One of somebody's identifiers, as the file to protect has them.
fn identifier(kind: &str, number: u64) -> Identifier {
    let value = match kind {
        "email" => format!("anna.kim{number}@example.org"),
        "phone" => format!("+82 11-{:04}-{:04}", number / 10_000 % 10_000, number % 10_000),
        _ => number.to_string(),
    };
    Identifier::parse(&format!("{kind}={value}")).unwrap()
}
