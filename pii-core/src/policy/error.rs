use std::path::PathBuf;

use super::Violation;
use crate::vocab::{DatasetId, PurposeId, RecipientId};

/// Why a policy could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or the folder cannot be read.
    #[error("`{}` cannot be read", .path.display())]
    Read {
        /// What was read.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// There is no policy file at all.
    #[error("`{}` holds no policy: no file there ends in `.toml`", .path.display())]
    NoPolicy {
        /// The folder.
        path: PathBuf,
    },
    /// The policy says what cannot stand: every violation, by file and place.
    #[error("{}", first_of(.0))]
    Violations(Vec<Violation>),
}

/// Why a policy does not let something pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The policy does not know the dataset.
    #[error("no policy names the dataset `{0}`")]
    UnknownDataset(DatasetId),
    /// The policy does not know the recipient.
    #[error("no policy names the recipient `{0}`")]
    UnknownRecipient(RecipientId),
    /// Nobody has decided what the column is.
    #[error("column `{column}` of `{dataset}` has no tag")]
    UndecidedColumn {
        /// The dataset.
        dataset: DatasetId,
        /// The column's path.
        column: String,
    },
    /// Purpose limitation (Art. 5(1)(b)): the dataset may not be used for what the recipient does.
    #[error("`{dataset}` may not be used for `{purpose}`, the purpose of `{recipient}`")]
    PurposeNotAllowed {
        /// The dataset.
        dataset: DatasetId,
        /// The recipient.
        recipient: RecipientId,
        /// The recipient's purpose.
        purpose: PurposeId,
        /// What the dataset may be used for.
        allowed: Vec<PurposeId>,
    },
}

fn first_of(violations: &[Violation]) -> String {
    match violations {
        [] => "the policy has violations".to_owned(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}
