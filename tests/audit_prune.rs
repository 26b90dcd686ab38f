//! Whoever keeps the log no longer than they must.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pii_core::audit::{Action, AuditLog, Event, Settings, Signer};
use pii_core::clock::FixedClock;
use pii_core::vocab::Actor;

use crate::desk::Desk;

const NAME: &str = "acme/pii-audit";

/// A log with five entries in each of three months, elsewhere than in a workspace: its clock is ours.
fn spring(dir: &Path) -> AuditLog {
    let at = |time: &str| Settings { clock: Arc::new(FixedClock(time.parse().unwrap())), ..Settings::new("db-1") };
    let signer = || Signer::from_seed(NAME, &[7; 32]).unwrap();
    drop(AuditLog::create(dir, signer(), at("2026-03-01T00:00:00Z")).unwrap());
    for month in 3..6 {
        let log = AuditLog::open(dir, signer(), at(&format!("2026-{month:02}-10T12:00:00Z"))).unwrap();
        for _ in 0..5 {
            let _receipt = log.append(&Event::new(Action::Read, Actor::local("anna"))).unwrap();
        }
        log.checkpoint().unwrap();
    }
    AuditLog::open(dir, signer(), at("2026-11-21T00:00:00Z")).unwrap()
}

#[test]
fn an_auditor_sees_that_entries_were_pruned_and_by_whom() {
    let desk = Desk::bare();
    let log = spring(&desk.path("log"));
    desk.pii("audit verify log").done();
    fs::copy(desk.path("log/checkpoint"), desk.path("anchor")).unwrap();
    let dropped = log.prune("2026-05-01T00:00:00Z".parse().unwrap(), Actor::local("otto")).unwrap();
    assert_eq!((dropped.entries, dropped.segments), (10, 2));
    let said = desk.pii("audit verify log --anchor anchor").done();
    assert!(said.out.contains("10 entries pruned on 2026-11-21 by otto, says entry 15"), "{}", said.out);
    assert!(said.out.contains("not checked: what the first 10 entries said"), "{}", said.out);
    // What is there was verified once; from then on, only what follows is read.
    desk.pii("audit verify log --from log/checkpoint").done();
    fs::remove_dir_all(desk.path("log/seg")).unwrap();
    assert_eq!(desk.pii("audit verify log").exit, 3);
}

#[test]
fn nothing_is_dropped_that_is_not_old_enough() {
    let desk = Desk::new();
    let said = desk.pii("audit prune --before 2020-01-01").done();
    assert_eq!(said.out, "nothing to drop: no segment ends before 2020-01-01\n");
    desk.pii("audit verify").done();
}
