use super::super::Error;
use super::super::columns;
use crate::store;

/// What is wrong with a file, before anybody says which file.
#[derive(Debug)]
pub(super) enum Fault {
    Damaged(String),
    Unsupported(String),
    Impossible(String),
    NoColumn(String),
    /// It is encrypted: not for those who read pages as they are.
    Sealed,
    Other(Error),
}

impl Fault {
    pub(super) fn damaged(why: impl Into<String>) -> Self {
        Self::Damaged(why.into())
    }

    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(what.into())
    }

    /// The error of the file of this name.
    pub(super) fn of(self, file: &str) -> Error {
        let file = file.to_owned();
        match self {
            Self::Damaged(why) => Error::Damaged { file, why },
            Self::Unsupported(what) => Error::Unsupported { file, what },
            Self::Impossible(why) => Error::Impossible { file, why },
            Self::NoColumn(column) => Error::NoColumn { file, column },
            Self::Sealed => Error::Store(store::Error::Encrypted { file }),
            Self::Other(error) => error,
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<columns::Fault> for Fault {
    fn from(fault: columns::Fault) -> Self {
        match fault {
            columns::Fault::NoColumn(column) => Self::NoColumn(column),
            columns::Fault::Unsupported(what) => Self::Unsupported(what),
            columns::Fault::Impossible(why) => Self::Impossible(why),
        }
    }
}

pub(super) type Result<T> = std::result::Result<T, Fault>;

/// `len` bytes from `at`.
pub(super) fn part(bytes: &[u8], at: usize, len: usize) -> Result<&[u8]> {
    let end = at.checked_add(len).ok_or_else(short)?;
    bytes.get(at..end).ok_or_else(short)
}

/// What lies behind `at`.
pub(super) fn rest(bytes: &[u8], at: usize) -> Result<&[u8]> {
    bytes.get(at..).ok_or_else(short)
}

/// Four bytes at `at`, as a little-endian number.
pub(super) fn number(bytes: &[u8], at: usize) -> Result<usize> {
    let four = bytes.get(at..).and_then(|bytes| bytes.first_chunk::<4>()).ok_or_else(short)?;
    Ok(u32::from_le_bytes(*four) as usize)
}

pub(super) fn short() -> Fault {
    Fault::damaged("a page ends before its values do")
}
