use std::borrow::Cow;
use std::path::Path;

use memchr::memmem::Finder;
use rayon::prelude::*;

use super::layout::Layout;
use super::segment::Segment;
use super::{Error, Place};

/// How many entries of a log record what somebody did whose identity is one of those that are `meant`. Entries are not
/// decoded: of each, the name of the actor is read. Segments are read on all cores.
///
/// # Errors
/// [`Error::NotALog`], [`Error::Io`]; [`Error::Damaged`] if an entry names no actor.
pub fn acted(dir: &Path, meant: impl Fn(&str) -> bool + Sync) -> Result<u64, Error> {
    let layout = Layout::new(dir);
    layout.origin()?;
    layout.segments()?.into_par_iter().map(|first| in_segment(&layout, first, &meant)).sum()
}

fn in_segment(layout: &Layout, first: u64, meant: &impl Fn(&str) -> bool) -> Result<u64, Error> {
    // Within a text of JSON, quotes are escaped: this stands nowhere else.
    let actor = Finder::new(b"\"actor\":{\"id\":");
    let (mut count, mut last) = (0, (Vec::new(), false));
    let mut segment = Segment::open(layout, first, None)?;
    while let Some(block) = segment.block()? {
        for (payload, index) in block.payloads().zip(block.first..) {
            let nobody = || Error::damaged(Place::Entry(index), "it names no actor");
            let after = actor.find(payload).and_then(|at| payload.get(at + actor.needle().len()..));
            let after = after.ok_or_else(nobody)?;
            // Mostly, one does much.
            if last.0.is_empty() || !after.starts_with(&last.0) {
                let mut text = serde_json::Deserializer::from_slice(after).into_iter::<Cow<'_, str>>();
                let id = text.next().and_then(Result::ok).ok_or_else(nobody)?;
                let end = text.byte_offset();
                last = (after.get(..end).unwrap_or_default().to_vec(), meant(&id));
            }
            count += u64::from(last.1);
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::samples::{empty, fill};
    use crate::audit::{Action, Event};
    use crate::vocab::Actor;

    #[test]
    fn who_acted_is_counted_whatever_else_stands_in_entries() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 5); // by anna, too
        for name in ["anna", "an\"na", "anna2", "안나", "anna"] {
            let event = Event::new(Action::Disclose, Actor::local(name)).with_ticket("\"actor\":{\"id\":\"anna\"");
            let _receipt = log.append(&event).unwrap();
        }
        let count = |who: &str| acted(&dir, |actor| actor == who).unwrap();
        assert_eq!(["anna", "an\"na", "안나", "ann", "nobody"].map(count), [7, 1, 1, 0, 0]);
    }
}
