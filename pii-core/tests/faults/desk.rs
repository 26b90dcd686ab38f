//! A log to spoil, and what must hold of it whatever happened.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pii_core::audit::{Action, AuditLog, Event, Report, Settings, Signer, Trust, Verdict, read, verify};
use pii_core::vocab::Actor;
use tempfile::TempDir;

pub(crate) const ORIGIN: &str = "acme.example/audit";

pub(crate) fn signer() -> Signer {
    Signer::from_seed(ORIGIN, &[7; 32]).unwrap()
}

/// The key that follows.
pub(crate) fn next_signer() -> Signer {
    Signer::from_seed(ORIGIN, &[8; 32]).unwrap()
}

pub(crate) fn settings() -> Settings {
    Settings::new("db-1")
}

/// An event that can be found again by its token.
pub(crate) fn event(token: &str) -> Event {
    Event::new(Action::Read, Actor::local("anna")).with_ticket(token)
}

/// A new log in a temporary folder.
pub(crate) fn log() -> (TempDir, PathBuf, AuditLog) {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("audit");
    let log = AuditLog::create(&dir, signer(), settings()).unwrap();
    (home, dir, log)
}

pub(crate) fn open(dir: &Path) -> AuditLog {
    AuditLog::open(dir, signer(), settings()).unwrap()
}

/// Appends events `from..to`, whose tokens are `before-<n>`.
pub(crate) fn fill(log: &AuditLog, from: u64, to: u64) {
    let events: Vec<_> = (from..to).map(|n| event(&format!("before-{n}"))).collect();
    assert_eq!(log.append_all(&events).unwrap().len() as u64, to - from);
}

pub(crate) fn judge(dir: &Path) -> Report {
    verify(dir, &Trust::default()).unwrap()
}

pub(crate) fn verdict(dir: &Path) -> Verdict {
    judge(dir).verdict
}

/// The token of every entry, in order; nothing for one that the log itself made.
pub(crate) fn tokens(dir: &Path) -> Vec<String> {
    read(dir).unwrap().map(|entry| entry.unwrap().1.event.ticket.unwrap_or_default()).collect()
}

/// What a writer was told, by the number of the entry.
pub(crate) type Acknowledged = BTreeMap<u64, String>;

/// Nothing that a writer was told is lost, or elsewhere, or another.
pub(crate) fn assert_kept(tokens: &[String], acknowledged: &Acknowledged, when: &str) {
    for (index, token) in acknowledged {
        assert_eq!(tokens.get(*index as usize), Some(token), "{when}: entry {index} was acknowledged");
    }
}

/// The same log elsewhere, to be spoilt.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Every file of a log, hidden ones too, and every folder.
pub(crate) fn paths(dir: &Path) -> Vec<PathBuf> {
    let mut found = vec![dir.to_owned()];
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(paths(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}
