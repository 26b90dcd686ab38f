//! What looks like personal data and is none: identifiers of things, times, versions, prices.

use super::checksum::digits;
use super::pattern;
use super::profile::Profile;

/// A reason to doubt what the values seem to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Negative {
    Hash,
    Uuid,
    Isbn,
    ProductCode,
    Epoch,
    Timestamp,
    Version,
    Price,
    Code,
    Counter,
    Url,
}

impl Negative {
    /// What nine of ten distinct values are.
    pub(super) fn of(profile: &Profile) -> Option<Self> {
        let total = profile.distinct();
        let most = |test: fn(&str) -> bool| total > 0 && profile.values().filter(|v| test(v)).count() * 10 >= total * 9;
        let found = TESTS.iter().find(|(_, test)| most(*test)).map(|(negative, _)| *negative);
        found.or_else(|| is_counter(profile).then_some(Self::Counter))
    }

    /// As evidence names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hash => "a hash",
            Self::Uuid => "a UUID",
            Self::Isbn => "an ISBN",
            Self::ProductCode => "an EAN",
            Self::Epoch => "seconds or milliseconds since 1970",
            Self::Timestamp => "a time",
            Self::Version => "a version",
            Self::Price => "a price",
            Self::Code => "a code of letters and numbers",
            Self::Counter => "a running number",
            Self::Url => "a web address",
        }
    }

    /// Whether such values stand for others that were hidden or drawn: a pseudonym if those were a person's.
    pub(super) fn hides(self) -> bool {
        matches!(self, Self::Hash | Self::Uuid)
    }
}

type Test = (Negative, fn(&str) -> bool);

const TESTS: &[Test] = &[
    (Negative::Uuid, pattern::uuid),
    (Negative::Hash, pattern::hex_hash),
    (Negative::Isbn, is_isbn),
    (Negative::ProductCode, is_ean),
    (Negative::Epoch, is_epoch),
    (Negative::Timestamp, |v| super::date::moment(v).is_some_and(|m| m.has_time)),
    (Negative::Version, |v| pattern::version(v) && super::date::moment(v).is_none()),
    (Negative::Price, pattern::price),
    (Negative::Url, pattern::url),
    (Negative::Code, pattern::code),
];

/// ISO 2108: ten places modulo 11, or thirteen that begin with 978 or 979.
fn is_isbn(value: &str) -> bool {
    let plain: String = value.chars().filter(|c| !" -".contains(*c)).collect();
    if plain.len() == 13 && (plain.starts_with("978") || plain.starts_with("979")) {
        return is_ean(&plain);
    }
    let places = plain.chars().zip((1..=10).rev());
    let sum: Option<u32> = places
        .map(|(c, weight)| match (c, weight) {
            ('X' | 'x', 1) => Some(10),
            _ => c.to_digit(10).map(|d| d * weight),
        })
        .sum();
    plain.len() == 10 && sum.is_some_and(|s| s.is_multiple_of(11))
}

/// GS1 General Specifications, section 7.9: weights 3 and 1 from the right.
fn is_ean(value: &str) -> bool {
    digits::<13>(value).is_some_and(|d| {
        let sum: u32 = d.iter().zip([1, 3].into_iter().cycle()).map(|(d, w)| u32::from(*d) * w).sum();
        sum.is_multiple_of(10) && !value.starts_with('0') && value.chars().all(|c| c.is_ascii_digit())
    })
}

/// Seconds of 2001 to 2033, or milliseconds or microseconds of them.
fn is_epoch(value: &str) -> bool {
    let plain = matches!(value.len(), 10 | 13 | 16) && value.bytes().all(|b| b.is_ascii_digit());
    plain
        && value
            .get(..10)
            .and_then(|s| s.parse::<u64>().ok())
            .is_some_and(|s| (1_000_000_000..2_000_000_000).contains(&s))
}

/// Integers that lie close together, as a sequence hands them out.
fn is_counter(profile: &Profile) -> bool {
    let numbers: Vec<i128> = profile.values().filter_map(|v| v.parse().ok()).collect();
    let (Some(low), Some(high)) = (numbers.iter().min(), numbers.iter().max()) else { return false };
    let rows = i128::from(profile.rows).max(1);
    numbers.len() >= 8 && numbers.len() == profile.distinct() && high.saturating_sub(*low) < rows.saturating_mul(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_told_from_persons() {
        assert!(is_isbn("0-306-40615-2") && is_isbn("978-0-306-40615-7") && !is_isbn("0-306-40615-3"));
        assert!(is_ean("4006381333931") && !is_ean("4006381333932"));
        assert!(is_epoch("1700000000") && is_epoch("1700000000123") && !is_epoch("0101234567"));
    }
}
