use jiff::Timestamp;
use rayon::prelude::*;

use crate::audit::entry::Head;
use crate::audit::segment::Block;
use crate::audit::stretch::unreadable;
use crate::audit::{Entry, Error, Filter, Hash, Place, leaf_hash};

/// An entry that was asked for.
pub(super) struct Found<'a> {
    pub(super) index: u64,
    pub(super) time: Timestamp,
    pub(super) action: String,
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
    let (seq, time, action, entry) = if read {
        let entry = Entry::decode(payload).map_err(|error| unreadable(index, error))?;
        (entry.seq, entry.time, entry.event.action.name().to_owned(), Some(entry))
    } else {
        let head = Head::read(payload).map_err(|error| unreadable(index, error))?;
        let action = action(payload).ok_or_else(|| Error::damaged(Place::Entry(index), "it has no action"))?;
        (head.seq, head.time.timestamp().map_err(|error| unreadable(index, error))?, action, None)
    };
    if seq != index {
        return Err(Error::damaged(Place::Entry(index), format!("it says that it is entry {seq}")));
    }
    if entry.as_ref().is_some_and(|entry| !filter.matches(entry)) {
        return Ok(None);
    }
    Ok(Some(Found { index, time, action, payload, leaf: leaf_hash(payload), entry }))
}

/// The action alone, without reading the rest. Within the name of the host, which stands before it, the quotes of
/// these words would be escaped.
fn action(payload: &[u8]) -> Option<String> {
    let before = br#""event":{"action":""#;
    let at = payload.windows(before.len()).position(|window| window == before)?;
    let name = payload.get(at + before.len()..)?.split(|byte| *byte == b'"').next()?;
    String::from_utf8(name.to_owned()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::entry;

    #[test]
    fn the_action_is_found_behind_a_host_that_imitates_it() {
        let host = serde_json::to_string(r#"","event":{"action":"init""#).unwrap();
        let event = r#"{"action":"read","actor":{"id":"a","issuer":"local"},"decision":"allowed"}"#;
        let mut bytes = Vec::new();
        entry::encode(3, &entry::time_text(Timestamp::UNIX_EPOCH), &host, event.as_bytes(), &mut bytes);
        assert_eq!(action(&bytes).as_deref(), Some("read"));
        assert_eq!(Entry::decode(&bytes).unwrap().event.action.name(), "read");
    }
}
