use std::iter;

use super::date::moment;

/// A value as evidence may show it: its shape, and next to nothing of its content.
///
/// A word of four letters or more keeps its first letter, an e-mail address its top-level domain, a telephone
/// number its country code, a long number its last two digits: `a***@e***.com`, `+82 ** **** **12`, `O*** H***`.
pub fn mask(value: &str) -> String {
    let value: String = value.trim().chars().take(LONGEST).collect();
    match value.rsplit_once('@') {
        Some((local, domain)) if !domain.contains(char::is_whitespace) && !local.contains(char::is_whitespace) => {
            let top = domain.rsplit_once('.').map(|(_, top)| top).filter(|top| top.len() <= 6).unwrap_or("***");
            format!("{}@{}.{top}", word(local), word(domain))
        }
        _ if value.chars().any(|c| c.is_ascii_digit()) => digits(&value),
        _ => words(&value),
    }
}

/// The first letter and three stars, whatever the length. Short words and those of Hangul are stars only.
fn word(text: &str) -> String {
    let initial = text.chars().next().filter(|c| text.chars().count() > 3 && c.is_alphabetic() && !is_syllable(*c));
    initial.into_iter().chain("***".chars()).collect()
}

fn words(text: &str) -> String {
    let mut masked = String::new();
    for piece in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let bare = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
        if !bare.is_empty() {
            masked.push_str(&word(bare));
        }
        masked.push_str(piece.get(bare.len()..).unwrap_or_default());
    }
    masked
}

/// Letters and digits become stars one by one; separators show the shape. A number of eight digits or more keeps
/// the last two; one that begins with `+`, the first two.
fn digits(text: &str) -> String {
    let total = text.chars().filter(char::is_ascii_digit).count();
    // The last two digits of a date are a day, those of an internet address a machine.
    let telling = text.contains('.') || moment(text).is_some() || text.chars().any(char::is_alphabetic);
    let (head, tail) = match (text.starts_with('+'), total >= 8 && !telling) {
        (true, true) => (2, 2),
        (false, true) => (0, 2),
        _ => (0, 0),
    };
    let mut seen = 0;
    let shown = text.chars().map(|c| {
        if c.is_ascii_digit() {
            seen += 1;
            if seen <= head || seen > total - tail { c } else { '*' }
        } else if c.is_alphanumeric() {
            '*'
        } else {
            c
        }
    });
    shown.chain(iter::once('…').filter(|_| text.chars().count() == LONGEST)).collect()
}

/// Where one character may be a whole family name.
fn is_syllable(c: char) -> bool {
    u32::from(c) > 0x2E80
}

/// Longer values are cut: a shape needs no more.
const LONGEST: usize = 40;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_shape_stays_and_the_person_goes() {
        for (clear, masked) in [
            ("anna.schmidt@example.com", "a***@e***.com"),
            ("+82 10-1234-5612", "+82 **-****-**12"),
            ("Owen Harris", "O*** H***"),
            ("Kim", "***"),
            ("김민수", "***"),
            ("900101-1234567", "******-*****67"),
            ("AB123456C", "*********"),
            ("1990-02-28", "****-**-**"),
            ("192.168.100.200", "***.***.***.***"),
            ("Hauptstr. 5", "********. *"),
            ("DE89 3704 0044", "**** **** ****"),
            ("", ""),
        ] {
            assert_eq!(mask(clear), masked, "{clear}");
        }
    }

    proptest! {
        #[test]
        fn no_two_letters_and_no_three_digits_in_a_row_survive(text in "[a-z가-힣0-9 @.+-]{0,30}") {
            let masked = mask(&text);
            let body = masked.rsplit_once('@').map_or(masked.as_str(), |(local, _)| local);
            let mut run = 0;
            for c in body.chars() {
                run = if c.is_alphanumeric() { run + 1 } else { 0 };
                prop_assert!(run <= 2, "{} became {}", text, masked);
            }
            prop_assert!(body.chars().filter(char::is_ascii_digit).count() <= 4);
        }
    }
}
