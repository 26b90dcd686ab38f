use std::borrow::Cow;
use std::net::IpAddr;

use unicode_normalization::{UnicodeNormalization, is_nfc_quick};

use super::phone;
use crate::vocab::Category;

/// How a value is written before it is hashed, so that one person's spellings give one pseudonym.
///
/// A profile never changes once it has a version: its name is part of the key's derivation, and of the
/// metadata of every column made with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Normaliser {
    /// `text/v1`: trim, Unicode NFC.
    Text,
    /// `name/v1`: NFKC, runs of white space become one space, trim, lower-case.
    Name,
    /// `email/v1`: trim, NFC, lower-case; the domain to its ASCII form (IDNA, UTS 46). Dots and `+tags` stay:
    /// only some providers ignore them.
    Email,
    /// `phone/v1`: digits after `+`; `00` becomes `+`; a national number gets the region's country code where
    /// the column names a region, and stays as its digits otherwise.
    Phone(Option<phone::Region>),
    /// `document/v1`: letters and digits only, upper-case. For numbers of documents, accounts and cards.
    Document,
    /// `ip/v1`: the canonical text of RFC 5952; an IPv4-mapped IPv6 address as IPv4.
    Ip,
}

impl Normaliser {
    /// The versioned name of every profile.
    pub const NAMES: &'static [&'static str] = &["text/v1", "name/v1", "email/v1", "phone/v1", "document/v1", "ip/v1"];

    /// The profile for values of `category`. `region` (ISO 3166-1 alpha-2) is where national telephone
    /// numbers of the column belong; an unknown one counts as none.
    pub fn for_category(category: Category, region: Option<&str>) -> Self {
        const TABLE: &[(&str, Normaliser)] = &[
            ("user.contact.email", Normaliser::Email),
            ("user.contact.phone_number", Normaliser::Phone(None)),
            ("user.contact.fax_number", Normaliser::Phone(None)),
            ("user.location.ip_address", Normaliser::Ip),
            ("user.government_id", Normaliser::Document),
            ("user.financial.bank_account", Normaliser::Document),
            ("user.financial.credit_card", Normaliser::Document),
            ("user.device.imei", Normaliser::Document),
            ("user.device.mac_address", Normaliser::Document),
            ("user.name", Normaliser::Name),
        ];
        category
            .lineage()
            .find_map(|c| TABLE.iter().find(|(name, _)| *name == c.name()))
            .map_or(Self::Text, |(_, profile)| *profile)
            .in_region(region)
    }

    /// The versioned name: `email/v1`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text/v1",
            Self::Name => "name/v1",
            Self::Email => "email/v1",
            Self::Phone(_) => "phone/v1",
            Self::Document => "document/v1",
            Self::Ip => "ip/v1",
        }
    }

    /// Normalises `value`; borrows it where it is normal already.
    pub fn normalise(self, value: &str) -> Cow<'_, str> {
        match self {
            Self::Text => nfc(value.trim()),
            Self::Name => name(value),
            Self::Email => email(value.trim()),
            Self::Phone(region) => Cow::Owned(phone::normalise(value, region)),
            Self::Document => document(value),
            Self::Ip => ip(value.trim()),
        }
    }

    fn in_region(self, region: Option<&str>) -> Self {
        match self {
            Self::Phone(_) => Self::Phone(region.and_then(phone::Region::parse)),
            other => other,
        }
    }
}

fn nfc(value: &str) -> Cow<'_, str> {
    // Below U+0300, the first that combines, nothing composes; the first byte of all that follow is greater.
    if value.bytes().all(|byte| byte < 0xcc) || is_nfc_quick(value.chars()) == unicode_normalization::IsNormalized::Yes
    {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(value.nfc().collect())
    }
}

fn name(value: &str) -> Cow<'_, str> {
    let folded: Cow<'_, str> = if value.is_ascii() { value.into() } else { value.nfkc().collect::<String>().into() };
    let mut normal = String::with_capacity(folded.len());
    for word in folded.split_whitespace() {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.push_str(word);
    }
    if normal.is_ascii() {
        normal.make_ascii_lowercase();
        return normal.into();
    }
    normal.to_lowercase().into()
}

