//! What a thing in the vault is found by, and what it is bound to.

use super::Error;
use super::store::{Blind, PersonId};
use crate::keyring::{Keyring, PseudonymKey};
use crate::pseudonym::Normaliser;
use crate::vocab::{Category, SubjectId};

/// The blind key for identifiers written in a normal form.
pub(super) fn identifier_key(keys: &Keyring, normaliser: Normaliser) -> Result<PseudonymKey, Error> {
    Ok(keys.blind(normaliser.name())?)
}

/// The blind tag of an identifier.
pub(super) fn identifier(key: &PseudonymKey, normaliser: Normaliser, value: &str) -> Blind {
    short(key.sign(normaliser.normalise(value).as_bytes()))
}

/// The blind tag of a value: equal for one person, column and text, and for nothing else.
pub(super) fn value(key: &PseudonymKey, person: PersonId, field: i64, value: &str) -> Blind {
    let mut bytes = Vec::with_capacity(16 + value.len());
    bytes.extend_from_slice(&person.to_be_bytes());
    bytes.extend_from_slice(&field.to_be_bytes());
    bytes.extend_from_slice(value.as_bytes());
    short(key.sign(&bytes))
}

/// The first 128 bits.
fn short(tag: [u8; 32]) -> Blind {
    tag.first_chunk().copied().unwrap_or_default()
}

/// What the wrapped key of a person is bound to.
pub(super) fn person_surroundings(subject: SubjectId) -> Vec<u8> {
    [b"pii/v1/person\0".as_slice(), subject.as_bytes()].concat()
}

/// What the sealed values of a person in one column are bound to.
pub(super) struct Place(Vec<u8>);

impl Place {
    pub(super) fn new(dataset: &str, column: &str, category: Category) -> Self {
        let place = ["", dataset, column, category.name()].join("\0");
        Self([b"pii/v1/value\0".as_slice(), &[0; SUBJECT], place.as_bytes()].concat())
    }

    pub(super) fn of(&mut self, subject: SubjectId) -> &[u8] {
        let hole = self.0.get_mut(PREFIX..PREFIX + SUBJECT);
        hole.into_iter().for_each(|hole| hole.copy_from_slice(subject.as_bytes()));
        &self.0
    }
}

const PREFIX: usize = b"pii/v1/value\0".len();
const SUBJECT: usize = 16;
