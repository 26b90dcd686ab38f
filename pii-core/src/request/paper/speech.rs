//! Numbers and days, as a language writes them.

use jiff::civil::Date;

use super::Language;

/// `1,234`, `1.234`, `1 234`.
pub(in crate::request) fn number(number: u64, language: Language) -> String {
    let mark = match language {
        Language::English | Language::Korean => ",",
        Language::German => ".",
        Language::French => "\u{202f}",
    };
    let digits = number.to_string();
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push_str(mark);
        }
        out.push(digit);
    }
    out
}

/// `21 November 2026`, `2026년 11월 21일`.
pub(in crate::request) fn day(day: Date, language: Language) -> String {
    let months = match language {
        Language::Korean => return format!("{}년 {}월 {}일", day.year(), day.month(), day.day()),
        Language::English => ENGLISH,
        Language::German => GERMAN,
        Language::French => FRENCH,
    };
    let month = usize::try_from(day.month() - 1).ok().and_then(|n| months.get(n)).copied().unwrap_or_default();
    let date = match (language, day.day()) {
        (Language::German, day) => format!("{day}."),
        (Language::French, 1) => "1er".to_owned(),
        (_, day) => day.to_string(),
    };
    format!("{date} {month} {}", day.year())
}

const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const GERMAN: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];
const FRENCH: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn each_language_writes_its_own() {
        let said = |language| (number(1_234_567, language), day(date(2026, 3, 1), language));
        assert_eq!(said(Language::English), ("1,234,567".into(), "1 March 2026".into()));
        assert_eq!(said(Language::Korean), ("1,234,567".into(), "2026년 3월 1일".into()));
        assert_eq!(said(Language::German), ("1.234.567".into(), "1. März 2026".into()));
        assert_eq!(said(Language::French), ("1\u{202f}234\u{202f}567".into(), "1er mars 2026".into()));
    }
}
