//! Can two outputs be joined? Tried, not claimed.

use std::collections::HashSet;
use std::path::Path;

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use pii_core::store::{Location, ReadOptions, Source};

use crate::error::Error;

/// How many rows of one output find a partner in another.
pub(super) struct Join {
    pub(super) matched: usize,
    pub(super) rows: usize,
}

/// Joins `a` to `b` on a column of each.
pub(super) fn count(a: &Path, on_a: &str, b: &Path, on_b: &str) -> Result<Join, Error> {
    let known: HashSet<String> = values(b, on_b)?.into_iter().collect();
    let asked = values(a, on_a)?;
    Ok(Join { matched: asked.iter().filter(|v| known.contains(*v)).count(), rows: asked.len() })
}

/// The first value of a column.
pub(super) fn first(path: &Path, column: &str) -> Result<String, Error> {
    values(path, column)?.into_iter().next().ok_or_else(|| Error::failed("demo", format!("`{column}` is empty")))
}

fn values(path: &Path, column: &str) -> Result<Vec<String>, Error> {
    let source = Source::open(&[Location::from(path.to_owned())], &ReadOptions::default())?;
    let mut values = Vec::new();
    for rows in source.batches() {
        let rows = rows?;
        let found = rows.column_by_name(column).and_then(|c| cast(c, &DataType::Utf8).ok());
        let found =
            found.ok_or_else(|| Error::failed("demo", format!("`{}` has no column `{column}`", path.display())))?;
        values.extend(found.as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    Ok(values)
}
