use std::collections::HashMap;

use parquet::basic::Type;
use parquet::bloom_filter::Sbbf;
use parquet::errors::Result;
use parquet::file::metadata::ColumnChunkMetaData;

use super::super::finds::{Finds, Once};
use super::super::numbers::Meaning;
use super::chunk::Column;
use super::reader::Reader;

/// What the Bloom filters of one column say of values that are in no cell.
///
/// A filter says "maybe" of what it was never told, too: how often by chance, its own bits tell. One such answer is no
/// finding; answers that would come about by chance in less than one file of a thousand are.
#[derive(Default)]
pub(super) struct Answers {
    asked: HashMap<usize, u32>,
    /// The value, the row group, how likely the answer was.
    maybe: Vec<(usize, usize, f64)>,
}

impl Answers {
    /// Asks the filter of a chunk, in whose cells are the values `there`.
    pub(super) fn ask(
        &mut self,
        reader: &Reader<'_>,
        chunk: &ColumnChunkMetaData,
        column: &Column<'_>,
        there: &Once,
        group: usize,
    ) -> Result<()> {
        let Some(filter) = Sbbf::read_from_column_chunk(chunk, reader)? else { return Ok(()) };
        let chance = chance(&filter)?;
        for (value, text) in column.needles.texts().filter(|(value, text)| !text.is_empty() && !there.has(*value)) {
            let Some(bytes) = as_hashed(column, text) else { continue };
            *self.asked.entry(value).or_default() += 1;
            if filter.check(bytes.as_slice()) {
                self.maybe.push((value, group, chance));
            }
        }
        Ok(())
    }

    /// Tells of the answers that are no chance.
    pub(super) fn tell(mut self, column: &Column<'_>, finds: &mut Finds<'_>) {
        self.maybe.sort_unstable_by_key(|(value, group, _)| (*value, *group));
        let values = column.needles.texts().count() as f64;
        for answers in self.maybe.chunk_by(|one, other| one.0 == other.0) {
            let Some((value, ..)) = answers.first() else { continue };
            let (yes, asked) = (answers.len() as u32, self.asked.get(value).copied().unwrap_or(0));
            // The ways to choose which filters answer so, times the chance that they do.
            let ways: f64 = (0..yes).map(|i| f64::from(asked - i).ln() - f64::from(i + 1).ln()).sum();
            let likely: f64 = answers.iter().map(|(_, _, chance)| chance.ln()).sum::<f64>() + ways;
            if likely + values.ln() < CHANCE.ln() {
                for (value, group, _) in answers {
                    finds.column(&column.path, format!("Bloom filter, row group {}", group + 1), *value, false);
                }
            }
        }
    }
}

/// How likely the filter says "maybe" of anything: it looks at one bit in each of the eight words of a block.
fn chance(filter: &Sbbf) -> Result<f64> {
    let mut bits = Vec::new();
    filter.write_bitset(&mut bits)?;
    let of_block = |block: &[u8]| -> f64 {
        let set = |word: &[u8]| word.iter().map(|byte| byte.count_ones()).sum::<u32>();
        block.chunks(4).map(|word| f64::from(set(word)) / 32.0).product()
    };
    let blocks = (bits.len() / 32).max(1) as f64;
    Ok(bits.chunks(32).map(of_block).sum::<f64>() / blocks)
}

/// A value as a filter of this column was told it.
fn as_hashed(column: &Column<'_>, text: &str) -> Option<Vec<u8>> {
    let meaning = Meaning::of_parquet(&column.descriptor);
    let number = || meaning.number(text);
    match (column.descriptor.physical_type(), meaning) {
        (Type::INT32, _) => number().map(|number| (number as i32).to_le_bytes().to_vec()),
        (Type::INT64, _) => number().map(|number| (number as i64).to_le_bytes().to_vec()),
        (Type::FLOAT, _) => text.parse::<f32>().ok().map(|number| number.to_le_bytes().to_vec()),
        (Type::DOUBLE, _) => text.parse::<f64>().ok().map(|number| number.to_le_bytes().to_vec()),
        (_, Meaning::Uuid) => uuid::Uuid::parse_str(text).ok().map(|uuid| uuid.into_bytes().to_vec()),
        (Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY, Meaning::Text | Meaning::Bytes) => {
            Some(text.as_bytes().to_vec())
        }
        _ => None,
    }
}

const CHANCE: f64 = 0.001;
