use std::cmp::Ordering;

use jiff::civil::{Date, DateTime, Time};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::schema::types::ColumnDescriptor;
use zeroize::{Zeroize, Zeroizing};

use super::super::Values;
use super::kind::{Kind, Order};

/// The values that are looked for, as the bytes that a column has them in.
pub(super) struct Wanted {
    order: Order,
    /// In the order of bytes.
    sorted: Vec<Zeroizing<Vec<u8>>>,
    /// Where each one is in `sorted`, plus one, at a place that its hash says, or the next free one.
    slots: Vec<u32>,
    /// In the order of the column, for bounds.
    ranked: Vec<Zeroizing<Vec<u8>>>,
    /// A bit for each hash that one of them has: most of what is not wanted is told by it alone.
    filter: Vec<u64>,
    shift: u32,
}

impl Wanted {
    pub(super) fn new(values: &Values, column: &ColumnDescriptor) -> Self {
        let kind = Kind::of(column);
        let mut sorted: Vec<_> =
            values.iter().flat_map(|text| physical(column, kind, text)).map(Zeroizing::new).collect();
        sorted.sort_unstable_by(|one, other| one.as_slice().cmp(other));
        sorted.dedup();
        let mut ranked = sorted.clone();
        if kind.order == Order::Bytes || kind.order == Order::None {
            ranked.clear();
        }
        ranked.sort_by(|one, other| kind.order.compare(one, other).unwrap_or(Ordering::Equal));
        let bits = (sorted.len().max(1).ilog2() + 6).clamp(16, 26);
        let slots = vec![0; (sorted.len() * 2).next_power_of_two()];
        let mut wanted =
            Self { order: kind.order, sorted, slots, ranked, filter: vec![0; 1 << (bits - 6)], shift: 64 - bits };
        for at in 0..wanted.sorted.len() {
            let hash = wanted.sorted.get(at).map_or(0, |value| hash(value));
            let bit = hash >> wanted.shift;
            if let Some(word) = wanted.filter.get_mut((bit >> 6) as usize) {
                *word |= 1 << (bit & 63);
            }
            let mut slot = hash as usize & (wanted.slots.len() - 1);
            while wanted.slots.get(slot).is_some_and(|taken| *taken > 0) {
                slot = (slot + 1) & (wanted.slots.len() - 1);
            }
            if let Some(free) = wanted.slots.get_mut(slot) {
                *free = at as u32 + 1;
            }
        }
        wanted
    }

    /// Whether no value of the column could be one of them.
    pub(super) fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.sorted.iter().map(|value| value.as_slice())
    }

    #[inline]
    pub(super) fn has(&self, value: &[u8]) -> bool {
        let hash = hash(value);
        let bit = hash >> self.shift;
        self.filter.get((bit >> 6) as usize).is_some_and(|word| word >> (bit & 63) & 1 == 1)
            && self.look_up(hash as usize, value)
    }

    fn look_up(&self, mut slot: usize, value: &[u8]) -> bool {
        loop {
            slot &= self.slots.len() - 1;
            let Some(at) = self.slots.get(slot).and_then(|at| at.checked_sub(1)) else { return false };
            if self.sorted.get(at as usize).is_some_and(|wanted| wanted.as_slice() == value) {
                return true;
            }
            slot += 1;
        }
    }

    /// Whether one of them may lie between these bounds, themselves included.
    pub(super) fn between(&self, least: &[u8], greatest: &[u8]) -> bool {
        let list = if self.order == Order::Bytes { &self.sorted } else { &self.ranked };
        let compare = |one: &[u8], other: &[u8]| self.order.compare(one, other);
        if self.order == Order::None || compare(least, greatest).is_none_or(Ordering::is_gt) {
            return true;
        }
        let from = list.partition_point(|wanted| compare(wanted, least) == Some(Ordering::Less));
        // What cannot be compared, not a number, lies nowhere: it is looked for in the values.
        list.get(from).is_some_and(|wanted| compare(wanted, greatest) != Some(Ordering::Greater))
            || self.order == Order::Float && list.iter().any(|wanted| compare(wanted, wanted).is_none())
    }
}

/// From both ends and the length: names of people begin alike, and so do their numbers.
#[inline]
fn hash(value: &[u8]) -> u64 {
    let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    let (head, tail) = match (value.first_chunk(), value.last_chunk()) {
        (Some(head), Some(tail)) => (word(head), word(tail)),
        _ => (value.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), 0),
    };
    let mixed = (head ^ tail.rotate_left(29) ^ value.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ mixed >> 32
}

/// What the values of a column mean.
enum Meaning {
    Text,
    Boolean,
    Integer { signed: bool },
    Float,
    Decimal(i32),
    Date,
    Time(i128),
    Timestamp(i128),
    Uuid,
}

