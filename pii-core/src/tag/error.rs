use arrow::error::ArrowError;

/// Why a batch could not be looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The batch has other columns than the survey was begun with.
    #[error("the rows have {found} columns, but the first had {expected}: survey each table by itself")]
    OtherColumns {
        /// How many there are, nested ones counted.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A column's values cannot be read as text.
    #[error("column `{column}` cannot be read: {source}")]
    Unreadable {
        /// The column's path.
        column: String,
        /// What Arrow says.
        source: ArrowError,
    },
}
