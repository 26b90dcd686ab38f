use std::collections::BTreeSet;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use crc32fast::Hasher;
use flate2::bufread::DeflateDecoder;
use ring::digest::{Context, SHA256};

use super::record::{
    CENTRAL_LENGTH, Directory, END_LENGTH, END64_LENGTH, Entry, FULL, LOCATOR_LENGTH, central, descriptor, end, local,
    saturated,
};

/// Reads a container, and believes nothing that it does not say in the one way there is.
pub(in crate::request::package) struct Reader<R> {
    input: R,
    entries: Vec<Entry>,
}

/// Why not.
#[derive(Debug)]
pub(in crate::request::package) enum Unreadable {
    /// It is not as such a container is written; in words, where.
    Altered(String),
    /// Nobody knows: it cannot be read.
    Io(io::Error),
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // Too short, or a decoder's and age's word for data that nobody wrote so.
            io::ErrorKind::UnexpectedEof => altered("it ends too early"),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => altered("its data are damaged"),
            _ => Self::Io(error),
        }
    }
}

fn altered(why: impl Into<String>) -> Unreadable {
    Unreadable::Altered(why.into())
}

impl<R: Read + Seek> Reader<R> {
    /// Reads the directory; `is_name` says which names may stand there.
    pub(in crate::request::package) fn open(mut input: R, is_name: impl Fn(&str) -> bool) -> Result<Self, Unreadable> {
        let length = input.seek(SeekFrom::End(0))?;
        let directory = find(&mut input, length)?;
        if directory.size > MAX_DIRECTORY {
            return Err(altered("its directory is larger than any package's"));
        }
        input.seek(SeekFrom::Start(directory.at))?;
        let mut bytes = vec![0; directory.size as usize];
        input.read_exact(&mut bytes)?;
        let entries = entries(&bytes, directory, is_name)?;
        Ok(Self { input, entries })
    }

    /// The files, in order.
    pub(in crate::request::package) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The whole content of a small file.
    pub(in crate::request::package) fn small(&mut self, name: &str, most: u64) -> Result<Vec<u8>, Unreadable> {
        let entry = self.entries.iter().find(|entry| entry.name == name).cloned();
        let entry = entry.ok_or_else(|| altered(format!("it has no `{name}`")))?;
        if entry.size > most {
            return Err(altered(format!("`{name}` is larger than it can be")));
        }
        let mut content = Vec::new();
        self.each_piece(&entry, |piece| content.extend_from_slice(piece))?;
        Ok(content)
    }

    /// SHA-256 of a file's content, read in pieces.
    pub(in crate::request::package) fn digest(&mut self, entry: &Entry) -> Result<[u8; 32], Unreadable> {
        let mut context = Context::new(&SHA256);
        self.each_piece(entry, |piece| context.update(piece))?;
        let mut digest = [0; 32];
        digest.copy_from_slice(context.finish().as_ref());
        Ok(digest)
    }

    /// Never more than the directory says there is: what swells without end is stopped there.
    fn each_piece(&mut self, entry: &Entry, mut see: impl FnMut(&[u8])) -> Result<(), Unreadable> {
        let name = &entry.name;
        self.input.seek(SeekFrom::Start(entry.at))?;
        let mut input = BufReader::with_capacity(PIECE, &mut self.input);
        expect(&mut input, &local(name), || format!("the header of `{name}` is not as the directory has it"))?;
        let mut decoder = DeflateDecoder::new(input.take(entry.packed));
        let (mut piece, mut crc, mut size) = (vec![0; PIECE], Hasher::new(), 0u64);
        loop {
            let read = decoder.read(&mut piece)?;
            let read = piece.get(..read).unwrap_or_default();
            if read.is_empty() {
                break;
            }
            size += read.len() as u64;
            if size > entry.size {
                return Err(altered(format!("`{name}` holds more than it says")));
            }
            crc.update(read);
            see(read);
        }
        let rest = decoder.into_inner();
        if rest.limit() != 0 || size != entry.size || crc.finalize() != entry.crc {
            return Err(altered(format!("`{name}` does not hold what it says")));
        }
        expect(&mut rest.into_inner(), &descriptor(entry), || {
            format!("what stands behind `{name}` is not as the directory has it")
        })
    }
}

