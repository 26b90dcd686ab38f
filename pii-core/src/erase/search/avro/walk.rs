use std::collections::HashMap;
use std::io::{self, Read};

use super::super::Needles;
use super::super::cell::{Cell, Cells};
use super::super::finds::Finds;
use super::super::numbers::Meaning;
use super::schema::{Schema, Type};

/// Goes through rows, value by value.
pub(super) struct Walk<'a> {
    schema: &'a Schema,
    needles: &'a Needles,
    cells: HashMap<Meaning, Cells<'a>>,
    path: Vec<&'a str>,
    row: u64,
}

impl<'a> Walk<'a> {
    pub(super) fn new(schema: &'a Schema, needles: &'a Needles) -> Self {
        Self { schema, needles, cells: HashMap::new(), path: Vec::new(), row: 0 }
    }

    /// Takes one row off the bytes. Returns `None` if they are not what the schema says.
    pub(super) fn row(&mut self, row: u64, bytes: &mut &[u8], finds: &mut Finds<'_>) -> Option<()> {
        self.row = row;
        self.value(self.schema.root, bytes, finds, 0)
    }

    fn value(&mut self, number: usize, bytes: &mut &[u8], finds: &mut Finds<'_>, depth: u32) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match self.schema.of(number)? {
            Type::Null => {}
            Type::Boolean => {
                let byte = *taken(bytes, 1)?.first()?;
                self.look(Meaning::Boolean, Cell::Number(byte.into()), finds);
            }
            Type::Integer(meaning) => {
                let number = long(bytes).ok()?;
                self.look(*meaning, Cell::Number(number.into()), finds);
            }
            Type::Float => {
                let number = f32::from_le_bytes(*taken(bytes, 4)?.first_chunk()?);
                self.look(Meaning::Float, Cell::Single(number), finds);
            }
            Type::Double => {
                let number = f64::from_le_bytes(*taken(bytes, 8)?.first_chunk()?);
                self.look(Meaning::Float, Cell::Double(number), finds);
            }
            Type::Bytes(meaning) => {
                let length = usize::try_from(long(bytes).ok()?).ok()?;
                self.look(*meaning, Cell::Bytes(taken(bytes, length)?), finds);
            }
            Type::Fixed(length, meaning) => self.look(*meaning, Cell::Bytes(taken(bytes, *length)?), finds),
            Type::Enum => drop(long(bytes).ok()?),
            Type::Record(fields) => {
                for (name, kind) in fields {
                    self.path.push(name);
                    self.value(*kind, bytes, finds, depth + 1)?;
                    self.path.pop();
                }
            }
            Type::Array(items) => self.items(None, *items, bytes, finds, depth)?,
            Type::Map(values) => self.items(Some(Meaning::Text), *values, bytes, finds, depth)?,
            Type::Union(kinds) => {
                let chosen = *kinds.get(usize::try_from(long(bytes).ok()?).ok()?)?;
                self.value(chosen, bytes, finds, depth + 1)?;
            }
        }
        Some(())
    }

    /// Elements of a list, or of a map, which have keys.
    fn items(
        &mut self,
        keys: Option<Meaning>,
        kind: usize,
        bytes: &mut &[u8],
        finds: &mut Finds<'_>,
        depth: u32,
    ) -> Option<()> {
        loop {
            let mut count = long(bytes).ok()?;
            if count == 0 {
                return Some(());
            }
            if count < 0 {
                long(bytes).ok()?;
                count = count.checked_neg()?;
            }
            for _ in 0..count {
                let before = bytes.len();
                if let Some(meaning) = keys {
                    let length = usize::try_from(long(bytes).ok()?).ok()?;
                    self.look(meaning, Cell::Bytes(taken(bytes, length)?), finds);
                }
                self.value(kind, bytes, finds, depth + 1)?;
                // Elements of no bytes would be counted for ever.
                if bytes.len() == before {
                    break;
                }
            }
        }
    }

    fn look(&mut self, meaning: Meaning, cell: Cell<'_>, finds: &mut Finds<'_>) {
        let cells = self.cells.entry(meaning).or_insert_with(|| Cells::new(self.needles, meaning));
        let once = cells.look(cell);
        if !once.is_empty() {
            let path = self.path.join(".");
            once.iter().for_each(|(value, whole)| finds.cell(self.row, &path, value, whole));
        }
    }
}

fn taken<'b>(bytes: &mut &'b [u8], length: usize) -> Option<&'b [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

/// A number of variable length, the sign in its last bit.
pub(super) fn long(from: &mut impl Read) -> io::Result<i64> {
    let mut all = 0_u64;
    for shift in (0..64).step_by(7) {
        let mut byte = [0];
        from.read_exact(&mut byte)?;
        let [byte] = byte;
        all |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok((all >> 1).cast_signed() ^ -(all & 1).cast_signed());
        }
    }
    Err(io::Error::other("a number is too long"))
}

/// Bytes behind their length, which cannot be more than the file has.
pub(super) fn bytes(from: &mut impl Read, size: u64) -> io::Result<Vec<u8>> {
    let length = u64::try_from(long(from)?).ok().filter(|length| *length <= size);
    let length = length.ok_or_else(|| io::Error::other("a length is larger than the file"))?;
    let mut bytes = Vec::new();
    match from.take(length).read_to_end(&mut bytes)? as u64 == length {
        true => Ok(bytes),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Values within values.
const DEEPEST: u32 = 200;
