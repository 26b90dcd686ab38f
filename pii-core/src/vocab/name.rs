use std::fmt;

/// A name that stands in a policy: lower-case letters, digits, `.`, `-` and `_`, at most 128 bytes.
///
/// Names end up in file names, key derivations and log entries, so the alphabet is small on purpose.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a {what}: use lower-case letters, digits, `.`, `-` and `_`, beginning with a letter")]
pub struct MalformedName {
    /// What was to be named.
    pub what: &'static str,
    /// What was given.
    pub name: String,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            #[doc = concat!("Reads a ", $what, ".")]
            ///
            /// # Errors
            /// [`MalformedName`] for an empty, long or oddly spelt name.
            pub fn parse(name: &str) -> Result<Self, MalformedName> {
                if is_name(name) {
                    Ok(Self(name.to_owned()))
                } else {
                    Err(MalformedName { what: $what, name: name.to_owned() })
                }
            }

            /// The name as it stands in the policy.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// A dataset, usually `system.table`: `crm.customers`.
    DatasetId,
    "dataset"
);
name!(
    /// A purpose of processing (Art. 5(1)(b)): `analytics`.
    PurposeId,
    "purpose"
);
name!(
    /// A recipient (Art. 4(9)): whoever the data are disclosed to.
    RecipientId,
    "recipient"
);
name!(
    /// A pseudonymisation domain (EDPB 01/2025): within it pseudonyms of one person are equal, across
    /// domains they cannot be joined. A recipient is a domain of its own unless the policy groups it.
    Domain,
    "domain"
);

impl From<&RecipientId> for Domain {
    fn from(recipient: &RecipientId) -> Self {
        Self(recipient.0.clone())
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-_".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain() {
        assert_eq!(DatasetId::parse("crm.customers").unwrap().as_str(), "crm.customers");
        for bad in ["", "CRM", "1st", "../etc", "a b", &"x".repeat(129)] {
            assert!(DatasetId::parse(bad).is_err(), "{bad:?}");
        }
    }
}
