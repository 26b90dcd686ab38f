use uuid::Uuid;

use crate::keyring;
use crate::state;
use crate::vocab::{IdentifierKind, PurposeId};

/// What can go wrong with the register. No message repeats an identifier.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Somebody objected, or their data were restricted, after it was read.
    #[error("somebody has objected to `{purpose}` meanwhile, or their data were restricted")]
    Changed {
        /// To which purpose.
        purpose: PurposeId,
    },
    /// There is neither letter nor digit in it.
    #[error("an identifier of the kind `{kind}` is empty in its normal form: nobody could be known by it")]
    Blank {
        /// Of which kind.
        kind: IdentifierKind,
    },
    /// Nothing stands by a request, or it was lifted before.
    #[error("no objection and no restriction stands by request {request}")]
    NothingStands {
        /// Which.
        request: Uuid,
    },
    /// The register holds something that was not put there.
    #[error("the register of objections is damaged: {0}")]
    Corrupt(&'static str),
    /// A key is missing.
    #[error(transparent)]
    Key(#[from] keyring::Error),
    /// The state database.
    #[error(transparent)]
    State(#[from] state::Error),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::State(error.into())
    }
}