/// A text as the values of a column are stored; nothing where no value of the column could be it.
pub(super) fn physical(column: &ColumnDescriptor, kind: Kind, text: &str) -> Option<Vec<u8>> {
    let number = match meaning(column) {
        Meaning::Text => {
            return (kind.width == 0 || kind.width == text.len()).then(|| text.as_bytes().to_vec());
        }
        Meaning::Boolean => return text.parse::<bool>().ok().map(|value| vec![u8::from(value)]),
        Meaning::Uuid => return uuid::Uuid::parse_str(text).ok().map(|id| id.into_bytes().to_vec()),
        Meaning::Float if kind.width == 4 => return text.parse::<f32>().ok().map(|value| value.to_le_bytes().to_vec()),
        Meaning::Float => return text.parse::<f64>().ok().map(|value| value.to_le_bytes().to_vec()),
        Meaning::Integer { signed: true } => i128::from(text.parse::<i64>().ok()?),
        Meaning::Integer { signed: false } => i128::from(text.parse::<u64>().ok()?),
        Meaning::Decimal(scale) => unscaled(text, scale)?,
        Meaning::Date => i128::from(text.parse::<Date>().ok()?.since(Date::constant(1970, 1, 1)).ok()?.get_days()),
        Meaning::Time(unit) => {
            let since = text.parse::<Time>().ok()?.duration_since(Time::midnight());
            whole(since.as_nanos(), unit)?
        }
        Meaning::Timestamp(unit) => whole(instant(text)?, unit)?,
    };
    let unsigned = matches!(meaning(column), Meaning::Integer { signed: false });
    match kind.physical {
        Type::INT32 if unsigned => u32::try_from(number).ok().map(|value| value.to_le_bytes().to_vec()),
        Type::INT32 => i32::try_from(number).ok().map(|value| value.to_le_bytes().to_vec()),
        Type::INT64 if unsigned => u64::try_from(number).ok().map(|value| value.to_le_bytes().to_vec()),
        Type::INT64 => i64::try_from(number).ok().map(|value| value.to_le_bytes().to_vec()),
        // Nanoseconds of the day, and the day since the beginning of the Julian count.
        Type::INT96 => {
            const DAY: i128 = 86_400_000_000_000;
            let day = u32::try_from(number.div_euclid(DAY) + 2_440_588).ok()?;
            let nanos = number.rem_euclid(DAY) as u64;
            Some([&nanos.to_le_bytes()[..], &day.to_le_bytes()[..]].concat())
        }
        Type::FIXED_LEN_BYTE_ARRAY => {
            let bytes = number.to_be_bytes();
            let sign = if number < 0 { 0xff } else { 0 };
            let wide: Vec<u8> = std::iter::repeat_n(sign, kind.width.saturating_sub(16))
                .chain(bytes.into_iter().skip(16usize.saturating_sub(kind.width)))
                .collect();
            (16usize.saturating_sub(kind.width) <= spare(number)).then_some(wide)
        }
        _ => Some(number.to_be_bytes().into_iter().skip(spare(number)).collect()),
    }
}

/// How many leading bytes say no more than the sign.
fn spare(number: i128) -> usize {
    let bits = if number < 0 { number.leading_ones() } else { number.leading_zeros() };
    ((bits - 1) / 8) as usize
}

fn meaning(column: &ColumnDescriptor) -> Meaning {
    let unit = |unit: &TimeUnit| match unit {
        TimeUnit::MILLIS => 1_000_000,
        TimeUnit::MICROS => 1_000,
        TimeUnit::NANOS => 1,
    };
    match (column.logical_type_ref(), column.converted_type(), column.physical_type()) {
        (_, _, Type::BOOLEAN) => Meaning::Boolean,
        (_, _, Type::INT96) => Meaning::Timestamp(1),
        (_, _, Type::FLOAT | Type::DOUBLE) => Meaning::Float,
        (Some(LogicalType::Decimal(_)), ..) | (_, ConvertedType::DECIMAL, _) => Meaning::Decimal(column.type_scale()),
        (Some(LogicalType::Uuid), ..) => Meaning::Uuid,
        (_, _, Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY) => Meaning::Text,
        (Some(LogicalType::Integer(int)), ..) => Meaning::Integer { signed: int.is_signed },
        (Some(LogicalType::Date), ..) | (None, ConvertedType::DATE, _) => Meaning::Date,
        (Some(LogicalType::Time(time)), ..) => Meaning::Time(unit(&time.unit)),
        (Some(LogicalType::Timestamp(time)), ..) => Meaning::Timestamp(unit(&time.unit)),
        (None, ConvertedType::TIME_MILLIS, _) => Meaning::Time(1_000_000),
        (None, ConvertedType::TIME_MICROS, _) => Meaning::Time(1_000),
        (None, ConvertedType::TIMESTAMP_MILLIS, _) => Meaning::Timestamp(1_000_000),
        (None, ConvertedType::TIMESTAMP_MICROS, _) => Meaning::Timestamp(1_000),
        (None, ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64, _) => {
            Meaning::Integer { signed: false }
        }
        _ => Meaning::Integer { signed: true },
    }
}

/// Nanoseconds since 1970; without an offset, UTC.
pub(in crate::erase) fn instant(text: &str) -> Option<i128> {
    let stamp = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let civil = text.parse::<DateTime>().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    });
    stamp.map(jiff::Timestamp::as_nanosecond)
}

pub(in crate::erase) fn whole(nanos: i128, unit: i128) -> Option<i128> {
    (nanos % unit == 0).then(|| nanos / unit)
}

/// `12.5` at a scale of 2 is 1250.
pub(in crate::erase) fn unscaled(text: &str, scale: i32) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part = part.trim_end_matches('0');
    let zeros = usize::try_from(scale).ok()?.checked_sub(part.len())?;
    let mut all = format!("{whole}{part}{}", "0".repeat(zeros));
    let number = all.bytes().all(|digit| digit.is_ascii_digit()).then(|| all.parse::<i128>().ok()).flatten();
    all.zeroize();
    number.map(|number| sign * number)
}
