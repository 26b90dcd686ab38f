use std::collections::HashMap;

use super::cells::Cells;
use super::fault::{Fault, Result};
use super::kind::Kind;

/// The dictionary of a column chunk, and what happens to it.
pub(super) struct Dictionary {
    cells: Cells<'static>,
    /// For each entry: whether an erased row used it, and no other is known to.
    doubtful: Vec<bool>,
    doubts: usize,
    /// New values, behind the old ones.
    added: Vec<Vec<u8>>,
    places: HashMap<Vec<u8>, u32>,
}

impl Dictionary {
    pub(super) fn new(kind: Kind, raw: Vec<u8>, entries: usize) -> Result<Self> {
        let cells = match kind.width {
            0 => Cells::prefixed(raw, entries)?,
            width => Cells::wide(raw, width, entries)?,
        };
        Ok(Self { doubtful: vec![false; entries], cells, doubts: 0, added: Vec::new(), places: HashMap::new() })
    }

    /// The value of an index; new ones too.
    pub(super) fn value(&self, index: u32) -> Result<&[u8]> {
        let at = index as usize;
        let new = || self.added.get(at.checked_sub(self.cells.len())?).map(Vec::as_slice);
        self.cells.get(at).or_else(new).ok_or_else(|| Fault::damaged("a page points beyond its dictionary"))
    }

    /// An erased row used this entry.
    pub(super) fn doubt(&mut self, index: u32) {
        if let Some(doubtful) = self.doubtful.get_mut(index as usize).filter(|doubtful| !**doubtful) {
            *doubtful = true;
            self.doubts += 1;
        }
    }

    /// A row that stays uses these entries.
    pub(super) fn keep(&mut self, indexes: &[u32]) {
        for index in indexes {
            if self.doubts == 0 {
                return;
            }
            if let Some(doubtful) = self.doubtful.get_mut(*index as usize).filter(|doubtful| **doubtful) {
                *doubtful = false;
                self.doubts -= 1;
            }
        }
    }

    /// How many entries only erased rows are known to use.
    pub(super) fn doubts(&self) -> usize {
        self.doubts
    }

    /// The index of a new value.
    pub(super) fn add(&mut self, value: Vec<u8>) -> u32 {
        let next = (self.cells.len() + self.added.len()) as u32;
        *self.places.entry(value).or_insert_with_key(|value| {
            self.added.push(value.clone());
            next
        })
    }

    pub(super) fn has_new(&self) -> bool {
        !self.added.is_empty()
    }

    /// How many indexes there are.
    pub(super) fn len(&self) -> usize {
        self.cells.len() + self.added.len()
    }

    /// The entries that rows use.
    pub(super) fn living(&self) -> impl Iterator<Item = &[u8]> {
        let old = self.cells.iter().zip(&self.doubtful).filter(|(_, dead)| !**dead).map(|(value, _)| value);
        old.chain(self.added.iter().map(Vec::as_slice))
    }

    /// The dictionary as `PLAIN` values. An entry that nobody uses any more becomes a copy of the one before it that
    /// somebody does: indexes stay right, a sorted dictionary stays sorted, and no value stands there that no row has.
    /// How many entries there are is returned: none if nobody uses any.
    pub(super) fn write(&self, kind: Kind, out: &mut Vec<u8>) -> usize {
        let Some(mut living) = self.living().next() else { return 0 };
        let mut put = |value: &[u8]| {
            if kind.width == 0 {
                out.extend((value.len() as u32).to_le_bytes());
            }
            out.extend_from_slice(value);
        };
        for (value, dead) in self.cells.iter().zip(&self.doubtful) {
            if !dead {
                living = value;
            }
            put(living);
        }
        self.added.iter().for_each(|value| put(value));
        self.len()
    }
}
