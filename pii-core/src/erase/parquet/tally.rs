use parquet::file::metadata::LevelHistogram;

use super::kind::Kind;
use super::page::Page;

/// What is counted of pages and column chunks.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) entries: i64,
    pub(super) nulls: i64,
    /// Bytes of texts, without their lengths.
    pub(super) text: i64,
    /// How often each level stands there.
    pub(super) repetition: Vec<i64>,
    pub(super) definition: Vec<i64>,
}

impl Tally {
    /// Of a page; its text is not counted here.
    pub(super) fn of(page: &Page, kind: Kind) -> Self {
        Self {
            entries: page.entries as i64,
            nulls: (page.entries - page.present) as i64,
            text: 0,
            repetition: histogram(&page.repetition, kind.repetition, page.entries),
            definition: histogram(&page.definition, kind.definition, page.entries),
        }
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        let minus = |one: &[i64], other: &[i64]| one.iter().zip(other).map(|(one, other)| one - other).collect();
        Self {
            entries: self.entries - other.entries,
            nulls: self.nulls - other.nulls,
            text: self.text - other.text,
            repetition: minus(&self.repetition, &other.repetition),
            definition: minus(&self.definition, &other.definition),
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.entries += other.entries;
        self.nulls += other.nulls;
        self.text += other.text;
        for (all, more) in [(&mut self.repetition, &other.repetition), (&mut self.definition, &other.definition)] {
            all.resize(all.len().max(more.len()), 0);
            all.iter_mut().zip(more).for_each(|(all, more)| *all += more);
        }
    }
}

/// A histogram of the chunk, less what went.
pub(super) fn less(old: Option<&LevelHistogram>, went: &[i64]) -> Option<LevelHistogram> {
    let old = old?.values();
    if went.is_empty() {
        return Some(LevelHistogram::from(old.to_vec()));
    }
    let left = old.iter().zip(went).map(|(old, went)| old - went).collect::<Vec<_>>();
    (old.len() == went.len()).then(|| LevelHistogram::from(left))
}

fn histogram(levels: &[u32], greatest: u32, entries: usize) -> Vec<i64> {
    let mut counts = vec![0; greatest as usize + 1];
    if greatest == 0 {
        return vec![entries as i64];
    }
    for level in levels {
        if let Some(count) = counts.get_mut(*level as usize) {
            *count += 1;
        }
    }
    counts
}
