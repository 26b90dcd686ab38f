//! What an attacker may do to a log, and what `verify` must say.

use std::fs;
use std::path::{Path, PathBuf};

use super::frame;
use super::samples::{ORIGIN, copy, empty, event, fill, judge, open, settings, verdict};
use super::{AuditLog, Checkpoint, Signer, Trust, Verdict, read, verify};

mod flips;
mod forgeries;
mod keys;
mod newer;
mod rollback;

const SEGMENT: &str = "seg/000000000000.seg";

fn payloads(dir: &Path) -> Vec<Vec<u8>> {
    let bytes = fs::read(dir.join(SEGMENT)).unwrap();
    let mut rest = &bytes[24..];
    let mut payloads = Vec::new();
    while let frame::Frame::Whole(payload, next) = frame::read(rest) {
        payloads.push(payload.to_owned());
        rest = next;
    }
    payloads
}

fn write(dir: &Path, payloads: &[Vec<u8>]) {
    let mut bytes = frame::header(0).to_vec();
    payloads.iter().for_each(|payload| frame::write(&mut bytes, |out| out.extend_from_slice(payload)));
    fs::write(dir.join(SEGMENT), bytes).unwrap();
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

fn sealed(entries: u64) -> (tempfile::TempDir, PathBuf) {
    let (home, dir, log) = empty();
    fill(&log, 0, entries / 2);
    log.checkpoint().unwrap();
    fill(&log, entries / 2, entries);
    log.checkpoint().unwrap();
    (home, dir)
}

fn tampered(dir: &Path) -> bool {
    matches!(verdict(dir), Verdict::Tampered { .. })
}

#[test]
fn an_honest_log_is_verified_and_the_report_says_what_it_is() {
    let (_home, dir) = sealed(10);
    let report = judge(&dir);
    assert_eq!(report.verdict, Verdict::Verified);
    assert_eq!((report.origin.as_str(), report.entries, report.sealed, report.checkpoints), (ORIGIN, 10, 10, 3));
    assert_eq!(report.keys.len(), 1);
    assert_eq!(report.claims_unchecked.len(), 2, "{:?}", report.claims_unchecked);
    let checkpoint = Checkpoint::parse(&fs::read_to_string(dir.join("checkpoint")).unwrap()).unwrap();
    let trust = Trust {
        anchors: vec![checkpoint],
        keys: vec![super::samples::signer().verifier().clone()],
        ..Trust::default()
    };
    let report = verify(&dir, &trust).unwrap();
    assert_eq!(report.verdict, Verdict::Verified);
    assert!(report.claims_unchecked.is_empty());
}

#[test]
fn what_nobody_signed_yet_is_counted() {
    let (_home, dir) = sealed(4);
    fill(&open(&dir), 4, 7);
    assert_eq!(verdict(&dir).to_string(), "UNSEALED_TAIL(3)");
}

#[test]
fn a_changed_entry_is_found_and_a_tile_tells_which() {
    let (_home, dir) = sealed(300);
    let mut entries = payloads(&dir);
    entries[17] = String::from_utf8(entries[17].clone()).unwrap().replace("anna", "otto").into_bytes();
    write(&dir, &entries);
    assert_eq!(verdict(&dir).to_string(), "TAMPERED(entry 17: it is not the entry that was signed)");
}

#[test]
fn entries_swapped_deleted_inserted_or_duplicated_are_found() {
    let (_home, dir) = sealed(20);
    let entries = payloads(&dir);
    for at in 0..19 {
        let spoil = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
            let mut entries = entries.clone();
            change(&mut entries);
            write(&dir, &entries);
            tampered(&dir)
        };
        assert!(spoil(&|e| e.swap(at, at + 1)), "swapped at {at}");
        assert!(spoil(&|e| drop(e.remove(at))), "deleted at {at}");
        assert!(spoil(&|e| e.insert(at, e[at].clone())), "duplicated at {at}");
        assert!(spoil(&|e| e.insert(at + 1, e[at + 1].clone())), "inserted at {at}");
    }
    write(&dir, &entries);
    assert_eq!(verdict(&dir), Verdict::Verified);
}

#[test]
fn a_log_cut_at_any_boundary_was_rolled_back() {
    let (_home, dir) = sealed(12);
    let entries = payloads(&dir);
    for kept in 0..12 {
        write(&dir, &entries[..kept]);
        assert_eq!(verdict(&dir), Verdict::RolledBack { anchor: 12, log: kept as u64 });
    }
}

