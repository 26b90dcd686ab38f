use std::collections::HashMap;

use arrow::datatypes::{DataType, TimeUnit as ArrowUnit};
use jiff::civil::{Date, DateTime, Time};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::schema::types::ColumnDescriptor;

/// What the values of a column mean, whatever their physical type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Meaning {
    Text,
    /// Bytes of which nobody said what they are.
    Bytes,
    Boolean,
    Integer,
    Float,
    /// With so many digits behind the point.
    Decimal(i32),
    /// Days since 1970.
    Day,
    /// Of a day, in units of so many nanoseconds.
    Clock(i128),
    /// Since 1970, in units of so many nanoseconds.
    Instant(i128),
    Uuid,
}

impl Meaning {
    pub(super) fn of_parquet(column: &ColumnDescriptor) -> Self {
        use {ConvertedType as Old, LogicalType as New};
        let unit = |unit: &TimeUnit| match unit {
            TimeUnit::MILLIS => 1_000_000,
            TimeUnit::MICROS => 1_000,
            TimeUnit::NANOS => 1,
        };
        match (column.logical_type_ref(), column.converted_type()) {
            _ if column.physical_type() == Type::INT96 => Self::Instant(1),
            _ if column.physical_type() == Type::BOOLEAN => Self::Boolean,
            (Some(New::Decimal(_)), _) | (None, Old::DECIMAL) => Self::Decimal(column.type_scale()),
            (Some(New::Date), _) | (None, Old::DATE) => Self::Day,
            (Some(New::Time(time)), _) => Self::Clock(unit(&time.unit)),
            (Some(New::Timestamp(time)), _) => Self::Instant(unit(&time.unit)),
            (None, Old::TIME_MILLIS) => Self::Clock(1_000_000),
            (None, Old::TIME_MICROS) => Self::Clock(1_000),
            (None, Old::TIMESTAMP_MILLIS) => Self::Instant(1_000_000),
            (None, Old::TIMESTAMP_MICROS) => Self::Instant(1_000),
            (Some(New::Uuid), _) => Self::Uuid,
            (Some(New::String | New::Json | New::Enum), _) | (None, Old::UTF8 | Old::JSON | Old::ENUM) => Self::Text,
            _ => match column.physical_type() {
                Type::FLOAT | Type::DOUBLE => Self::Float,
                Type::INT32 | Type::INT64 => Self::Integer,
                _ => Self::Bytes,
            },
        }
    }

    pub(super) fn of_arrow(kind: &DataType) -> Self {
        let unit = |unit: &ArrowUnit| match unit {
            ArrowUnit::Second => 1_000_000_000,
            ArrowUnit::Millisecond => 1_000_000,
            ArrowUnit::Microsecond => 1_000,
            ArrowUnit::Nanosecond => 1,
        };
        match kind {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::Boolean => Self::Boolean,
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Self::Float,
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal128(_, scale)
            | DataType::Decimal256(_, scale) => Self::Decimal((*scale).into()),
            DataType::Date32 => Self::Day,
            DataType::Date64 => Self::Instant(1_000_000),
            DataType::Time32(of) | DataType::Time64(of) => Self::Clock(unit(of)),
            DataType::Timestamp(of, _) => Self::Instant(unit(of)),
            kind if kind.is_integer() => Self::Integer,
            _ => Self::Bytes,
        }
    }

    /// A text as a number of this meaning.
    pub(super) fn number(self, text: &str) -> Option<i128> {
        match self {
            Self::Text | Self::Bytes | Self::Uuid | Self::Float => None,
            Self::Boolean => text.parse::<bool>().ok().map(i128::from),
            Self::Integer => text.parse().ok(),
            Self::Decimal(scale) => unscaled(text, scale),
            Self::Day => Some(text.parse::<Date>().ok()?.since(Date::constant(1970, 1, 1)).ok()?.get_days().into()),
            Self::Clock(unit) => {
                let nanos = text.parse::<Time>().ok()?.duration_since(Time::midnight()).as_nanos();
                (nanos % unit == 0).then_some(nanos / unit)
            }
            Self::Instant(unit) => {
                let stamp = text.parse::<jiff::Timestamp>().ok().or_else(|| {
                    let day = || text.parse::<Date>().ok().map(|day| day.to_datetime(Time::midnight()));
                    let civil = text.parse::<DateTime>().ok().or_else(day)?;
                    civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
                })?;
                let nanos = stamp.as_nanosecond();
                (nanos % unit == 0).then_some(nanos / unit)
            }
        }
    }
}

