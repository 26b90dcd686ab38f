use arrow::datatypes::DataType;

use crate::keyring::Epoch;
use crate::policy::Refusal;
use crate::pseudonym;
use crate::register;
use crate::vault;
use crate::vocab::{DatasetId, Domain};

/// What can go wrong with a batch.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The policy does not name the dataset.
    #[error("the policy has no dataset `{0}`")]
    UnknownDataset(DatasetId),
    /// The policy is silent on columns.
    #[error("{} of `{dataset}` {} no tag", named(.columns), if .columns.len() == 1 { "has" } else { "have" })]
    Undecided {
        /// The dataset.
        dataset: DatasetId,
        /// The columns, as dotted paths.
        columns: Vec<String>,
    },
    /// The column that says whom a row is about is not there.
    #[error("`{dataset}` has no column `{column}`, which the policy names as its subject")]
    NoSubject {
        /// The dataset.
        dataset: DatasetId,
        /// The missing column.
        column: String,
    },
    /// It may not leave, or not to them.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The rows are not those that the protection was made for.
    #[error("rows of `{found}` do not fit a protection made for `{expected}`")]
    Mismatch {
        /// What the protection is for.
        expected: String,
        /// What came.
        found: String,
    },
    /// A column cannot be rewritten.
    #[error("column `{column}` of `{dataset}`")]
    Column {
        /// The dataset.
        dataset: DatasetId,
        /// Dotted path.
        column: String,
        /// Why.
        source: pseudonym::Error,
    },
    /// A bridge to an epoch that the domain has not come to.
    #[error("`{domain}` has no epoch {epoch}: it is in epoch {current}")]
    NoSuchEpoch {
        /// Whose keys.
        domain: Domain,
        /// What was asked for.
        epoch: Epoch,
        /// The newest.
        current: Epoch,
    },
    /// There is no room for a bridge.
    #[error("no bridge from column `{column}` of `{dataset}`: {reason}")]
    Bridge {
        /// The dataset.
        dataset: DatasetId,
        /// Dotted path.
        column: String,
        /// Why.
        reason: String,
    },
    /// Rows cannot be rebuilt.
    #[error("the rows cannot be rebuilt")]
    Arrow(#[from] arrow::error::ArrowError),
    /// A column says whose rows they are, and cannot be looked into.
    #[error("column `{column}` of `{dataset}` is of type {data_type}: whoever objects could not be found in it")]
    Unheedable {
        /// The dataset.
        dataset: DatasetId,
        /// Dotted path.
        column: String,
        /// Its Arrow type.
        data_type: DataType,
    },
    /// The register of objections cannot be read.
    #[error(transparent)]
    Register(#[from] register::Error),
    /// The vault refuses.
    #[error(transparent)]
    Vault(#[from] vault::Error),
}

fn named(columns: &[String]) -> String {
    let quoted: Vec<_> = columns.iter().map(|c| format!("`{c}`")).collect();
    match quoted.as_slice() {
        [one] => format!("column {one}"),
        many => format!("columns {}", many.join(", ")),
    }
}