fn expect(input: &mut impl Read, bytes: &[u8], why: impl Fn() -> String) -> Result<(), Unreadable> {
    let mut found = vec![0; bytes.len()];
    input.read_exact(&mut found)?;
    if found == bytes { Ok(()) } else { Err(altered(why())) }
}

/// Where the directory lies, by the end of a file of so many bytes.
fn find(input: &mut (impl Read + Seek), length: u64) -> Result<Directory, Unreadable> {
    let none = || altered("it is no package: it does not end as one does");
    let longest = (END64_LENGTH + LOCATOR_LENGTH + END_LENGTH) as u64;
    let start = length.saturating_sub(longest);
    input.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    input.take(longest).read_to_end(&mut tail)?;
    let plain = tail.len().checked_sub(END_LENGTH).and_then(|at| tail.get(at..)).ok_or_else(none)?;
    let entries = u64::from(number16(plain, 10).ok_or_else(none)?);
    let (size, at) = (number32(plain, 12).ok_or_else(none)?, number32(plain, 16).ok_or_else(none)?);
    let mut directory = Directory { entries, at: at.into(), size: size.into() };
    if entries == u64::from(u16::MAX) || size == FULL || at == FULL {
        let number = |at| number64(&tail, at).ok_or_else(none);
        directory = Directory { entries: number(32)?, size: number(40)?, at: number(48)? };
    }
    // No overflow can be made of it, and no file in which the end would lie elsewhere.
    let ends = directory.at.checked_add(directory.size).ok_or_else(none)?;
    let expected = if ends <= length { end(directory) } else { Vec::new() };
    if expected.is_empty() || ends + expected.len() as u64 != length || !tail.ends_with(&expected) {
        return Err(none());
    }
    Ok(directory)
}

/// Reads the directory, and holds it against one that is written from what was read.
fn entries(bytes: &[u8], directory: Directory, is_name: impl Fn(&str) -> bool) -> Result<Vec<Entry>, Unreadable> {
    let (mut rest, mut next, mut found, mut names) = (bytes, 0u64, Vec::new(), BTreeSet::new());
    while !rest.is_empty() {
        let odd = || altered("its directory is not as a package's is");
        let entry = entry(rest).ok_or_else(odd)?;
        if !is_name(&entry.name) {
            return Err(altered("it holds a file that no package has"));
        }
        rest = rest.strip_prefix(central(&entry).as_slice()).ok_or_else(odd)?;
        if entry.at != next {
            return Err(altered("its files do not lie one behind the other"));
        }
        let length = (local(&entry.name).len() + descriptor(&entry).len()) as u64;
        next = entry.packed.checked_add(length).and_then(|length| next.checked_add(length)).ok_or_else(odd)?;
        if !names.insert(entry.name.clone()) {
            return Err(altered(format!("it holds `{}` twice", entry.name)));
        }
        found.push(entry);
    }
    if next != directory.at || found.len() as u64 != directory.entries {
        return Err(altered("something lies between its files and its directory"));
    }
    Ok(found)
}

/// The first entry of `bytes`, if there is one; what else it says is checked by writing it.
fn entry(bytes: &[u8]) -> Option<Entry> {
    let name = usize::from(number16(bytes, 28)?);
    let name_ends = CENTRAL_LENGTH.checked_add(name)?;
    let mut entry = Entry {
        crc: number32(bytes, 16)?,
        packed: number32(bytes, 20)?.into(),
        size: number32(bytes, 24)?.into(),
        at: number32(bytes, 42)?.into(),
        name: String::from_utf8(bytes.get(CENTRAL_LENGTH..name_ends)?.to_vec()).ok()?,
    };
    let mut extra = name_ends + 4;
    for number in [&mut entry.size, &mut entry.packed, &mut entry.at] {
        if saturated(*number) == FULL {
            *number = number64(bytes, extra)?;
            extra += 8;
        }
    }
    Some(entry)
}

fn number16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn number32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn number64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Read and looked at together.
const PIECE: usize = 64 << 10;
/// A hundred thousand files have less.
const MAX_DIRECTORY: u64 = 32 << 20;
