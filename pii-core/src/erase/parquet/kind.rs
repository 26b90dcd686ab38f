use std::cmp::Ordering;

use parquet::basic::{LogicalType, SortOrder, Type};
use parquet::schema::types::ColumnDescriptor;

/// What the values of a column are, physically, and how they are ordered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) physical: Type,
    /// Bytes a value in memory; 0 where each has its own length. A boolean takes one.
    pub(super) width: usize,
    pub(super) order: Order,
    pub(super) definition: u32,
    pub(super) repetition: u32,
}

/// Which of two values is the smaller one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Nobody knows: such columns have no bounds.
    None,
    /// Little-endian integers.
    Signed,
    Unsigned,
    /// IEEE 754, little-endian.
    Float,
    /// Byte after byte.
    Bytes,
    /// Big-endian two's complement.
    Decimal,
}

impl Kind {
    pub(super) fn of(column: &ColumnDescriptor) -> Self {
        let physical = column.physical_type();
        let width = match physical {
            Type::BOOLEAN => 1,
            Type::INT32 | Type::FLOAT => 4,
            Type::INT64 | Type::DOUBLE => 8,
            Type::INT96 => 12,
            Type::BYTE_ARRAY => 0,
            Type::FIXED_LEN_BYTE_ARRAY => usize::try_from(column.type_length()).unwrap_or(0),
        };
        let half = matches!(column.logical_type_ref(), Some(LogicalType::Float16));
        let order = match (physical, column.sort_order()) {
            (Type::INT96, _) | (_, SortOrder::UNDEFINED) => Order::None,
            (Type::BOOLEAN, _) => Order::Unsigned,
            (Type::FLOAT | Type::DOUBLE, _) => Order::Float,
            (Type::INT32 | Type::INT64, SortOrder::SIGNED) => Order::Signed,
            (Type::INT32 | Type::INT64, SortOrder::UNSIGNED) => Order::Unsigned,
            (Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY, SortOrder::UNSIGNED) => Order::Bytes,
            (Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY, SortOrder::SIGNED) if !half => Order::Decimal,
            (Type::FIXED_LEN_BYTE_ARRAY, SortOrder::SIGNED) => Order::Float,
            _ => Order::None,
        };
        let level = |level: i16| u32::try_from(level).unwrap_or(0);
        Self {
            physical,
            width,
            order,
            definition: level(column.max_def_level()),
            repetition: level(column.max_rep_level()),
        }
    }
}

impl Order {
    /// `None` where one of them cannot be compared: not a number.
    pub(super) fn compare(self, one: &[u8], other: &[u8]) -> Option<Ordering> {
        match self {
            Self::None => None,
            Self::Bytes => Some(one.cmp(other)),
            Self::Unsigned => Some(one.iter().rev().cmp(other.iter().rev())),
            Self::Signed => Some(signed(one).cmp(&signed(other))),
            Self::Float => float(one)?.partial_cmp(&float(other)?),
            Self::Decimal => Some(decimals(one, other)),
        }
    }
}

fn signed(bytes: &[u8]) -> i64 {
    let mut wide = [if bytes.last().is_some_and(|top| *top >= 0x80) { 0xff } else { 0 }; 8];
    wide.iter_mut().zip(bytes).for_each(|(wide, byte)| *wide = *byte);
    i64::from_le_bytes(wide)
}

fn float(bytes: &[u8]) -> Option<f64> {
    match *bytes {
        [a, b] => Some(half(u16::from_le_bytes([a, b]))),
        [a, b, c, d] => Some(f64::from(f32::from_le_bytes([a, b, c, d]))),
        _ => Some(f64::from_le_bytes(*bytes.first_chunk()?)),
    }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f64 {
    let (exponent, mantissa) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => mantissa / 1024.0 * 2f64.powi(-14),
        0x1f if mantissa == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1.0 + mantissa / 1024.0) * 2f64.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// Of any length each: the shorter one is extended by its sign.
fn decimals(one: &[u8], other: &[u8]) -> Ordering {
    let negative = |bytes: &[u8]| bytes.first().is_some_and(|top| *top >= 0x80);
    if negative(one) != negative(other) {
        return negative(other).cmp(&negative(one));
    }
    let fill = if negative(one) { 0xff } else { 0 };
    let len = one.len().max(other.len());
    let wide = |bytes: &[u8]| {
        let bytes = bytes.to_vec();
        std::iter::repeat_n(fill, len - bytes.len()).chain(bytes)
    };
    wide(one).cmp(wide(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_order_knows_its_numbers() {
        let less = Some(Ordering::Less);
        assert_eq!(Order::Signed.compare(&(-5i32).to_le_bytes(), &3i32.to_le_bytes()), less);
        assert_eq!(Order::Unsigned.compare(&3u32.to_le_bytes(), &u32::MAX.to_le_bytes()), less);
        assert_eq!(Order::Float.compare(&(-0.5f64).to_le_bytes(), &0.25f64.to_le_bytes()), less);
        assert_eq!(Order::Float.compare(&f32::NAN.to_le_bytes(), &0f32.to_le_bytes()), None);
        assert_eq!(Order::Float.compare(&0x3c00u16.to_le_bytes(), &0x4000u16.to_le_bytes()), less);
        assert_eq!(Order::Bytes.compare(b"abc", b"abd"), less);
        assert_eq!(Order::Decimal.compare(&[0xff], &[0, 0, 1]), less);
        assert_eq!(Order::Decimal.compare(&[0xff, 0x00], &[0xff]), less);
    }
}
