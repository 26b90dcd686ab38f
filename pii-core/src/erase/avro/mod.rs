//! Avro object container files: blocks without a hit are copied, from the others rows are cut as bytes, and values in them
//! are replaced as bytes.
//!
//! No row is decoded and encoded again: the schema tells where each row ends, and each value in it.

mod change;
mod container;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use ring::hmac;
use ring::rand::SystemRandom;

use self::change::Change;
use self::container::Container;
use self::schema::Schema;
use super::{Action, Error, Format, Hits, Input, Output, Rewritten, Values};

/// Finds values in one column of Avro files (specification 1.12), and rewrites the files without.
///
/// Codecs: `null`, `deflate`, `snappy`, `zstandard`. A value becomes null where its union has `null`; strings, bytes, fixed
/// and whole numbers have pseudonyms; what else is replaced stays of its type.
#[derive(Debug)]
pub struct AvroEraser {
    column: String,
    values: Values,
    key: hmac::Key,
}

impl AvroEraser {
    /// For the subject column of this dotted path, which goes through arrays, maps (by key) and unions, and these values:
    /// strings, enums, bytes that are UTF-8, whole numbers by their digits, `true` and `false`.
    ///
    /// # Errors
    /// [`Error::Random`]: the system gives no randomness.
    pub fn new(column: impl Into<String>, values: Values) -> Result<Self, Error> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map_err(|_| Error::Random)?;
        Ok(Self { column: column.into(), values, key })
    }

    /// Makes pseudonyms with this key: then they are those of every other format that has it.
    pub(in crate::erase) fn with_key(self, key: &hmac::Key) -> Self {
        Self { key: key.clone(), ..self }
    }
}

impl Format for AvroEraser {
    fn find(&self, input: &dyn Input) -> Result<Hits, Error> {
        let mut container = Container::open(input)?;
        let schema = Schema::of(&container.schema, input.name())?;
        schema.check(&self.column)?;
        let values: HashSet<&str> = self.values.iter().collect();
        let mut hits = Hits::default();
        while let Some(block) = container.next()? {
            let data = container.unpack(&block)?;
            let mut at = 0;
            for row in 0..block.rows {
                let mut hit = false;
                at = schema.row(&data, at, &self.column, &mut |text| hit |= values.contains(text))?;
                if hit {
                    hits.hit.push(hits.rows + row);
                }
            }
            whole(&data, at, input)?;
            hits.rows += block.rows;
        }
        Ok(hits)
    }

    fn rewrite(
        &self,
        input: &dyn Input,
        hits: &Hits,
        action: &Action,
        output: &mut dyn Output,
    ) -> Result<Rewritten, Error> {
        let mut container = Container::open(input)?;
        let schema = Schema::of(&container.schema, input.name())?;
        let change = Change::of(action, &self.key, input.name());
        change.as_ref().map_or(Ok(()), |change| change.check(&schema))?;
        let mut done = Rewritten { copied: container.at, ..Rewritten::default() };
        output.copy(0..container.at)?;
        let mut first = 0;
        while let Some(block) = container.next()? {
            let gone = hits.hit.within(first..first + block.rows);
            first += block.rows;
            let left = if change.is_some() { block.rows } else { block.rows - gone.count() };
            done.rows += left;
            done.erased += gone.count();
            if gone.is_empty() {
                output.copy(block.range.clone())?;
                done.copied += block.range.end - block.range.start;
            } else if left > 0 {
                let data = container.unpack(&block)?;
                let mut kept = Vec::with_capacity(data.len());
                let (mut at, mut gone) = (0, gone.iter().peekable());
                for row in 0..block.rows {
                    let end = schema.row(&data, at, "", &mut |_| ())?;
                    match (gone.next_if_eq(&row), &change) {
                        (None, _) => kept.extend_from_slice(data.get(at..end).unwrap_or_default()),
                        (Some(_), None) => {}
                        (Some(_), Some(change)) => {
                            let before = kept.len();
                            change.row(&schema, &data, at..end, &mut kept)?;
                            done.reencoded += (kept.len() - before) as u64;
                        }
                    }
                    at = end;
                }
                whole(&data, at, input)?;
                let bytes = container.pack(left, &kept)?;
                output.write(&bytes)?;
                done.made += bytes.len() as u64;
            }
        }
        if first != hits.rows {
            let why = "it has other rows than when it was searched".to_owned();
            return Err(Error::Impossible { file: input.name().to_owned(), why });
        }
        Ok(done)
    }
}

/// A block must end with its last row.
fn whole(data: &[u8], at: usize, input: &dyn Input) -> Result<(), Error> {
    if at == data.len() { Ok(()) } else { Err(damaged(input.name(), "a block has more bytes than rows")) }
}

fn damaged(file: &str, why: impl Into<String>) -> Error {
    Error::Damaged { file: file.to_owned(), why: why.into() }
}

/// Writes a whole number in zigzag and base 128.
fn put(into: &mut Vec<u8>, number: i64) {
    let mut rest = (number << 1 ^ number >> 63).cast_unsigned();
    while rest >= 0x80 {
        into.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    into.push(rest as u8);
}

/// A whole number at `at`, in zigzag and base 128, and where it ends.
fn number(bytes: &[u8], at: usize) -> Option<(i64, usize)> {
    let mut all = 0u64;
    for (place, byte) in bytes.get(at..)?.iter().take(10).enumerate() {
        all |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(((all >> 1) as i64 ^ -((all & 1) as i64), at + place + 1));
        }
    }
    None
}
