//! Numbers that a state gives to a person: shape, date, check digit. One function a law.

use jiff::civil::Date;

use super::checksum::{digits, icao_731, luhn, mod_11_10, number, weigh};

/// Korea, resident registration number: `YYMMDD-GNNNNNC` (주민등록법 시행규칙 제2조), with its check digit.
/// Numbers issued since October 2020 are random after the gender digit: see [`korea_rrn_shape`].
pub(super) fn korea_rrn(value: &str) -> bool {
    korea(value, &[1, 2, 3, 4, 9, 0]).is_some_and(|d| korea_check(&d, 11))
}

/// Korea, resident registration number: a true date and a gender digit that fits, check digit or none.
pub(super) fn korea_rrn_shape(value: &str) -> bool {
    korea(value, &[1, 2, 3, 4]).is_some() && value.chars().nth(6) == Some('-')
}

/// Korea, foreigner registration number (출입국관리법 제31조): gender digit 5 to 8, check digit shifted by two.
pub(super) fn korea_arn(value: &str) -> bool {
    korea(value, &[5, 6, 7, 8]).is_some_and(|d| korea_check(&d, 13))
}

/// Korea, foreigner registration number: date and gender digit only.
pub(super) fn korea_arn_shape(value: &str) -> bool {
    korea(value, &[5, 6, 7, 8]).is_some() && value.chars().nth(6) == Some('-')
}

/// Germany, Steuer-Identifikationsnummer (§ 139b AO): 11 digits, no leading 0, MOD 11,10; of the first ten digits
/// exactly one stands twice or three times.
pub(super) fn germany_tax(value: &str) -> bool {
    let Some(d) = digits::<11>(value) else { return false };
    let mut times = [0_u8; 10];
    for digit in d.iter().take(10) {
        if let Some(t) = times.get_mut(usize::from(*digit)) {
            *t += 1;
        }
    }
    let repeated: Vec<u8> = times.into_iter().filter(|t| *t > 1).collect();
    d.first() != Some(&0) && matches!(repeated.as_slice(), [2 | 3]) && mod_11_10(&d)
}

/// Germany, identity card (PAuswV): nine characters without vowels, and the check digit of ICAO 9303.
pub(super) fn germany_identity_card(value: &str) -> bool {
    let value = value.trim();
    value.len() == 10
        && value.starts_with(|c: char| "LMNPRTVWXYZ".contains(c))
        && value.chars().all(|c| c.is_ascii_digit() || "CFGHJKLMNPRTVWXYZ".contains(c))
        && value.chars().filter(char::is_ascii_digit).count() > 3
        && icao_731(value)
}

/// France, numéro d'inscription au répertoire (décret 82-103): 13 places and a key modulo 97. Corsica is 2A or 2B.
pub(super) fn france_nir(value: &str) -> bool {
    let plain: String = value.chars().filter(|c| !" .-".contains(*c)).collect::<String>().to_ascii_uppercase();
    let numeric = match plain.get(5..7) {
        Some("2A") => plain.replacen("2A", "19", 1),
        Some("2B") => plain.replacen("2B", "18", 1),
        _ => plain,
    };
    let Some(d) = digits::<15>(&numeric) else { return false };
    let (body, key) = d.split_at(13);
    let month = number(body.get(3..5).unwrap_or_default());
    matches!(d.first(), Some(1 | 2 | 3 | 4 | 7 | 8))
        && (matches!(month, 1..=12 | 20 | 30..=42 | 50..=99))
        && 97 - number(body) % 97 == number(key)
}

/// Spain, NIF of a natural person (Real Decreto 1553/2005): eight digits and the letter of their remainder by 23.
pub(super) fn spain_nif(value: &str) -> bool {
    let plain: String = value.chars().filter(|c| !" .-".contains(*c)).collect();
    plain.get(..8).is_some_and(|body| spain_letter(body) == plain.get(8..).and_then(single_upper) && plain.len() == 9)
}

/// Spain, NIE of a foreigner (Orden INT/2058/2008): X, Y or Z for 0, 1 or 2, seven digits, the letter.
pub(super) fn spain_nie(value: &str) -> bool {
    let plain: String = value.chars().filter(|c| !" .-".contains(*c)).collect::<String>().to_ascii_uppercase();
    let lead = match plain.chars().next() {
        Some('X') => "0",
        Some('Y') => "1",
        Some('Z') => "2",
        _ => return false,
    };
    let body = format!("{lead}{}", plain.get(1..8).unwrap_or_default());
    plain.len() == 9 && spain_letter(&body) == plain.get(8..).and_then(single_upper)
}

