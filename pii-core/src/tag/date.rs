//! Calendar dates as tables write them.

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use super::pattern::regex;

/// A date, and whether a time of day other than midnight follows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moment {
    pub(super) date: Date,
    pub(super) has_time: bool,
}

/// Reads `1990-02-28`, `1990/2/28`, `1990. 2. 28.`, `1990년 2월 28일`, `28.02.1990`, `2/28/1990` and `19900228`, each with
/// or without a time of day.
pub(super) fn moment(text: &str) -> Option<Moment> {
    let text = text.trim();
    if !text.starts_with(|c: char| c.is_ascii_digit()) || text.len() > 48 {
        return None;
    }
    let (found, year_first) = match YEAR_FIRST.captures(text) {
        Some(found) => (found, true),
        None => (YEAR_LAST.captures(text)?, false),
    };
    let part = |i: usize| found.get(i).and_then(|m| m.as_str().parse::<i16>().ok());
    let (a, b, c) = (part(1)?, part(2)?, part(3)?);
    let new = |y: i16, m: i16, d: i16| Date::new(y, i8::try_from(m).ok()?, i8::try_from(d).ok()?).ok();
    let date = if year_first { new(a, b, c) } else { new(c, b, a).or_else(|| new(c, a, b)) }?;
    let has_time = found.get(4).is_some_and(|time| time.as_str().chars().any(|c| ('1'..='9').contains(&c)));
    ((1000..3000).contains(&date.year())).then_some(Moment { date, has_time })
}

/// A day on which a living person may have been born. No clock is asked: 2030 is far enough.
pub(super) fn is_birth_date(text: &str) -> bool {
    moment(text).is_some_and(|m| (1895..2030).contains(&m.date.year()))
}

/// A year in which a living person may have been born.
pub(super) fn is_birth_year(text: &str) -> bool {
    text.len() == 4 && text.parse::<i16>().is_ok_and(|year| (1895..2030).contains(&year))
}

static YEAR_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"^(\d{4})(?:[-/.]|년)?\s?(\d{1,2})(?:[-/.]|월)?\s?(\d{1,2})[.일]?(?:[T ]+(\d{1,2}:\d{2}.*))?$")
});
static YEAR_LAST: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^(\d{1,2})[-/.]\s?(\d{1,2})[-/.]\s?(\d{4})(?:[T ]+(\d{1,2}:\d{2}.*))?$"));

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn dates_as_tables_write_them() {
        for text in [
            "1990-02-28",
            "1990/2/28",
            "1990. 2. 28.",
            "1990년 2월 28일",
            "28.02.1990",
            "2/28/1990",
            "19900228",
            "1990-02-28 00:00:00",
        ] {
            assert_eq!(moment(text), Some(Moment { date: date(1990, 2, 28), has_time: false }), "{text}");
        }
        assert!(moment("2024-05-06T07:08:09.123Z").unwrap().has_time);
    }

    #[test]
    fn numbers_that_are_no_dates() {
        for text in ["1990", "199002", "19901345", "1700000000", "2024-02-30", "1.2.3", "12-34-5678x", ""] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
