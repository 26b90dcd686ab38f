use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use aes_gcm::aead::{Aead, KeyInit};
use sha2::Digest;

use super::segment::{PLAIN_BYTES, SALT_BYTES, SEALED_BYTES};
use super::{Envelope, Error, SealedReader, SealedWriter};
use crate::keyring::{DataKey, Keyring, RootKey};
use crate::vocab::DatasetId;

fn keyring() -> Keyring {
    Keyring::create(tempfile::tempdir().unwrap().path(), &RootKey::generate().unwrap()).unwrap()
}

fn key_of(keys: &Keyring, dataset: &str) -> DataKey {
    keys.data(&DatasetId::parse(dataset).unwrap()).unwrap()
}

fn key() -> DataKey {
    key_of(&keyring(), "hr.scans")
}

/// Bytes that do not repeat where segments do.
fn plain(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * n / 7 + n) as u8).collect()
}

fn seal(key: &DataKey, plain: &[u8]) -> Vec<u8> {
    let mut writer = SealedWriter::create(Vec::new(), key).unwrap();
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

fn open<R: Read>(key: &DataKey, mut file: R) -> Result<Vec<u8>, Error> {
    let envelope = Envelope::read(&mut file)?;
    let mut plain = Vec::new();
    envelope.open(file, key)?.read_to_end(&mut plain)?;
    Ok(plain)
}

/// Where the segments begin.
fn header(file: &[u8]) -> usize {
    Envelope::read(&mut &file[..]).unwrap().as_bytes().len() + 56
}

#[test]
fn what_was_sealed_opens_whatever_its_length() {
    let key = key();
    let batch = 64 * PLAIN_BYTES;
    let lengths = [0, 1, PLAIN_BYTES - 1, PLAIN_BYTES, PLAIN_BYTES + 1, batch - 1, batch, batch + 1, 2 * batch + 99];
    for length in lengths {
        let plain = plain(length);
        let file = seal(&key, &plain);
        assert_eq!(file.len() - header(&file), length + 16 * (length / PLAIN_BYTES + 1), "{length}");
        assert!(open(&key, file.as_slice()).unwrap() == plain, "{length}");

        let mut copied = SealedWriter::create(Vec::new(), &key).unwrap();
        assert_eq!(copied.copy_from(&mut plain.as_slice()).unwrap(), length as u64);
        let copied = copied.finish().unwrap();
        let (mut rest, mut back) = (copied.as_slice(), Vec::new());
        let envelope = Envelope::read(&mut rest).unwrap();
        envelope.open(rest, &key).unwrap().copy_to(&mut back).unwrap();
        assert!(back == plain, "{length}");
    }
}

#[test]
fn two_files_of_one_content_have_nothing_in_common_but_names() {
    let key = key();
    let (a, b) = (seal(&key, &[7; 100]), seal(&key, &[7; 100]));
    let named = header(&a) - 56 - DataKey::WRAPPED_BYTES;
    assert_eq!(a[..named], b[..named]);
    assert!(a[named..].iter().zip(&b[named..]).filter(|(a, b)| a == b).count() < 20);
}

/// The scheme once more, from its specification, with other implementations of SHA-512 and AES.
fn reference(input_key: &[u8; 32], salt: &[u8], context: &[u8], plain: &[u8]) -> Vec<u8> {
    let hmac = |message: &[u8]| {
        let pad = |with: u8| -> Vec<u8> { (0..128).map(|n| input_key.get(n).copied().unwrap_or(0) ^ with).collect() };
        let inner = sha2::Sha512::digest([pad(0x36), message.to_vec()].concat());
        sha2::Sha512::digest([pad(0x5c), inner.to_vec()].concat()).to_vec()
    };
    let info = [b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0".as_slice(), salt, context].concat();
    let first = hmac(&[&info[..], &[1]].concat());
    let okm = [first.clone(), hmac(&[&first[..], &info[..], &[2]].concat())].concat();
    let cipher = aes_gcm::Aes256Gcm::new_from_slice(&okm[..32]).unwrap();
    let mut sealed = [salt, &okm[44..76]].concat();
    for (index, chunk) in (0..=plain.len() / PLAIN_BYTES).map(|n| (n as u128, n * PLAIN_BYTES)) {
        let mut nonce = [0; 16];
        nonce[4..].copy_from_slice(&okm[32..44]);
        let nonce: [u8; 12] = (u128::from_be_bytes(nonce) ^ index).to_be_bytes()[4..].try_into().unwrap();
        let chunk = &plain[chunk..plain.len().min(chunk + PLAIN_BYTES)];
        sealed.extend(cipher.encrypt(&nonce.into(), chunk).unwrap());
    }
    sealed
}

#[test]
fn an_independent_implementation_writes_the_same_bytes() {
    let (key, salt) = (key(), [9; SALT_BYTES]);
    // More than 256 segments, so that the counter carries.
    for length in [0, 5, 3 * PLAIN_BYTES, 257 * PLAIN_BYTES + 3] {
        let plain = plain(length);
        let (envelope, file_key) = Envelope::new(&key).unwrap();
        let context = envelope.as_bytes().to_vec();
        let mut writer = SealedWriter::begin(Vec::new(), envelope, &file_key, &salt).unwrap();
        writer.write_all(&plain).unwrap();
        assert!(writer.finish().unwrap() == reference(&file_key, &salt, &context, &plain), "{length}");
    }
}

#[test]
fn the_vectors_of_wycheproof_hold() {
    let vectors = include_str!("tests/vectors.txt").lines().filter(|line| !line.starts_with('#'));
    for vector in vectors {
        let mut words = vector.split(' ');
        let [number, result, key, context, length, bytes] = std::array::from_fn(|_| words.next().unwrap());
        let mut sealed = vec![0; bytes.parse().unwrap()];
        for run in words {
            let (at, run) = run.split_once(':').unwrap();
            let (at, run): (usize, _) = (at.parse().unwrap(), hex(run));
            sealed[at..at + run.len()].copy_from_slice(&run);
        }
        let (key, context) = (hex(key).try_into().unwrap(), hex(context.trim_matches('-')));
        let mut plain = Vec::new();
        let opened = SealedReader::new(sealed.as_slice(), &key, &context)
            .and_then(|mut reader| Ok(reader.read_to_end(&mut plain)?));
        assert_eq!(opened.is_ok(), result == "valid", "{number}: {opened:?}");
        let most: usize = length.parse().unwrap();
        assert!(plain.len() == most || (result == "invalid" && plain.len() < most), "{number}: {}", plain.len());

        let mut sought = SealedReader::new(Cursor::new(&sealed), &key, &context);
        let whole = sought.as_mut().map_err(|_| ()).and_then(|reader| {
            reader.seek(SeekFrom::Start(0)).and_then(|_| reader.read_to_end(&mut Vec::new())).map_err(|_| ())
        });
        assert_eq!(whole.is_ok(), result == "valid", "{number}");
    }
}

fn hex(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

#[test]
fn each_flipped_bit_is_found() {
    let key = key();
    let file = seal(&key, b"a short one");
    for bit in 0..8 * file.len() {
        let mut bent = file.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&key, bent.as_slice()).is_err(), "bit {bit}");
    }
}

#[test]
fn each_truncation_is_found() {
    let key = key();
    let file = seal(&key, &plain(100));
    for length in 0..file.len() {
        assert!(open(&key, &file[..length]).is_err(), "{length}");
    }
    let mut longer = file;
    longer.push(0);
    assert!(open(&key, longer.as_slice()).is_err());
}

#[test]
fn the_error_says_what_happened() {
    let keys = keyring();
    let key = key_of(&keys, "hr.scans");
    let file = seal(&key, &plain(3 * PLAIN_BYTES + 5));
    let start = header(&file);
    let segment = |n: usize| start + n * SEALED_BYTES..start + (n + 1) * SEALED_BYTES;
    let said = |file: &[u8]| open(&key, file).unwrap_err().to_string();

    assert_eq!(said(&file[..segment(1).end]), "it ends too early: it was cut short after segment 2");
    assert_eq!(said(&file[..20]), "it ends within its header: it was cut short");
    assert_eq!(said(b"PAR1 and so on"), "it is not a sealed file");
    assert_eq!(said(b""), "it is not a sealed file");

    let mut bent = file.clone();
    bent[segment(1).start + 9] ^= 1;
    assert_eq!(said(&bent), "segment 1 was altered, moved, or comes from another file");

    let mut swapped = file.clone();
    swapped[segment(0)].copy_from_slice(&file[segment(1)]);
    swapped[segment(1)].copy_from_slice(&file[segment(0)]);
    assert_eq!(said(&swapped), "segment 0 was altered, moved, or comes from another file");

    let mut repeated = file.clone();
    repeated[segment(2)].copy_from_slice(&file[segment(1)]);
    assert_eq!(said(&repeated), "segment 2 was altered, moved, or comes from another file");

    let mut foreign = file.clone();
    let other = seal(&key, &plain(3 * PLAIN_BYTES + 5));
    foreign[segment(2)].copy_from_slice(&other[segment(2)]);
    assert_eq!(said(&foreign), "segment 2 was altered, moved, or comes from another file");

    let mut transplanted = other[..start].to_vec();
    transplanted.extend_from_slice(&file[start..]);
    assert_eq!(said(&transplanted), "segment 0 was altered, moved, or comes from another file");

    let longer = [&file[..], b"and more"].concat();
    assert_eq!(said(&longer), "its last segment, 3, does not open: the file was altered, cut short or added to");

    let strangers = key_of(&keyring(), "hr.scans");
    let error = open(&strangers, file.as_slice()).unwrap_err().to_string();
    assert!(error.contains(&key.id().to_string()) && error.contains(&strangers.id().to_string()), "{error}");
    assert!(error.contains("another workspace"), "{error}");
    let error = open(&key_of(&keys, "crm.customers"), file.as_slice()).unwrap_err().to_string();
    assert_eq!(error, "it belongs to `hr.scans`, and this is the key of `crm.customers`");
}

#[test]
fn nothing_that_was_not_verified_is_handed_out() {
    let key = key();
    let plain = plain(100 * PLAIN_BYTES);
    let mut file = seal(&key, &plain);
    let bad = header(&file) + 80 * SEALED_BYTES;
    file[bad] ^= 1;
    let mut input = file.as_slice();
    let mut reader = Envelope::read(&mut input).unwrap().open(input, &key).unwrap();
    let mut got = Vec::new();
    assert!(reader.read_to_end(&mut got).is_err());
    assert!(got.len() <= 80 * PLAIN_BYTES && got == plain[..got.len()], "{}", got.len());
    assert!(reader.read(&mut [0; 1]).is_err(), "and it stays so");
}

#[test]
fn a_range_is_read_from_where_it_stands() {
    let key = key();
    let plain = plain(5 * PLAIN_BYTES + 77);
    let file = seal(&key, &plain);
    // A file within a file: positions count from where the sealed one begins.
    let mut input = Cursor::new([b"before".as_slice(), &file].concat());
    input.set_position(6);
    let envelope = Envelope::read(&mut input).unwrap();
    let mut reader = envelope.open(input, &key).unwrap();
    let end = plain.len() as u64;
    for start in [0, 1, PLAIN_BYTES as u64, 3 * PLAIN_BYTES as u64 + 9, end - 1, end, end + 5, 9 * PLAIN_BYTES as u64] {
        assert_eq!(reader.seek(SeekFrom::Start(start)).unwrap(), start);
        assert_eq!(reader.stream_position().unwrap(), start);
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        assert!(rest == plain.get(start as usize..).unwrap_or_default(), "{start}");
    }
    assert_eq!(reader.seek(SeekFrom::End(-7)).unwrap(), end - 7);
    let mut seven = [0; 7];
    reader.read_exact(&mut seven).unwrap();
    assert_eq!(seven, plain[plain.len() - 7..]);
    assert!(reader.seek(SeekFrom::Current(-(end as i64) - 1)).is_err());
}

#[test]
fn the_length_of_a_file_that_was_cut_is_not_believed() {
    let key = key();
    let file = seal(&key, &plain(5 * PLAIN_BYTES));
    let cut = &file[..header(&file) + 3 * SEALED_BYTES];
    let mut input = Cursor::new(cut);
    let mut reader = Envelope::read(&mut input).unwrap().open(input, &key).unwrap();
    assert!(reader.seek(SeekFrom::End(0)).is_err());
    assert!(reader.seek(SeekFrom::Start(9 * PLAIN_BYTES as u64)).is_err());
    // A range that is whole can be read, as from a pipe that breaks later.
    reader.seek(SeekFrom::Start(PLAIN_BYTES as u64)).unwrap();
    assert!(reader.read(&mut [0; 8]).is_ok());
}

#[test]
fn nothing_of_a_key_is_printed() {
    let key = key();
    let writer = SealedWriter::create(Vec::new(), &key).unwrap();
    let printed = format!("{writer:?} {key:?} {:?}", key.fresh(b"").unwrap());
    assert!(printed.contains(&key.id().to_string()) && printed.len() < 300, "{printed}");
}
