use crate::state;

/// What can go wrong with the catalog.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database fails.
    #[error(transparent)]
    State(#[from] state::Error),
    /// A row cannot be read back.
    #[error("the catalog holds a row that cannot be read: {0}")]
    Corrupt(String),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::State(error.into())
    }
}
