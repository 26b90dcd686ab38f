use std::io;

/// What can go wrong with erasing. No message repeats a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read `{file}`")]
    Read {
        /// Which.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// The new file cannot be written.
    #[error("cannot write `{file}`")]
    Write {
        /// Which.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// The file is not what its format says it should be.
    #[error("`{file}` is damaged: {why}")]
    Damaged {
        /// Which.
        file: String,
        /// How.
        why: String,
    },
    /// Nothing can be said about the file: it uses something that this program cannot read.
    #[error("`{file}` uses {what}, which cannot be read yet")]
    Unsupported {
        /// Which.
        file: String,
        /// What.
        what: String,
    },
    /// The file has no such column.
    #[error("`{file}` has no column `{column}`")]
    NoColumn {
        /// Which.
        file: String,
        /// The column that was asked for.
        column: String,
    },
    /// What is to be done cannot be done in this file.
    #[error("`{file}` cannot be changed in this way: {why}")]
    Impossible {
        /// Which.
        file: String,
        /// Why.
        why: String,
    },
    /// The operating system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
}