/// Italy, codice fiscale (DM 23 dicembre 1976): 16 characters, the last of which checks the others.
pub(super) fn italy_fiscal_code(value: &str) -> bool {
    let plain = value.trim().to_ascii_uppercase();
    let shape = plain.len() == 16
        && plain.chars().zip("AAAAAA00M00A000A".chars()).all(|(c, place)| match place {
            'A' => c.is_ascii_uppercase(),
            'M' => "ABCDEHLMPRST".contains(c),
            // Two persons with one code: the digits of the second become letters (omocodia).
            _ => c.is_ascii_digit() || "LMNPQRSTUV".contains(c),
        });
    let sum: u32 = plain.chars().take(15).enumerate().filter_map(|(i, c)| italy_value(c, i % 2 == 0)).sum();
    shape && plain.chars().last() == char::from_u32(u32::from('A') + sum % 26)
}

/// Poland, PESEL (ustawa o ewidencji ludności, art. 15): date with the century in the month, weights 1 3 7 9.
pub(super) fn poland_pesel(value: &str) -> bool {
    let Some(d) = digits::<11>(value) else { return false };
    let (month, century) = match number(d.get(2..4).unwrap_or_default()) {
        m @ 1..=12 => (m, 1900),
        m @ 21..=32 => (m - 20, 2000),
        m @ 81..=92 => (m - 80, 1800),
        _ => return false,
    };
    let year = century + number(d.get(..2).unwrap_or_default());
    is_date(year, month, number(d.get(4..6).unwrap_or_default()))
        && weigh(&d, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10)
}

