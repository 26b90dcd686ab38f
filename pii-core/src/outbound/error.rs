use crate::vocab::RecipientId;
use crate::{audit, catalog, store};

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
    /// The release cannot be recorded.
    #[error(transparent)]
    Audit(#[from] audit::Error),
    /// The disclosure cannot be remembered.
    #[error(transparent)]
    Catalog(#[from] catalog::Error),
    /// The output cannot be written.
    #[error(transparent)]
    Store(#[from] store::Error),
}
