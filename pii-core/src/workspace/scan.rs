use std::time::{Duration, Instant};

use super::{Step, Watch, go_on};
use crate::error::Error;
use crate::store::Source;
use crate::tag::{ColumnFinding, Survey};

/// What a scan saw.
#[derive(Debug)]
pub struct Scanned {
    /// One finding a column, in column order.
    pub columns: Vec<ColumnFinding>,
    /// Rows read.
    pub rows: u64,
    /// Time taken.
    pub took: Duration,
}

/// Looks at a source and changes nothing. `sample`: stop after so many rows.
///
/// # Errors
/// [`Error::Store`], [`Error::Interrupted`].
pub fn scan(source: Source, sample: Option<u64>, watch: Watch<'_>) -> Result<Scanned, Error> {
    let started = Instant::now();
    let mut survey = Survey::new(&source.schema());
    let mut step = Step { of_rows: source.rows_hint(), of_bytes: source.bytes(), ..Step::default() };
    for rows in source.batches() {
        let mut rows = rows?;
        let left = sample.map_or(u64::MAX, |sample| sample - step.rows);
        if left < rows.num_rows() as u64 {
            rows = rows.slice(0, usize::try_from(left).unwrap_or(usize::MAX));
        }
        survey.observe(&rows)?;
        step.rows += rows.num_rows() as u64;
        go_on(watch, step)?;
        if sample.is_some_and(|sample| step.rows >= sample) {
            break;
        }
    }
    Ok(Scanned { columns: survey.finish(), rows: step.rows, took: started.elapsed() })
}