/// Poland, NIP (rozporządzenie MF): ten digits, weights 6 5 7 2 3 4 5 6 7 modulo 11.
pub(super) fn poland_nip(value: &str) -> bool {
    digits::<10>(value).is_some_and(|d| {
        d.first() != Some(&0)
            && d.last().is_some_and(|check| weigh(&d, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == u32::from(*check))
    })
}

/// Netherlands, burgerservicenummer (Wabb): nine digits, the eleven-test with the last weight -1.
pub(super) fn netherlands_bsn(value: &str) -> bool {
    digits::<9>(value)
        .is_some_and(|d| number(&d) > 9_999_999 && weigh(&d, &[9, 8, 7, 6, 5, 4, 3, 2, 10]).is_multiple_of(11))
}

/// United Kingdom, National Insurance number (HMRC, NIM39110): two letters, six digits, A to D.
pub(super) fn uk_nino(value: &str) -> bool {
    let plain: String = value.chars().filter(|c| *c != ' ').collect();
    let mut c = plain.chars();
    let (Some(first), Some(second)) = (c.next(), c.next()) else { return false };
    plain.len() == 9
        && first.is_ascii_uppercase()
        && second.is_ascii_uppercase()
        && !"DFIQUV".contains(first)
        && !"DFIOQUV".contains(second)
        && !["BG", "GB", "NK", "KN", "TN", "NT", "ZZ"].contains(&plain.get(..2).unwrap_or_default())
        && plain.get(2..8).is_some_and(|d| d.bytes().all(|b| b.is_ascii_digit()))
        && plain.ends_with(['A', 'B', 'C', 'D'])
}

/// United Kingdom, NHS number (NHS Data Dictionary): ten digits, weights 10 to 2 modulo 11.
pub(super) fn uk_nhs(value: &str) -> bool {
    digits::<10>(value)
        .is_some_and(|d| weigh(&d, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11) && number(&d) > 0)
}

/// United States, social security number (SSA, RM 10201): area not 000, 666 or 9xx, group not 00, serial not 0000.
pub(super) fn us_ssn(value: &str) -> bool {
    digits::<9>(value).is_some_and(|d| {
        let n = number(&d);
        let (area, group, serial) = (n / 1_000_000, n / 10_000 % 100, n % 10_000);
        area != 0 && area != 666 && area < 900 && group != 0 && serial != 0 && n != 123_456_789
    })
}

/// United States, social security number, with its hyphens.
pub(super) fn us_ssn_hyphens(value: &str) -> bool {
    value.len() == 11 && value.char_indices().all(|(i, c)| (c == '-') == (i == 3 || i == 6)) && us_ssn(value)
}

/// Belgium, national number (AR 3 avril 1984): date, serial, 97 less the remainder; 2 before it from 2000 on.
pub(super) fn belgium_national(value: &str) -> bool {
    let Some(d) = digits::<11>(value) else { return false };
    let (body, check) = d.split_at(9);
    let (month, day) = (number(body.get(2..4).unwrap_or_default()), number(body.get(4..6).unwrap_or_default()));
    let expected = |n: u64| 97 - n % 97;
    let (body, check) = (number(body), number(check));
    // Month 0 where the date of birth is not known; +20 or +40 in "bis" numbers.
    month % 20 <= 12 && month < 60 && day <= 31 && (check == expected(body) || check == expected(2_000_000_000 + body))
}

/// Sweden, personnummer (folkbokföringslagen § 18): `YYMMDD-NNNC`, Luhn over ten digits. Day + 60 in coordination numbers.
pub(super) fn sweden_personnummer(value: &str) -> bool {
    let plain: String = value.chars().filter(|c| !"-+ ".contains(*c)).collect();
    let ten = if plain.len() == 12 && (plain.starts_with("19") || plain.starts_with("20")) {
        plain.get(2..).unwrap_or_default()
    } else {
        plain.as_str()
    };
    digits::<10>(ten).is_some_and(|d| {
        let (month, day) = (number(d.get(2..4).unwrap_or_default()), number(d.get(4..6).unwrap_or_default()));
        (1..=12).contains(&month) && (1..=31).contains(&(day % 60)) && luhn(&d)
    })
}

/// Finland, henkilötunnus (asetus 128/2010): `DDMMYY-NNNC`, the check character of the remainder by 31.
pub(super) fn finland_hetu(value: &str) -> bool {
    let (Some(date), Some(sign), Some(serial), Some(check)) =
        (value.get(..6), value.get(6..7), value.get(7..10), value.get(10..))
    else {
        return false;
    };
    let Some(nine) = digits::<9>(&format!("{date}{serial}")) else { return false };
    let expected = "0123456789ABCDEFHJKLMNPRSTUVWXY".chars().nth(usize::try_from(number(&nine) % 31).unwrap_or(0));
    let (day, month) = (number(nine.get(..2).unwrap_or_default()), number(nine.get(2..4).unwrap_or_default()));
    "+-ABCDEFYXWVU".contains(sign) && (1..=31).contains(&day) && (1..=12).contains(&month) && check.chars().eq(expected)
}

/// Denmark, CPR number: `DDMMYY-NNNN`. The eleven-test no longer holds for numbers issued since October 2007.
pub(super) fn denmark_cpr(value: &str) -> bool {
    digits::<10>(value).is_some_and(|d| {
        let (day, month) = (number(d.get(..2).unwrap_or_default()), number(d.get(2..4).unwrap_or_default()));
        (1..=31).contains(&day) && (1..=12).contains(&month) && value.chars().nth(6) == Some('-')
    })
}

/// Denmark, CPR number, with the eleven-test of those issued before October 2007.
pub(super) fn denmark_cpr_checked(value: &str) -> bool {
    denmark_cpr(value)
        && digits::<10>(value).is_some_and(|d| weigh(&d, &[4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11))
}

fn korea(value: &str, gender_digits: &[u8]) -> Option<[u8; 13]> {
    if !value.chars().all(|c| c.is_ascii_digit() || c == '-') {
        return None;
    }
    let d = digits::<13>(value)?;
    let gender = d.get(6)?;
    let century = match gender {
        1 | 2 | 5 | 6 => 1900,
        3 | 4 | 7 | 8 => 2000,
        _ => 1800,
    };
    let date = is_date(century + number(d.get(..2)?), number(d.get(2..4)?), number(d.get(4..6)?));
    (date && gender_digits.contains(gender)).then_some(d)
}

fn korea_check(d: &[u8; 13], base: u32) -> bool {
    let sum = weigh(d, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
    d.last().is_some_and(|check| (base - sum % 11) % 10 == u32::from(*check))
}

fn spain_letter(body: &str) -> Option<char> {
    let n = number(&digits::<8>(body)?);
    "TRWAGMYFPDXBNJZSQVHLCKE".chars().nth(usize::try_from(n % 23).ok()?)
}

fn single_upper(text: &str) -> Option<char> {
    text.chars().next().map(|c| c.to_ascii_uppercase())
}

/// A character's value at an odd place (the first, the third …) or at an even one.
fn italy_value(c: char, odd: bool) -> Option<u32> {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let even = if c.is_ascii_digit() { c.to_digit(10)? } else { c.to_digit(36)?.checked_sub(10)? };
    if odd { ODD.get(usize::try_from(even).ok()?).copied() } else { Some(even) }
}

fn is_date(year: u64, month: u64, day: u64) -> bool {
    let (Ok(year), Ok(month), Ok(day)) = (i16::try_from(year), i8::try_from(month), i8::try_from(day)) else {
        return false;
    };
    Date::new(year, month, day).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A validator, numbers worked out by hand or printed as specimens, and whether one wrong digit is always caught.
    type Case = (fn(&str) -> bool, &'static [&'static str], bool);

    const CASES: &[Case] = &[
        (korea_arn, &["900101-5000009"], false),
        (germany_tax, &["86095742719", "47036892816", "65929970489"], true),
        (germany_identity_card, &["L01X00T471", "T220001293"], true),
        (france_nir, &["2 55 08 14 168 025 38", "1 84 12 76 451 089 46"], true),
        (spain_nif, &["12345678Z", "00000000-T"], true),
        (spain_nie, &["X1234567L", "Z-1234567-R"], true),
        (italy_fiscal_code, &["RSSMRA85T10A562S", "VRDGPP13R10B293P"], true),
        (poland_pesel, &["44051401359", "02070803628"], true),
        (poland_nip, &["123-456-32-18", "5260250274"], true),
        (netherlands_bsn, &["111222333", "123456782"], true),
        (uk_nhs, &["943 476 5919"], true),
        (belgium_national, &["93.05.18-223.61", "85073003328"], true),
        (sweden_personnummer, &["811218-9876", "19811218-9876"], false),
        (finland_hetu, &["131052-308T"], true),
        (denmark_cpr_checked, &["070761-4285"], true),
    ];

    #[test]
    fn specimens_are_valid_and_one_wrong_digit_is_caught() {
        for (valid, specimens, catches_all) in CASES {
            for specimen in *specimens {
                assert!(valid(specimen), "{specimen}");
                for (at, c) in specimen.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
                    for other in ('0'..='9').filter(|o| *o != c && *catches_all) {
                        let mut wrong = (*specimen).to_owned();
                        wrong.replace_range(at..=at, &other.to_string());
                        assert!(!valid(&wrong), "{specimen} became {wrong}");
                    }
                }
            }
        }
    }

    #[test]
    fn korean_numbers_with_and_without_a_check_digit() {
        // 9·2+0·3+0·4+1·5+0·6+1·7+1·8 = 38; 11 - 38 mod 11 = 6.
        assert!(korea_rrn("900101-1000006") && korea_rrn("9001011000006"));
        assert!(!korea_rrn("900101-1000007"), "wrong check digit");
        assert!(korea_rrn_shape("900101-1000007"), "but a possible number since October 2020");
        assert!(!korea_rrn_shape("900230-1000007"), "no 30 February");
        assert!(!korea_rrn_shape("900101-5000007"), "a foreigner's gender digit");
        assert!(korea_rrn_shape("040229-3123456") && !korea_rrn_shape("050229-3123456"), "leap years");
    }

    #[test]
    fn corsicans_have_letters() {
        let key = 97 - 1_850_619_050_012_u64 % 97;
        assert!(france_nir(&format!("185062A050012{key:02}")));
    }

    #[test]
    fn rules_without_check_digits() {
        assert!(!uk_nino("QQ 12 34 56 C") && uk_nino("AB123456C") && !uk_nino("GB123456A") && !uk_nino("AB123456E"));
        assert!(us_ssn_hyphens("536-90-4399") && !us_ssn_hyphens("666-90-4399") && !us_ssn_hyphens("536-00-4399"));
        assert!(!us_ssn_hyphens("536904399") && us_ssn("536904399"));
    }

    proptest! {
        #[test]
        fn pesel_catches_any_single_digit(days in 0_i32..36_000, serial in 0_u32..10_000, at in 0_usize..11, by in 1_u8..10) {
            let date = jiff::civil::date(1900, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let month = date.month() + if date.year() >= 2000 { 20 } else { 0 };
            let body = format!("{:02}{month:02}{:02}{serial:04}", date.year() % 100, date.day());
            let valid = (0..10).map(|c| format!("{body}{c}")).find(|n| poland_pesel(n)).unwrap();
            let mut wrong = digits::<11>(&valid).unwrap();
            wrong[at] = (wrong[at] + by) % 10;
            let wrong: String = wrong.iter().map(u8::to_string).collect();
            prop_assert!(!poland_pesel(&wrong));
        }

        #[test]
        fn no_text_whatever_makes_a_validator_fall(text in "\\PC{0,20}") {
            for (valid, _, _) in CASES {
                let _ = valid(&text);
            }
            let _ = (korea_rrn(&text), uk_nino(&text), us_ssn(&text));
        }
    }
}
