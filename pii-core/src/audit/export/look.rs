use rayon::prelude::*;

use crate::audit::entry::{Head, TimeText};
use crate::audit::segment::Block;
use crate::audit::stretch::unreadable;
use crate::audit::{Entry, Error, Filter, Hash, Place, leaf_hash};

/// An entry that was asked for.
pub(super) struct Found<'a> {
    pub(super) index: u64,
    pub(super) time: TimeText,
    pub(super) action: &'a str,
    /// Its bytes, as stored.
    pub(super) payload: &'a [u8],
    pub(super) leaf: Hash,
    /// Read only where somebody needs more than the bytes.
    pub(super) entry: Option<Entry>,
}

/// The entries of a block before `end` that `filter` wants, in order; on all cores.
pub(super) fn look<'a>(block: &'a Block, end: u64, filter: &Filter, read: bool) -> Result<Vec<Found<'a>>, Error> {
    let read = read || *filter != Filter::default();
    let numbered: Vec<_> = (block.first..end).zip(block.payloads()).collect();
    let looked = numbered.par_iter().with_min_len(64);
    looked.filter_map(|(index, payload)| found(*index, payload, filter, read).transpose()).collect()
}

fn found<'a>(index: u64, payload: &'a [u8], filter: &Filter, read: bool) -> Result<Option<Found<'a>>, Error> {
    let head = Head::read(payload).map_err(|error| unreadable(index, error))?;
    if head.seq != index {
        return Err(Error::damaged(Place::Entry(index), format!("it says that it is entry {}", head.seq)));
    }
    let action = head.action().ok_or_else(|| Error::damaged(Place::Entry(index), "it has no action"))?;
    let entry = read.then(|| Entry::decode(payload)).transpose().map_err(|error| unreadable(index, error))?;
    if entry.as_ref().is_some_and(|entry| !filter.matches(entry)) {
        return Ok(None);
    }
    Ok(Some(Found { index, time: head.time, action, payload, leaf: leaf_hash(payload), entry }))
}
