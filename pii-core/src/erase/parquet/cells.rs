use std::borrow::Cow;
use std::ops::Range;

use super::fault::{Fault, Result, number, part, short};

/// The values of a page, one after the other, without nulls. They lie in the page itself where its encoding allows.
#[derive(Debug)]
pub(super) struct Cells<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    places: Places,
}

#[derive(Debug)]
enum Places {
    /// So many bytes each.
    Wide(usize, usize),
    /// From, to.
    Spans(Vec<(u32, u32)>),
}

impl<'a> Cells<'a> {
    /// `count` values of `width` bytes.
    pub(super) fn wide(bytes: impl Into<Cow<'a, [u8]>>, width: usize, count: usize) -> Result<Self> {
        let bytes = bytes.into();
        if width.checked_mul(count).is_none_or(|size| size > bytes.len()) {
            return Err(short());
        }
        Ok(Self { bytes, places: Places::Wide(width, count) })
    }

    /// `count` texts, each with its length before it.
    pub(super) fn prefixed(bytes: impl Into<Cow<'a, [u8]>>, count: usize) -> Result<Self> {
        let bytes = bytes.into();
        let mut spans = Vec::with_capacity(count.min(bytes.len() / 4));
        let mut at = 0usize;
        for _ in 0..count {
            let start = at + 4;
            at = start + number(&bytes, at)?;
            if at > bytes.len() {
                return Err(short());
            }
            spans.push((start as u32, at as u32));
        }
        Ok(Self { bytes, places: Places::Spans(spans) })
    }

    /// The places of those that are `wanted` among `count` texts, each with its length before it.
    pub(super) fn places_of(bytes: &[u8], count: usize, mut wanted: impl FnMut(&[u8]) -> bool) -> Result<Vec<usize>> {
        let (mut places, mut rest) = (Vec::new(), bytes);
        for place in 0..count {
            let (len, behind) = rest.split_first_chunk().ok_or_else(short)?;
            let (value, behind) = behind.split_at_checked(u32::from_le_bytes(*len) as usize).ok_or_else(short)?;
            if wanted(value) {
                places.push(place);
            }
            rest = behind;
        }
        Ok(places)
    }

    /// Texts of these lengths.
    pub(super) fn joined(bytes: impl Into<Cow<'a, [u8]>>, lengths: impl IntoIterator<Item = i64>) -> Result<Self> {
        let bytes = bytes.into();
        let mut at = 0usize;
        let spans = lengths.into_iter().map(|len| {
            let start = at;
            at = usize::try_from(len).ok().and_then(|len| at.checked_add(len)).filter(|at| *at <= bytes.len())?;
            Some((start as u32, at as u32))
        });
        let spans = spans.collect::<Option<_>>().ok_or_else(short)?;
        Ok(Self { bytes, places: Places::Spans(spans) })
    }

    pub(super) fn len(&self) -> usize {
        match &self.places {
            Places::Wide(_, count) => *count,
            Places::Spans(spans) => spans.len(),
        }
    }

    pub(super) fn get(&self, at: usize) -> Option<&[u8]> {
        match &self.places {
            Places::Wide(width, count) if at < *count => self.bytes.get(at * width..(at + 1) * width),
            Places::Wide(..) => None,
            Places::Spans(spans) => spans.get(at).and_then(|(from, to)| self.bytes.get(*from as usize..*to as usize)),
        }
    }

    /// The value at `at`.
    pub(super) fn value(&self, at: usize) -> Result<&[u8]> {
        self.get(at).ok_or_else(|| Fault::damaged("a page has fewer values than it says"))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    /// The stretch of the page that holds the values of a range, lengths included: as `PLAIN` has them.
    pub(super) fn stretch(&self, range: Range<usize>) -> Result<&[u8]> {
        let (from, to) = match &self.places {
            Places::Wide(width, _) => (range.start * width, range.end * width),
            Places::Spans(spans) => {
                let Some((first, last)) = spans.get(range).and_then(|spans| spans.first().zip(spans.last())) else {
                    return Ok(&[]);
                };
                ((first.0 as usize).saturating_sub(4), last.1 as usize)
            }
        };
        part(&self.bytes, from, to.saturating_sub(from))
    }
}

/// How the values of a page change: some go, or some become others.
#[derive(Debug, Default)]
pub(super) struct Edit<V> {
    /// Places of values that go: ranges that do not touch, ascending.
    pub(super) gone: Vec<Range<usize>>,
    /// Places and new values, ascending.
    pub(super) new: Vec<(usize, V)>,
}

impl<V> Edit<V> {
    /// What stays of `count` values: ranges, ascending.
    pub(super) fn kept(&self, count: usize) -> impl Iterator<Item = Range<usize>> {
        let starts = std::iter::once(0).chain(self.gone.iter().map(|gone| gone.end));
        let ends = self.gone.iter().map(|gone| gone.start).chain(std::iter::once(count));
        starts.zip(ends).filter(|(start, end)| start < end).map(|(start, end)| start..end)
    }
}

impl<V> Edit<V> {
    /// What stays of these numbers.
    pub(super) fn left(&self, numbers: &[u32]) -> Vec<u32> {
        let mut left = Vec::with_capacity(numbers.len());
        for kept in self.kept(numbers.len()) {
            left.extend_from_slice(numbers.get(kept).unwrap_or_default());
        }
        left
    }
}

impl Edit<Vec<u8>> {
    /// The values as they will be.
    pub(super) fn apply<'c>(&'c self, cells: &'c Cells<'_>) -> impl Iterator<Item = &'c [u8]> {
        let mut new = self.new.iter().peekable();
        self.kept(cells.len()).flatten().filter_map(move |at| match new.next_if(|(place, _)| *place == at) {
            Some((_, value)) => Some(value.as_slice()),
            None => cells.get(at),
        })
    }
}
