/// Where national telephone numbers belong: country code and trunk prefix (ITU-T E.164, E.123).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Region {
    country_code: &'static str,
    trunk: &'static str,
}

impl Region {
    /// By ISO 3166-1 alpha-2.
    pub fn parse(iso: &str) -> Option<Self> {
        REGIONS
            .iter()
            .find(|(name, ..)| name.eq_ignore_ascii_case(iso))
            .map(|(_, country_code, trunk)| Self { country_code, trunk })
    }
}

/// `+` and digits where the country is known, else the digits. It is asked for every value of a column: one allocation.
pub(super) fn normalise(value: &str, region: Option<Region>) -> String {
    let value = value.trim();
    // `+82 (0)10…`: the bracketed zero is only dialled inside the country.
    let no_bracketed_zero = value.starts_with(['+', '0']);
    let mut normal = String::with_capacity(value.len() + LONGEST_PREFIX);
    if value.starts_with('+') {
        normal.push('+');
    }
    let mut rest = value.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = match behind {
            [b'0', b')', behind @ ..] if *first == b'(' && no_bracketed_zero => behind,
            _ => behind,
        };
        if first.is_ascii_digit() {
            normal.push(char::from(*first));
        }
    }
    if normal.starts_with('+') {
        return normal;
    }
    if normal.starts_with("00") {
        normal.replace_range(..2, "+");
        return normal;
    }
    if let Some(Region { country_code, trunk }) = region.filter(|_| !normal.is_empty()) {
        let trunk = if normal.starts_with(trunk) { trunk.len() } else { 0 };
        normal.replace_range(..trunk, country_code);
        normal.insert(0, '+');
    }
    normal
}

/// `+` and a country code.
const LONGEST_PREFIX: usize = 4;

/// ISO 3166-1, country code, trunk prefix ("" where the national number is dialled whole).
const REGIONS: &[(&str, &str, &str)] = &[
    ("AT", "43", "0"),
    ("BE", "32", "0"),
    ("BG", "359", "0"),
    ("CH", "41", "0"),
    ("CY", "357", ""),
    ("CZ", "420", ""),
    ("DE", "49", "0"),
    ("DK", "45", ""),
    ("EE", "372", ""),
    ("ES", "34", ""),
    ("FI", "358", "0"),
    ("FR", "33", "0"),
    ("GB", "44", "0"),
    ("GR", "30", ""),
    ("HR", "385", "0"),
    ("IE", "353", "0"),
    ("IS", "354", ""),
    ("IT", "39", ""),
    ("JP", "81", "0"),
    ("KR", "82", "0"),
    ("LI", "423", ""),
    ("LT", "370", "0"),
    ("LU", "352", ""),
    ("LV", "371", ""),
    ("MT", "356", ""),
    ("NL", "31", "0"),
    ("NO", "47", ""),
    ("PL", "48", ""),
    ("PT", "351", ""),
    ("RO", "40", "0"),
    ("SE", "46", "0"),
    ("SI", "386", "0"),
    ("SK", "421", "0"),
    ("US", "1", "1"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bracketed_zeros_and_prefixes_fall_away_where_the_country_is_known() {
        for (value, region, normal) in [
            ("+49 (0)30 23125 000", None, "+493023125000"),
            ("0049 (0)(0)30", None, "+4930"),
            ("(0)30 23125", None, "03023125"),
            ("(0)30 23125", Some("DE"), "+493023125"),
            ("12 (0", Some("DE"), "+49120"),
            (" ０10-1234 ", None, "101234"),
            ("unknown", Some("DE"), ""),
            ("+", None, "+"),
            ("00", None, "+"),
        ] {
            assert_eq!(super::normalise(value, region.and_then(Region::parse)), normal, "{value}");
        }
    }
}
