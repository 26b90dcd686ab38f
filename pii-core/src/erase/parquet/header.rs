use super::fault::{Fault, Result};
use super::thrift::{Reader, TRUE, Writer};

/// Encodings by their number in the format.
pub(super) mod encoding {
    pub(in super::super) const PLAIN: i64 = 0;
    pub(in super::super) const PLAIN_DICTIONARY: i64 = 2;
    pub(in super::super) const RLE: i64 = 3;
    pub(in super::super) const BIT_PACKED: i64 = 4;
    pub(in super::super) const DELTA_BINARY_PACKED: i64 = 5;
    pub(in super::super) const DELTA_LENGTH_BYTE_ARRAY: i64 = 6;
    pub(in super::super) const DELTA_BYTE_ARRAY: i64 = 7;
    pub(in super::super) const RLE_DICTIONARY: i64 = 8;
    pub(in super::super) const BYTE_STREAM_SPLIT: i64 = 9;
}

/// What stands before a page. Its statistics are never carried over: those of a page that changes would be wrong, and
/// readers find better ones in the column index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Size of the body before compression.
    pub(super) raw: usize,
    /// Size of the body in the file.
    pub(super) size: usize,
    /// CRC-32 of the body in the file.
    pub(super) crc: Option<u32>,
    pub(super) kind: Kind,
    /// Size of the header itself.
    pub(super) len: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    V1 { entries: usize, encoding: i64, definition: i64, repetition: i64 },
    V2 { entries: usize, nulls: usize, rows: usize, encoding: i64, definition: usize, repetition: usize, packed: bool },
    Dictionary { entries: usize, encoding: i64, sorted: Option<bool> },
    Other,
}

impl Header {
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let (mut kind, mut raw, mut size, mut crc, mut last) = (None, None, None, None, 0);
        let (mut v1, mut v2, mut dictionary) = (None, None, None);
        while let Some((id, field)) = reader.field(&mut last)? {
            match id {
                1 => kind = Some(reader.int()?),
                2 => raw = Some(reader.size()?),
                3 => size = Some(reader.size()?),
                4 => crc = Some(reader.int()? as u32),
                5 => v1 = Some(read_v1(&mut reader)?),
                7 => dictionary = Some(read_dictionary(&mut reader)?),
                8 => v2 = Some(read_v2(&mut reader)?),
                _ => reader.skip(field)?,
            }
        }
        let kind = match kind {
            Some(0) => v1,
            Some(2) => dictionary,
            Some(3) => v2,
            Some(_) => Some(Kind::Other),
            None => None,
        };
        match (kind, raw, size) {
            (Some(kind), Some(raw), Some(size)) => Ok(Self { raw, size, crc, kind, len: reader.at() }),
            _ => Err(Fault::damaged("a page header lacks a field")),
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::new(out);
        writer.i32(
            1,
            match self.kind {
                Kind::V1 { .. } => 0,
                Kind::Other => 1,
                Kind::Dictionary { .. } => 2,
                Kind::V2 { .. } => 3,
            },
        );
        writer.i32(2, self.raw as i64);
        writer.i32(3, self.size as i64);
        if let Some(crc) = self.crc {
            writer.i32(4, i64::from(crc.cast_signed()));
        }
        match self.kind {
            Kind::V1 { entries, encoding, definition, repetition } => writer.structure(5, |writer| {
                writer.i32(1, entries as i64);
                writer.i32(2, encoding);
                writer.i32(3, definition);
                writer.i32(4, repetition);
            }),
            Kind::Dictionary { entries, encoding, sorted } => writer.structure(7, |writer| {
                writer.i32(1, entries as i64);
                writer.i32(2, encoding);
                if let Some(sorted) = sorted {
                    writer.bool(3, sorted);
                }
            }),
            Kind::V2 { entries, nulls, rows, encoding, definition, repetition, packed } => {
                writer.structure(8, |writer| {
                    writer.i32(1, entries as i64);
                    writer.i32(2, nulls as i64);
                    writer.i32(3, rows as i64);
                    writer.i32(4, encoding);
                    writer.i32(5, definition as i64);
                    writer.i32(6, repetition as i64);
                    writer.bool(7, packed);
                });
            }
            Kind::Other => {}
        }
        writer.end();
    }

