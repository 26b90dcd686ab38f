//! `DELTA_BINARY_PACKED`: numbers as differences, packed in blocks of miniblocks of one width each.

use super::fault::{Fault, Result, part, short};
use super::thrift::{Reader, int, varint};

const BLOCK: usize = 128;
const MINIBLOCKS: usize = 4;
const MINIBLOCK: usize = BLOCK / MINIBLOCKS;

/// Reads all numbers; also how many bytes they took.
pub(super) fn decode(bytes: &[u8], most: usize) -> Result<(Vec<i64>, usize)> {
    let mut reader = Reader::new(bytes);
    let mut size = || reader.varint().and_then(|value| usize::try_from(value).map_err(|_| short()));
    let (block, miniblocks, count) = (size()?, size()?, size()?);
    let first = reader.int()?;
    if miniblocks == 0 || block % miniblocks != 0 || block > 1 << 20 || count > most {
        return Err(Fault::damaged("a page of differences has a header that cannot be"));
    }
    let miniblock = block / miniblocks;
    let mut values = Vec::with_capacity(count);
    if count > 0 {
        values.push(first);
    }
    let (mut at, mut value) = (reader.at(), first);
    while values.len() < count {
        let mut reader = Reader::new(bytes.get(at..).ok_or_else(short)?);
        let least = reader.int()?;
        at += reader.at();
        let widths = part(bytes, at, miniblocks)?;
        at += miniblocks;
        for width in widths {
            if values.len() == count {
                break;
            }
            let width = usize::from(*width);
            if width > 64 {
                return Err(Fault::damaged("differences of more than 64 bits"));
            }
            let packed = part(bytes, at, (miniblock * width).div_ceil(8))?;
            at += packed.len();
            for place in 0..miniblock.min(count - values.len()) {
                value = value.wrapping_add(least).wrapping_add(bits(packed, place * width, width).cast_signed());
                values.push(value);
            }
        }
    }
    Ok((values, at))
}

/// Writes numbers; `narrow` for columns of 32 bits, whose differences wrap around there.
pub(super) fn encode(values: &[i64], narrow: bool, out: &mut Vec<u8>) {
    varint(out, BLOCK as u64);
    varint(out, MINIBLOCKS as u64);
    varint(out, values.len() as u64);
    int(out, values.first().copied().unwrap_or(0));
    let wrap = |value: i64| if narrow { i64::from(value as i32) } else { value };
    let differences: Vec<i64> =
        values.iter().zip(values.iter().skip(1)).map(|(one, next)| wrap(next.wrapping_sub(*one))).collect();
    for block in differences.chunks(BLOCK) {
        let least = block.iter().copied().min().unwrap_or(0);
        int(out, least);
        let above = |value: &i64| {
            let above = value.wrapping_sub(least).cast_unsigned();
            if narrow { above & 0xffff_ffff } else { above }
        };
        let minis: Vec<(&[i64], u32)> = block
            .chunks(MINIBLOCK)
            .map(|mini| (mini, 64 - mini.iter().map(above).fold(0, |all, one| all | one).leading_zeros()))
            .collect();
        out.extend((0..MINIBLOCKS).map(|at| minis.get(at).map_or(0, |(_, width)| *width as u8)));
        for (mini, width) in minis {
            let (mut held, mut have) = (0u128, 0);
            for at in 0..MINIBLOCK {
                held |= u128::from(mini.get(at).map_or(0, above)) << have;
                have += width;
                while have >= 8 {
                    out.push(held as u8);
                    held >>= 8;
                    have -= 8;
                }
            }
        }
    }
}

/// `width` bits from bit `from`, the lowest first.
fn bits(bytes: &[u8], from: usize, width: usize) -> u64 {
    let window = bytes.iter().skip(from / 8).take(9).enumerate();
    let value = window.fold(0u128, |value, (at, byte)| value | u128::from(*byte) << (8 * at));
    ((value >> (from % 8)) & ((1u128 << width) - 1)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(values in prop::collection::vec(prop_oneof![-9..9i64, any::<i64>()], 0..400)) {
            let mut bytes = Vec::new();
            encode(&values, false, &mut bytes);
            bytes.push(7);
            prop_assert_eq!(decode(&bytes, 400).unwrap(), (values, bytes.len() - 1));
        }

        #[test]
        fn narrow_numbers_come_back(values in prop::collection::vec(any::<i32>(), 0..400)) {
            let mut bytes = Vec::new();
            encode(&values.iter().copied().map(i64::from).collect::<Vec<_>>(), true, &mut bytes);
            let back: Vec<i32> = decode(&bytes, 400).unwrap().0.into_iter().map(|value| value as i32).collect();
            prop_assert_eq!(back, values);
        }

        #[test]
        fn any_bytes_are_numbers_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = decode(&bytes, 1000);
        }
    }
}
