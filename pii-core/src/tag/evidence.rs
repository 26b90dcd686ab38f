use std::fmt;

/// Why a finding was made: which rules spoke, and for how many values. It holds no clear value.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The rules that spoke, the values' before the name's.
    pub rules: Vec<Rule>,
    /// How many distinct values fit.
    pub matched: u64,
    /// Of how many distinct values that were looked at.
    pub examined: u64,
    /// Up to three values that fit, masked: `a***@e***.com`.
    pub examples: Vec<String>,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// These words of the column's name.
    Name(String),
    /// The values have this form.
    Pattern(&'static str),
    /// The values have this form, and their check digits are right.
    CheckDigit(&'static str),
    /// The values stand in this list.
    Lexicon(&'static str),
    /// The values together look like this.
    Spread(&'static str),
    /// Other columns say that the rows are about people.
    AmongPeople,
    /// No other column says that the rows are about people.
    AmongThings,
    /// The values may be something else.
    Doubt(&'static str),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(words) => write!(f, "column name `{words}`"),
            Self::Pattern(what) => write!(f, "match the pattern of: {what}"),
            Self::CheckDigit(what) => write!(f, "have the form and check digit of: {what}"),
            Self::Lexicon(what) => write!(f, "stand in the list of {what}"),
            Self::Spread(what) => write!(f, "look like {what}"),
            Self::AmongPeople => f.write_str("other columns are about a person"),
            Self::AmongThings => f.write_str("no other column is about a person"),
            Self::Doubt(what) => write!(f, "but each may be {what}"),
        }
    }
}

impl Rule {
    fn is_of_values(&self) -> bool {
        matches!(self, Self::Pattern(_) | Self::CheckDigit(_) | Self::Lexicon(_) | Self::Spread(_))
    }
}

/// `412 of 415 distinct values match the pattern of: e-mail; column name `email``.
impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, rule) in self.rules.iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            if rule.is_of_values() {
                write!(f, "{} of {} distinct values ", self.matched, self.examined)?;
            }
            rule.fmt(f)?;
        }
        Ok(())
    }
}
