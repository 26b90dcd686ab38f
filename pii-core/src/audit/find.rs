use std::path::Path;

use super::evidence::Evidence;
use super::layout::Layout;
use super::segment::{Segment, Tail};
use super::{Checkpoint, Entry, Error, Hash, Place, leaf_hash, query};

/// One entry of a log, and what vouches for it.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its number.
    pub index: u64,
    /// What it says.
    pub entry: Entry,
    /// Its RFC 6962 leaf hash.
    pub leaf: Hash,
    /// The first checkpoint that covers it, if one does. Its signature is not checked here.
    pub sealed: Option<Checkpoint>,
}

/// Reads one entry of a log, or of a copy of one. It is not checked against the tree; [`super::verify()`] does that.
///
/// # Errors
/// [`Error::NoSuchEntry`], [`Error::Pruned`]; [`Error::NotALog`], [`Error::Damaged`], [`Error::Newer`], [`Error::Io`].
pub fn find(dir: &Path, index: u64) -> Result<Found, Error> {
    let layout = Layout::new(dir);
    let Evidence { checkpoints, segments, .. } = Evidence::collect(&layout)?;
    let Some((first, length)) = segments.iter().copied().rfind(|(first, _)| *first <= index) else {
        return Err(Error::Pruned { index, first: segments.first().map_or(0, |(first, _)| *first) });
    };
    let mut segment = Segment::open(&layout, first, Some(length))?;
    while let Some(block) = segment.block()? {
        let nth = index.checked_sub(block.first).and_then(|nth| usize::try_from(nth).ok());
        let Some(payload) = nth.and_then(|nth| block.payloads().nth(nth)) else { continue };
        let entry = query::decode(index, payload)?;
        let sealed = checkpoints.into_iter().find(|checkpoint| checkpoint.size() > index);
        return Ok(Found { index, entry, leaf: leaf_hash(payload), sealed });
    }
    if segment.tail()? == Tail::Broken {
        return Err(Error::damaged(Place::Entry(segment.next()), "its frame is broken"));
    }
    Err(Error::NoSuchEntry { index, size: segment.next() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::samples::{empty, event, fill};

    #[test]
    fn an_entry_is_found_with_the_first_checkpoint_over_it() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 3);
        let first = log.checkpoint().unwrap();
        let receipt = log.append(&event(3)).unwrap();
        assert_eq!(find(&dir, 2).unwrap().sealed, Some(first));
        let last = find(&dir, 3).unwrap();
        assert_eq!((last.leaf, last.entry.event.rows, last.sealed), (receipt.leaf(), Some(3), None));
        let beyond = find(&dir, 4).unwrap_err();
        assert_eq!(beyond.to_string(), "there is no entry 4: the log has 4, and they count from 0");
    }
}
