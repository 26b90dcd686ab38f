use std::fmt;

/// How the controller came to data about a person. Portability covers what was provided or observed, and not what was
/// inferred (Art. 20(1); WP 242 rev.01, section III).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The person gave it, knowingly: a form, a message.
    Provided,
    /// It was recorded while the person used something: clicks, heart beats, places.
    Observed,
    /// It was concluded from other data: scores, segments.
    Inferred,
}

impl Origin {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Provided, Self::Observed, Self::Inferred];

    /// The name a policy uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Provided => "provided",
            Self::Observed => "observed",
            Self::Inferred => "inferred",
        }
    }

    /// The origin of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|origin| origin.name() == name)
    }

    /// Whether the right to portability reaches it.
    pub fn is_portable(self) -> bool {
        !matches!(self, Self::Inferred)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
