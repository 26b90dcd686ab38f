use std::fmt;

use crate::vocab::{Category, Tag};

/// What becomes of a value on its way to a recipient.
#[derive(Clone, Debug, PartialEq)]
pub enum Method {
    /// `pseudonymise`: a keyed one-way hash in the recipient's domain (Art. 4(5)).
    Pseudonymise,
    /// `drop`: the column does not leave.
    Drop,
    /// `null`: the column leaves, its values do not.
    Null,
    /// `keep`: the value leaves as it is.
    Keep,
    /// `constant:…`: every value becomes this text.
    Constant(String),
    /// `mask`, `mask:1,2`: so many characters at each end stay, the others become `*`.
    Mask {
        /// Characters that stay in front.
        first: usize,
        /// Characters that stay at the end.
        last: usize,
    },
    /// `year`: of a date, its year.
    Year,
    /// `month`: of a date, its year and month.
    Month,
    /// `bucket:10`: a number becomes the lower end of its interval.
    Bucket {
        /// The interval's width, in the column's own unit; positive and finite.
        width: f64,
    },
    /// `network-24`, `network-48`: of an IP address, its network. Either name means the pair /24 and /48.
    Network {
        /// Bits that stay of an IPv4 address.
        v4: u8,
        /// Bits that stay of an IPv6 address.
        v6: u8,
    },
    /// `truncate-coordinates`, `truncate-coordinates:1`: degrees with so many decimals (2 are about a kilometre).
    TruncateCoordinates {
        /// Decimals that stay, at most 3.
        decimals: u8,
    },
}

impl Method {
    /// Reads a method's short spelling: `drop`, `mask:1,2`, `bucket:10`.
    ///
    /// # Errors
    /// [`UnknownMethod`], with what to write.
    pub fn parse(text: &str) -> Result<Self, UnknownMethod> {
        let (name, argument) = match text.split_once(':') {
            Some((name, argument)) => (name.trim_end(), Some(argument.trim())),
            None => (text, None),
        };
        let unknown = |mend: &'static str| UnknownMethod { text: text.to_owned(), mend };
        match (name, argument) {
            ("pseudonymise", None) => Ok(Self::Pseudonymise),
            ("drop", None) => Ok(Self::Drop),
            ("null", None) => Ok(Self::Null),
            ("keep", None) => Ok(Self::Keep),
            ("year", None) => Ok(Self::Year),
            ("month", None) => Ok(Self::Month),
            ("network-24" | "network-48", None) => Ok(Self::Network { v4: 24, v6: 48 }),
            ("mask", None) => Ok(Self::Mask { first: 1, last: 0 }),
            ("truncate-coordinates", None) => Ok(Self::TruncateCoordinates { decimals: 2 }),
            // Of the text itself, not trimmed: a constant may begin with a blank.
            ("constant", Some(_)) => {
                Ok(Self::Constant(text.split_once(':').map(|(_, c)| c.to_owned()).unwrap_or_default()))
            }
            ("mask", Some(ends)) => ends
                .split_once(',')
                .and_then(|(first, last)| Some((first.trim().parse().ok()?, last.trim().parse().ok()?)))
                .map(|(first, last)| Self::Mask { first, last })
                .ok_or_else(|| unknown("say how many characters stay in front and at the end: `mask:1,2`")),
            ("bucket", width) => width
                .and_then(|w| w.parse().ok())
                .and_then(Self::bucket)
                .ok_or_else(|| unknown("give the interval's width, a number above zero: `bucket:10`")),
            ("truncate-coordinates", Some(decimals)) => decimals
                .parse()
                .ok()
                .and_then(Self::coordinates)
                .ok_or_else(|| unknown("give the decimals that stay, 0 to 3: `truncate-coordinates:1`")),
            ("pseudonymize" | "hash" | "hmac" | "token" | "tokenise" | "tokenize", _) => {
                Err(unknown("write `pseudonymise`: a keyed hash in the recipient's own domain"))
            }
            ("remove" | "delete" | "redact", _) => Err(unknown("write `drop`, or `null` to leave an empty column")),
            ("clear" | "plain" | "none", _) => Err(unknown("write `keep` to let the value leave as it is")),
            ("constant", None) => Err(unknown("say which: `constant:redacted`")),
            _ => Err(unknown(SPELLINGS)),
        }
    }

    /// A bucket of this width, if it is a positive number.
    pub(super) fn bucket(width: f64) -> Option<Self> {
        (width.is_finite() && width > 0.0).then_some(Self::Bucket { width })
    }

    /// Coordinates with so many decimals. Three are about 110 metres; more would not be a truncation.
    pub(super) fn coordinates(decimals: u8) -> Option<Self> {
        (decimals <= 3).then_some(Self::TruncateCoordinates { decimals })
    }

    /// Whether nothing of the value itself leaves.
    pub fn withholds(&self) -> bool {
        matches!(self, Self::Drop | Self::Null | Self::Constant(_))
    }

