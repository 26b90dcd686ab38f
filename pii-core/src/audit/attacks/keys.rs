//! Who may sign what: keys follow each other, and a key is worth nothing for what was before it.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{payloads, write};
use crate::audit::checkpoint::TreeHead;
use crate::audit::layout::Layout;
use crate::audit::samples::{ORIGIN, copy, empty, fill, settings, signer, verdict};
use crate::audit::tile::Frontier;
use crate::audit::{AuditLog, Checkpoint, Signer, Trust, Verdict, VerifierKey, leaf_hash, tiles, verify};
use crate::vocab::Actor;

fn key(n: u8) -> Signer {
    Signer::from_seed(ORIGIN, &[n; 32]).unwrap()
}

fn trusting(keys: &[VerifierKey]) -> Trust {
    Trust { keys: keys.to_vec(), ..Trust::default() }
}

/// Three entries, signed; a second key is introduced; three more, signed by it. And what was signed first.
fn rotated() -> (TempDir, PathBuf, Checkpoint) {
    let (home, dir, log) = empty();
    fill(&log, 0, 3);
    let anchor = log.checkpoint().unwrap();
    log.rotate(key(8), Actor::local("anna")).unwrap();
    fill(&log, 4, 7);
    log.checkpoint().unwrap();
    (home, dir, anchor)
}

/// Someone who has `signer` signs the first `size` entries as they are now, after the first `kept` checkpoints.
fn sign_anew(dir: &Path, signer: &Signer, kept: usize, sizes: &[u64]) {
    let list = fs::read_to_string(dir.join("checkpoints.log")).unwrap();
    let mut list: String = list.split_inclusive("\n\n").take(2 * kept).collect();
    let entries = payloads(dir);
    for size in sizes {
        let mut tree = Frontier::default();
        for entry in entries.iter().take(*size as usize) {
            tree.grow(leaf_hash(entry), &mut Vec::new());
        }
        tiles::write(&Layout::new(dir), &tree.partials()).unwrap();
        let head = TreeHead { origin: ORIGIN.to_owned(), size: *size, root: tree.root() };
        let checkpoint = Checkpoint::sign(head.clone(), signer);
        list.push_str(&format!("{checkpoint}\n"));
        fs::write(dir.join("checkpoint"), checkpoint.to_string()).unwrap();
        fs::write(dir.join("max_signed"), head.to_string()).unwrap();
    }
    fs::write(dir.join("checkpoints.log"), list).unwrap();
}

/// As `anna` did, `otto` did.
fn rewrite(dir: &Path, entry: usize) {
    let mut entries = payloads(dir);
    entries[entry] = String::from_utf8(entries[entry].clone()).unwrap().replace("anna", "otto").into_bytes();
    write(dir, &entries);
}

#[test]
fn keys_may_follow_each_other_as_often_as_one_likes() {
    let (_home, dir, log) = empty();
    let mut anchors = Vec::new();
    for n in 8..14 {
        fill(&log, 0, 5);
        anchors.push(log.checkpoint().unwrap());
        anchors.push(log.rotate(key(n), Actor::local("anna")).unwrap());
        assert_eq!(verdict(&dir), Verdict::Verified);
    }
    // Whoever knows any one of the keys can follow them to the end.
    for known in 7..14 {
        let trust = Trust { anchors: anchors.clone(), ..trusting(&[key(known).verifier().clone()]) };
        assert_eq!(verify(&dir, &trust).unwrap().verdict, Verdict::Verified, "key {known}");
    }
}

#[test]
fn a_key_that_is_missing_is_named_and_one_who_brings_it_can_verify() {
    let (_home, dir, _) = rotated();
    let old = format!("keys/acme.example_audit+{}.vkey", signer().verifier().id());
    fs::remove_file(dir.join(old)).unwrap();
    let missing = Verdict::Unverifiable(format!("key {}", signer().verifier().id()));
    assert_eq!(verdict(&dir), missing);
    let brought = trusting(&[signer().verifier().clone()]);
    assert_eq!(verify(&dir, &brought).unwrap().verdict, Verdict::Verified);
}

