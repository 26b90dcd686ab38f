use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Extension, Move};

/// A [`Move`] with what there is to say of it. No personal data: free words belong into the vault, not here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "kebab-case")]
pub enum Deed {
    /// The person was asked who they are.
    AskIdentity,
    /// They proved it.
    ProveIdentity {
        /// How: `login`, `id-card`, `call-back`.
        method: String,
    },
    /// A plan was made.
    Plan {
        /// SHA-256 of it, in hexadecimal.
        digest: String,
        /// How many places could not be searched.
        unsearched: u64,
    },
    /// It was confirmed.
    Approve {
        /// The same.
        digest: String,
    },
    /// It began to be carried out.
    Run {
        /// The same.
        digest: String,
    },
    /// All of it was done.
    Fulfil,
    /// Some places are not done.
    Part {
        /// How many.
        places: u64,
    },
    /// All is done but what is kept.
    Hold {
        /// The last day of the ground that ends first, if its end is known.
        until: Option<Date>,
    },
    /// Recipients were told.
    Tell {
        /// How many.
        recipients: u64,
    },
    /// The person has their answer.
    Close,
    /// The person has their answer, and a ground keeps some of it still.
    Answer,
    /// It was refused.
    Refuse {
        /// Why.
        ground: Ground,
    },
    /// It was taken back.
    Withdraw,
    /// Its time was extended.
    Extend {
        /// By how many months.
        months: u8,
        /// Why.
        because: Delay,
    },
}

/// A deed that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub deed: Deed,
    /// By whom: the actor of the audit entry.
    pub by: String,
    /// The audit entry that was written before it.
    pub audit_entry: u64,
}

/// Why a request is refused: a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// It is manifestly unfounded (Art. 12(5)).
    Unfounded,
    /// It is excessive, as it repeats itself (Art. 12(5)).
    Excessive,
    /// Who asks cannot be identified (Art. 11(2), 12(2)).
    Unidentified,
    /// A duty or a right goes before all of it (Art. 17(3), 20(3), 21(1), 23).
    Overridden,
    /// It would reach into the rights of others (Art. 15(4), 20(4)).
    RightsOfOthers,
    /// The right does not apply to these data (Art. 17(1), 18(1), 20(1)).
    DoesNotApply,
}

impl Ground {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Unfounded,
        Self::Excessive,
        Self::Unidentified,
        Self::Overridden,
        Self::RightsOfOthers,
        Self::DoesNotApply,
    ];

    /// As it is written: `unfounded`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unfounded => "unfounded",
            Self::Excessive => "excessive",
            Self::Unidentified => "unidentified",
            Self::Overridden => "overridden",
            Self::RightsOfOthers => "rights-of-others",
            Self::DoesNotApply => "does-not-apply",
        }
    }

    /// Where it stands.
    pub fn article(self) -> &'static str {
        match self {
            Self::Unfounded | Self::Excessive => "Art. 12(5) GDPR",
            Self::Unidentified => "Art. 11(2), 12(2) GDPR",
            Self::Overridden => "Art. 17(3), 20(3), 21(1), 23 GDPR",
            Self::RightsOfOthers => "Art. 15(4), 20(4) GDPR",
            Self::DoesNotApply => "Art. 17(1), 18(1), 20(1) GDPR",
        }
    }

    /// The ground of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.name() == name)
    }
}

/// Why a request takes longer (Art. 12(3)): the law knows these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delay {
    /// It is complex.
    Complexity,
    /// There are many.
    Number,
}

impl Delay {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Complexity, Self::Number];

    /// As it is written: `complexity`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complexity => "complexity",
            Self::Number => "number",
        }
    }

    /// The reason of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|delay| delay.name() == name)
    }
}

impl Deed {
    /// Which move it is.
    pub fn step(&self) -> Move {
        match self {
            Self::AskIdentity => Move::AskIdentity,
            Self::ProveIdentity { .. } => Move::ProveIdentity,
            Self::Plan { .. } => Move::Plan,
            Self::Approve { .. } => Move::Approve,
            Self::Run { .. } => Move::Run,
            Self::Fulfil => Move::Fulfil,
            Self::Part { .. } => Move::Part,
            Self::Hold { .. } => Move::Hold,
            Self::Tell { .. } => Move::Tell,
            Self::Close => Move::Close,
            Self::Answer => Move::Answer,
            Self::Refuse { .. } => Move::Refuse,
            Self::Withdraw => Move::Withdraw,
            Self::Extend { .. } => Move::Extend,
        }
    }

    /// By how much it extends the request, if it does.
    pub(super) fn extension(&self) -> Option<Extension> {
        match self {
            Self::Extend { months, .. } => Extension::of_months(*months),
            _ => None,
        }
    }
}
