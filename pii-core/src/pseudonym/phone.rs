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

/// `+` and digits where the country is known, else the digits.
pub(super) fn normalise(value: &str, region: Option<Region>) -> String {
    // `+82 (0)10…`: the bracketed zero is only dialled inside the country.
    let value = value.trim().replace("(0)", if value.trim_start().starts_with(['+', '0']) { "" } else { "0" });
    let digits: String = value.chars().filter_map(|c| c.to_digit(10)).filter_map(|d| char::from_digit(d, 10)).collect();
    if value.starts_with('+') {
        return format!("+{digits}");
    }
    if let Some(international) = digits.strip_prefix("00") {
        return format!("+{international}");
    }
    match region {
        Some(Region { country_code, trunk }) if !digits.is_empty() => {
            format!("+{country_code}{}", digits.strip_prefix(trunk).unwrap_or(&digits))
        }
        _ => digits,
    }
}

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
