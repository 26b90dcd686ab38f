use jiff::Timestamp;
use uuid::Uuid;

use super::Mark;
use crate::vocab::{PurposeId, RecipientId};

/// What a person forbids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Prohibition {
    /// That their data be used for a purpose (Art. 21).
    Objection {
        /// For which.
        purpose: PurposeId,
        /// By whom, if it is one recipient alone.
        recipient: Option<RecipientId>,
    },
    /// That their data be used at all, besides being stored (Art. 18).
    Restriction,
}

/// What one request forbids. It carries everything: the same entry in a copy that was restored forbids the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What.
    pub forbids: Prohibition,
    /// By which request.
    pub request: Uuid,
    /// Since when, to the microsecond.
    pub since: Timestamp,
    /// When it was lifted, if it was.
    pub lifted: Option<Timestamp>,
    /// How the person is known.
    pub marks: Vec<Mark>,
}

/// An entry, without the marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What it forbids.
    pub forbids: Prohibition,
    /// By which request.
    pub request: Uuid,
    /// Since when.
    pub since: Timestamp,
    /// When it was lifted, if it was.
    pub lifted: Option<Timestamp>,
    /// How many marks it has.
    pub marks: u64,
}

/// That somebody's data are restricted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// Since when.
    pub since: Timestamp,
    /// By which request.
    pub request: Uuid,
}
