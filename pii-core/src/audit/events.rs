use std::ops::Range;
use std::sync::Arc;

use super::{Error, Event};

/// Events as JSON, one after the other in one piece of memory.
#[derive(Debug, Default)]
pub(super) struct Events {
    json: Vec<u8>,
    ends: Vec<usize>,
}

impl Events {
    /// None yet, with room for `count` of usual size.
    pub(super) fn for_about(count: usize) -> Self {
        Self { json: Vec::with_capacity(count * 256), ends: Vec::with_capacity(count) }
    }

    /// Adds one and returns how many bytes it has.
    pub(super) fn push(&mut self, event: &Event) -> Result<usize, Error> {
        let start = self.json.len();
        serde_json::to_writer(&mut self.json, event).map_err(|error| Error::Json(Arc::new(error)))?;
        self.ends.push(self.json.len());
        Ok(self.json.len() - start)
    }

    /// Adds all of `others`.
    pub(super) fn append(&mut self, others: Self) {
        if self.ends.is_empty() {
            *self = others;
            return;
        }
        let start = self.json.len();
        self.json.extend_from_slice(&others.json);
        self.ends.extend(others.ends.iter().map(|end| start + end));
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// All their bytes.
    pub(super) fn bytes(&self) -> usize {
        self.json.len()
    }

    /// Each one, in order.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.range(0..self.len())
    }

    /// Some that follow each other.
    pub(super) fn range(&self, range: Range<usize>) -> impl Iterator<Item = &[u8]> {
        let start = range.start.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let ends = self.ends.get(range).unwrap_or_default();
        std::iter::once(start)
            .chain(ends.iter().copied())
            .zip(ends)
            .filter_map(|(start, end)| self.json.get(start..*end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::samples::event;

    #[test]
    fn events_stay_apart_and_in_order() {
        let mut all = Events::default();
        for part in [0..2, 2..2, 2..5] {
            let mut events = Events::default();
            part.for_each(|n| assert!(events.push(&event(n)).unwrap() > 100));
            all.append(events);
        }
        let rows: Vec<_> = all.iter().map(|json| serde_json::from_slice::<Event>(json).unwrap().rows).collect();
        assert_eq!(rows, (0..5).map(Some).collect::<Vec<_>>());
        assert_eq!(all.len(), 5);
        assert_eq!(all.bytes(), all.iter().map(<[u8]>::len).sum::<usize>());
    }
}
