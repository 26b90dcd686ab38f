use std::collections::HashSet;
use std::fmt;

use zeroize::Zeroizing;

/// The values of a column that are to be erased, as text. Never printed, wiped when dropped.
#[derive(Clone)]
pub struct Values {
    texts: Vec<Zeroizing<String>>,
}

impl Values {
    /// Values, each once, in the order given. The empty text is a value like any other.
    ///
    /// Returns `None` if there are none: an empty selection is an error for whoever asks.
    pub fn new(texts: impl IntoIterator<Item = String>) -> Option<Self> {
        let mut seen = HashSet::new();
        let texts: Vec<_> = texts.into_iter().filter(|text| seen.insert(text.clone())).map(Zeroizing::new).collect();
        (!texts.is_empty()).then_some(Self { texts })
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
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Values({})", self.len())
    }
}
