//! What a sealed file gives back: what went in, or an error.

use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::sync::LazyLock;

use pii_core::keyring::{DataKey, Keyring, RootKey};
use pii_core::seal::{Envelope, SealedWriter};
use pii_core::vocab::DatasetId;
use proptest::collection::vec;
use proptest::prelude::*;

static KEY: LazyLock<DataKey> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keyring::create(folder.path(), &RootKey::generate().unwrap()).unwrap();
    keys.data(&DatasetId::parse("hr.scans").unwrap()).unwrap()
});

/// Bytes that tell where they stand, in pieces of any size.
fn pieces() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let byte = |n: usize| (n.wrapping_mul(2_654_435_761) >> 13) as u8;
    vec(0..40_000usize, 0..12).prop_map(move |lengths| {
        let mut from = 0;
        let piece = |length: usize| {
            from += length;
            (from - length..from).map(byte).collect()
        };
        lengths.into_iter().map(piece).collect()
    })
}

fn seal(pieces: &[Vec<u8>]) -> Vec<u8> {
    let mut writer = SealedWriter::create(Vec::new(), &KEY).unwrap();
    pieces.iter().for_each(|piece| writer.write_all(piece).unwrap());
    writer.finish().unwrap()
}

/// As much as could be read, and whether that was all.
fn open(file: &[u8]) -> (Vec<u8>, bool) {
    let (mut input, mut plain) = (file, Vec::new());
    let read = Envelope::read(&mut input).and_then(|envelope| envelope.open(input, &KEY));
    let whole = read.is_ok_and(|mut reader| reader.read_to_end(&mut plain).is_ok());
    (plain, whole)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn however_it_is_written_and_wherever_it_is_read_it_is_the_same(
        pieces in pieces(),
        places in vec((any::<prop::sample::Index>(), 0..40_000usize), 1..6),
    ) {
        let (plain, sealed) = (pieces.concat(), seal(&pieces));
        prop_assert!(open(&sealed) == (plain.clone(), true));
        let mut input = Cursor::new(&sealed);
        let mut reader = Envelope::read(&mut input).unwrap().open(input, &KEY).unwrap();
        for (place, length) in places {
            let from = place.index(plain.len() + 1);
            let to = plain.len().min(from + length);
            reader.seek(SeekFrom::Start(from as u64)).unwrap();
            let mut range = vec![0; to - from];
            reader.read_exact(&mut range).unwrap();
            prop_assert!(range == plain[from..to], "{from}..{to}");
        }
    }

    /// Altered, cut or added to: what is read is the beginning of what was sealed, and never all of it without an error.
    #[test]
    fn what_was_tampered_with_is_never_believed(
        pieces in pieces(),
        at in any::<prop::sample::Index>(),
        with in 1..=255u8,
        how in 0..4,
        tail in vec(any::<u8>(), 1..20_000),
    ) {
        let (plain, mut sealed) = (pieces.concat(), seal(&pieces));
        let at = at.index(sealed.len());
        match how {
            0 => sealed[at] ^= with,
            1 => sealed.truncate(at),
            2 => sealed.extend(tail),
            _ => { sealed.splice(at..at, tail); }
        }
        let (read, whole) = open(&sealed);
        prop_assert!(!whole && plain.starts_with(&read), "{how} at {at}");
    }
}
