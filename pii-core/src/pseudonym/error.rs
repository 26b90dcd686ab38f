use arrow::datatypes::DataType;

use crate::keyring;

/// What can go wrong when a value is rewritten.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The method cannot be used on such a column.
    #[error("`{method}` cannot be used on values of type {data_type}")]
    Type {
        /// The method, as a policy spells it.
        method: String,
        /// The column's Arrow type.
        data_type: DataType,
    },
    /// No key.
    #[error(transparent)]
    Key(#[from] keyring::Error),
    /// A column could not be rebuilt.
    #[error("a column could not be rewritten")]
    Arrow(#[from] arrow::error::ArrowError),
}
