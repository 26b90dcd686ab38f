use std::ops::Range;

/// What was found in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// How many rows the file has.
    pub rows: u64,
    /// Those that hold a value.
    pub hit: Rows,
}

/// Numbers of rows, from 0, ascending, each once; kept as ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows(Vec<Range<u64>>);

impl Rows {
    /// Adds a row behind the last one.
    pub fn push(&mut self, row: u64) {
        match self.0.last_mut() {
            Some(last) if last.end == row => last.end += 1,
            _ => self.0.push(row..row + 1),
        }
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|range| range.end - range.start).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ranges that do not touch each other, ascending.
    pub fn ranges(&self) -> &[Range<u64>] {
        &self.0
    }

    /// Those within `range`, as numbers from its beginning.
    pub fn within(&self, range: Range<u64>) -> Rows {
        let first = self.0.partition_point(|rows| rows.end <= range.start);
        let rest = self.0.get(first..).unwrap_or_default().iter().take_while(|rows| rows.start < range.end);
        let cut = |rows: &Range<u64>| rows.start.max(range.start) - range.start..rows.end.min(range.end) - range.start;
        Rows(rest.map(cut).collect())
    }

    /// Those that are not in `other`.
    #[must_use]
    pub fn without(&self, other: &Rows) -> Rows {
        let mut left = Vec::new();
        for range in &self.0 {
            let mut start = range.start;
            let first = other.0.partition_point(|rows| rows.end <= range.start);
            for cut in other.0.get(first..).unwrap_or_default().iter().take_while(|rows| rows.start < range.end) {
                if start < cut.start {
                    left.push(start..cut.start);
                }
                start = cut.end;
            }
            if start < range.end {
                left.push(start..range.end);
            }
        }
        Rows(left)
    }

    /// Each one, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().cloned().flatten()
    }
}

impl FromIterator<u64> for Rows {
    /// From ascending numbers.
    fn from_iter<T: IntoIterator<Item = u64>>(rows: T) -> Self {
        let mut all = Self::default();
        rows.into_iter().for_each(|row| all.push(row));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept_as_ranges_and_cut_to_a_part() {
        let rows: Rows = [1, 2, 3, 7, 9, 10].into_iter().collect();
        assert_eq!(rows.ranges(), [1..4, 7..8, 9..11]);
        assert_eq!(rows.count(), 6);
        assert_eq!(rows.within(2..10).iter().collect::<Vec<_>>(), [0, 1, 5, 7]);
        assert!(rows.within(4..7).is_empty());
        let kept: Rows = [0, 2, 3, 9].into_iter().collect();
        assert_eq!(rows.without(&kept).iter().collect::<Vec<_>>(), [1, 7, 10]);
        assert!(rows.without(&rows).is_empty());
        assert_eq!(rows.iter().collect::<Vec<_>>(), [1, 2, 3, 7, 9, 10]);
    }
}