/// The hole of CVE-2023-31437 and its sisters: who has the key of today makes the past anew.
#[test]
fn a_younger_key_signs_nothing_that_was_before_it() {
    let (_home, dir, anchor) = rotated();
    let known = trusting(&[signer().verifier().clone()]);
    assert_eq!(verify(&dir, &known).unwrap().verdict, Verdict::Verified);
    // After each of the checkpoints that the first key signed, and after none.
    for kept in 0..3 {
        let (_other, dir) = copy(&dir);
        rewrite(&dir, 1);
        sign_anew(&dir, &key(8), kept, &[3, 4, 7]);
        let found = verify(&dir, &known).unwrap().verdict;
        match kept {
            // All signatures by the first key are gone.
            0 => assert_eq!(found.to_string(), "UNVERIFIABLE(a signature by a trusted key)"),
            _ => assert!(matches!(found, Verdict::Tampered { .. }), "{kept} kept: {found}"),
        }
        // Who kept what was signed first needs no key to see it.
        let anchored = verify(&dir, &Trust { anchors: vec![anchor.clone()], ..Trust::default() }).unwrap().verdict;
        assert!(matches!(anchored, Verdict::Tampered { .. }), "{kept} kept: {anchored}");
    }
}

#[test]
fn a_checkpoint_by_a_key_that_its_entries_do_not_know_yet_is_found() {
    let (_home, dir, _) = rotated();
    // Nothing is changed: the second key alone vouches for entries before the one that introduced it.
    for size in [1, 2, 3] {
        let (_other, dir) = copy(&dir);
        sign_anew(&dir, &key(8), 1, &[size, 7]);
        let found = verdict(&dir).to_string();
        assert!(found.starts_with("TAMPERED(`checkpoints.log`") && found.contains("no key before it"), "{found}");
    }
}

#[test]
fn a_key_that_an_unsigned_entry_introduces_is_not_trusted() {
    let (_home, dir, log) = empty();
    fill(&log, 0, 3);
    log.checkpoint().unwrap();
    let (_other, forged) = copy(&dir);
    drop(log);
    // A thief of no key appends the entry by hand, puts the key into the folder, and signs with it.
    let thief = key(66);
    let name = format!("keys/acme.example_audit+{}.vkey", thief.verifier().id());
    fs::write(forged.join(name), format!("{}\n", thief.verifier())).unwrap();
    let log = AuditLog::open(&forged, key(66), settings()).unwrap();
    log.rotate(key(66), Actor::local("anna")).unwrap();
    let found = verdict(&forged).to_string();
    assert!(found.contains("no key before it introduced it"), "{found}");
}

#[test]
fn a_second_signature_under_an_old_checkpoint_vouches_for_nothing() {
    let (_home, dir, _) = rotated();
    let list = fs::read_to_string(dir.join("checkpoints.log")).unwrap();
    let notes: Vec<_> = list.split_inclusive("\n\n").collect();
    let first =
        Checkpoint::parse(&format!("{}{}", notes[0], notes[1].trim_end_matches('\n').to_owned() + "\n")).unwrap();
    let thief = key(66);
    let theirs = Checkpoint::sign(first.head().clone(), &thief).to_string();
    let line = theirs.lines().last().unwrap();
    let both = format!("{}{}\n{line}\n\n{}", notes[0], notes[1].trim_end_matches('\n'), notes[2..].concat());
    fs::write(dir.join("checkpoints.log"), both).unwrap();
    let name = format!("keys/acme.example_audit+{}.vkey", thief.verifier().id());
    fs::write(dir.join(name), format!("{}\n", thief.verifier())).unwrap();
    // The thief goes on from there with a checkpoint of their own.
    sign_anew(&dir, &thief, 1, &[7]);
    let known = trusting(&[signer().verifier().clone()]);
    let found = verify(&dir, &known).unwrap().verdict;
    assert!(matches!(found, Verdict::Tampered { .. }), "{found}");
}
