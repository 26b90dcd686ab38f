//! Runs and bit-packed groups in turn: how Parquet writes levels, indexes of dictionaries, and booleans.

use super::fault::{Fault, Result, part, short};
use super::thrift::{Reader, varint};

/// How many bits numbers up to `greatest` need.
pub(super) fn width(greatest: u32) -> u32 {
    u32::BITS - greatest.leading_zeros()
}

/// Reads `count` numbers of `width` bits.
pub(super) fn decode(bytes: &[u8], width: u32, count: usize, out: &mut Vec<u32>) -> Result<()> {
    out.clear();
    if width > 32 {
        return Err(Fault::damaged("numbers of more than 32 bits"));
    }
    if width == 0 {
        out.resize(count, 0);
        return Ok(());
    }
    out.reserve(count.min(bytes.len().saturating_mul(8).max(1 << 16)));
    let mut at = 0;
    while out.len() < count {
        let mut reader = Reader::new(bytes.get(at..).ok_or_else(short)?);
        let head = usize::try_from(reader.varint()?).map_err(|_| short())?;
        at += reader.at();
        let left = count - out.len();
        if head & 1 == 0 {
            let size = width.div_ceil(8) as usize;
            let value = part(bytes, at, size)?.iter().rev().fold(0u32, |value, byte| value << 8 | u32::from(*byte));
            at += size;
            if head == 0 {
                return Err(Fault::damaged("a run of nothing"));
            }
            out.resize(out.len() + (head >> 1).min(left), value);
        } else {
            let size = (head >> 1).checked_mul(width as usize).ok_or_else(short)?;
            let groups = bytes.get(at..at.saturating_add(size).min(bytes.len())).ok_or_else(short)?;
            at += size;
            let have = (head >> 1).saturating_mul(8).min(left).min(groups.len() * 8 / width as usize);
            if have == 0 {
                return Err(short());
            }
            unpack(groups, width, have, out);
        }
    }
    Ok(())
}

/// `count` numbers of `width` bits, the lowest bits first.
pub(super) fn unpack(bytes: &[u8], width: u32, count: usize, out: &mut Vec<u32>) {
    let (mask, width) = ((1u64 << width) - 1, width as usize);
    out.extend((0..count).map(|at| {
        let bit = at * width;
        let rest = bytes.get(bit / 8..).unwrap_or_default();
        // Eight bytes hold any number, wherever in the first of them it begins.
        let word = match rest.first_chunk() {
            Some(word) => u64::from_le_bytes(*word),
            None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        (word >> (bit % 8) & mask) as u32
    }));
}

/// Writes numbers of `width` bits: eight or more equal ones as a run, all else packed.
pub(super) fn encode(values: &[u32], width: u32, out: &mut Vec<u8>) {
    let mut packed = 0;
    let mut at = 0;
    while let Some(value) = values.get(at) {
        let run = values.iter().skip(at).take_while(|next| *next == value).count();
        // A packed stretch holds a multiple of eight numbers unless it is the last one: it takes the beginning of the run.
        let lent = (8 - (at - packed) % 8) % 8;
        if run < lent + 8 {
            at += run;
            continue;
        }
        pack(values.get(packed..at + lent).unwrap_or_default(), width, out);
        let run = run - lent;
        varint(out, (run as u64) << 1);
        out.extend(value.to_le_bytes().iter().take(width.div_ceil(8) as usize));
        at += lent + run;
        packed = at;
    }
    pack(values.get(packed..).unwrap_or_default(), width, out);
}

fn pack(values: &[u32], width: u32, out: &mut Vec<u8>) {
    if values.is_empty() {
        return;
    }
    let groups = values.len().div_ceil(8);
    varint(out, (groups as u64) << 1 | 1);
    let (mut bits, mut have) = (0u64, 0);
    for at in 0..groups * 8 {
        bits |= u64::from(values.get(at).copied().unwrap_or(0)) << have;
        have += width;
        if have >= 32 {
            out.extend_from_slice(&(bits as u32).to_le_bytes());
            bits >>= 32;
            have -= 32;
        }
    }
    // Eight numbers of any width end with a byte.
    out.extend(bits.to_le_bytes().iter().take(have as usize / 8));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(runs in prop::collection::vec((0..1000u32, 1..40usize), 0..40)) {
            let values: Vec<u32> = runs.iter().flat_map(|(value, count)| vec![*value; *count]).collect();
            let (mut bytes, mut back) = (Vec::new(), Vec::new());
            encode(&values, 10, &mut bytes);
            decode(&bytes, 10, values.len(), &mut back).unwrap();
            prop_assert_eq!(&back, &values);
        }

        #[test]
        fn any_bytes_are_numbers_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..60), width in 0..40u32) {
            let mut back = Vec::new();
            let _ = decode(&bytes, width, 100, &mut back);
            prop_assert!(back.len() <= 100);
        }
    }
}
