//! What is known of one column once its rows have gone by.

use arrow::datatypes::DataType;

use super::kind::Kind;
use super::sample::{Sample, Value};

pub(super) struct Profile {
    pub(super) path: String,
    pub(super) data_type: DataType,
    pub(super) kind: Kind,
    pub(super) rows: u64,
    pub(super) nulls: u64,
    sample: Sample,
}

impl Profile {
    pub(super) fn new(path: String, data_type: DataType, rows: u64, nulls: u64, sample: Sample) -> Self {
        let kind = Kind::of(&data_type, sample.values().iter().map(|v| v.text.as_ref()));
        Self { path, data_type, kind, rows, nulls, sample }
    }

    /// The distinct values of the sample.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        self.sample.values().iter().map(|v| v.text.as_ref())
    }

    /// How many distinct values there are in the sample.
    pub(super) fn distinct(&self) -> usize {
        self.sample.values().len()
    }

    /// How many values were looked at, repetitions counted.
    pub(super) fn examined(&self) -> u64 {
        self.sample.offered()
    }

    /// Whether there is one value only, met more than once: a constant cannot bear witness for itself.
    pub(super) fn is_constant(&self) -> bool {
        matches!(self.sample.values(), [Value { times, .. }] if *times > 1)
    }

    /// Whether no value of the sample was met twice.
    pub(super) fn is_unique(&self) -> bool {
        self.distinct() > 0 && self.sample.values().iter().all(|v| v.times == 1)
    }
}
