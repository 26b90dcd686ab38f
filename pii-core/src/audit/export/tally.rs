use std::collections::BTreeMap;

use super::look::Found;
use crate::audit::entry::TimeText;

/// What was found, counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) matched: u64,
    pub(super) by_action: BTreeMap<String, u64>,
    pub(super) first: Option<(u64, TimeText)>,
    pub(super) last: Option<(u64, TimeText)>,
}

impl Tally {
    pub(super) fn add(&mut self, found: &Found<'_>) {
        self.matched += 1;
        add(&mut self.by_action, found.action);
        self.last = Some((found.index, found.time));
        self.first = self.first.or(self.last);
    }
}

/// One more of `name`, without a copy of it where it is known.
pub(super) fn add(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}
