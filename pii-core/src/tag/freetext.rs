//! Personal data inside sentences.

use std::sync::LazyLock;

use regex::Regex;

use super::checksum::{credit_card, iban};
use super::national::{korea_rrn_shape, us_ssn_hyphens};
use super::pattern::{email, regex};
use super::phone::unmistakable;
use super::profile::Profile;

/// Whether an e-mail address, a telephone number, an account or an identification number stands inside `text`.
pub(super) fn holds(text: &str) -> bool {
    !finds(text).is_empty()
}

/// Whether a value is several words long.
pub(super) fn is_prose(value: &str) -> bool {
    value.split_whitespace().count() >= 3 || value.chars().count() > 30
}

/// What personal data stand inside `text`.
pub(super) fn finds(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    // Where nothing can be, nothing is looked for: most texts end here.
    if !text.bytes().any(|b| b == b'@' || b.is_ascii_digit()) {
        return found;
    }
    found.extend(EMAIL.find_iter(text).map(|m| m.as_str().trim_end_matches('.')).filter(|m| email(m)));
    let number = |m: &str| unmistakable(m) || korea_rrn_shape(m) || us_ssn_hyphens(m) || credit_card(m);
    found.extend(NUMBER.find_iter(text).map(|m| m.as_str().trim()).filter(|m| number(m)));
    found.extend(IBAN.find_iter(text).map(|m| m.as_str()).filter(|m| iban(m)));
    found
}

/// Long values, most of which are several words: an address or a title is shorter or has no such finds.
pub(super) fn is_prose_column(profile: &Profile) -> bool {
    let (total, letters) = profile.values().fold((0, 0), |(n, sum), v| (n + 1, sum + v.chars().count()));
    let words: usize = profile.values().map(|v| v.split_whitespace().count()).sum();
    total > 0 && words >= 4 * total && letters >= 20 * total
}

static EMAIL: LazyLock<Regex> = LazyLock::new(|| regex(r"[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| regex(r"\+?\(?\d[\d ()./-]{7,22}\d"));
static IBAN: LazyLock<Regex> = LazyLock::new(|| regex(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_what_stands_between_words() {
        let text = "Frau Schmidt bat um Rückruf unter +49 30 901820, sonst anna@example.com. IBAN DE89 3704 0044 0532 0130 00.";
        assert_eq!(finds(text), ["anna@example.com", "+49 30 901820", "DE89 3704 0044 0532 0130 00"]);
        assert_eq!(finds("고객 010-1234-5678 재통화, 주민번호 900101-1000006").len(), 2);
        assert!(finds("Order 20240506-000123 shipped on 2024-05-06 at 10:11, 3 parcels for 129.00").is_empty());
    }
}
