use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::Error;
use super::plan::ListDigest;

/// The values of a column that are to be erased, as text. Never printed, wiped when dropped. A clone is the same list: in
/// however many places it is looked for, it lies in memory once and is digested once.
#[derive(Clone)]
pub struct Values {
    texts: Arc<[Zeroizing<String>]>,
    /// What was computed of the list: slow to make, by intent.
    digests: Arc<Mutex<Vec<ListDigest>>>,
}

impl Values {
    /// Values, each once, in the order given. The empty text is a value like any other.
    ///
    /// Returns `None` if there are none: an empty selection is an error for whoever asks.
    pub fn new(texts: impl IntoIterator<Item = String>) -> Option<Self> {
        let texts: Vec<_> = texts.into_iter().map(Zeroizing::new).collect();
        let mut seen = HashSet::with_capacity(texts.len());
        let firsts: Vec<bool> = texts.iter().map(|text| seen.insert(text.as_str())).collect();
        let texts: Arc<[_]> = texts.into_iter().zip(firsts).filter_map(|(text, first)| first.then_some(text)).collect();
        (!texts.is_empty()).then(|| Self { texts, digests: Arc::default() })
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Never: see [`Values::new`].
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Each one, in order. Its place in this order is the only name by which reports speak of it.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| text.as_str())
    }

    /// What a plan says of the list: always the same.
    pub(super) fn digest(&self) -> Result<ListDigest, Error> {
        let mut known = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = known.first() {
            return Ok(first.clone());
        }
        let new = ListDigest::new(self)?;
        known.push(new.clone());
        Ok(new)
    }

    /// Whether a plan says this of the list.
    pub(super) fn are_of(&self, planned: &ListDigest) -> bool {
        let mut known = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(planned) {
            return true;
        }
        let same = planned.is_of(self);
        if same {
            known.push(planned.clone());
        }
        same
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Values({})", self.len())
    }
}
