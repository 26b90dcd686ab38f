//! What sort of value a column holds, whatever type it is stored in: CSV knows only text.

use arrow::datatypes::DataType;

use super::date::moment;
use super::pattern::{decimal, integer};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int,
    Float,
    Date,
    Time,
    Text,
    Bytes,
}

impl Kind {
    /// The kind of a stored type; text is looked into.
    pub(super) fn of<'a>(data_type: &DataType, values: impl Iterator<Item = &'a str> + Clone) -> Self {
        match data_type {
            DataType::Boolean => Self::Bool,
            t if t.is_integer() => Self::Int,
            t if t.is_floating() || t.is_decimal() => Self::Float,
            DataType::Date32 | DataType::Date64 => Self::Date,
            DataType::Timestamp(..) => written(values).filter(|k| *k == Self::Date).unwrap_or(Self::Time),
            DataType::Time32(_) | DataType::Time64(_) | DataType::Duration(_) | DataType::Interval(_) => Self::Time,
            DataType::Dictionary(_, value) => Self::of(value, values),
            DataType::RunEndEncoded(_, value) => Self::of(value.data_type(), values),
            t if t.is_string() => written(values).unwrap_or(Self::Text),
            _ => Self::Bytes,
        }
    }
}

/// The kind that nine of ten values are written as.
fn written<'a>(values: impl Iterator<Item = &'a str> + Clone) -> Option<Kind> {
    let total = values.clone().count();
    if total == 0 {
        return None;
    }
    if total <= 2 && values.clone().all(is_bool) {
        return Some(Kind::Bool);
    }
    let most = |test: fn(&str) -> bool| values.clone().filter(|v| test(v)).count() * 10 >= total * 9;
    if most(integer) {
        Some(Kind::Int)
    } else if most(|v| decimal(v) || integer(v)) {
        Some(Kind::Float)
    } else if most(|v| moment(v).is_some_and(|m| !m.has_time)) {
        Some(Kind::Date)
    } else {
        most(|v| moment(v).is_some()).then_some(Kind::Time)
    }
}

fn is_bool(value: &str) -> bool {
    ["true", "false", "t", "f", "yes", "no", "y", "n", "0", "1"].iter().any(|b| b.eq_ignore_ascii_case(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Kind {
        Kind::of(&DataType::Utf8, values.iter().copied())
    }

    #[test]
    fn text_is_looked_into() {
        assert_eq!(of(&["0", "1"]), Kind::Bool);
        assert_eq!(of(&["t"]), Kind::Bool);
        assert_eq!(of(&["3", "17", "900"]), Kind::Int);
        assert_eq!(of(&["3", "17.5"]), Kind::Float);
        assert_eq!(of(&["1990-01-02", "1980/3/4"]), Kind::Date);
        assert_eq!(of(&["1990-01-02 10:11:12"]), Kind::Time);
        assert_eq!(of(&["M", "F"]), Kind::Text);
        assert_eq!(of(&[]), Kind::Text);
    }
}
