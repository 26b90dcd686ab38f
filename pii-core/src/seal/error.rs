use std::io;

use crate::keyring::{self, KeyId};
use crate::vocab::DatasetId;

/// What can go wrong with a sealed file. No message holds key material or what the file holds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It does not begin as a sealed file does.
    #[error("it is not a sealed file")]
    NotSealed,
    /// A later version of `pii` made it.
    #[error("it is sealed in format {version}, and this is format 1: a later version of `pii` made it")]
    LaterVersion {
        /// The format's number.
        version: u8,
    },
    /// Sealed in a way that is not known.
    #[error("it is sealed with algorithm {algorithm}, which is not known")]
    UnknownAlgorithm {
        /// The algorithm's number.
        algorithm: u8,
    },
    /// The name of the dataset in the header cannot be one.
    #[error("its header was altered: the name of the dataset cannot be one")]
    MalformedDataset,
    /// It belongs to another dataset than the key.
    #[error("it belongs to `{found}`, and this is the key of `{expected}`")]
    OtherDataset {
        /// The key's dataset.
        expected: DatasetId,
        /// The file's.
        found: DatasetId,
    },
    /// Its key is not this workspace's.
    #[error(
        "it is sealed with key `{file}` of `{dataset}`, and here that is key `{here}`: it comes from another workspace, or its header was altered"
    )]
    OtherKey {
        /// The dataset.
        dataset: DatasetId,
        /// The key that the file names.
        file: KeyId,
        /// The key of that dataset here.
        here: KeyId,
    },
    /// The key metadata of a Parquet file are not ours.
    #[error("other software encrypted it: its key metadata do not name a key of a workspace")]
    ForeignKey,
    /// The key is right, and the header is not as it was written.
    #[error("its header was altered: the key of the file does not open")]
    Header,
    /// The commitment to the key does not hold.
    #[error("its header was altered: the file does not commit to its key")]
    Commitment,
    /// It ends before its last segment.
    #[error("it ends too early: it was cut short after segment {segments}")]
    CutShort {
        /// How many whole segments there are.
        segments: u64,
    },
    /// It ends within its header.
    #[error("it ends within its header: it was cut short")]
    HeaderCutShort,
    /// A segment is not as it was written.
    #[error("segment {segment} was altered, moved, or comes from another file")]
    Altered {
        /// Which, from 0.
        segment: u64,
    },
    /// The last segment is not as it was written.
    #[error("its last segment, {segment}, does not open: the file was altered, cut short or added to")]
    End {
        /// Which, from 0.
        segment: u64,
    },
    /// More than the format can hold.
    #[error("it has more than 4 PiB, the most that a sealed file can hold")]
    TooLong,
    /// Keys.
    #[error(transparent)]
    Keyring(#[from] keyring::Error),
    /// The operating system refuses.
    #[error("{0}")]
    Io(#[source] io::Error),
}

/// As [`std::io::Read`] and [`std::io::Write`] carry it; [`Error::from`] gives it back.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Io(error) => error,
            error @ (Error::CutShort { .. } | Error::HeaderCutShort) => Self::new(io::ErrorKind::UnexpectedEof, error),
            error => Self::new(io::ErrorKind::InvalidData, error),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        error.downcast::<Self>().unwrap_or_else(Self::Io)
    }
}