    /// Whether the method can do something with values of `tag`, or with some of them where the category is wide.
    pub fn suits(&self, tag: Tag) -> bool {
        let (Some(shapes), Some(category)) = (self.shapes(), tag.category()) else { return true };
        shapes
            .iter()
            .filter_map(|name| Category::parse(name).ok())
            .any(|shape| category.is_within(shape) || shape.is_within(category))
    }

    /// The categories whose values have the shape that the method needs; `None` where any text will do.
    pub(super) fn shapes(&self) -> Option<&'static [&'static str]> {
        match self {
            Self::Year | Self::Month => Some(DATES),
            Self::Bucket { .. } => Some(NUMBERS),
            Self::Network { .. } => Some(&["user.location.ip_address"]),
            Self::TruncateCoordinates { .. } => Some(&["user.location.precise", "user.location.imprecise"]),
            Self::Pseudonymise | Self::Drop | Self::Null | Self::Keep | Self::Constant(_) | Self::Mask { .. } => None,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pseudonymise => f.write_str("pseudonymise"),
            Self::Drop => f.write_str("drop"),
            Self::Null => f.write_str("null"),
            Self::Keep => f.write_str("keep"),
            Self::Constant(text) => write!(f, "constant:{text}"),
            Self::Mask { first, last } => write!(f, "mask:{first},{last}"),
            Self::Year => f.write_str("year"),
            Self::Month => f.write_str("month"),
            Self::Bucket { width } => write!(f, "bucket:{width}"),
            Self::Network { v4, .. } => write!(f, "network-{v4}"),
            Self::TruncateCoordinates { decimals } => write!(f, "truncate-coordinates:{decimals}"),
        }
    }
}

/// No such method.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a method")]
pub struct UnknownMethod {
    /// What was asked for.
    pub text: String,
    /// What to write.
    pub mend: &'static str,
}

const SPELLINGS: &str = "write one of `pseudonymise`, `drop`, `null`, `keep`, `constant:…`, `mask`, `year`, `month`, \
                         `bucket:10`, `network-24`, `truncate-coordinates`";

const DATES: &[&str] = &[
    "user.demographic.date_of_birth",
    "user.behavior",
    "user.criminal_history",
    "user.education",
    "user.employment",
    "user.financial.payment",
    "user.health_and_medical",
];

const NUMBERS: &[&str] = &[
    "user.demographic.age",
    "user.behavior",
    "user.education",
    "user.employment",
    "user.financial.credit_score",
    "user.financial.income",
    "user.financial.payment",
    "user.health_and_medical",
    "user.inferred",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(name: &str) -> Tag {
        Tag::parse(name).unwrap()
    }

    #[test]
    fn every_spelling_is_printed_as_it_is_read() {
        for text in [
            "pseudonymise",
            "drop",
            "null",
            "keep",
            "constant:redacted",
            "constant: a: b",
            "mask:1,2",
            "year",
            "month",
            "bucket:10",
            "bucket:0.5",
            "network-24",
            "truncate-coordinates:1",
        ] {
            assert_eq!(Method::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn either_network_name_means_the_pair() {
        let pair = Method::Network { v4: 24, v6: 48 };
        assert_eq!(Method::parse("network-24").unwrap(), pair);
        assert_eq!(Method::parse("network-48").unwrap(), pair);
    }

    #[test]
    fn a_wrong_spelling_is_told_the_right_one() {
        for (wrong, right) in [
            ("hash", "`pseudonymise`"),
            ("pseudonymize", "`pseudonymise`"),
            ("redact", "`drop`"),
            ("bucket", "`bucket:10`"),
            ("bucket:0", "`bucket:10`"),
            ("bucket:-5", "`bucket:10`"),
            ("bucket:inf", "`bucket:10`"),
            ("mask:1", "`mask:1,2`"),
            ("truncate-coordinates:7", "0 to 3"),
            ("constant", "`constant:redacted`"),
            ("yearly", "`year`"),
            ("year:2", "`year`"),
        ] {
            let mend = Method::parse(wrong).unwrap_err().mend;
            assert!(mend.contains(right), "{wrong}: {mend}");
        }
    }

    #[test]
    fn the_shapes_name_categories_that_exist() {
        for name in DATES.iter().chain(NUMBERS) {
            Category::parse(name).unwrap();
        }
    }

    #[test]
    fn a_method_suits_values_of_its_shape() {
        for (method, suits, not) in [
            ("year", "user.demographic.date_of_birth", "user.contact.email"),
            ("month", "user.demographic", "user.demographic.gender"),
            ("bucket:10", "user.demographic.age", "user.free_text"),
            ("network-24", "user.location.ip_address", "user.name.last"),
            ("truncate-coordinates", "user.location.precise", "user.location.ip_address"),
        ] {
            let method = Method::parse(method).unwrap();
            assert!(method.suits(tag(suits)), "{method} of {suits}");
            assert!(!method.suits(tag(not)), "{method} of {not}");
            assert!(method.suits(Tag::NotPersonal), "{method} of a column that is not personal");
        }
    }
}