#[test]
fn a_log_rolled_back_whole_is_found_by_an_anchor() {
    let (_home, dir, log) = empty();
    fill(&log, 0, 12);
    log.checkpoint().unwrap();
    let (_old, old) = copy(&dir);
    fill(&log, 12, 20);
    let anchor = log.checkpoint().unwrap();
    assert_eq!(verdict(&old), Verdict::Verified, "no log can show its own end");
    let trust = Trust { anchors: vec![anchor], ..Trust::default() };
    assert_eq!(verify(&old, &trust).unwrap().verdict.to_string(), "ROLLED_BACK(anchor 20 > log 12)");
    assert_eq!(verify(&dir, &trust).unwrap().verdict, Verdict::Verified);
    // Continued with other entries from there on.
    let forged = open(&old);
    fill(&forged, 100, 120);
    forged.checkpoint().unwrap();
    assert!(matches!(verify(&old, &trust).unwrap().verdict, Verdict::Tampered { .. }));
}

#[test]
fn a_stranger_who_signs_anew_is_found() {
    let (_home, dir) = sealed(6);
    let stranger = Signer::from_seed(ORIGIN, &[66; 32]).unwrap();
    // With a key of their own put among the log's keys.
    let name = format!("keys/acme.example_audit+{}.vkey", stranger.verifier().id());
    fs::write(dir.join(name), format!("{}\n", stranger.verifier())).unwrap();
    assert_eq!(verdict(&dir), Verdict::Verified, "a key that signed nothing does no harm");
    let log = AuditLog::open(&dir, stranger, settings()).unwrap();
    fill(&log, 6, 8);
    log.checkpoint().unwrap();
    let found = verdict(&dir).to_string();
    assert!(found.contains("no key before it introduced it"), "{found}");
}

#[test]
fn a_log_replaced_whole_is_not_trusted() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("audit");
    let log = AuditLog::create(&dir, Signer::from_seed(ORIGIN, &[66; 32]).unwrap(), settings()).unwrap();
    fill(&log, 0, 3);
    log.checkpoint().unwrap();
    assert_eq!(verdict(&dir), Verdict::Verified);
    let trust = Trust { keys: vec![super::samples::signer().verifier().clone()], ..Trust::default() };
    let found = verify(&dir, &trust).unwrap().verdict;
    assert_eq!(found.to_string(), "UNVERIFIABLE(a signature by a trusted key)");
}

#[test]
fn what_is_missing_is_named() {
    for (missing, said) in [
        ("checkpoint", "UNVERIFIABLE(`checkpoint`)"),
        ("checkpoints.log", "UNVERIFIABLE(`checkpoints.log`)"),
        ("max_signed", "UNVERIFIABLE(`max_signed`)"),
        ("keys", "UNVERIFIABLE(`keys`)"),
    ] {
        let (_home, dir) = sealed(4);
        fs::rename(dir.join(missing), dir.join("aside")).unwrap();
        assert_eq!(verdict(&dir).to_string(), said);
    }
    let (_home, dir) = sealed(4);
    files(&dir.join("keys")).iter().for_each(|key| fs::remove_file(key).unwrap());
    let found = verdict(&dir).to_string();
    assert!(found.starts_with("UNVERIFIABLE(key "), "{found}");
}

#[test]
fn a_wrong_origin_is_found() {
    let (_home, dir) = sealed(4);
    fs::write(dir.join("origin"), "acme.example/other\n").unwrap();
    assert!(tampered(&dir));
}

#[test]
fn a_checkpoint_put_back_is_found_in_the_list() {
    let (_home, dir) = sealed(8);
    let list = fs::read_to_string(dir.join("checkpoints.log")).unwrap();
    let first = list.split_inclusive("\n\n").take(2).collect::<String>();
    fs::write(dir.join("checkpoints.log"), &first).unwrap();
    assert!(tampered(&dir), "the newest checkpoint is not in the list");
    fs::write(dir.join("checkpoint"), first.strip_suffix('\n').unwrap()).unwrap();
    assert_eq!(verdict(&dir), Verdict::UnsealedTail(8));
}

#[test]
fn one_may_verify_while_others_append() {
    let (_home, dir, log) = empty();
    log.checkpoint().unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (0..300).for_each(|n| drop(log.append(&event(n)).unwrap())));
        while !writer.is_finished() {
            assert!(matches!(verdict(&dir), Verdict::Verified | Verdict::UnsealedTail(_)));
        }
    });
    assert_eq!(read(&dir).unwrap().count(), 300);
}
