use std::fmt;

use uuid::Uuid;

use super::{Category, Personal};

/// What sort of identifier: `email`, `phone`, `ci`, or a key of the controller's own, `customer_id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentifierKind(String);

impl IdentifierKind {
    /// Reads a kind: lower-case letters, digits and `_`.
    ///
    /// # Errors
    /// [`MalformedIdentifier`] for anything else.
    pub fn parse(kind: &str) -> Result<Self, MalformedIdentifier> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if kind.starts_with(|c: char| c.is_ascii_lowercase()) && kind.len() <= 64 && kind.bytes().all(plain) {
            Ok(Self(kind.to_owned()))
        } else {
            Err(MalformedIdentifier)
        }
    }

    /// The kind as written: `email`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Under which kind the values of a column point to a person, if they do. A key of the controller's own has the
    /// name of its column, the last part of `path`.
    pub fn of_column(category: Category, path: &str) -> Option<Self> {
        let named = KINDS.iter().find(|(name, _)| *name == category.name()).map(|(_, kind)| *kind);
        let own = || (category.name() == "user.unique_id").then(|| path.rsplit('.').next()).flatten();
        named.or_else(own).and_then(|kind| Self::parse(kind).ok())
    }

    /// What identifiers of this kind are, where the kind says it by itself; a key of the controller's own does not.
    pub fn category(&self) -> Option<Category> {
        let (name, _) = KINDS.iter().find(|(_, kind)| *kind == self.as_str())?;
        Category::parse(name).ok()
    }
}

/// Categories whose values point to a person, and the kind under which they do.
const KINDS: &[(&str, &str)] = &[
    ("user.contact.email", "email"),
    ("user.contact.phone_number", "phone"),
    ("user.unique_id.linking", "ci"),
    ("user.government_id.national", "national_id"),
    ("user.government_id.passport", "passport"),
    ("user.account.username", "username"),
];

impl fmt::Display for IdentifierKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something that points to one data subject: a kind and a value.
#[derive(Clone, Debug)]
pub struct Identifier {
    /// What sort.
    pub kind: IdentifierKind,
    /// The value itself.
    pub value: Personal<String>,
}

impl Identifier {
    /// Reads one line of `kind=value`, as `--subject -` takes them.
    ///
    /// # Errors
    /// [`MalformedIdentifier`]; it does not repeat the line, which may hold personal data.
    pub fn parse(line: &str) -> Result<Self, MalformedIdentifier> {
        let (kind, value) = line.split_once('=').ok_or(MalformedIdentifier)?;
        let value = value.trim();
        if value.is_empty() {
            return Err(MalformedIdentifier);
        }
        Ok(Self { kind: IdentifierKind::parse(kind.trim())?, value: Personal::new(value.to_owned()) })
    }
}

/// A line was not `kind=value`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an identifier is a line of `kind=value`, such as `email=…` or `customer_id=…`")]
pub struct MalformedIdentifier;

/// A data subject, as the vault knows them: a random number that says nothing about the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectId(Uuid);

impl SubjectId {
    /// A new, random one.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// From its 16 bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// Its 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_kind_and_value() {
        let id = Identifier::parse(" email = anna=b@example.org \n").unwrap();
        assert_eq!(id.kind.as_str(), "email");
        assert_eq!(id.value.expose(), "anna=b@example.org");
    }

    #[test]
    fn what_points_to_a_person_is_an_identifier() {
        let kind = |category: &str, path: &str| {
            IdentifierKind::of_column(Category::parse(category).unwrap(), path).map(|kind| kind.to_string())
        };
        assert_eq!(kind("user.contact.email", "work_mail").as_deref(), Some("email"));
        assert_eq!(kind("user.contact.phone_number", "mobile").as_deref(), Some("phone"));
        // A key of the controller's own has the name of its column.
        assert_eq!(kind("user.unique_id", "account.customer_id").as_deref(), Some("customer_id"));
        assert_eq!(kind("user.unique_id", "Customer-ID"), None);
        assert_eq!(kind("user.name", "name"), None);
    }

    #[test]
    fn a_kind_knows_its_category() {
        for (category, kind) in KINDS {
            assert_eq!(IdentifierKind::parse(kind).unwrap().category(), Category::parse(category).ok());
        }
        assert_eq!(IdentifierKind::parse("customer_id").unwrap().category(), None);
    }

    #[test]
    fn a_bad_line_is_not_repeated() {
        for bad in ["anna@example.org", "email=", "E-Mail=x", "=x"] {
            let error = Identifier::parse(bad).unwrap_err();
            assert!(!error.to_string().contains("anna"));
        }
    }
}
