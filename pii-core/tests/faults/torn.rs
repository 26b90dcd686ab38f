//! What a power cut leaves of the last frames: part of them, and then nothing, zeros, or what the disk held before.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use pii_core::audit::{AuditLog, Error, Verdict};
use tempfile::TempDir;

use crate::desk;

const SEGMENT: &str = "seg/000000000000.seg";

/// A log of two signed entries and three more, and where each of the three begins and ends.
struct Log {
    home: TempDir,
    dir: PathBuf,
    whole: Vec<u8>,
    ends: Vec<usize>,
}

impl Log {
    /// Each of the last three is appended by itself, and then, if `signed`, a checkpoint made.
    fn make(signed: bool) -> Self {
        let (home, dir, log) = desk::log();
        desk::fill(&log, 0, 2);
        log.checkpoint().unwrap();
        let mut ends = vec![length(&dir)];
        for n in 2..5 {
            desk::fill(&log, n, n + 1);
            ends.push(length(&dir));
        }
        if signed {
            log.checkpoint().unwrap();
        }
        drop(log);
        let whole = fs::read(dir.join(SEGMENT)).unwrap();
        Self { home, dir, whole, ends }
    }

    /// The end of the segment from byte `cut` on becomes `rest`, in a copy.
    fn torn(&self, cut: usize, rest: &[u8], name: &str) -> PathBuf {
        let dir = self.home.path().join(format!("{name}-{cut}"));
        desk::copy(&self.dir, &dir);
        fs::write(dir.join(SEGMENT), [&self.whole[..cut], rest].concat()).unwrap();
        dir
    }

    /// How many of the three are whole if all but the first `cut` bytes are lost.
    fn survivors(&self, cut: usize) -> usize {
        self.ends[1..].iter().filter(|end| **end <= cut).count()
    }
}

/// What may stand where the disk lost `lost` bytes: nothing, zeros up to the old length or beyond it, or what was there
/// before.
fn remains(name: &str, lost: usize) -> Vec<u8> {
    match name {
        "nothing" => Vec::new(),
        "zeros" => vec![0; lost],
        "a page of zeros" => vec![0; 4096],
        _ => (0..lost).map(|n| (n * 151 + lost * 31 + 7) as u8 | 1).collect(),
    }
}

/// Every cut within the three frames, with everything that may remain. They mostly wait for the disk, so side by side.
fn everywhere(log: &Log, check: impl Fn(usize, &str, &[u8]) + Sync) {
    thread::scope(|scope| {
        for name in ["nothing", "zeros", "a page of zeros", "noise"] {
            let check = &check;
            let cuts = log.ends[0]..log.whole.len();
            scope.spawn(move || cuts.for_each(|cut| check(cut, name, &remains(name, log.whole.len() - cut))));
        }
    });
}

#[test]
fn an_unsigned_end_torn_at_any_byte_is_cut_to_the_last_whole_frame() {
    let log = Log::make(false);
    everywhere(&log, |cut, name, rest| {
        let dir = log.torn(cut, rest, name);
        let survivors = log.survivors(cut);
        // Zeros are room for more.
        let torn = !(rest.iter().all(|byte| *byte == 0) && log.ends.contains(&cut));
        let expected = match survivors as u64 + u64::from(torn) {
            0 => Verdict::Verified,
            unsealed => Verdict::UnsealedTail(unsealed),
        };
        assert_eq!(desk::verdict(&dir), expected, "cut at {cut}, then {name}");
        let log = desk::open(&dir);
        assert_eq!(log.append(&desk::event("after")).unwrap().index(), 2 + survivors as u64, "cut at {cut}, {name}");
        drop(log);
        let mut kept: Vec<_> = (0..2 + survivors).map(|n| format!("before-{n}")).collect();
        kept.push("after".to_owned());
        assert_eq!(desk::tokens(&dir), kept, "cut at {cut}, then {name}");
        fs::remove_dir_all(&dir).unwrap();
    });
}

/// Signed entries were flushed first: if they are torn, this was no power cut.
#[test]
fn a_signed_end_torn_at_any_byte_is_refused_and_left_as_it_is() {
    let log = Log::make(true);
    everywhere(&log, |cut, name, rest| {
        let dir = log.torn(cut, rest, name);
        let verdict = desk::verdict(&dir);
        let entries = 2 + log.survivors(cut) as u64;
        let clean = rest.iter().all(|byte| *byte == 0) && log.ends.contains(&cut);
        match &verdict {
            Verdict::RolledBack { anchor: 5, log } if clean => assert_eq!(*log, entries, "cut at {cut}"),
            Verdict::Tampered { at, .. } if !clean => assert_eq!(at.to_string(), format!("entry {entries}")),
            _ => panic!("cut at {cut}, then {name}: {verdict}"),
        }
        let refused = AuditLog::open(&dir, desk::signer(), desk::settings()).map(drop).unwrap_err();
        assert!(matches!(refused, Error::Damaged { .. } | Error::RolledBack { .. }), "cut at {cut}: {refused}");
        assert_eq!(fs::read(dir.join(SEGMENT)).unwrap(), [&log.whole[..cut], rest].concat());
        fs::remove_dir_all(&dir).unwrap();
    });
}

/// A hole before whole frames is not what a torn write leaves, so a person must look.
#[test]
fn a_hole_before_whole_frames_is_never_cut() {
    let log = Log::make(false);
    for at in log.ends[0]..log.ends[2] {
        let dir = log.torn(at, &[&[!log.whole[at]], &log.whole[at + 1..]].concat(), "hole");
        let verdict = desk::verdict(&dir);
        assert!(matches!(verdict, Verdict::Tampered { .. }), "byte {at}: {verdict}");
        assert!(AuditLog::open(&dir, desk::signer(), desk::settings()).is_err(), "byte {at}");
        fs::remove_dir_all(&dir).unwrap();
    }
}

fn length(dir: &Path) -> usize {
    fs::metadata(dir.join(SEGMENT)).unwrap().len() as usize
}

/// A writer that died left part of a frame; the next one cuts it away just while an auditor reads.
#[test]
fn an_auditor_who_reads_while_a_torn_end_is_cut_raises_no_alarm() {
    let (_home, dir, log) = desk::log();
    // Long enough to be read for a while.
    desk::fill(&log, 0, 10_000);
    let segment = dir.join(SEGMENT);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for n in 10_000..10_200 {
                // Longer than the entry that takes its place.
                let mut file = fs::File::options().append(true).open(&segment).unwrap();
                file.write_all(&[&[0x00, 0x20, 0, 0, 1, 2, 3, 4], [0xee; 1_000].as_slice()].concat()).unwrap();
                thread::sleep(Duration::from_millis(5));
                desk::fill(&log, n, n + 1);
            }
        });
        while !writer.is_finished() {
            let verdict = desk::verdict(&dir);
            assert!(matches!(verdict, Verdict::Verified | Verdict::UnsealedTail(_)), "{verdict}");
        }
    });
}
