use std::collections::BTreeSet;

use super::Marker;
use super::known::Known;
use crate::vocab::{IdentifierKind, PurposeId, RecipientId};

/// Whose data may not go to one recipient, as the register was when it was asked.
#[derive(Debug)]
pub struct Forbidden {
    pub(super) purpose: PurposeId,
    pub(super) recipient: RecipientId,
    /// How often the register had changed.
    pub(super) generation: i64,
    pub(super) kinds: BTreeSet<IdentifierKind>,
    pub(super) objections: Known,
    pub(super) restrictions: Known,
}

/// What keeps a row back; the greater is the graver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bar {
    /// Nothing.
    #[default]
    Nothing,
    /// The person objects to the purpose (Art. 21).
    Objection,
    /// The person's data are restricted (Art. 18).
    Restriction,
}

impl Forbidden {
    /// Whether anybody is known by identifiers of this kind.
    pub fn concerns(&self, kind: &IdentifierKind) -> bool {
        self.kinds.contains(kind)
    }

    /// What keeps back the rows of whoever has this identifier.
    #[inline]
    pub fn bar(&self, marker: &Marker, value: &str) -> Bar {
        let normal = marker.normaliser().normalise(value);
        let sieve = marker.key().sieve(normal.as_bytes());
        if !self.restrictions.may_hold(sieve) && !self.objections.may_hold(sieve) {
            return Bar::Nothing;
        }
        let tag = || marker.key().tag(normal.as_bytes());
        if self.restrictions.holds(sieve, tag) {
            Bar::Restriction
        } else if self.objections.holds(sieve, tag) {
            Bar::Objection
        } else {
            Bar::Nothing
        }
    }
}
