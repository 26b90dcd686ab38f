use std::io;

use crate::store;

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
    /// It is not the file that was planned: another process has written it since.
    #[error("`{file}` changed since the plan was made")]
    Changed {
        /// Which.
        file: String,
    },
    /// Another process writes a new version of the file right now.
    #[error("`{file}` is being rewritten by another process")]
    Busy {
        /// Which.
        file: String,
    },
    /// What was written is not what was planned; the old file is as it was.
    #[error("the new `{file}` was thrown away: {why}")]
    Unproven {
        /// Which.
        file: String,
        /// What was expected, and what was there.
        why: String,
    },
    /// The plan is another one's: made for other values, another column, another action.
    #[error("the plan was made for {0}")]
    OtherPlan(&'static str),
    /// The plan or its journal cannot be understood.
    #[error("`{file}` is not a plan of an erasure: {why}")]
    Plan {
        /// Which.
        file: String,
        /// Why.
        why: String,
    },
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// Where files lie.
    #[error(transparent)]
    Store(store::Error),
    /// What the bucket keeps of an object besides could not all be removed.
    #[error("{versions} old {} of `{file}` stay: {why}", if *.versions == 1 { "version" } else { "versions" })]
    Stays {
        /// Which object. Its current version is done with.
        file: String,
        /// How many.
        versions: u64,
        /// What forbids it, for the first of them.
        why: String,
    },
    /// The operating system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::ObjectChanged { location } => Self::Changed { file: location },
            error => Self::Store(error),
        }
    }
}
