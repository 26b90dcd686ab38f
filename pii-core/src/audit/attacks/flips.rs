//! One byte is another: on the disk, or by someone who mends the checksum too.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::{SEGMENT, files, payloads, sealed};
use crate::audit::frame::{self, HEADER_BYTES};
use crate::audit::samples::{copy, verdict};
use crate::audit::{Place, Verdict};

const ENTRIES: u64 = 1_000;

/// Entries at edges: of the log, of its tiles, of its checkpoints.
const EDGES: &[u64] = &[0, 1, 255, 256, 499, 500, 767, 768, 998, 999];

/// A byte of a log: the file's path within it, and the offset.
type At = (PathBuf, u64);

#[test]
fn a_flipped_byte_in_any_entry_any_small_file_and_any_tile_is_found() {
    let (_home, dir) = sealed(ENTRIES);
    let spans = spans(&dir);
    let mut places = everywhere(&dir, |path| !path.starts_with("seg") && !path.starts_with("tile"));
    places.extend((0..HEADER_BYTES).map(|at| (PathBuf::from(SEGMENT), at)));
    for (index, (from, to)) in (0..).zip(&spans) {
        // At edges every byte, elsewhere another byte of each frame.
        let one = from + index % (to - from);
        let within = if EDGES.contains(&index) { *from..*to } else { one..one + 1 };
        places.extend(within.map(|at| (PathBuf::from(SEGMENT), at)));
    }
    let tiles = everywhere(&dir, |path| path.starts_with("tile"));
    places.extend(tiles.into_iter().step_by(61));
    assert_found(&dir, &spans, &places);
}

#[test]
#[ignore = "every one of 230,000 bytes: `cargo test --release -p pii-core --lib -- --ignored every_flipped_byte`"]
fn every_flipped_byte_of_a_thousand_entries_is_found() {
    let (_home, dir) = sealed(ENTRIES);
    assert_found(&dir, &spans(&dir), &everywhere(&dir, |_| true));
}

/// With its checksum mended, a frame is whole, and what is in it another entry.
#[test]
fn a_flipped_byte_whose_checksum_was_mended_is_found() {
    let (_home, dir) = sealed(ENTRIES);
    let (good, spans) = (payloads(&dir), spans(&dir));
    let path = dir.join(SEGMENT);
    let whole = fs::read(&path).unwrap();
    for at in (0..good[0].len()).chain((1..good.len()).step_by(7)) {
        // Every byte of one entry in the middle, and one of each seventh.
        let (index, byte) = if at < good[0].len() { (300, at) } else { (at, at % good[at].len()) };
        let mut payload = good[index].clone();
        payload[byte] ^= 1 << (at % 8);
        let mut bad = Vec::new();
        frame::write(&mut bad, |out| out.extend_from_slice(&payload));
        let mut bytes = whole.clone();
        bytes[spans[index].0 as usize..spans[index].1 as usize].copy_from_slice(&bad);
        fs::write(&path, &bytes).unwrap();
        match verdict(&dir) {
            Verdict::Tampered { at: Place::Entry(told), why } => {
                // A later time shows in the next entry, which is then older than the one before it. Where no tile is
                // full yet, the nearest signed roots tell.
                let near = [index, index + 1].contains(&(told as usize));
                assert!(near || why.starts_with("an entry from"), "byte {byte} of entry {index}: entry {told}: {why}");
                assert!(told as usize <= index + 1, "byte {byte} of entry {index}: entry {told}: {why}");
            }
            Verdict::Unverifiable(why) if why.contains("newer program") => assert!(byte < 8, "byte {byte}: {why}"),
            found => panic!("byte {byte} of entry {index}: {found}"),
        }
    }
}

/// Every byte of every file that `choose` takes, by its path within the log.
fn everywhere(dir: &Path, choose: impl Fn(&Path) -> bool) -> Vec<At> {
    let mut places = Vec::new();
    for path in files(dir) {
        let relative = path.strip_prefix(dir).unwrap().to_owned();
        if choose(&relative) {
            places.extend((0..fs::metadata(&path).unwrap().len()).map(|at| (relative.clone(), at)));
        }
    }
    places
}

/// Where the frame of each entry begins and ends.
fn spans(dir: &Path) -> Vec<(u64, u64)> {
    let mut end = HEADER_BYTES;
    let frames = payloads(dir);
    let spans = frames.iter().map(|payload| {
        let from = end;
        end += frame::size(payload);
        (from, end)
    });
    spans.collect()
}

/// Flips a bit of each byte in turn, and looks at what `verify` says. A thread for each core, with its own copy.
fn assert_found(dir: &Path, spans: &[(u64, u64)], places: &[At]) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let (_home, dir) = copy(dir);
                // The threads are busy enough without helpers of their own.
                let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
                while let Some((path, at)) = places.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = flipped(&dir.join(path), *at, || alone.install(|| verdict(&dir)));
                    assert_right(path, *at, spans, &found);
                }
                assert_eq!(verdict(&dir), Verdict::Verified, "all is as it was again");
            });
        }
    });
}

fn flipped(path: &Path, at: u64, look: impl FnOnce() -> Verdict) -> Verdict {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 1 << (at % 8)], at).unwrap();
    let found = look();
    file.write_all_at(&byte, at).unwrap();
    found
}

fn assert_right(path: &Path, at: u64, spans: &[(u64, u64)], found: &Verdict) {
    let shown = path.display().to_string();
    let entry = spans.iter().position(|(from, to)| (*from..*to).contains(&at)).filter(|_| path == Path::new(SEGMENT));
    match (entry, found) {
        (Some(entry), Verdict::Tampered { at: Place::Entry(told), .. }) if *told == entry as u64 => {}
        (None, Verdict::Tampered { at: Place::File(told), .. }) if *told == shown => {}
        // Which of two small files is wrong cannot always be told; a signature of nobody's may be another's.
        (None, Verdict::RolledBack { .. }) if shown == "max_signed" => {}
        (None, Verdict::Tampered { at: Place::File(_), .. } | Verdict::Unverifiable(_))
            if !path.starts_with("seg") && !path.starts_with("tile") => {}
        _ => panic!("byte {at} of {shown}, entry {entry:?}: {found}"),
    }
}
