//! Values out of a page's bytes, and into them again, by encoding. Dictionary indexes are not values: see `page`.

use std::borrow::Cow;

use parquet::basic::Type;

use super::cells::{Cells, Edit};
use super::fault::{Fault, Result, number, part, rest, short};
use super::header::encoding;
use super::kind::Kind;
use super::{delta, hybrid};

/// The `count` values in `bytes`.
pub(super) fn decode<'a>(kind: Kind, encoding: i64, bytes: &'a [u8], count: usize) -> Result<Cells<'a>> {
    match (encoding, kind.physical) {
        _ if count == 0 => Cells::wide(&[][..], 1, 0),
        (encoding::PLAIN, Type::BOOLEAN) => {
            let packed = part(bytes, 0, count.div_ceil(8))?;
            let mut bits = Vec::with_capacity(count);
            hybrid::unpack(packed, 1, count, &mut bits);
            booleans(&bits)
        }
        (encoding::PLAIN, Type::BYTE_ARRAY) => Cells::prefixed(bytes, count),
        (encoding::PLAIN, _) => Cells::wide(bytes, kind.width, count),
        (encoding::RLE, Type::BOOLEAN) => {
            let mut bits = Vec::new();
            hybrid::decode(part(bytes, 4, number(bytes, 0)?)?, 1, count, &mut bits)?;
            booleans(&bits)
        }
        (encoding::DELTA_BINARY_PACKED, Type::INT32 | Type::INT64) => {
            let (values, _) = delta::decode(bytes, count)?;
            let bytes: Vec<u8> =
                values.iter().flat_map(|value| value.to_le_bytes().into_iter().take(kind.width)).collect();
            Cells::wide(bytes, kind.width, count)
        }
        (encoding::DELTA_LENGTH_BYTE_ARRAY, Type::BYTE_ARRAY) => {
            let (lengths, size) = delta::decode(bytes, count)?;
            counted(Cells::joined(rest(bytes, size)?, lengths)?, count)
        }
        (encoding::DELTA_BYTE_ARRAY, Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY) => {
            counted(fronts(bytes, count)?, count)
        }
        (encoding::BYTE_STREAM_SPLIT, _) if kind.width > 0 => {
            let size = count.checked_mul(kind.width).ok_or_else(short)?;
            let streams = part(bytes, 0, size)?;
            let mut joined = vec![0; size];
            for (stream, bytes) in streams.chunks_exact(count).enumerate() {
                joined.iter_mut().skip(stream).step_by(kind.width).zip(bytes).for_each(|(to, from)| *to = *from);
            }
            Cells::wide(joined, kind.width, count)
        }
        _ => Err(Fault::unsupported(format!("the encoding {encoding} for values of the type {}", kind.physical))),
    }
}

