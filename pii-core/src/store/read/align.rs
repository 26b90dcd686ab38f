use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use crate::store::Error;

/// A file's columns are named, once each.
///
/// `file` is named in the error.
pub(in crate::store) fn check_columns(schema: &Schema, file: &str) -> Result<(), Error> {
    if schema.fields().is_empty() {
        return Err(Error::NoColumns { file: file.to_owned() });
    }
    let mut count: HashMap<&str, usize> = HashMap::new();
    for field in schema.fields() {
        *count.entry(field.name()).or_default() += 1;
    }
    let mut columns: Vec<String> = count.into_iter().filter(|(_, n)| *n > 1).map(|(name, _)| name.to_owned()).collect();
    columns.sort();
    if columns.is_empty() { Ok(()) } else { Err(Error::DuplicateColumns { file: file.to_owned(), columns }) }
}

/// The columns of several files: the first file's, so long as the others agree on names and types.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) schema: SchemaRef,
    /// Where `schema` is from, for messages.
    pub(super) file: String,
}

impl Common {
    /// Adds another file, whose columns may stand in another order. A column is optional if it is in any file, and
    /// metadata stay where all files say the same: a key's id that differs is true of neither.
    pub(super) fn admit(&mut self, schema: &Schema, file: &str) -> Result<(), Error> {
        let fields = self
            .positions(schema, file)?
            .into_iter()
            .zip(self.schema.fields())
            .map(|(position, ours)| Arc::new(merge(ours, schema.field(position))))
            .collect::<Vec<_>>();
        let metadata = agreed(self.schema.metadata(), schema.metadata());
        self.schema = Arc::new(Schema::new_with_metadata(fields, metadata));
        Ok(())
    }

    /// Puts a batch's columns in order.
    pub(super) fn align(&self, batch: &RecordBatch, file: &str) -> Result<Result<RecordBatch, ArrowError>, Error> {
        let positions = self.positions(batch.schema_ref(), file)?;
        let columns: Vec<ArrayRef> = positions.into_iter().map(|p| Arc::clone(batch.column(p))).collect();
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns))
    }

    /// Where each of our columns stands in `schema`.
    fn positions(&self, schema: &Schema, file: &str) -> Result<Vec<usize>, Error> {
        let missing = |column: &str, lacking: &str, other: &str| Error::MissingColumn {
            file: lacking.to_owned(),
            column: column.to_owned(),
            other: other.to_owned(),
        };
        let mut positions = Vec::with_capacity(self.schema.fields().len());
        for ours in self.schema.fields() {
            let Some((position, theirs)) = schema.fields().find(ours.name()) else {
                return Err(missing(ours.name(), file, &self.file));
            };
            if ours.data_type() != theirs.data_type() {
                return Err(Error::TypesDiffer {
                    column: ours.name().clone(),
                    first: self.file.clone(),
                    first_type: ours.data_type().to_string(),
                    other: file.to_owned(),
                    other_type: theirs.data_type().to_string(),
                });
            }
            positions.push(position);
        }
        match schema.fields().iter().find(|theirs| self.schema.fields().find(theirs.name()).is_none()) {
            Some(extra) => Err(missing(extra.name(), &self.file, file)),
            None => Ok(positions),
        }
    }
}

fn merge(ours: &Field, theirs: &Field) -> Field {
    Field::new(ours.name(), ours.data_type().clone(), ours.is_nullable() || theirs.is_nullable())
        .with_metadata(agreed(ours.metadata(), theirs.metadata()))
}

fn agreed(ours: &HashMap<String, String>, theirs: &HashMap<String, String>) -> HashMap<String, String> {
    ours.iter().filter(|(key, value)| theirs.get(*key) == Some(value)).map(|(k, v)| (k.clone(), v.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::DataType::{Int64, Utf8};

    fn schema(fields: Vec<Field>) -> Schema {
        Schema::new(fields)
    }

    fn common() -> Common {
        let fields = vec![Field::new("id", Int64, false), Field::new("email", Utf8, true)];
        Common { schema: Arc::new(schema(fields)), file: "a.parquet".to_owned() }
    }

    #[test]
    fn another_order_is_the_same_table() {
        let mut common = common();
        let other = schema(vec![Field::new("email", Utf8, true), Field::new("id", Int64, true)]);
        common.admit(&other, "b.parquet").unwrap();
        assert_eq!(common.schema.field(0).name(), "id");
        assert!(common.schema.field(0).is_nullable(), "optional in one file is optional in all");
    }

    #[test]
    fn a_disagreement_names_both_files_and_the_column() {
        let other = schema(vec![Field::new("id", Utf8, true), Field::new("email", Utf8, true)]);
        let error = common().admit(&other, "b.parquet").unwrap_err().to_string();
        assert_eq!(error, "column `id` is Int64 in `a.parquet` and Utf8 in `b.parquet`");

        let other = schema(vec![Field::new("id", Int64, true)]);
        let error = common().admit(&other, "b.parquet").unwrap_err().to_string();
        assert_eq!(error, "`b.parquet` lacks column `email`, which `a.parquet` has");
    }

    #[test]
    fn metadata_that_differ_are_true_of_neither_file() {
        let tagged = |kid: &str| {
            let metadata = [("pii.alg", "hmac-sha256"), ("pii.kid", kid)].map(|(k, v)| (k.to_owned(), v.to_owned()));
            schema(vec![Field::new("email", Utf8, true).with_metadata(metadata.into())])
        };
        let mut common = Common { schema: Arc::new(tagged("1")), file: "a.parquet".to_owned() };
        common.admit(&tagged("2"), "b.parquet").unwrap();
        let metadata = common.schema.field(0).metadata();
        assert_eq!(metadata.get("pii.alg").map(String::as_str), Some("hmac-sha256"));
        assert_eq!(metadata.get("pii.kid"), None);
    }
}