    /// How many entries of levels, nulls among them.
    pub(super) fn entries(&self) -> usize {
        match self.kind {
            Kind::V1 { entries, .. } | Kind::V2 { entries, .. } | Kind::Dictionary { entries, .. } => entries,
            Kind::Other => 0,
        }
    }

    pub(super) fn encoding(&self) -> i64 {
        match self.kind {
            Kind::V1 { encoding, .. } | Kind::V2 { encoding, .. } | Kind::Dictionary { encoding, .. } => encoding,
            Kind::Other => encoding::PLAIN,
        }
    }

    /// Whether its values are indexes of a dictionary.
    pub(super) fn is_coded(&self) -> bool {
        matches!(self.encoding(), encoding::PLAIN_DICTIONARY | encoding::RLE_DICTIONARY)
    }

    pub(super) fn is_data(&self) -> bool {
        matches!(self.kind, Kind::V1 { .. } | Kind::V2 { .. })
    }
}

fn read_v1(reader: &mut Reader<'_>) -> Result<Kind> {
    let (mut entries, mut encoding, mut definition, mut repetition, mut last) = (0, 0, encoding::RLE, encoding::RLE, 0);
    while let Some((id, field)) = reader.field(&mut last)? {
        match id {
            1 => entries = reader.size()?,
            2 => encoding = reader.int()?,
            3 => definition = reader.int()?,
            4 => repetition = reader.int()?,
            _ => reader.skip(field)?,
        }
    }
    Ok(Kind::V1 { entries, encoding, definition, repetition })
}

fn read_v2(reader: &mut Reader<'_>) -> Result<Kind> {
    let (mut entries, mut nulls, mut rows, mut encoding, mut last) = (0, 0, 0, 0, 0);
    let (mut definition, mut repetition, mut packed) = (0, 0, true);
    while let Some((id, field)) = reader.field(&mut last)? {
        match id {
            1 => entries = reader.size()?,
            2 => nulls = reader.size()?,
            3 => rows = reader.size()?,
            4 => encoding = reader.int()?,
            5 => definition = reader.size()?,
            6 => repetition = reader.size()?,
            7 => packed = field == TRUE,
            _ => reader.skip(field)?,
        }
    }
    Ok(Kind::V2 { entries, nulls, rows, encoding, definition, repetition, packed })
}

fn read_dictionary(reader: &mut Reader<'_>) -> Result<Kind> {
    let (mut entries, mut encoding, mut sorted, mut last) = (0, 0, None, 0);
    while let Some((id, field)) = reader.field(&mut last)? {
        match id {
            1 => entries = reader.size()?,
            2 => encoding = reader.int()?,
            3 => sorted = Some(field == TRUE),
            _ => reader.skip(field)?,
        }
    }
    Ok(Kind::Dictionary { entries, encoding, sorted })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_it_was_written() {
        let kinds = [
            Kind::V1 { entries: 70_000, encoding: 0, definition: 3, repetition: 3 },
            Kind::Dictionary { entries: 5, encoding: 2, sorted: Some(true) },
            Kind::V2 { entries: 9, nulls: 2, rows: 7, encoding: 8, definition: 2, repetition: 3, packed: false },
        ];
        for kind in kinds {
            let mut header = Header { raw: 1 << 20, size: 77, crc: Some(0xdead_beef), kind, len: 0 };
            let mut bytes = Vec::new();
            header.write(&mut bytes);
            header.len = bytes.len();
            assert_eq!(Header::read(&bytes).unwrap(), header);
            for end in 0..bytes.len() {
                assert!(Header::read(&bytes[..end]).is_err());
            }
        }
    }
}