/// Appends the values that `edit` leaves.
pub(super) fn encode(
    kind: Kind,
    encoding: i64,
    cells: &Cells<'_>,
    edit: &Edit<Vec<u8>>,
    out: &mut Vec<u8>,
) -> Result<()> {
    match (encoding, kind.physical) {
        (encoding::PLAIN, Type::BOOLEAN) => {
            let bits: Vec<u8> = edit.apply(cells).filter_map(|value| value.first().copied()).collect();
            out.extend(bits.chunks(8).map(|bits| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit)));
        }
        (encoding::PLAIN, _) if edit.new.is_empty() => {
            for kept in edit.kept(cells.len()) {
                out.extend_from_slice(cells.stretch(kept)?);
            }
        }
        (encoding::PLAIN, physical) => {
            for value in edit.apply(cells) {
                if physical == Type::BYTE_ARRAY {
                    out.extend((value.len() as u32).to_le_bytes());
                }
                out.extend_from_slice(value);
            }
        }
        (encoding::RLE, _) => {
            let bits: Vec<u32> = edit.apply(cells).filter_map(|value| value.first().copied().map(u32::from)).collect();
            let at = out.len();
            out.extend_from_slice(&[0; 4]);
            hybrid::encode(&bits, 1, out);
            let size = (out.len() - at - 4) as u32;
            out.iter_mut().skip(at).zip(size.to_le_bytes()).for_each(|(to, byte)| *to = byte);
        }
        (encoding::DELTA_BINARY_PACKED, _) => {
            let values: Vec<i64> = edit.apply(cells).map(signed).collect();
            delta::encode(&values, kind.width == 4, out);
        }
        (encoding::DELTA_LENGTH_BYTE_ARRAY, _) => {
            let lengths: Vec<i64> = edit.apply(cells).map(|value| value.len() as i64).collect();
            delta::encode(&lengths, true, out);
            edit.apply(cells).for_each(|value| out.extend_from_slice(value));
        }
        (encoding::DELTA_BYTE_ARRAY, _) => write_fronts(edit.apply(cells), out),
        (encoding::BYTE_STREAM_SPLIT, _) => {
            for stream in 0..kind.width {
                out.extend(edit.apply(cells).filter_map(|value| value.get(stream)));
            }
        }
        _ => return Err(Fault::unsupported(format!("the encoding {encoding}"))),
    }
    Ok(())
}

fn booleans<'a>(bits: &[u32]) -> Result<Cells<'a>> {
    let bytes: Vec<u8> = bits.iter().map(|bit| *bit as u8).collect();
    let count = bytes.len();
    Cells::wide(bytes, 1, count)
}

fn counted(cells: Cells<'_>, count: usize) -> Result<Cells<'_>> {
    if cells.len() == count { Ok(cells) } else { Err(short()) }
}

fn signed(bytes: &[u8]) -> i64 {
    match (bytes.first_chunk::<8>(), bytes.first_chunk::<4>()) {
        (Some(wide), _) => i64::from_le_bytes(*wide),
        (None, Some(narrow)) => i64::from(i32::from_le_bytes(*narrow)),
        _ => 0,
    }
}

/// Each value begins with as many bytes of the one before as the first list says.
fn fronts<'a>(bytes: &'a [u8], count: usize) -> Result<Cells<'a>> {
    let (shared, at) = delta::decode(bytes, count)?;
    let (lengths, size) = delta::decode(rest(bytes, at)?, count)?;
    let ends = Cells::joined(rest(bytes, at + size)?, lengths)?;
    let (mut all, mut sizes): (Vec<u8>, Vec<i64>) = (Vec::new(), Vec::new());
    let mut start = 0;
    for (shared, end) in shared.iter().zip(ends.iter()) {
        let shared = usize::try_from(*shared).ok().filter(|shared| *shared <= all.len() - start).ok_or_else(short)?;
        let before = start;
        start = all.len();
        // A value may share much with the one before, and all of them together be far larger than the page.
        if start + shared + end.len() > i32::MAX as usize {
            return Err(Fault::damaged("a page that does not fit into memory"));
        }
        all.extend_from_within(before..before + shared);
        all.extend_from_slice(end);
        sizes.push((all.len() - start) as i64);
    }
    Cells::joined(Cow::Owned(all), sizes)
}

fn write_fronts<'c>(values: impl Iterator<Item = &'c [u8]>, out: &mut Vec<u8>) {
    let (mut shared, mut lengths, mut ends): (Vec<i64>, Vec<i64>, Vec<u8>) = Default::default();
    let mut before: &[u8] = &[];
    for value in values {
        let same = value.iter().zip(before).take_while(|(one, other)| one == other).count();
        let end = value.get(same..).unwrap_or_default();
        shared.push(same as i64);
        lengths.push(end.len() as i64);
        ends.extend_from_slice(end);
        before = value;
    }
    delta::encode(&shared, true, out);
    delta::encode(&lengths, true, out);
    out.extend_from_slice(&ends);
}
