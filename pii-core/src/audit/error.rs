use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::keyring;
use crate::state;

use super::{Place, ProofError};

/// What can go wrong with the log.
///
/// It is `Clone` because one failed flush answers everyone who waited for it.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file operation failed.
    #[error("cannot {what} `{}`", path.display())]
    Io {
        /// What was tried: `read`, `write`, `flush`.
        what: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// There is no log in this folder.
    #[error("`{}` is not an audit log: it has no `{missing}`", path.display())]
    NotALog {
        /// The folder.
        path: PathBuf,
        /// The file that every log has.
        missing: &'static str,
    },
    /// Part of the log is not there.
    #[error("the log lacks {missing}")]
    Incomplete {
        /// What is missing, in words.
        missing: String,
    },
    /// A new log needs an empty folder.
    #[error("`{}` is not empty, so no log can be created there", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A newer version of this program wrote it.
    #[error("{place} is of format version {found}, and this program reads up to version {known}")]
    Newer {
        /// Where.
        place: Place,
        /// The version found.
        found: u32,
        /// The newest version this program reads.
        known: u32,
    },
    /// The log is not as it was written. Nothing is repaired; [`super::verify()`] says more.
    #[error("the log is damaged at {place}: {why}")]
    Damaged {
        /// Where.
        place: Place,
        /// What is wrong there.
        why: String,
    },
    /// A flush failed, so nothing that follows could be trusted to be on disk.
    #[error("the log takes no more entries because an earlier write failed: {why}")]
    Poisoned {
        /// The first failure.
        why: String,
    },
    /// One event is larger than an entry may be.
    #[error("an event of {bytes} bytes is larger than the {limit} bytes an entry may have")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// An event could not be written as JSON.
    #[error("cannot write the event as JSON")]
    Json(#[source] Arc<serde_json::Error>),
    /// The name of a log or of a key (C2SP `signed-note`).
    #[error("`{name}` cannot name a log: use a name such as `acme.example/audit`, without spaces or `+`")]
    MalformedName {
        /// What was given.
        name: String,
    },
    /// Text that should be a verifier key, a signed note or a checkpoint.
    #[error("not a {what}: {why}")]
    Malformed {
        /// What it should be.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The key belongs to another log.
    #[error("the key is for `{key}`, and this log is `{log}`")]
    WrongOrigin {
        /// The name in the key.
        key: String,
        /// The origin of the log.
        log: String,
    },
    /// The log has never been told of this key.
    #[error("key `{id}` is not one of this log's: rotate to it from the key before it")]
    UnknownKey {
        /// The key's id, eight hexadecimal digits.
        id: String,
    },
    /// A signature by a known key does not fit.
    #[error("the signature by key `{id}` does not fit the text")]
    BadSignature {
        /// The key's id.
        id: String,
    },
    /// No key that is known has signed.
    #[error("it is signed by {ids} alone, and that key is not known")]
    Unsigned {
        /// The ids of the keys that are said to have signed.
        ids: String,
    },
    /// An entry or a subtree that the tree does not have, or a proof that proves nothing.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// An export needs a folder of its own.
    #[error("`{}` is not empty, so nothing can be exported to it", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// An export within the log would be a part of it.
    #[error("`{}` lies within the log", path.display())]
    WithinLog {
        /// The folder.
        path: PathBuf,
    },
    /// A file of an export could not be written in its format.
    #[error("cannot write `{file}`: {why}")]
    View {
        /// Its name.
        file: &'static str,
        /// Why.
        why: String,
    },
    /// The log is not that long.
    #[error("there is no entry {index}: the log has {size}, and they count from 0")]
    NoSuchEntry {
        /// What was asked for.
        index: u64,
        /// How many there are.
        size: u64,
    },
    /// The segment that held the entry was dropped on purpose; its hash stays.
    #[error("entry {index} was pruned: the log begins with entry {first}")]
    Pruned {
        /// What was asked for.
        index: u64,
        /// The first entry that is left.
        first: u64,
    },
    /// A note is longer than the side-car keeps.
    #[error("a note of {bytes} bytes is longer than {limit}")]
    DetailTooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The side-car's file fails.
    #[error(transparent)]
    State(Arc<state::Error>),
    /// The side-car's key is missing, or what it sealed does not open.
    #[error(transparent)]
    Key(Arc<keyring::Error>),
    /// More has been signed than the log now holds: it was cut or replaced.
    #[error("{signed} entries were signed and the log holds {found}: it was cut or rolled back")]
    RolledBack {
        /// The tree size of the newest signature.
        signed: u64,
        /// The entries found.
        found: u64,
    },
    /// Of what was anchored, an entry is another now.
    #[error("this log does not go on from the {size} entries that were anchored: one of them is another now")]
    Diverged {
        /// The tree size of the anchor.
        size: u64,
    },
    /// A checkpoint that was kept elsewhere is not this log's.
    #[error("not an anchor of `{log}`: {why}")]
    NotAnAnchor {
        /// The origin of the log.
        log: String,
        /// What it is.
        why: String,
    },
}

impl Error {
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, path: path.to_owned(), source: Arc::new(source) }
    }

    pub(super) fn damaged(place: Place, why: impl Into<String>) -> Self {
        Self::Damaged { place, why: why.into() }
    }

    pub(super) fn malformed(what: &'static str, why: impl Into<String>) -> Self {
        Self::Malformed { what, why: why.into() }
    }
}

impl From<state::Error> for Error {
    fn from(error: state::Error) -> Self {
        Self::State(Arc::new(error))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        state::Error::from(error).into()
    }
}

impl From<keyring::Error> for Error {
    fn from(error: keyring::Error) -> Self {
        Self::Key(Arc::new(error))
    }
}