fn email(value: &str) -> Cow<'_, str> {
    if value.is_ascii() {
        return if value.bytes().any(|b| b.is_ascii_uppercase()) {
            Cow::Owned(value.to_ascii_lowercase())
        } else {
            Cow::Borrowed(value)
        };
    }
    let normal = nfc(value);
    let lower = if is_lower(&normal) { normal } else { Cow::Owned(normal.to_lowercase()) };
    // Of an ASCII domain in lower case, IDNA makes nothing else; it takes longer than all the rest.
    let foreign = lower.rsplit_once('@').filter(|(_, domain)| !domain.is_ascii());
    match foreign.map(|(local, domain)| (local, idna::domain_to_ascii(domain))) {
        Some((local, Ok(domain))) => Cow::Owned(format!("{local}@{domain}")),
        _ => lower,
    }
}

/// Whether it is in lower case already, as most addresses are: then nothing needs to be copied.
fn is_lower(text: &str) -> bool {
    text.chars().all(|c| match c {
        '\0'..='\x7f' => !c.is_ascii_uppercase(),
        // The first is quicker, and says no of letters that have no case.
        _ => c.is_lowercase() || c.to_lowercase().eq([c]),
    })
}

fn document(value: &str) -> Cow<'_, str> {
    if value.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
        Cow::Borrowed(value)
    } else {
        // Upper-case first: of some Greek letters a combining mark is split off, which is no letter.
        Cow::Owned(value.chars().flat_map(char::to_uppercase).filter(|c| c.is_alphanumeric()).collect())
    }
}

fn ip(value: &str) -> Cow<'_, str> {
    match value.parse::<IpAddr>().map(|ip| ip.to_canonical().to_string()) {
        Ok(canonical) if canonical != value => Cow::Owned(canonical),
        _ => Cow::Borrowed(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(category: &str, region: Option<&str>, value: &str) -> String {
        Normaliser::for_category(Category::parse(category).unwrap(), region).normalise(value).into_owned()
    }

    #[test]
    fn spellings_of_one_value_become_one() {
        for (category, region, spellings) in [
            ("user.contact.email", None, &["anna@example.org", " Anna@Example.ORG "][..]),
            ("user.contact.email", None, &["jürg@bücher.example", "JÜRG@xn--bcher-kva.example"]),
            ("user.contact.phone_number", Some("DE"), &["+49 30 23125 000", "0049-30-23125000", "030 / 23125000"]),
            ("user.contact.phone_number", Some("KR"), &["010-1234-5678", "+82 10 1234 5678", "+82 (0)10-1234-5678"]),
            ("user.contact.phone_number", Some("PL"), &["512 345 678", "+48 512-345-678"]),
            ("user.government_id", None, &["AB-ῆ 12", "ab Η12"]),
            ("user.financial.bank_account", None, &["DE89 3704 0044 0532 0130 00", "de89370400440532013000"]),
            ("user.location.ip_address", None, &["::ffff:192.0.2.1", "192.0.2.1"]),
            ("user.location.ip_address", None, &["2001:DB8:0:0::1", "2001:db8::1"]),
            ("user.name.last", None, &["Müßig", "MÜßIG", "  Mu\u{308}ßig "]),
            ("user.unique_id", None, &["42", " 42 "]),
        ] {
            let normal: std::collections::BTreeSet<_> = spellings.iter().map(|s| normal(category, region, s)).collect();
            assert_eq!(normal.len(), 1, "{category}: {normal:?}");
        }
    }

    #[test]
    fn what_is_passed_over_quickly_would_not_have_changed() {
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            assert_eq!(is_lower(&text), text.to_lowercase() == text, "{c:?}");
            if c < '\u{300}' {
                assert!(text.nfc().eq(text.chars()), "{c:?}");
            }
        }
    }

    #[test]
    fn different_people_stay_apart() {
        assert_ne!(
            normal("user.contact.email", None, "a.b@example.org"),
            normal("user.contact.email", None, "ab@example.org")
        );
        assert_ne!(normal("user.unique_id", None, "007"), normal("user.unique_id", None, "7"));
    }

    proptest::proptest! {
        #[test]
        fn normalising_twice_changes_nothing(value in "\\PC{0,24}") {
            for profile in [Normaliser::Text, Normaliser::Document, Normaliser::Ip, Normaliser::Phone(None)] {
                let once = profile.normalise(&value).into_owned();
                proptest::prop_assert_eq!(profile.normalise(&once).into_owned(), once);
            }
        }
    }
}
