//! The end is cut, and the signatures with it: only an anchor can tell.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::{SEGMENT, files, payloads, write};
use crate::audit::samples::{ORIGIN, copy, empty, fill, open, settings, signer, verdict};
use crate::audit::{AuditLog, Checkpoint, Signer, Trust, Verdict, verify};

const CHECKPOINTS: u64 = 9;

/// A log as it was at each of its checkpoints, two entries apart, and the checkpoints.
fn history() -> Vec<(TempDir, PathBuf, Checkpoint)> {
    let (_home, dir, log) = empty();
    let mut history = Vec::new();
    for n in 0..CHECKPOINTS {
        fill(&log, 2 * n, 2 * n + 2);
        let checkpoint = log.checkpoint().unwrap();
        let (home, copy) = copy(&dir);
        history.push((home, copy, checkpoint));
    }
    history
}

fn anchored(dir: &std::path::Path, anchor: &Checkpoint) -> Verdict {
    verify(dir, &Trust { anchors: vec![anchor.clone()], keys: vec![signer().verifier().clone()], ..Trust::default() })
        .unwrap()
        .verdict
}

#[test]
fn a_log_rolled_back_to_any_old_checkpoint_is_found_by_any_newer_anchor() {
    let history = history();
    for (_, dir, checkpoint) in &history {
        assert_eq!(verdict(dir), Verdict::Verified, "no log can show its own end");
        for (_, _, anchor) in &history {
            let expected = match (anchor.size(), checkpoint.size()) {
                (anchor, log) if anchor > log => Verdict::RolledBack { anchor, log },
                _ => Verdict::Verified,
            };
            assert_eq!(anchored(dir, anchor), expected);
        }
    }
}

#[test]
fn a_log_cut_at_any_boundary_and_given_an_old_checkpoint_is_found_by_an_anchor() {
    let history = history();
    let (_, whole, anchor) = history.last().unwrap();
    let entries = payloads(whole);
    for kept in 2..entries.len() {
        // The newest signatures that still fit what is left.
        let (_home, dir) = copy(&history[kept / 2 - 1].1);
        write(&dir, &entries[..kept]);
        let expected = if kept % 2 == 0 { Verdict::Verified } else { Verdict::UnsealedTail(1) };
        assert_eq!(verdict(&dir), expected);
        assert_eq!(anchored(&dir, anchor), Verdict::RolledBack { anchor: 18, log: kept as u64 });
    }
}

/// Rolled back, and continued with other entries by someone who has the key.
#[test]
fn a_log_that_was_rolled_back_and_goes_on_is_found_by_an_anchor_once_it_is_as_long() {
    let history = history();
    let (_, _, anchor) = history.last().unwrap();
    for (_, dir, _) in &history[..history.len() - 1] {
        let log = open(dir);
        fill(&log, 100, 120);
        log.checkpoint().unwrap();
        assert_eq!(verdict(dir), Verdict::Verified);
        assert!(matches!(anchored(dir, anchor), Verdict::Tampered { .. }));
    }
}

#[test]
fn another_log_in_the_place_of_this_one_is_not_taken_for_it() {
    let (_home, dir, log) = empty();
    fill(&log, 0, 4);
    let anchor = log.checkpoint().unwrap();
    let other = dir.with_file_name("other");
    let stranger = || Signer::from_seed("acme.example/other", &[7; 32]).unwrap();
    let log = AuditLog::create(&other, stranger(), settings()).unwrap();
    fill(&log, 0, 4);
    let theirs = log.checkpoint().unwrap();
    drop(log);
    assert_eq!(verdict(&other), Verdict::Verified);
    assert_eq!(
        anchored(&other, &anchor).to_string(),
        "UNVERIFIABLE(an anchor of `acme.example/other`: the one of 4 entries is of `acme.example/audit`)"
    );

    // Only its name is changed.
    let (_home, renamed) = copy(&other);
    fs::write(renamed.join("origin"), format!("{ORIGIN}\n")).unwrap();
    assert!(matches!(verdict(&renamed), Verdict::Tampered { .. }));

    // Its checkpoints are put into ours, by the same key under another name.
    let list = fs::read_to_string(dir.join("checkpoints.log")).unwrap();
    fs::write(dir.join("checkpoints.log"), format!("{list}{theirs}\n")).unwrap();
    let found = verdict(&dir).to_string();
    assert!(found.contains("it is about `acme.example/other`"), "{found}");
}

#[test]
fn what_was_cut_with_all_its_signatures_is_not_mended_by_opening_it() {
    let (_home, dir, log) = empty();
    fill(&log, 0, 6);
    log.checkpoint().unwrap();
    drop(log);
    let before = files(&dir).len();
    let entries = payloads(&dir);
    write(&dir, &entries[..4]);
    let cut = fs::read(dir.join(SEGMENT)).unwrap();
    assert!(AuditLog::open(&dir, signer(), settings()).is_err());
    assert_eq!((fs::read(dir.join(SEGMENT)).unwrap(), files(&dir).len()), (cut, before));
}
