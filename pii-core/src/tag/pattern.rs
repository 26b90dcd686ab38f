//! What values look like, where no check digit helps. Every pattern is anchored at both ends.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use regex::Regex;

/// Compiles a pattern of this room.
#[expect(clippy::expect_used, reason = "the patterns are constants, and a test compiles every one")]
pub(super) fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern compiles")
}

macro_rules! pattern {
    ($($(#[$doc:meta])* $name:ident = $pattern:literal;)+) => {
        $($(#[$doc])* pub(super) fn $name(value: &str) -> bool {
            static PATTERN: LazyLock<Regex> = LazyLock::new(|| regex($pattern));
            PATTERN.is_match(value)
        })+
    };
}

pattern! {
    /// RFC 5321, section 4.1.2, without quoted local parts and address literals.
    email = r"(?i)^[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+(?:\p{L}{2,24}|xn--[a-z0-9-]{2,59})$";
    /// IEEE 802, with colons, hyphens or Cisco's dots.
    mac = r"(?i)^(?:[0-9a-f]{2}(?::[0-9a-f]{2}){5}|[0-9a-f]{2}(?:-[0-9a-f]{2}){5}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2})$";
    /// RFC 9110, section 10.1.5: a product with its version, then more of them.
    user_agent = r"^(?:Mozilla/\d\.\d \(|Opera/\d|Dalvik/\d|curl/\d|okhttp/\d|python-requests/\d|[A-Za-z]+/[\d.]+ \([^)]*(?:iOS|Android|Windows|Linux|iPhone|Mac OS))";
    /// bcrypt, argon2, scrypt, PBKDF2 and crypt(3), in the PHC and modular formats.
    password_hash = r"^(?:\$2[abxy]?\$\d{2}\$[./A-Za-z0-9]{53}|\$argon2(?:i|d|id)\$.+|\$scrypt\$.+|\$pbkdf2.*\$.+|pbkdf2_sha\d+\$\d+\$.+|\{S?SHA(?:256|512)?\}.+|\$[156]\$[^$]+\$.+)$";
    /// RFC 7519: three base64url parts, the first of which begins `{"`.
    json_web_token = r"^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*$";
    /// Two decimal degrees, latitude first.
    coordinates = r"^\(?\s*[-+]?(?:[0-8]?\d(?:\.\d{3,})|90(?:\.0+)?)\s*[,; ]\s*[-+]?(?:1[0-7]\d|\d{1,2})(?:\.\d{3,})\s*\)?$";
    /// Postal codes of the countries of UPU S42 that our users write to.
    postal_code = r"(?i)^(?:\d{3,5}|\d{6}|\d{5}-\d{3,4}|\d{3}-\d{3,4}|\d{2}-\d{3}|\d{4} ?[a-z]{2}|[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}|[a-z]\d[a-z] ?\d[a-z]\d|[a-z]{1,2}-\d{4,5}|\d{3} ?\d{2})$";
    /// Codes of the kind that only one country writes: Poland, the Netherlands, the United Kingdom, Canada.
    postal_code_of_one_country = r"^(?:\d{2}-\d{3}|[1-9]\d{3} ?[A-Z]{2}|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|[A-Z]\d[A-Z] \d[A-Z]\d)$";
    /// ICAO 9303 leaves nine places.
    passport = r"(?i)^(?:[a-z]{1,3}\d{6,8}|\d{7,9}|[cfghjklmnprtvwxyz0-9]{9}|[a-z]\d{3}[a-z]\d{4}|\d{2}[a-z]{2}\d{5})$";
    /// Blood group and rhesus factor.
    blood_type = r"(?i)^(?:rh ?[+-] ?)?(?:a|b|ab|o|0)(?: ?[+-]|형| ?(?:rh)? ?(?:pos|neg|positive|negative|\(?rh[+-]\)?))?$";
    /// Blood group with its rhesus factor, which hardly anything else looks like.
    blood_type_with_rhesus = r"(?i)^(?:rh ?[+-] ?)?(?:a|b|ab|o|0)(?: ?[+-]|형| ?(?:pos|neg|positive|negative|\(?rh[+-]\)?))$";
    /// ICD-10 and ICD-10-CM.
    medical_code = r"^[A-TV-Z]\d[\dAB](?:\.[\dA-Z]{1,4})?$";
    /// Registration plates of Korea, Germany, France, Italy, Spain, the United Kingdom and the Netherlands.
    plate = r"^(?:\d{2,3}[가-힣] ?\d{4}|[A-ZÄÖÜ]{1,3}[- ][A-Z]{1,2} ?\d{1,4}[EH]?|[A-Z]{2}-?\d{3}-?[A-Z]{2}|\d{4} ?[BCDFGHJKLMNPRSTVWXYZ]{3}|[A-Z]{2}\d{2} ?[A-Z]{3}|[A-Z\d]{1,3}-[A-Z\d]{1,3}-[A-Z\d]{1,2})$";
    /// Bitcoin (base58 and bech32) and Ethereum.
    crypto_wallet = r"^(?:[13][1-9A-HJ-NP-Za-km-z]{25,34}|bc1[02-9ac-hj-np-z]{11,71}|0x[0-9a-fA-F]{40})$";
    /// A name to sign in with: no spaces, at least one letter.
    username = r"^[\p{L}\p{N}._@+-]*\p{L}[\p{L}\p{N}._@+-]*$";
    /// A handle: `@anna`.
    handle = r"^@?[\w.]{2,30}$";
    /// A town's name: letters, and what stands between them.
    place = r"^\p{L}[\p{L}\p{M}'’. ()/&-]{1,59}$";
    /// A state or province: a code in capitals, or a name with a capital or in Hangul.
    region = r"^(?:[A-Z]{2,3}(?:-[A-Z\d]{1,3})?|\p{Lu}[\p{L}\p{M}'’. -]+|[가-힣 ]{2,20})$";
    /// A country: a code in capitals, or a name.
    country = r"^(?:[A-Z]{2,3}|\p{Lu}[\p{L}\p{M}'’., ()-]+|[가-힣]{2,12})$";
    /// A street with a house number, in Europe, the Americas and Korea.
    street = r"(?i)(?:^\d+[a-z]?,? (?:\S+ ){0,4}?(?:st|street|ave|avenue|rd|road|blvd|boulevard|ln|lane|dr|drive|ct|court|pl|place|sq|square|way|close|crescent|terrace|parkway|pkwy|loop|manor|highway|hwy|circle|trail|rue|av|allée|chemin|impasse|quai|cours|route|bd)\b|(?:stra(?:ß|ss)e|str\.?|gasse|allee|platz|weg|ring|damm|ufer|laan|straat|plein|gracht|kade|dreef|singel|gatan|vägen|vej|gade|katu|tie)\s*,?\s*\d+|^(?:via|viale|piazza|corso|largo|vicolo|calle|c/|avda\.?|av\.?|avenida|paseo|plaza|camino|carrera|ul\.?|ulica|al\.|aleja|os\.|pl\.|rua|r\.|travessa|praça|rue|quai) .*\d|(?:[가-힣\d]+(?:로|길|대로)\s*\d+)|(?:[가-힣]+(?:동|리|읍|면|가)\s*\d+(?:-\d+)?)|\b\w+(?:-ro|-gil|-daero)\b|\bp\.?\s?o\.? box \d+|^\d+ \S.*\b(?:street|avenue|road|lane|drive|way)\b)";
    /// A house number beside words, either way round: the least that an address is.
    address = r"(?i)^(?:\d+[a-z]?(?:[-/]\d+)?,?\s+\p{L}.*|.*\p{L}.*[ ,]\d+\p{L}?(?:[-/]\d+\p{L}?)?(?:[ ,].*)?|.*[가-힣]+(?:시|도|구|군|동|로|길|읍|면|리)\b.*)$";
    /// A web page of a person: a profile in a social network, or a path with `~` or `/user/`.
    personal_url = r"(?i)^https?://(?:[\w.-]*(?:linkedin\.com/in/|facebook\.com/|twitter\.com/|x\.com/|instagram\.com/|github\.com/|t\.me/|tiktok\.com/@)[\w.%-]+/?$|\S+/(?:~|users?/|profiles?/|u/|@)[\w.%-]+/?\S*$)";
    /// 64 hexadecimal digits and the like: what a hash prints.
    hex_hash = r"(?i)^(?:0x)?(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$";
    /// RFC 9562.
    uuid = r"(?i)^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$";
    /// `1.2.3`, `v2.0.1-beta`.
    version = r"(?i)^v?(?:\d{1,3}\.\d{1,4}\.\d{1,6}|\d{1,2}(?:\.\d{1,2}){3})(?:[-+][a-z][\w.]*)?$|^v\d+(?:\.\d+)*$";
    /// A price with its currency.
    price = r"(?i)^(?:[$€£₩¥]\s?\d[\d.,]*|\d[\d.,]*\s?(?:[$€£₩¥원]|eur|usd|gbp|krw|zł|pln))$";
    /// Letters, then digits, in groups: `ORD-2024-00012`, `SKU1234`, `PC 17599`.
    code = r"^[A-Z]{2,5}[-_/ ]?(?:\d{2,4}[-_/])?\d{3,12}$";
    /// A web address.
    url = r"(?i)^(?:https?|ftp|s3)://\S+$|^www\.\S+\.\S+$";
    /// An integer.
    integer = r"^[-+]?\d+$";
    /// A number with a fraction.
    decimal = r"^[-+]?(?:\d+[.,]\d+|\.\d+)(?:[eE][-+]?\d+)?$";
}

/// RFC 791 and RFC 4291. `1.2.3.4` alone may be a version: a column of them hardly is.
pub(super) fn ip_address(value: &str) -> bool {
    let bare = value.split_once('/').map_or(value, |(address, _)| address);
    bare.parse::<Ipv4Addr>().is_ok_and(|ip| ip.octets().first().is_some_and(|first| *first > 0))
        || (bare.len() > 4 && bare.parse::<Ipv6Addr>().is_ok())
}

/// Decimal degrees, north positive.
pub(super) fn latitude(value: &str) -> bool {
    value.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= 90.0)
}

/// Decimal degrees, east positive.
pub(super) fn longitude(value: &str) -> bool {
    value.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= 180.0)
}

