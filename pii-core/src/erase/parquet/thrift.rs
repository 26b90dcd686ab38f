//! The compact protocol of Thrift, as much of it as page headers and page indexes need.

use super::fault::{Fault, Result, part};

pub(super) const TRUE: u8 = 1;
pub(super) const FALSE: u8 = 2;
pub(super) const I32: u8 = 5;
pub(super) const I64: u8 = 6;
pub(super) const BINARY: u8 = 8;
pub(super) const LIST: u8 = 9;
pub(super) const STRUCT: u8 = 12;

/// How deep structures may lie in each other.
const DEEPEST: u8 = 16;

/// Reads, and knows how far.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        let byte = *self.bytes.get(self.at).ok_or_else(ends)?;
        self.at += 1;
        Ok(byte)
    }

    pub(super) fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Fault::damaged("a number in a header has no end"))
    }

    pub(super) fn int(&mut self) -> Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// A number that counts or measures something.
    pub(super) fn size(&mut self) -> Result<usize> {
        usize::try_from(self.int()?).map_err(|_| Fault::damaged("a size in a header is below zero"))
    }

    pub(super) fn binary(&mut self) -> Result<&'a [u8]> {
        let len = usize::try_from(self.varint()?).map_err(|_| ends())?;
        let bytes = part(self.bytes, self.at, len).map_err(|_| ends())?;
        self.at += len;
        Ok(bytes)
    }

    /// The next field of a structure: number and type; `None` at its end. `last` is the number before.
    pub(super) fn field(&mut self, last: &mut i64) -> Result<Option<(i64, u8)>> {
        let head = self.byte()?;
        if head == 0 {
            return Ok(None);
        }
        *last = if head >> 4 == 0 { self.int()? } else { *last + i64::from(head >> 4) };
        Ok(Some((*last, head & 15)))
    }

    /// The head of a list: how many. Elements take a byte at least, so that no count asks for more memory than the file has.
    pub(super) fn list(&mut self) -> Result<(usize, u8)> {
        let head = self.byte()?;
        let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
        let count = usize::try_from(count).map_err(|_| ends())?;
        if count > self.bytes.len().saturating_sub(self.at) {
            return Err(ends());
        }
        Ok((count, head & 15))
    }

    pub(super) fn skip(&mut self, kind: u8) -> Result<()> {
        self.skip_within(kind, DEEPEST)
    }

    fn skip_within(&mut self, kind: u8, depth: u8) -> Result<()> {
        let deeper = depth.checked_sub(1).ok_or_else(|| Fault::damaged("a header nests too deeply"))?;
        match kind {
            TRUE | FALSE => {}
            3 => self.at += 1,
            4..=6 => {
                self.varint()?;
            }
            7 => self.at += 8,
            BINARY => {
                self.binary()?;
            }
            LIST | 10 => {
                let (count, kind) = self.list()?;
                for _ in 0..count {
                    if kind <= FALSE { self.at += 1 } else { self.skip_within(kind, deeper)? }
                }
            }
            STRUCT => {
                let mut last = 0;
                while let Some((_, kind)) = self.field(&mut last)? {
                    self.skip_within(kind, deeper)?;
                }
            }
            _ => return Err(Fault::damaged("a header has a field of an unknown type")),
        }
        Ok(())
    }
}

/// Writes one structure, and structures in it.
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    last: i64,
}

impl<'a> Writer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, last: 0 }
    }

    /// Fields come in ascending order, less than 16 apart: what Parquet has.
    fn head(&mut self, id: i64, kind: u8) {
        self.out.push(((id - self.last) as u8) << 4 | kind);
        self.last = id;
    }

    pub(super) fn i32(&mut self, id: i64, value: i64) {
        self.head(id, I32);
        int(self.out, value);
    }

    pub(super) fn i64(&mut self, id: i64, value: i64) {
        self.head(id, I64);
        int(self.out, value);
    }

    pub(super) fn bool(&mut self, id: i64, value: bool) {
        self.head(id, if value { TRUE } else { FALSE });
    }

    pub(super) fn structure(&mut self, id: i64, fill: impl FnOnce(&mut Writer<'_>)) {
        self.head(id, STRUCT);
        self.element(fill);
    }

    /// A structure that is an element of a list.
    pub(super) fn element(&mut self, fill: impl FnOnce(&mut Writer<'_>)) {
        let mut inner = Writer::new(self.out);
        fill(&mut inner);
        inner.end();
    }

    pub(super) fn list(&mut self, id: i64, kind: u8, count: usize) -> &mut Vec<u8> {
        self.head(id, LIST);
        if count < 15 {
            self.out.push((count as u8) << 4 | kind);
        } else {
            self.out.push(0xf0 | kind);
            varint(self.out, count as u64);
        }
        self.out
    }

    pub(super) fn end(self) {
        self.out.push(0);
    }
}

pub(super) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(super) fn int(out: &mut Vec<u8>, value: i64) {
    varint(out, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

fn ends() -> Fault {
    Fault::damaged("a header ends too early")
}
