use crate::audit;
use crate::catalog;
use crate::register;
use crate::store;
use crate::vocab::DatasetId;
use crate::vocab::RecipientId;

/// What can go wrong at the door.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The rows were protected for somebody else.
    #[error("rows protected for `{protected}` cannot go to `{recipient}`")]
    WrongRecipient {
        /// Whom they were protected for.
        protected: RecipientId,
        /// Whom the door leads to.
        recipient: RecipientId,
    },
    /// The rows are not those that the record of the release speaks of.
    #[error("rows of `{found}` do not fit a door that was opened for `{expected}`")]
    WrongRows {
        /// What the door was opened for.
        expected: DatasetId,
        /// What came.
        found: DatasetId,
    },
    /// The release cannot be recorded.
    #[error(transparent)]
    Audit(#[from] audit::Error),
    /// The disclosure cannot be remembered.
    #[error(transparent)]
    Catalog(#[from] catalog::Error),
    /// Somebody objected meanwhile, or the register cannot be read.
    #[error(transparent)]
    Register(#[from] register::Error),
    /// The output cannot be written.
    #[error(transparent)]
    Store(#[from] store::Error),
}
