//! A disk that takes part of what is written, and no more.
//!
//! `prlimit` bounds how large a file may grow, so the kernel itself writes short, at any byte we like.

use std::fs;
use std::path::Path;
use std::process::Command;

use pii_core::audit::{AuditLog, Settings, Verdict};

use crate::child::{self, Said};
use crate::desk;

/// The first append is cut short after each of its bytes.
#[test]
fn a_write_that_is_cut_short_leaves_no_trace() {
    let (_home, before, log) = desk::log();
    desk::fill(&log, 0, 2);
    log.checkpoint().unwrap();
    drop(log);
    let home = tempfile::tempdir().unwrap();
    let length = fs::metadata(before.join("seg/000000000000.seg")).unwrap().len();
    // The frame of one entry takes less than 200 bytes.
    for room in (0..200).step_by(7) {
        let dir = home.path().join(format!("audit-{room}"));
        desk::copy(&before, &dir);
        let said = bounded(&dir, length + room);
        let acknowledged = said.iter().filter(|said| matches!(said, Said::Acknowledged(..))).count();
        let refused: Vec<_> = said.iter().filter(|said| matches!(said, Said::Refused(_))).collect();
        assert!(acknowledged <= 1 && !refused.is_empty(), "room for {room} bytes: {said:?}");
        assert!(
            refused[1..].iter().all(|said| matches!(said, Said::Refused(why) if why.starts_with("poisoned"))),
            "room for {room} bytes: {said:?}"
        );
        let verdict = desk::verdict(&dir);
        let expected = if acknowledged == 0 { Verdict::Verified } else { Verdict::UnsealedTail(1) };
        assert_eq!(verdict, expected, "room for {room} bytes: the rest of a failed write is cut");
        assert_eq!(desk::tokens(&dir).len(), 2 + acknowledged);
        let log = desk::open(&dir);
        assert_eq!(log.append(&desk::event("after")).unwrap().index(), 2 + acknowledged as u64);
        log.checkpoint().unwrap();
        assert_eq!(desk::verdict(&dir), Verdict::Verified);
    }
}

/// The list of checkpoints is cut short after each of the bytes of the new one.
#[test]
fn a_checkpoint_that_is_cut_short_is_made_again() {
    let (_home, before, log) = desk::log();
    drop(log);
    // Short segments and many checkpoints: the list is what outgrows the bound.
    let small = Settings { segment_bytes: 100, ..desk::settings() };
    let log = AuditLog::open(&before, desk::signer(), small).unwrap();
    for n in 0..15 {
        desk::fill(&log, n, n + 1);
        log.checkpoint().unwrap();
    }
    drop(log);
    let home = tempfile::tempdir().unwrap();
    let list = fs::metadata(before.join("checkpoints.log")).unwrap().len();
    // A checkpoint takes less than 190 bytes.
    for room in (0..190).step_by(9) {
        let dir = home.path().join(format!("audit-{room}"));
        desk::copy(&before, &dir);
        let said = bounded(&dir, list + room);
        let acknowledged = said.iter().filter(|said| matches!(said, Said::Acknowledged(..))).count();
        assert!(acknowledged >= 10, "room for {room} bytes: {said:?}");
        let sealed = said.contains(&Said::Sealed(25));
        assert!(sealed != said.iter().any(|said| matches!(said, Said::Refused(_))), "room for {room} bytes: {said:?}");
        let unsealed = if sealed { acknowledged - 10 } else { acknowledged };
        assert_eq!(desk::verdict(&dir), Verdict::UnsealedTail(unsealed as u64), "room for {room} bytes");
        assert_eq!(desk::open(&dir).checkpoint().unwrap().size(), 15 + acknowledged as u64);
        assert_eq!(desk::verdict(&dir), Verdict::Verified, "room for {room} bytes");
    }
}

/// Runs the writer while no file may be larger than `bytes`.
fn bounded(dir: &Path, bytes: u64) -> Vec<Said> {
    let writer = child::command("child::appends_signs_and_appends", dir);
    // The signal that comes with the limit would end the writer; ignored, the write is an error (setrlimit(2)).
    let mut shell = Command::new("sh");
    // `prlimit` is of util-linux, which every Linux has.
    shell.args(["-c", "trap '' XFSZ; limit=$1; shift; exec prlimit --fsize=$limit \"$@\"", "sh", &bytes.to_string()]);
    shell.arg(writer.get_program()).args(writer.get_args());
    shell.envs(writer.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.env("FAULTS_SEGMENT_BYTES", (64 << 20).to_string()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let said = child::said(&text);
    assert!(!said.is_empty(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    said
}
