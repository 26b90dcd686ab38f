use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::Error;
use super::package::{Batches, Rows};
use crate::batch::leaf;
use crate::erase::Values;
use crate::store::{Listed, Objects, ReadOptions, Source};
use crate::vault::Value;

/// The rows of a dataset that are about one person, read where they lie.
pub struct PersonRows {
    files: Vec<Listed>,
    objects: Option<Arc<Objects>>,
    options: ReadOptions,
    schema: SchemaRef,
    column: String,
    values: HashSet<String>,
}

impl PersonRows {
    /// Those of the files whose subject column holds one of the values.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn open(
        files: Vec<Listed>,
        objects: Option<Arc<Objects>>,
        options: ReadOptions,
        column: &str,
        values: &Values,
    ) -> Result<Self, Error> {
        let schema = Source::listed(&files, objects.as_deref(), &options)?.schema();
        let values = values.iter().map(str::to_owned).collect();
        Ok(Self { files, objects, options, schema, column: column.to_owned(), values })
    }

    fn of_person(&self, rows: &RecordBatch) -> Result<RecordBatch, Error> {
        let found = leaf(rows, &self.column).ok_or_else(|| Error::NoSubjectColumn { column: self.column.clone() })?;
        let text = cast(&found, &DataType::Utf8)?;
        let is = |value: Option<&str>| value.is_some_and(|value| self.values.contains(value));
        let wanted: BooleanArray = text.as_string::<i32>().iter().map(|value| Some(is(value))).collect();
        Ok(filter_record_batch(rows, &wanted)?)
    }
}

impl Rows for PersonRows {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn batches(&self) -> Result<Batches<'_>, Error> {
        let source = Source::listed(&self.files, self.objects.as_deref(), &self.options)?;
        let batches = source.batches().map(|rows| self.of_person(&rows?));
        Ok(Box::new(batches.filter(|rows| !matches!(rows, Ok(rows) if rows.num_rows() == 0))))
    }
}

/// What the vault holds of one person from one dataset, where the dataset itself is gone: the values of each column, one
/// below the other. Which of them stood in one row it does not know.
pub struct HeldRows {
    rows: RecordBatch,
}

impl HeldRows {
    /// These values.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn new<'v>(values: impl IntoIterator<Item = &'v Value>) -> Result<Self, Error> {
        let mut columns: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for value in values {
            columns.entry(&value.column).or_default().push(value.value.expose());
        }
        let longest = columns.values().map(Vec::len).max().unwrap_or_default();
        let fields: Vec<_> = columns.keys().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
        let arrays = columns.values().map(|values| {
            let nulls = std::iter::repeat_n(None, longest - values.len());
            Arc::new(values.iter().map(|value| Some(*value)).chain(nulls).collect::<StringArray>()) as ArrayRef
        });
        let rows = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays.collect());
        Ok(Self { rows: rows? })
    }
}

impl Rows for HeldRows {
    fn schema(&self) -> SchemaRef {
        self.rows.schema()
    }

    fn batches(&self) -> Result<Batches<'_>, Error> {
        Ok(Box::new(std::iter::once(Ok(self.rows.clone()))))
    }
}
