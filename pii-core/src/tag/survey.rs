use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::leaf::{Leaf, leaf_columns, leaves};
use super::profile::Profile;
use super::sample::Sample;
use super::score::judge;
use super::{ColumnFinding, Error};

/// A look at a table, batch by batch.
///
/// Rows and nulls are counted exactly. Values are sampled: evenly over each batch, densely until a column has as
/// many distinct values as it needs, thinly from then on, so that personal data late in a file are met too. Memory
/// depends on the number of columns only.
pub struct Survey {
    columns: Vec<Column>,
}

struct Column {
    path: String,
    data_type: DataType,
    rows: u64,
    nulls: u64,
    sample: Sample,
}

impl Survey {
    /// Begins with the columns of `schema`; see [`leaf_columns`].
    pub fn new(schema: &Schema) -> Self {
        Self::with_sample(schema, SAMPLE)
    }

    /// The same with another number of distinct values kept a column (2,000 by default).
    pub fn with_sample(schema: &Schema, distinct: usize) -> Self {
        let columns = leaf_columns(schema).into_iter();
        let columns = columns.map(|(path, data_type)| Column {
            path,
            data_type,
            rows: 0,
            nulls: 0,
            sample: Sample::new(distinct),
        });
        Self { columns: columns.collect() }
    }

    /// Looks at one batch.
    ///
    /// # Errors
    /// [`Error::OtherColumns`] for a batch of another table, [`Error::Unreadable`] where Arrow cannot show a value.
    pub fn observe(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let leaves = leaves(batch);
        if leaves.len() != self.columns.len() {
            return Err(Error::OtherColumns { found: leaves.len(), expected: self.columns.len() });
        }
        for (column, leaf) in self.columns.iter_mut().zip(&leaves) {
            column.observe(leaf)?;
        }
        Ok(())
    }

    /// What was found, in the order of the columns.
    pub fn finish(self) -> Vec<ColumnFinding> {
        let profile = |c: Column| Profile::new(c.path, c.data_type, c.rows, c.nulls, c.sample);
        let profiles: Vec<Profile> = self.columns.into_iter().map(profile).collect();
        let proposals = judge(&profiles);
        profiles
            .into_iter()
            .zip(proposals)
            .map(|(profile, proposals)| ColumnFinding {
                examined: profile.examined(),
                distinct: profile.distinct() as u64,
                rows: profile.rows,
                nulls: profile.nulls,
                column: profile.path,
                data_type: profile.data_type,
                proposals,
            })
            .collect()
    }
}

impl Column {
    fn observe(&mut self, leaf: &Leaf) -> Result<(), Error> {
        let rows = leaf.values.len();
        self.rows += rows as u64;
        self.nulls += leaf.nulls.as_ref().map_or(0, |n| n.null_count()) as u64;
        if is_opaque(&self.data_type) {
            return Ok(());
        }
        let unreadable = |source| Error::Unreadable { column: self.path.clone(), source };
        let options = FormatOptions::default();
        let shown = ArrayFormatter::try_new(leaf.values.as_ref(), &options).map_err(unreadable)?;
        let wanted = if self.sample.is_settled() { THIN } else { DENSE };
        let stride = rows.div_ceil(wanted).max(1);
        // Each batch begins elsewhere, or a table written in rounds would show one of them only.
        let start = usize::try_from(self.rows % stride as u64).unwrap_or(0);
        let mut text = String::new();
        for row in (start..rows).step_by(stride) {
            if leaf.nulls.as_ref().is_some_and(|n| n.is_null(row)) {
                continue;
            }
            text.clear();
            shown.value(row).write(&mut text).map_err(unreadable)?;
            self.sample.offer(&text);
        }
        Ok(())
    }
}

/// Bytes that nobody reads as text.
fn is_opaque(data_type: &DataType) -> bool {
    data_type.is_binary() || matches!(data_type, DataType::FixedSizeBinary(_) | DataType::Null | DataType::Union(..))
}

/// Distinct values kept a column.
const SAMPLE: usize = 2_000;
/// Rows looked at of a batch until a column's sample is settled, and afterwards.
const DENSE: usize = 4_096;
const THIN: usize = 64;
