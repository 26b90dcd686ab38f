//! Logs for the tests of this room.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use crate::clock::FixedClock;
use crate::vocab::Actor;
use crate::vocab::DatasetId;

use super::{Action, AuditLog, Event, Report, Settings, Signer, Trust, Verdict, verify};

pub(super) const ORIGIN: &str = "acme.example/audit";

pub(super) fn signer() -> Signer {
    Signer::from_seed(ORIGIN, &[7; 32]).unwrap()
}

pub(super) fn settings() -> Settings {
    let clock = FixedClock("2026-11-21T02:30:00Z".parse().unwrap());
    Settings { clock: Arc::new(clock), ..Settings::new("db-1") }
}

pub(super) fn event(n: u64) -> Event {
    let dataset = DatasetId::parse("crm.customers").unwrap();
    Event::new(Action::Read, Actor::local("anna")).with_dataset(dataset).with_rows(n)
}

/// An empty log in a temporary folder.
pub(super) fn empty() -> (TempDir, PathBuf, AuditLog) {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("audit");
    let log = AuditLog::create(&dir, signer(), settings()).unwrap();
    (home, dir, log)
}

pub(super) fn open(dir: &Path) -> AuditLog {
    AuditLog::open(dir, signer(), settings()).unwrap()
}

/// Appends events `from..to`, whose rows are their numbers.
pub(super) fn fill(log: &AuditLog, from: u64, to: u64) {
    let events: Vec<_> = (from..to).map(event).collect();
    let receipts = log.append_all(&events).unwrap();
    assert_eq!(receipts.len() as u64, to - from);
}

pub(super) fn judge(dir: &Path) -> Report {
    verify(dir, &Trust::default()).unwrap()
}

pub(super) fn verdict(dir: &Path) -> Verdict {
    judge(dir).verdict
}

/// A copy that a test may spoil.
pub(super) fn copy(dir: &Path) -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let to = home.path().join("audit");
    copy_folder(dir, &to);
    (home, to)
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
