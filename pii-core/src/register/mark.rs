use std::collections::BTreeMap;

use super::Error;
use crate::keyring::{Keyring, RegisterKey};
use crate::policy::Policy;
use crate::pseudonym::Normaliser;
use crate::vocab::{Identifier, IdentifierKind};

/// An identifier as the register knows it: equal for the spellings of one value, and of no use without the keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// What sort of identifier.
    pub kind: IdentifierKind,
    /// SipHash-2-4 of its normal form: says who it cannot be.
    pub sieve: u64,
    /// The first 128 bits of HMAC-SHA-256 of its normal form: says who it is.
    pub tag: [u8; 16],
}

/// Makes the marks of identifiers of one kind that are written in one normal form.
#[derive(Debug)]
pub struct Marker {
    kind: IdentifierKind,
    normaliser: Normaliser,
    key: RegisterKey,
}

impl Marker {
    /// With the keys of a workspace.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn new(keys: &Keyring, kind: &IdentifierKind, normaliser: Normaliser) -> Result<Self, Error> {
        Ok(Self { kind: kind.clone(), normaliser, key: keys.register(kind.as_str(), normaliser.name())? })
    }

    /// Of which kind.
    pub fn kind(&self) -> &IdentifierKind {
        &self.kind
    }

    /// The mark of a value; none, if there is neither letter nor digit in it. `-`, or a telephone number that says
    /// `unknown`, would be everybody's.
    pub fn mark(&self, value: &str) -> Option<Mark> {
        let normal = self.normaliser.normalise(value);
        normal.chars().any(char::is_alphanumeric).then(|| Mark {
            kind: self.kind.clone(),
            sieve: self.key.sieve(normal.as_bytes()),
            tag: self.key.tag(normal.as_bytes()),
        })
    }

    /// In which normal form.
    pub fn normaliser(&self) -> Normaliser {
        self.normaliser
    }

    pub(super) fn key(&self) -> &RegisterKey {
        &self.key
    }
}

/// The markers for whatever may name a person: an identifier gets a mark for each normal form in which some column of the
/// policy may hold it. A telephone number is written in one way where the column has a region, in another where not.
pub struct Markers<'a> {
    keys: &'a Keyring,
    by_kind: BTreeMap<IdentifierKind, Vec<Marker>>,
}

impl<'a> Markers<'a> {
    /// For the columns of a policy.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn new(keys: &'a Keyring, policy: &Policy) -> Result<Self, Error> {
        let mut markers = Self { keys, by_kind: BTreeMap::new() };
        for dataset in policy.datasets() {
            for (path, rule) in dataset.columns() {
                let Some((kind, category)) = dataset.identifier(path).zip(rule.tag().category()) else { continue };
                markers.add(&kind, Normaliser::for_category(category, rule.region()))?;
                markers.add(&kind, by_itself(&kind))?;
            }
        }
        Ok(markers)
    }

    fn add(&mut self, kind: &IdentifierKind, normaliser: Normaliser) -> Result<(), Error> {
        let markers = self.by_kind.entry(kind.clone()).or_default();
        if markers.iter().all(|marker| marker.normaliser != normaliser) {
            markers.push(Marker::new(self.keys, kind, normaliser)?);
        }
        Ok(())
    }

    /// The marks of an identifier, each once.
    ///
    /// # Errors
    /// [`Error::Blank`], [`Error::Key`].
    pub fn of(&self, identifier: &Identifier) -> Result<Vec<Mark>, Error> {
        let marks = self.of_value(&identifier.kind, by_itself(&identifier.kind), identifier.value.expose())?;
        if marks.is_empty() { Err(Error::Blank { kind: identifier.kind.clone() }) } else { Ok(marks) }
    }

    /// The marks of a value that was written in the normal form of `normaliser`; none, if nobody could be known by it.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn of_value(&self, kind: &IdentifierKind, normaliser: Normaliser, value: &str) -> Result<Vec<Mark>, Error> {
        let markers = self.by_kind.get(kind).map(Vec::as_slice).unwrap_or_default();
        let mut marks: Vec<Mark> = markers.iter().filter_map(|marker| marker.mark(value)).collect();
        if markers.iter().all(|marker| marker.normaliser != normaliser) {
            marks.extend(Marker::new(self.keys, kind, normaliser)?.mark(value));
        }
        marks.sort_unstable();
        marks.dedup();
        Ok(marks)
    }
}

/// The normal form of a kind of which nobody says in which column it stands.
fn by_itself(kind: &IdentifierKind) -> Normaliser {
    kind.category().map_or(Normaliser::Text, |category| Normaliser::for_category(category, None))
}
