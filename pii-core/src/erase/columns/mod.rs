//! Arrow's columns: which rows of a batch hold a value, and the batch without what is to go.

mod change;
mod leaf;
mod wanted;

pub(super) use self::change::{Change, Deed, tidy};
pub(super) use self::leaf::{Code, Table, children, name};
pub(super) use self::wanted::Wanted;
use super::Error;

/// What is wrong, before anybody says with which file.
pub(super) enum Fault {
    NoColumn(String),
    Unsupported(String),
    Impossible(String),
}

impl Fault {
    pub(super) fn of(self, file: &str) -> Error {
        let file = file.to_owned();
        match self {
            Self::NoColumn(column) => Error::NoColumn { file, column },
            Self::Unsupported(what) => Error::Unsupported { file, what },
            Self::Impossible(why) => Error::Impossible { file, why },
        }
    }
}
