use std::borrow::Cow;
use std::collections::BTreeMap;

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
    /// What each scope knows by identifiers of a kind: never nobody.
    pub(super) known: BTreeMap<IdentifierKind, Vec<(Bar, Known)>>,
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
        self.known.contains_key(kind)
    }

    /// What keeps back the row of each of these values, which are in the normal form of `marker`, in their order; a null
    /// keeps nothing back.
    pub fn bars(&self, marker: &Marker, normal: &[Option<Cow<'_, str>>]) -> Vec<Bar> {
        let mut bars = vec![Bar::Nothing; normal.len()];
        let known = self.known.get(marker.kind()).map(Vec::as_slice).unwrap_or_default();
        if known.is_empty() {
            return bars;
        }
        let sieves = sieves(marker, normal);
        let mut passed = Vec::new();
        for (bar, known) in known {
            // All filters first and nothing else: the processor then waits for many words of memory at once.
            passed.clear();
            passed.extend(sieves.iter().enumerate().filter(|(_, sieve)| known.may_hold(**sieve)).map(|(row, _)| row));
            for row in &passed {
                let (Some(Some(value)), Some(sieve), Some(worst)) =
                    (normal.get(*row), sieves.get(*row), bars.get_mut(*row))
                else {
                    continue;
                };
                if *bar > *worst && known.holds(*sieve, || marker.key().tag(value.as_bytes())) {
                    *worst = *bar;
                }
            }
        }
        bars
    }
}

/// The sieve of each value; that of a null is nobody's in particular.
fn sieves(marker: &Marker, normal: &[Option<Cow<'_, str>>]) -> Vec<u64> {
    let (mut before, mut sieve) = (None, 0);
    let mut sieves = Vec::with_capacity(normal.len());
    for value in normal {
        let value = value.as_deref();
        // Rows of one person often follow each other.
        if value != before {
            (before, sieve) = (value, value.map(|value| marker.key().sieve(value.as_bytes())).unwrap_or_default());
        }
        sieves.push(sieve);
    }
    sieves
}
