use std::fmt;

use jiff::Timestamp;

use crate::vocab::Actor;

use super::Place;

/// What an examination of a log found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The answer.
    pub verdict: Verdict,
    /// The name of the log.
    pub origin: String,
    /// How many whole entries it holds.
    pub entries: u64,
    /// How many of them are under a signature.
    pub sealed: u64,
    /// How many checkpoints were found to fit.
    pub checkpoints: u64,
    /// The ids of the keys that signed them, in order of appearance.
    pub keys: Vec<String>,
    /// The time of the first entry.
    pub first: Option<Timestamp>,
    /// The time of the last entry.
    pub last: Option<Timestamp>,
    /// Entries dropped from the beginning, as the log itself says.
    pub pruned: Option<Pruned>,
    /// What could not be checked, a sentence each.
    pub claims_unchecked: Vec<String>,
}

/// Entries that are known by their hashes alone, because their segments were dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pruned {
    /// How many.
    pub entries: u64,
    /// The entry that says so.
    pub entry: u64,
    /// When.
    pub time: Timestamp,
    /// By whom.
    pub actor: Actor,
}

/// The answer, from best to worst.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Every entry is as it was written, and signed.
    Verified,
    /// So are all but this many at the end, which nothing has signed yet.
    UnsealedTail(u64),
    /// This is missing, so the question cannot be answered.
    Unverifiable(String),
    /// The log holds fewer entries than were once signed.
    RolledBack {
        /// The size that was signed.
        anchor: u64,
        /// The size found.
        log: u64,
    },
    /// The log is not as it was written.
    Tampered {
        /// Where.
        at: Place,
        /// What is wrong there.
        why: String,
    },
}

impl Verdict {
    pub(super) fn tampered(at: Place, why: impl Into<String>) -> Self {
        Self::Tampered { at, why: why.into() }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verified => f.write_str("VERIFIED"),
            Self::UnsealedTail(entries) => write!(f, "UNSEALED_TAIL({entries})"),
            Self::Unverifiable(missing) => write!(f, "UNVERIFIABLE({missing})"),
            Self::RolledBack { anchor, log } => write!(f, "ROLLED_BACK(anchor {anchor} > log {log})"),
            Self::Tampered { at, why } => write!(f, "TAMPERED({at}: {why})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_one_line_that_a_script_can_match() {
        let tampered = Verdict::tampered(Place::Entry(17), "it says that it is entry 18");
        assert_eq!(tampered.to_string(), "TAMPERED(entry 17: it says that it is entry 18)");
        assert_eq!(Verdict::RolledBack { anchor: 20, log: 12 }.to_string(), "ROLLED_BACK(anchor 20 > log 12)");
        assert_eq!(Verdict::UnsealedTail(3).to_string(), "UNSEALED_TAIL(3)");
    }
}