/// Completed years, or a range of them: `34`, `30-39`, `30대`, `65+`.
pub(super) fn age(value: &str) -> bool {
    let bare = value.trim_end_matches(['+', '대', '세']);
    let years = |text: &str| text.trim().parse::<f64>().is_ok_and(|years| (0.0..=120.0).contains(&years));
    years(bare) || bare.split_once(['-', '–']).is_some_and(|(low, high)| years(low) && years(high))
}

/// A sum of money, or a band of it.
pub(super) fn amount(value: &str) -> bool {
    value.chars().any(|c| c.is_ascii_digit()) && value.len() < 40
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_seven_countries() {
        for address in [
            "Theodor-Heuss-Straße 34",
            "Hauptstr. 5",
            "12 rue de la Paix",
            "Via Roma 12",
            "Calle Mayor 3, 2º B",
            "ul. Marszałkowska 10/5",
            "Keizersgracht 123",
            "10 Downing Street",
            "11120 Jasper Ave NW",
            "서울특별시 강남구 테헤란로 123",
            "경기도 성남시 분당구 정자동 178-1",
            "Teheran-ro 152",
            "1692 Ede Loop",
        ] {
            assert!(street(address), "{address}");
        }
        for other in ["Blue shirt 34", "ORD-2024-0001", "Sales Manager", "2024-05-06", "Order 66"] {
            assert!(!street(other), "{other}");
        }
    }

    #[test]
    fn e_mail_addresses() {
        for good in ["a@b.de", "anna.müller+x@mail.example.co.kr", "o'neil@example.ie"] {
            assert!(email(good), "{good}");
        }
        for bad in ["@anna", "a@b", "a b@c.de", "https://a@b.de/x", "a@b@c.de"] {
            assert!(!email(bad), "{bad}");
        }
    }

    #[test]
    fn internet_addresses_are_not_versions() {
        assert!(ip_address("192.168.1.10") && ip_address("2001:db8::1") && ip_address("10.0.0.0/8"));
        assert!(!ip_address("1.2.3") && !ip_address("::") && !ip_address("256.1.1.1") && !ip_address("0.1.2.3"));
    }
}
