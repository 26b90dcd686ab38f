use std::fmt;

use serde::{Deserialize, Serialize};

use crate::vocab::PurposeId;

/// What a person may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// To know what is held of them, and to get it (Art. 15).
    Access,
    /// To have it put right (Art. 16).
    Rectification,
    /// To have it erased (Art. 17).
    Erasure,
    /// To have it kept, and otherwise left alone (Art. 18).
    Restriction,
    /// To take along what they gave (Art. 20).
    Portability,
    /// To have a processing stopped (Art. 21).
    Objection,
}

impl Right {
    /// All six.
    pub const ALL: [Self; 6] =
        [Self::Access, Self::Rectification, Self::Erasure, Self::Restriction, Self::Portability, Self::Objection];

    /// As it is written: `erasure`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Rectification => "rectification",
            Self::Erasure => "erasure",
            Self::Restriction => "restriction",
            Self::Portability => "portability",
            Self::Objection => "objection",
        }
    }

    /// Where it stands: `Art. 17 GDPR`.
    pub fn article(self) -> &'static str {
        match self {
            Self::Access => "Art. 15 GDPR",
            Self::Rectification => "Art. 16 GDPR",
            Self::Erasure => "Art. 17 GDPR",
            Self::Restriction => "Art. 18 GDPR",
            Self::Portability => "Art. 20 GDPR",
            Self::Objection => "Art. 21 GDPR",
        }
    }

    /// The right of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.name() == name)
    }

    /// Whether those who were given the data are to be told what became of it (Art. 19). An objection reaches them, too:
    /// what they hold for the purpose is to go.
    pub fn tells_recipients(self) -> bool {
        matches!(self, Self::Rectification | Self::Erasure | Self::Restriction | Self::Objection)
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A right, and what of it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "right", rename_all = "kebab-case")]
pub enum Claim {
    /// Art. 15.
    Access,
    /// Art. 16. What is wrong and what is right are personal data: they lie in the vault.
    Rectification,
    /// Art. 17.
    Erasure,
    /// Art. 18.
    Restriction {
        /// Why.
        because: Contest,
    },
    /// Art. 20.
    Portability,
    /// Art. 21.
    Objection {
        /// To which processing.
        purpose: String,
        /// Whether that is direct marketing: then nothing is weighed, and nothing can be refused (Art. 21(2), (3)).
        marketing: bool,
    },
}

impl Claim {
    /// An objection to a purpose.
    pub fn objection(purpose: &PurposeId, marketing: bool) -> Self {
        Self::Objection { purpose: purpose.to_string(), marketing }
    }

    /// Which right it is.
    pub fn right(&self) -> Right {
        match self {
            Self::Access => Right::Access,
            Self::Rectification => Right::Rectification,
            Self::Erasure => Right::Erasure,
            Self::Restriction { .. } => Right::Restriction,
            Self::Portability => Right::Portability,
            Self::Objection { .. } => Right::Objection,
        }
    }

    /// Whether it can be refused at all: an objection to direct marketing cannot (Art. 21(3)).
    pub fn may_be_refused(&self) -> bool {
        !matches!(self, Self::Objection { marketing: true, .. })
    }
}

/// Why processing is to be restricted (Art. 18(1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contest {
    /// (a) The person says that the data are wrong.
    Accuracy,
    /// (b) The processing is unlawful, and the person would rather not have the data erased.
    Unlawful,
    /// (c) The person needs the data for a legal claim.
    Claims,
    /// (d) The person objected, and the grounds are being weighed.
    Objection,
}

impl Contest {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Accuracy, Self::Unlawful, Self::Claims, Self::Objection];

    /// As it is written: `accuracy`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Unlawful => "unlawful",
            Self::Claims => "claims",
            Self::Objection => "objection",
        }
    }

    /// The ground of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|contest| contest.name() == name)
    }
}