/// `-12.5` with two digits behind the point is -1250.
fn unscaled(text: &str, scale: i32) -> Option<i128> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = part.trim_end_matches('0');
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let sign = i128::from(whole.starts_with('-')) * -2 + 1;
    let whole = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    if whole.is_empty() && part.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let left = u32::try_from(i64::from(scale) - part.len() as i64).ok()?;
    let all: i128 = if whole.is_empty() && part.is_empty() { 0 } else { format!("0{whole}{part}").parse().ok()? };
    all.checked_mul(10_i128.checked_pow(left)?).map(|all| sign * all)
}

/// Those of the values that could be numbers of a column.
pub(super) struct Numbers {
    by_number: HashMap<i128, usize>,
    /// By the bits of a double; a single is widened.
    floats: HashMap<u64, usize>,
    singles: HashMap<u32, usize>,
    least: i128,
    greatest: i128,
}

impl Numbers {
    pub(super) fn of<'t>(texts: impl Iterator<Item = (usize, &'t str)> + Clone, meaning: Meaning) -> Self {
        let texts = || texts.clone();
        let by_number: HashMap<_, _> =
            texts().filter_map(|(value, text)| Some((meaning.number(text)?, value))).collect();
        let is_float = meaning == Meaning::Float;
        let floats = texts().filter(|_| is_float).filter_map(|(v, text)| Some((float(text)?, v)));
        let singles = texts().filter(|_| is_float).filter_map(|(v, text)| Some((single(text)?, v)));
        Self {
            least: by_number.keys().min().copied().unwrap_or(0),
            greatest: by_number.keys().max().copied().unwrap_or(0),
            floats: floats.collect(),
            singles: singles.collect(),
            by_number,
        }
    }

    /// Whether no number of the column could be one of the values.
    pub(super) fn is_empty(&self) -> bool {
        self.by_number.is_empty() && self.floats.is_empty() && self.singles.is_empty()
    }

    #[inline]
    pub(super) fn find(&self, number: i128) -> Option<usize> {
        (self.least <= number && number <= self.greatest).then(|| self.by_number.get(&number).copied()).flatten()
    }

    pub(super) fn find_double(&self, number: f64) -> Option<usize> {
        if self.floats.is_empty() { None } else { self.floats.get(&plain(number).to_bits()).copied() }
    }

    pub(super) fn find_single(&self, number: f32) -> Option<usize> {
        let number = if number == 0.0 { 0.0 } else { number };
        if self.singles.is_empty() { None } else { self.singles.get(&number.to_bits()).copied() }
    }
}

/// One zero.
fn plain(number: f64) -> f64 {
    if number == 0.0 { 0.0 } else { number }
}

/// What is not a number is nobody's.
fn float(text: &str) -> Option<u64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| plain(number).to_bits())
}

fn single(text: &str) -> Option<u32> {
    let number = text.parse::<f32>().ok().filter(|number| number.is_finite())?;
    Some(if number == 0.0 { 0 } else { number.to_bits() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_number_as_the_column_means_it() {
        assert_eq!(Meaning::Decimal(2).number("-12.50"), Some(-1250));
        assert_eq!(Meaning::Decimal(2).number("12"), Some(1200));
        assert_eq!(Meaning::Decimal(1).number("12.55"), None);
        assert_eq!(Meaning::Decimal(2).number("x"), None);
        assert_eq!(Meaning::Day.number("1970-01-03"), Some(2));
        assert_eq!(Meaning::Instant(1_000_000).number("1970-01-01T00:00:01.5"), Some(1500));
        assert_eq!(Meaning::Instant(1_000_000).number("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(Meaning::Instant(1_000_000_000).number("1970-01-01T00:00:01.5Z"), None);
        assert_eq!(Meaning::Clock(1_000).number("00:00:01"), Some(1_000_000));
        assert_eq!(Meaning::Integer.number("18446744073709551615"), Some(u64::MAX.into()));
        assert_eq!(Meaning::Text.number("7"), None);
    }
}
