use std::sync::Arc;

use super::Needles;
use super::finds::Once;
use super::numbers::{Meaning, Numbers};

/// What stands in a cell, or as a bound of cells.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    Number(i128),
    Single(f32),
    Double(f64),
    Bytes(&'a [u8]),
}

/// The values in cells of one meaning.
pub(super) struct Cells<'a> {
    needles: &'a Needles,
    meaning: Meaning,
    numbers: Arc<Numbers>,
}

impl<'a> Cells<'a> {
    pub(super) fn new(needles: &'a Needles, meaning: Meaning) -> Self {
        // Bytes that nobody explains are numbers, too: a table format keeps bounds in this way.
        let numbers = needles.numbers(if meaning == Meaning::Bytes { Meaning::Integer } else { meaning });
        Self { needles, meaning, numbers }
    }

    /// Whether no number could be one of the values.
    pub(super) fn no_number(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Looks into one cell. Gives the values in it, each once.
    pub(super) fn look(&self, cell: Cell<'_>) -> Once {
        let mut once = Once::default();
        match cell {
            Cell::Number(number) => self.numbers.find(number).into_iter().for_each(|value| once.add(value, true)),
            Cell::Single(number) => {
                self.numbers.find_single(number).into_iter().for_each(|value| once.add(value, true))
            }
            Cell::Double(number) => {
                self.numbers.find_double(number).into_iter().for_each(|value| once.add(value, true))
            }
            Cell::Bytes(bytes) => self.look_into(bytes, &mut once),
        }
        once
    }

    fn look_into(&self, bytes: &[u8], once: &mut Once) {
        let whole_or_part = |once: &mut Once, value, from, to| once.add(value, (from, to) == (0, bytes.len()));
        match self.meaning {
            Meaning::Decimal(_) => {
                let found = big_endian(bytes).and_then(|number| self.numbers.find(number));
                found.into_iter().for_each(|value| once.add(value, true));
            }
            Meaning::Text => {
                self.needles.exact(bytes).into_iter().for_each(|value| once.add(value, true));
                self.needles.in_text(bytes, &mut |hit| whole_or_part(once, hit.value, hit.from, hit.to));
            }
            _ => {
                self.needles.exact(bytes).into_iter().for_each(|value| once.add(value, true));
                let numbers = [little_endian(bytes), big_endian(bytes)].map(|number| number.filter(|_| is_word(bytes)));
                for value in numbers.into_iter().flatten().filter_map(|number| self.numbers.find(number)) {
                    once.add(value, true);
                }
                let hit = &mut |hit: super::needles::Hit| whole_or_part(once, hit.value, hit.from, hit.to);
                match std::str::from_utf8(bytes) {
                    Ok(_) => self.needles.in_text(bytes, hit),
                    Err(_) => self.needles.in_bytes(bytes, hit),
                }
                self.cut_short(bytes, once);
            }
        }
    }
}

impl Cells<'_> {
    /// Looks at a bound: if it was cut short, it tells as much as it holds. The greatest is rounded up, its last byte is the
    /// next one.
    pub(super) fn cut_short(&self, bound: &[u8], once: &mut Once) {
        if bound.len() >= TELLING {
            let sure = bound.get(..bound.len() - 1).unwrap_or_default();
            let new: Vec<_> = self.needles.beginning_with(sure).filter(|value| !once.has(*value)).collect();
            new.into_iter().for_each(|value| once.add(value, false));
        }
    }
}

/// Bounds are cut at 16 bytes by Iceberg, at 64 by Parquet writers; shorter ones tell nobody.
const TELLING: usize = 16;

/// Bytes that an integer of a processor has.
fn is_word(bytes: &[u8]) -> bool {
    matches!(bytes.len(), 4 | 8)
}

/// In two's complement.
fn big_endian(bytes: &[u8]) -> Option<i128> {
    let first = *bytes.first()?;
    let sign = if first & 0x80 == 0 { 0 } else { -1 };
    (bytes.len() <= 16).then(|| bytes.iter().fold(sign, |all: i128, byte| all << 8 | i128::from(*byte)))
}

fn little_endian(bytes: &[u8]) -> Option<i128> {
    let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
    big_endian(&reversed)
}
