/// One file, as the directory knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::request::package) struct Entry {
    pub(in crate::request::package) name: String,
    /// CRC-32 of the content.
    pub(super) crc: u32,
    /// Bytes in the container.
    pub(super) packed: u64,
    /// Bytes of the content.
    pub(in crate::request::package) size: u64,
    /// Where its header begins.
    pub(super) at: u64,
}

/// Before the data; sizes and checksum follow them.
pub(super) fn local(name: &str) -> Vec<u8> {
    let mut bytes = Record::new(LOCAL);
    bytes.u16(PLAIN).u16(FLAGS).u16(DEFLATED).u32(NO_DATE).u32(0).u32(0).u32(0);
    bytes.u16(name.len() as u16).u16(0);
    bytes.text(name)
}

/// Behind the data.
pub(super) fn descriptor(entry: &Entry) -> Vec<u8> {
    let mut bytes = Record::new(DESCRIPTOR);
    bytes.u32(entry.crc);
    if saturated(entry.packed) == FULL || saturated(entry.size) == FULL {
        bytes.u64(entry.packed).u64(entry.size);
    } else {
        bytes.u32(saturated(entry.packed)).u32(saturated(entry.size));
    }
    bytes.0
}

/// In the directory.
pub(super) fn central(entry: &Entry) -> Vec<u8> {
    let numbers = [entry.size, entry.packed, entry.at];
    let large: Vec<_> = numbers.into_iter().filter(|number| saturated(*number) == FULL).collect();
    let version = if large.is_empty() { PLAIN } else { ZIP64 };
    let mut bytes = Record::new(CENTRAL);
    bytes.u16(UNIX | version).u16(version).u16(FLAGS).u16(DEFLATED).u32(NO_DATE);
    bytes.u32(entry.crc).u32(saturated(entry.packed)).u32(saturated(entry.size));
    let extra = if large.is_empty() { 0 } else { 4 + 8 * large.len() as u16 };
    bytes.u16(entry.name.len() as u16).u16(extra).u16(0).u16(0).u16(0).u32(ORDINARY_FILE).u32(saturated(entry.at));
    bytes.0.extend_from_slice(entry.name.as_bytes());
    if !large.is_empty() {
        bytes.u16(ZIP64_EXTRA).u16(extra - 4);
        large.into_iter().for_each(|number| {
            bytes.u64(number);
        });
    }
    bytes.0
}

/// Where the directory lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) entries: u64,
    pub(super) at: u64,
    pub(super) size: u64,
}

/// Behind the directory, to the end of the file.
pub(super) fn end(directory: Directory) -> Vec<u8> {
    let Directory { entries, at, size } = directory;
    let few = u16::try_from(entries).unwrap_or(u16::MAX);
    let mut bytes = Record(Vec::new());
    if few == u16::MAX || saturated(at) == FULL || saturated(size) == FULL {
        bytes.u32(END64).u64(44).u16(UNIX | ZIP64).u16(ZIP64).u32(0).u32(0).u64(entries).u64(entries).u64(size).u64(at);
        bytes.u32(LOCATOR).u32(0).u64(at + size).u32(1);
    }
    bytes.u32(END).u16(0).u16(0).u16(few).u16(few).u32(saturated(size)).u32(saturated(at)).u16(0);
    bytes.0
}

/// What four bytes can say of a number; the rest is said in ZIP64.
pub(super) fn saturated(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(FULL)
}

/// Bytes of a record, little-endian.
struct Record(Vec<u8>);

impl Record {
    fn new(signature: u32) -> Self {
        Self(signature.to_le_bytes().to_vec())
    }

    fn u16(&mut self, number: u16) -> &mut Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    fn u32(&mut self, number: u32) -> &mut Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    fn u64(&mut self, number: u64) -> &mut Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    fn text(mut self, text: &str) -> Vec<u8> {
        self.0.extend_from_slice(text.as_bytes());
        self.0
    }
}

/// A number that did not fit.
pub(super) const FULL: u32 = u32::MAX;

pub(super) const CENTRAL_LENGTH: usize = 46;
pub(super) const END_LENGTH: usize = 22;
pub(super) const END64_LENGTH: usize = 56;
pub(super) const LOCATOR_LENGTH: usize = 20;

const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END64: u32 = 0x0606_4b50;
const LOCATOR: u32 = 0x0706_4b50;
const END: u32 = 0x0605_4b50;
const ZIP64_EXTRA: u16 = 1;
const DEFLATED: u16 = 8;
/// A descriptor follows; names are UTF-8.
const FLAGS: u16 = 0x0808;
/// The features that are needed to read it.
const PLAIN: u16 = 20;
const ZIP64: u16 = 45;
const UNIX: u16 = 3 << 8;
/// A regular file, to be read by all and written by its owner.
const ORDINARY_FILE: u32 = 0o100_644 << 16;
/// Midnight of 1 January 1980, the first day there is.
const NO_DATE: u32 = 0x0021 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(size: u64, packed: u64, at: u64) -> Entry {
        Entry { name: "data/crm.customers.csv".into(), crc: 7, packed, size, at }
    }

    #[test]
    fn records_are_as_long_as_they_are_said_to_be() {
        let small = entry(10, 8, 0);
        assert_eq!(local("").len(), 30);
        assert_eq!(central(&small).len(), CENTRAL_LENGTH + small.name.len());
        assert_eq!(descriptor(&small).len(), 16);
        assert_eq!(end(Directory { entries: 1, at: 0, size: 9 }).len(), END_LENGTH);
    }

    #[test]
    fn numbers_of_more_than_four_bytes_are_said_in_zip64() {
        let big = entry(5 << 32, 8, 6 << 32);
        assert_eq!(descriptor(&big).len(), 24);
        assert_eq!(central(&big).len(), CENTRAL_LENGTH + big.name.len() + 4 + 16);
        let directory = Directory { entries: 1, at: 6 << 32, size: 9 };
        assert_eq!(end(directory).len(), END64_LENGTH + LOCATOR_LENGTH + END_LENGTH);
        assert_eq!(
            end(Directory { entries: 70_000, at: 0, size: 9 }).len(),
            END64_LENGTH + LOCATOR_LENGTH + END_LENGTH
        );
    }
}
