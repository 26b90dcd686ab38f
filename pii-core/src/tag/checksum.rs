//! Check digits, one function a standard. Each takes the value as people write it.

/// The digits of `value`, which may be grouped by spaces, hyphens, dots and slashes, if there are exactly `N`.
pub(super) fn digits<const N: usize>(value: &str) -> Option<[u8; N]> {
    let mut found = [0; N];
    let mut places = found.iter_mut();
    for c in value.chars().filter(|c| !" -./".contains(*c)) {
        *places.next()? = u8::try_from(c.to_digit(10)?).ok()?;
    }
    places.next().is_none().then_some(found)
}

/// Σ digit × weight, for as many as there are weights.
pub(super) fn weigh(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(d, w)| u32::from(*d) * w).sum()
}

/// The number that the digits write.
pub(super) fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |n, d| n * 10 + u64::from(*d))
}

/// ISO/IEC 7812-1, annex B: every second digit from the right is doubled, the digits add up to a multiple of 10.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let doubled = |d: u8| if d > 4 { 2 * d - 9 } else { 2 * d };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(i, d)| u32::from(if i % 2 == 1 { doubled(*d) } else { *d })).sum();
    sum.is_multiple_of(10)
}

/// ISO/IEC 7064, MOD 11,10: the hybrid system of German tax numbers.
pub(super) fn mod_11_10(digits: &[u8]) -> bool {
    let Some((check, body)) = digits.split_last() else { return false };
    let product = body.iter().fold(10, |product, d| {
        let sum = (product + u32::from(*d)) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == u32::from(*check)
}

/// ISO/IEC 7064, MOD 97-10, over digits and letters (A = 10 … Z = 35): the remainder is 1.
pub(super) fn mod_97_10(text: impl Iterator<Item = char>) -> bool {
    let mut rest = 0;
    for c in text {
        let Some(value) = c.to_digit(36) else { return false };
        rest = (rest * if value > 9 { 100 } else { 10 } + value) % 97;
    }
    rest == 1
}

/// ICAO 9303, part 3: weights 7, 3, 1 over digits and letters (A = 10 … Z = 35), modulo 10.
pub(super) fn icao_731(text: &str) -> bool {
    let Some((body, check)) = text.char_indices().next_back().map(|(at, c)| (text.get(..at), c)) else { return false };
    let mut sum = 0;
    for (c, weight) in body.unwrap_or_default().chars().zip([7, 3, 1].into_iter().cycle()) {
        let Some(value) = c.to_digit(36) else { return false };
        sum += value * weight;
    }
    check.to_digit(10) == Some(sum % 10)
}

/// A card number: ISO/IEC 7812-1 check digit, and the prefixes and lengths that the issuers publish.
pub(super) fn credit_card(value: &str) -> bool {
    let digits: Vec<u8> =
        value.chars().filter(|c| !" -".contains(*c)).map_while(|c| u8::try_from(c.to_digit(10)?).ok()).collect();
    let length = digits.len();
    let (Some(four), true) = (digits.get(..4).map(number), luhn(&digits)) else { return false };
    if value.chars().any(|c| !c.is_ascii_digit() && !" -".contains(c))
        || digits.iter().all(|d| Some(d) == digits.first())
    {
        return false;
    }
    match four {
        4000..=4999 => matches!(length, 13 | 16 | 19),
        5100..=5599 | 2221..=2720 => length == 16,
        3400..=3499 | 3700..=3799 => length == 15,
        3000..=3059 | 3600..=3699 | 3800..=3999 => length == 14,
        6011 | 6440..=6599 | 3528..=3589 => length == 16,
        6200..=6299 => (16..=19).contains(&length),
        5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763 => (12..=19).contains(&length),
        9400..=9499 => length == 16,
        _ => false,
    }
}

/// ISO 13616: the country's length, and MOD 97-10 with the first four characters moved to the end.
pub(super) fn iban(value: &str) -> bool {
    let plain: String = value.chars().filter(|c| !" -".contains(*c)).collect::<String>().to_ascii_uppercase();
    let (Some(country), Some(head), Some(tail)) = (plain.get(..2), plain.get(..4), plain.get(4..)) else {
        return false;
    };
    IBAN_LENGTHS.iter().any(|(code, length)| *code == country && *length == plain.len())
        && plain.get(2..4).is_some_and(|check| check.bytes().all(|b| b.is_ascii_digit()))
        && mod_97_10(tail.chars().chain(head.chars()))
}

/// 3GPP TS 23.003, annex B: 15 digits with a check digit. The first two name the reporting body (GSMA TS.06).
pub(super) fn imei(value: &str) -> bool {
    digits::<15>(value).is_some_and(|d| luhn(&d) && matches!(number(&d) / 10_u64.pow(13), 1 | 35 | 86 | 98 | 99))
}

/// ISO 3779, with the check digit at place 9 (49 CFR 565, also usual in China).
pub(super) fn vin(value: &str) -> bool {
    let value = value.to_ascii_uppercase();
    if value.len() != 17 || !value.bytes().any(|b| b.is_ascii_alphabetic()) {
        return false;
    }
    let mut sum = 0;
    for (c, weight) in value.chars().zip([8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]) {
        sum += weight
            * match c {
                '0'..='9' => c.to_digit(10).unwrap_or(0),
                'A'..='H' => u32::from(c) - u32::from('A') + 1,
                'J'..='N' => u32::from(c) - u32::from('J') + 1,
                'P' => 7,
                'R' => 9,
                'S'..='Z' => u32::from(c) - u32::from('S') + 2,
                _ => return false,
            };
    }
    value.chars().nth(8) == Some(if sum % 11 == 10 { 'X' } else { char::from_digit(sum % 11, 10).unwrap_or('X') })
}

/// The IBAN registry of SWIFT: the length of each country's.
const IBAN_LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NL", 18),
    ("NO", 15),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("SA", 24),
    ("SC", 31),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every value that differs from `value` in one digit.
    fn corruptions(value: &str) -> Vec<String> {
        let mut all = Vec::new();
        for (at, c) in value.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
            for other in ('0'..='9').filter(|o| *o != c) {
                let mut wrong = value.to_owned();
                wrong.replace_range(at..=at, &other.to_string());
                all.push(wrong);
            }
        }
        all
    }

    #[test]
    fn cards_of_the_issuers_test_numbers() {
        for good in
            ["4111 1111 1111 1111", "5555555555554444", "378282246310005", "3566002020360505", "6011111111111117"]
        {
            assert!(credit_card(good), "{good}");
            assert!(corruptions(good).iter().all(|wrong| !credit_card(wrong)), "{good}");
        }
    }

    #[test]
    fn isbn_imei_and_siret_are_no_cards() {
        for other in ["9780306406157", "490154203237518", "73282932000074", "0000000000000000", "4111-1111-1111-1111-x"]
        {
            assert!(!credit_card(other), "{other}");
        }
    }

    #[test]
    fn ibans_of_the_registry_and_no_others() {
        for good in [
            "DE89 3704 0044 0532 0130 00",
            "FR1420041010050500013M02606",
            "ES9121000418450200051332",
            "IT60X0542811101000000123456",
            "PL61109010140000071219812874",
            "NL91ABNA0417164300",
            "GB29NWBK60161331926819",
            "be68539007547034",
        ] {
            assert!(iban(good), "{good}");
            assert!(corruptions(good).iter().all(|wrong| !iban(wrong)), "{good}");
        }
        assert!(!iban("DE8937040044053201300"), "one digit short");
        assert!(!iban("XX89370400440532013000"), "no such country");
    }

    #[test]
    fn imeis_and_vehicles() {
        assert!(imei("35-209900-176148-1") && imei("356938035643809") && !imei("356938035643808"));
        assert!(!imei("490154203237518"), "no reporting body 49 today");
        assert!(vin("1M8GDM9AXKP042788") && !vin("11111111111111111") && !vin("1M8GDM9AXKP042789"));
    }

    #[test]
    fn iso_7064_and_icao_9303_in_their_own_examples() {
        assert!(mod_11_10(&digits::<11>("86095742719").unwrap()));
        assert!(icao_731("L898902C36") && icao_731("7408122") && !icao_731("7408123"));
    }

    proptest! {
        #[test]
        fn luhn_catches_any_single_digit(body in prop::collection::vec(0_u8..10, 11..19), at in any::<prop::sample::Index>(), by in 1_u8..10) {
            let mut number = body;
            let check = (0..10).find(|c| { let mut n = number.clone(); n.push(*c); luhn(&n) }).unwrap();
            number.push(check);
            let at = at.index(number.len());
            number[at] = (number[at] + by) % 10;
            prop_assert!(!luhn(&number));
        }

        #[test]
        fn no_text_whatever_makes_a_validator_fall(text in "\\PC{0,24}") {
            let _ = (credit_card(&text), iban(&text), imei(&text), vin(&text), icao_731(&text));
        }
    }
}
