//! Telephone numbers, checked against the numbering plans of ITU-T E.164.

use phonenumber::country::Id;

use super::date::moment;

/// A number that nothing else looks like: `+` and a country code, or a national number with its leading 0 and
/// separators, valid in the plan of one of our users' countries.
pub(super) fn unmistakable(value: &str) -> bool {
    let value = value.trim();
    if !is_shaped(value) || moment(value).is_some() {
        return false;
    }
    if value.starts_with('+') {
        return is_valid(None, value);
    }
    let grouped = value.chars().any(|c| " -./()".contains(c));
    let mobile = MOBILE.iter().any(|(prefix, length)| value.starts_with(prefix) && value.len() == *length);
    let american = value.starts_with('(') || value.char_indices().all(|(i, c)| (c == '-') == (i == 3 || i == 7));
    match value.chars().next() {
        Some('0') if grouped || mobile => HOME.iter().any(|country| is_valid(Some(*country), value)),
        _ if grouped && american => is_valid(Some(Id::US), value),
        _ => false,
    }
}

/// A number that is one if the column says so.
pub(super) fn possible(value: &str) -> bool {
    let value = value.trim();
    is_shaped(value)
        && (unmistakable(value)
            || HOME.iter().chain(&[Id::US]).any(|country| is_valid(Some(*country), value))
            || is_valid(None, &format!("+{}", value.trim_start_matches("00"))))
}

/// Only digits and what stands between them, 7 to 15 digits as E.164 allows.
fn is_shaped(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let plain = value.chars().all(|c| c.is_ascii_digit() || " -./()+".contains(c));
    plain && (7..=15).contains(&digits) && value.rfind('+').is_none_or(|at| at == 0) && !value.starts_with('-')
}

fn is_valid(country: Option<Id>, value: &str) -> bool {
    phonenumber::parse(country, value).is_ok_and(|number| number.is_valid())
}

const HOME: [Id; 9] = [Id::KR, Id::DE, Id::FR, Id::GB, Id::IT, Id::ES, Id::NL, Id::PL, Id::BE];

/// Mobile prefixes whose numbers are long enough to be told from an order's.
const MOBILE: &[(&str, usize)] =
    &[("010", 11), ("015", 12), ("016", 12), ("017", 12), ("06", 10), ("07", 10), ("07", 11)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_nine_countries() {
        for number in [
            "+82 10-1234-5678",
            "010-1234-5678",
            "01012345678",
            "02-312-3456",
            "+49 30 901820",
            "030/901820",
            "+33 1 42 68 53 00",
            "01 42 68 53 00",
            "0612345678",
            "+34 912 34 56 78",
            "+39 06 69821",
            "+48 22 694 75 00",
            "+31 20 552 9111",
            "020 7946 0958",
            "+1 (780) 428-9482",
            "(212) 555-2368",
            "212-736-5000",
        ] {
            assert!(unmistakable(number), "{number}");
        }
    }

    #[test]
    fn order_numbers_dates_and_times_are_not_eaten() {
        for other in [
            "20240506",
            "1700000000",
            "1700000000000",
            "4400012345",
            "9783161484100",
            "2024-05-06",
            "06.05.2024",
            "12345678",
            "192.168.100.200",
            "00012345",
            "1-2-3-4-5-6-7",
        ] {
            assert!(!unmistakable(other), "{other}");
        }
    }

    #[test]
    fn plain_digits_are_a_number_only_if_the_column_says_so() {
        assert!(!unmistakable("2127365000") && possible("2127365000"));
    }
}
