use arrow::array::{RecordBatch, RecordBatchOptions};
use rayon::prelude::*;

use super::{Batch, Error, Protected, Protection, Tagged};

impl Batch<Tagged> {
    /// Leaves behind the rows of people who forbid it, and rewrites each column of the others for the recipient of
    /// `protection`; columns in parallel.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if the rows are of another dataset or shape, [`Error::Column`] if one cannot be rewritten.
    pub fn protect(self, protection: &Protection) -> Result<Batch<Protected>, Error> {
        if self.dataset != protection.dataset || self.rows.schema_ref().fields() != protection.input.fields() {
            return Err(Error::Mismatch { expected: protection.dataset.to_string(), found: self.dataset.to_string() });
        }
        let passed = protection.heed.apply(self.rows)?;
        let fields = protection.output.fields();
        let columns = (protection.parts.par_iter().zip(fields.par_iter()))
            .map(|(part, field)| {
                part.rewrite(&passed, field).map_err(|source| Error::Column {
                    dataset: self.dataset.clone(),
                    column: field.name().clone(),
                    source,
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(passed.rows.num_rows()));
        let rows = RecordBatch::try_new_with_options(protection.output.clone(), columns, &options)?;
        let state = Protected { recipient: protection.recipient.clone(), dropped: passed.dropped };
        Ok(Batch { dataset: self.dataset, rows, state })
    }
}
