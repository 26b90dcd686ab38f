use super::{Error, Format, ParquetEraser, Values};
use crate::store;

/// How one column and one list of values are found in files of each format; made once, so that a pseudonym is the same in
/// all files of a run.
pub(super) struct Formats {
    parquet: ParquetEraser,
}

impl Formats {
    pub(super) fn new(column: &str, values: &Values) -> Result<Self, Error> {
        Ok(Self { parquet: ParquetEraser::new(column, values.clone())? })
    }

    /// The one for `file`.
    pub(super) fn of(&self, format: store::Format, file: &str) -> Result<&dyn Format, Error> {
        match format {
            store::Format::Parquet => Ok(&self.parquet),
            other => Err(Error::Unsupported { file: file.to_owned(), what: format!("the format `{}`", other.name()) }),
        }
    }
}
