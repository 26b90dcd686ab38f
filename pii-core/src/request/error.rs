use std::io;

use crate::store;
use crate::vocab::{DatasetId, PurposeId};

/// What can go wrong with a request. No message repeats a value of the person's.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The package cannot be written.
    #[error("cannot write the package")]
    Write(#[source] io::Error),
    /// The package cannot be read: not a word about whether it is what it was.
    #[error("cannot read the package")]
    Read(#[source] io::Error),
    /// Rows cannot be read.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The policy says nothing about columns: nobody knows what they are, and whether they belong to the person.
    #[error("nothing decides {} of `{dataset}`", .columns.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", "))]
    Undecided {
        /// Where.
        dataset: DatasetId,
        /// Their paths.
        columns: Vec<String>,
    },
    /// A column holds what no package can show.
    #[error("column `{column}` of `{dataset}` holds {data_type}, which cannot be put into a package")]
    Unsupported {
        /// Where.
        dataset: DatasetId,
        /// Its path.
        column: String,
        /// The Arrow type.
        data_type: String,
    },
    /// A value is out of what its type can be written as, such as a date in the year 300,000.
    #[error("row {row} of `{dataset}`: the value of `{column}` cannot be written")]
    Unwritable {
        /// Where.
        dataset: DatasetId,
        /// The column.
        column: String,
        /// From 1.
        row: u64,
    },
    /// Rows are read twice, and were others the second time.
    #[error("`{dataset}` had {first} rows, then {second}: it changed while the package was written")]
    RowsChanged {
        /// Where.
        dataset: DatasetId,
        /// Rows at first.
        first: u64,
        /// Rows then.
        second: u64,
    },
    /// Two tables of one name.
    #[error("`{0}` stands in the package twice")]
    Twice(DatasetId),
    /// A dataset serves a purpose that the cover does not name: the person would not be told what for.
    #[error("`{dataset}` serves `{purpose}`, which the cover does not name")]
    UnnamedPurpose {
        /// The dataset.
        dataset: DatasetId,
        /// The purpose.
        purpose: PurposeId,
    },
    /// The passphrase can be guessed.
    #[error("the passphrase is too short: take {0} characters or more")]
    ShortPassphrase(usize),
    /// Not a key that a package can be encrypted to.
    #[error("it is not an age key: {0}")]
    MalformedAgeKey(&'static str),
    /// Encrypted, and not to what was brought.
    #[error("the package does not open with what was given")]
    NotOpened,
    /// It should be an age file, and is none.
    #[error("it is not encrypted with age, or its header was altered")]
    NotEncrypted,
    /// Encrypting failed.
    #[error("cannot encrypt the package: {0}")]
    Encrypt(String),
    /// Not a public key in the form of minisign.
    #[error("it is not a public key of minisign: {0}")]
    MalformedKey(&'static str),
    /// The key for documents cannot be made.
    #[error("the seed of the key for documents is refused")]
    Seed,
}
