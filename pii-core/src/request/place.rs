use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Error;
use crate::audit::Receipt;
use crate::erase;
use crate::erase::Go;

/// A place that can hold data of a person. Files are the first kind; databases come behind the same trait.
pub trait Place {
    /// What plans, steps and certificates call it.
    fn name(&self) -> PlaceName;

    /// What would be done there. Changes nothing.
    ///
    /// # Errors
    /// A place that cannot be looked at is an error, never "nothing there".
    fn plan(&self, go: Go<'_>) -> Result<Intent, Error>;

    /// Does what was planned, just that. Done before, or in part, it ends the same.
    ///
    /// # Errors
    /// [`Error::Erase`] if the place is not what it was when the plan was made, and nothing was done to what changed.
    fn run(&self, intent: &Intent, at: Timestamp, journal: &Path, go: Go<'_>, recorded: &Receipt)
    -> Result<Ran, Error>;
}

/// A place, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PlaceName {
    /// A dataset of the policy.
    Dataset(String),
    /// A file that was written for a recipient, and lies where it was written.
    Copy {
        /// Whose.
        recipient: String,
        /// Of which dataset.
        dataset: String,
        /// Where, from the workspace.
        file: PathBuf,
    },
    /// Files of a dataset that nobody can look for rows in.
    Others {
        /// Of which dataset.
        dataset: String,
    },
    /// A column of free text, in rows that are about others.
    Mentions {
        /// Of which dataset.
        dataset: String,
        /// Which, by dotted path.
        column: String,
    },
    /// The log, of what they did themselves, as staff.
    Log,
    /// What people forbid.
    Register,
    /// The vault, and notes beside the log. It comes last: until it has forgotten, a run can be done again.
    Vault,
}

/// What would be done in a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "intent", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Intent {
    /// Rows go, or lose their values.
    Erase {
        /// Which, in which files.
        plan: erase::Plan,
    },
    /// People are forgotten, with their keys.
    Shred {
        /// How many.
        people: u64,
        /// Values that are held of them.
        values: u64,
        /// How many others a hold keeps.
        #[serde(default)]
        held: u64,
    },
    /// Values become what is right (Art. 16).
    Amend {
        /// How many are wrong.
        values: u64,
    },
    /// Rows stay (Art. 17(3)).
    Keep {
        /// Why, in the controller's words.
        ground: String,
        /// The last day of it, if that is known.
        until: Option<Date>,
        /// How many.
        rows: u64,
    },
    /// From then on it is forbidden to use their data so.
    Forbid {
        /// By how many people.
        people: u64,
    },
    /// Rows are read, for the person.
    Release {
        /// How many.
        rows: u64,
    },
    /// Rows that are about others speak of them. They are left alone: somebody sees to them, or hands out nothing of them.
    Mentioned {
        /// How many.
        rows: u64,
    },
    /// It was looked at, and holds nothing of them.
    Absent,
    /// It could not be looked at: a request with such a place can only be partly done.
    Unsearched {
        /// Why.
        why: String,
    },
    /// Somebody says that they see to it.
    ByHand,
}

/// What was done in a place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran {
    /// Rows that went or lost values; people, in the vault.
    pub rows: u64,
    /// Rows that a hold keeps.
    pub held: u64,
    /// Files that were written anew.
    pub files: u64,
}

impl Intent {
    /// How many rows it is about.
    pub fn rows(&self) -> u64 {
        match self {
            Self::Erase { plan } => plan.rows(),
            Self::Keep { rows, .. } | Self::Release { rows } | Self::Mentioned { rows } => *rows,
            Self::Shred { values, .. } | Self::Amend { values } => *values,
            Self::Forbid { people } => *people,
            Self::Absent | Self::Unsearched { .. } | Self::ByHand => 0,
        }
    }

    /// In a word, for tables: `delete-row`, `keep`, `shred`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Erase { plan } if plan.is_empty() => "keep",
            Self::Erase { plan } => plan.action.name(),
            Self::Shred { people: 0, .. } => "keep",
            Self::Shred { .. } => "shred",
            Self::Amend { .. } => "rectify",
            Self::Keep { .. } => "keep",
            Self::Forbid { .. } => "forbid",
            Self::Release { .. } => "release",
            Self::Mentioned { .. } => "mentioned",
            Self::Absent => "absent",
            Self::Unsearched { .. } => "unsearched",
            Self::ByHand => "by hand",
        }
    }

    /// Whether there is something to do.
    pub fn acts(&self) -> bool {
        match self {
            Self::Erase { plan } => !plan.is_empty(),
            Self::Shred { people, .. } => *people > 0,
            Self::Forbid { .. } | Self::Amend { .. } => true,
            _ => false,
        }
    }

    /// How many rows or people holds keep, of those that would go.
    pub fn held(&self) -> u64 {
        match self {
            Self::Erase { plan } => plan.held(),
            Self::Shred { held, .. } => *held,
            _ => 0,
        }
    }
}

impl fmt::Display for PlaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dataset(dataset) => f.write_str(dataset),
            Self::Copy { recipient, file, .. } => write!(f, "{} (for {recipient})", file.display()),
            Self::Others { dataset } => write!(f, "{dataset}:*"),
            Self::Mentions { dataset, column } => write!(f, "{dataset}:{column}"),
            Self::Log => f.write_str("the log"),
            Self::Register => f.write_str("the register"),
            Self::Vault => f.write_str("the vault"),
        }
    }
}
