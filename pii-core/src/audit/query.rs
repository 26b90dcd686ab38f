use std::path::Path;

use jiff::Timestamp;

use crate::vocab::DatasetId;
use crate::vocab::PurposeId;
use crate::vocab::RecipientId;

use super::entry::{self, Unreadable};
use super::layout::Layout;
use super::segment::{Block, Segment, Tail};
use super::{Action, Alias, Entry, Error, Place};

/// Reads the entries of a log, or of a copy of one, in order. It checks that they can be read, no more;
/// [`super::verify()`] checks that they are the ones that were written.
///
/// It ends before an entry that is being written.
///
/// # Errors
/// [`Error::NotALog`], [`Error::Io`].
pub fn read(dir: &Path) -> Result<Entries, Error> {
    let layout = Layout::new(dir);
    layout.origin()?;
    let segments = layout.segments()?;
    let next = segments.first().copied().unwrap_or(0);
    Ok(Entries { layout, segments: segments.into_iter(), open: None, block: Vec::new().into_iter(), next })
}

/// The entries of a log, with their numbers. Made by [`read()`].
#[derive(Debug)]
pub struct Entries {
    layout: Layout,
    segments: std::vec::IntoIter<u64>,
    open: Option<Segment>,
    block: std::vec::IntoIter<Vec<u8>>,
    next: u64,
}

impl Entries {
    fn advance(&mut self) -> Result<Option<(u64, Entry)>, Error> {
        loop {
            if let Some(payload) = self.block.next() {
                let index = self.next;
                self.next += 1;
                return decode(index, &payload).map(|entry| Some((index, entry)));
            }
            let Some(segment) = &mut self.open else {
                let Some(first) = self.segments.next() else { return Ok(None) };
                if first != self.next {
                    return Err(Error::damaged(Place::Entry(self.next), "it is in no segment"));
                }
                self.open = Some(Segment::open(&self.layout, first, None)?);
                continue;
            };
            if let Some(block) = segment.block()? {
                self.block = owned(&block);
            } else if segment.tail()? == Tail::Broken {
                return Err(Error::damaged(Place::Entry(self.next), "its frame is broken"));
            } else {
                self.open = None;
            }
        }
    }
}

impl Iterator for Entries {
    type Item = Result<(u64, Entry), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance().transpose();
        if matches!(next, Some(Err(_))) {
            // What follows a broken entry means nothing.
            self.open = None;
            self.segments = Vec::new().into_iter();
            self.block = Vec::new().into_iter();
        }
        next
    }
}

fn owned(block: &Block) -> std::vec::IntoIter<Vec<u8>> {
    block.payloads().map(<[u8]>::to_owned).collect::<Vec<_>>().into_iter()
}

pub(super) fn decode(index: u64, payload: &[u8]) -> Result<Entry, Error> {
    Entry::decode(payload).map_err(|error| match error {
        Unreadable::Newer(found) => Error::Newer { place: Place::Entry(index), found, known: entry::VERSION },
        Unreadable::Malformed(why) => Error::damaged(Place::Entry(index), why),
    })
}

/// Which entries are wanted. What is not set does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// By this identity, whoever vouches for it.
    pub actor: Option<String>,
    /// This was done.
    pub action: Option<Action>,
    /// In this dataset.
    pub dataset: Option<DatasetId>,
    /// For this purpose.
    pub purpose: Option<PurposeId>,
    /// To this recipient.
    pub recipient: Option<RecipientId>,
    /// Naming this person. Entries that name people by a root alone cannot be told.
    pub subject: Option<Alias>,
}

impl Filter {
    /// Whether `entry` is wanted.
    pub fn matches(&self, entry: &Entry) -> bool {
        fn is<T: PartialEq>(wanted: &Option<T>, found: &Option<T>) -> bool {
            wanted.is_none() || wanted == found
        }
        let event = &entry.event;
        self.since.is_none_or(|since| entry.time >= since)
            && self.until.is_none_or(|until| entry.time < until)
            && self.actor.as_ref().is_none_or(|actor| *actor == event.actor.id)
            && self.action.is_none_or(|action| action == event.action)
            && is(&self.dataset, &event.dataset)
            && is(&self.purpose, &event.purpose)
            && is(&self.recipient, &event.recipient)
            && self.subject.is_none_or(|subject| event.subjects.contains(&subject))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Event;
    use crate::audit::samples::{empty, event, fill};
    use crate::vocab::Actor;

    #[test]
    fn entries_come_back_in_order_with_what_the_log_added() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 5);
        let entries: Vec<_> = read(&dir).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(entries.len(), 5);
        let (index, entry) = &entries[3];
        assert_eq!((*index, entry.seq, entry.host.as_str()), (3, 3, "db-1"));
        assert_eq!(entry.event, event(3));
    }

    #[test]
    fn a_filter_asks_about_every_field() {
        let alias = Alias::random();
        let event = Event::new(Action::Disclose, Actor::local("etl"))
            .with_dataset(DatasetId::parse("crm.customers").unwrap())
            .with_recipient(RecipientId::parse("warehouse").unwrap())
            .with_subjects([alias]);
        let time: Timestamp = "2026-11-21T02:30:00Z".parse().unwrap();
        let entry = Entry { seq: 0, time, host: String::new(), event };
        let all = Filter::default();
        assert!(all.matches(&entry));
        for (filter, expected) in [
            (Filter { since: Some(time), ..all.clone() }, true),
            (Filter { until: Some(time), ..all.clone() }, false),
            (Filter { actor: Some("etl".to_owned()), ..all.clone() }, true),
            (Filter { actor: Some("anna".to_owned()), ..all.clone() }, false),
            (Filter { action: Some(Action::Read), ..all.clone() }, false),
            (Filter { dataset: Some(DatasetId::parse("crm.customers").unwrap()), ..all.clone() }, true),
            (Filter { purpose: Some(PurposeId::parse("analytics").unwrap()), ..all.clone() }, false),
            (Filter { recipient: Some(RecipientId::parse("warehouse").unwrap()), ..all.clone() }, true),
            (Filter { subject: Some(alias), ..all.clone() }, true),
            (Filter { subject: Some(Alias::random()), ..all.clone() }, false),
        ] {
            assert_eq!(filter.matches(&entry), expected, "{filter:?}");
        }
    }
}
