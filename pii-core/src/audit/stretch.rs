use std::fs;

use jiff::Timestamp;

use super::entry::{self, Head, TimeText, Unreadable};
use super::layout::Layout;
use super::tile::{self, WIDTH};
use super::{Action, Entry, Error, Hash, Place, Range, leaf_hash};

/// What entries that follow each other within one tile say, found without regard to those before them: so that
/// several stretches can be read at once.
pub(super) struct Stretch {
    /// The number of the first of them.
    pub(super) first: u64,
    pub(super) leaves: Vec<Hash>,
    /// The times of the first and the last of them.
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// The root of the tile that they fill, and whether the one on disk says the same.
    pub(super) whole: Option<(Hash, Stored)>,
    /// Entries about the log itself, with their numbers.
    pub(super) notices: Vec<(u64, Entry)>,
}

/// How a tile on disk compares with the entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    Same,
    /// It is not there.
    Missing,
    /// It differs from this hash on.
    Differs(usize),
}

impl Stored {
    pub(super) fn compare(stored: Option<&[u8]>, leaves: &[Hash]) -> Self {
        let Some(stored) = stored else { return Self::Missing };
        let Some(hashes) = tile::read(stored, leaves.len()) else { return Self::Differs(0) };
        match hashes.iter().zip(leaves).position(|(stored, ours)| stored != ours) {
            Some(at) => Self::Differs(at),
            None => Self::Same,
        }
    }
}

impl Stretch {
    /// Reads `payloads`, of which the first is entry `first`. Those from `unsealed` on are read to the last field:
    /// no signature vouches for them.
    pub(super) fn read(layout: &Layout, first: u64, payloads: &[&[u8]], unsealed: u64) -> Result<Self, Error> {
        let mut leaves = Vec::with_capacity(payloads.len());
        let mut notices = Vec::new();
        let mut times: Option<(TimeText, TimeText)> = None;
        // How an entry begins that is not about the log: most begin like the one before.
        let mut lead: Option<&[u8]> = None;
        for (index, payload) in (first..).zip(payloads) {
            let head = Head::read(payload).and_then(|head| {
                let same_second = times.as_ref().is_some_and(|(_, last)| head.time.is_just_like(last));
                if same_second { Ok(head) } else { head.time.timestamp().map(|_| head) }
            });
            let head = head.map_err(|error| unreadable(index, error))?;
            if head.seq != index {
                return Err(Error::damaged(Place::Entry(index), format!("it says that it is entry {}", head.seq)));
            }
            let (from, last) = times.unwrap_or((head.time, head.time));
            if head.time < last {
                return Err(backwards(index));
            }
            times = Some((from, head.time));
            let usual = index < unsealed && lead.is_some_and(|lead| head.leads_with(lead));
            if !usual && (head.is_about_the_log() || index >= unsealed) {
                let entry = Entry::decode(payload).map_err(|error| unreadable(index, error))?;
                notices.extend(is_notice(&entry).then_some((index, entry)));
            } else if !usual {
                lead = head.lead();
            }
            leaves.push(leaf_hash(payload));
        }
        let (from, to) = times.ok_or_else(|| Error::damaged(Place::Entry(first), "it is in no segment"))?;
        let time = |text: TimeText, index| text.timestamp().map_err(|error| unreadable(index, error));
        let (from, to) = (time(from, first)?, time(to, first + leaves.len() as u64 - 1)?);
        let whole = (leaves.len() == WIDTH).then(|| whole(layout, first, &leaves));
        Ok(Self { first, leaves, from, to, whole, notices })
    }
}

fn whole(layout: &Layout, first: u64, leaves: &[Hash]) -> (Hash, Stored) {
    let path = layout.path(&tile::path(0, first / WIDTH as u64, WIDTH));
    let mut tree = Range::default();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    (tree.root(), Stored::compare(fs::read(path).ok().as_deref(), leaves))
}

fn is_notice(entry: &Entry) -> bool {
    matches!(entry.event.action, Action::LogKey | Action::LogPrune)
}

pub(super) fn backwards(index: u64) -> Error {
    Error::damaged(Place::Entry(index), "it is older than the entry before it")
}

pub(super) fn unreadable(index: u64, error: Unreadable) -> Error {
    let place = Place::Entry(index);
    match error {
        Unreadable::Newer(found) => Error::Newer { place, found, known: entry::VERSION },
        Unreadable::Malformed(why) => Error::damaged(place, why),
    }
}
