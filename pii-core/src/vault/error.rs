use crate::keyring;
use crate::state;

/// What can go wrong with the vault. No message holds personal data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database fails.
    #[error(transparent)]
    State(#[from] state::Error),
    /// A key is missing, or sealed data do not open.
    #[error(transparent)]
    Key(#[from] keyring::Error),
    /// A stored row is malformed.
    #[error("the vault holds a row that cannot be read: {0}")]
    Corrupt(&'static str),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::State(error.into())
    }
}
