use serde::{Deserialize, Serialize};

use crate::vocab::Personal;

/// What happens to the rows that were found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Action {
    /// They go.
    DeleteRow,
    /// They stay, without what stands in these columns, by dotted path.
    NullColumns(Vec<String>),
    /// They stay; what stands in these columns, by dotted path, becomes something else.
    Replace(Vec<String>, Replacement),
    /// They stay; what stands in each of these columns becomes what is right (Art. 16).
    Rectify(Vec<Correction>),
}

impl Action {
    /// The name on the command line and in plans: `delete-row`, `null-columns`, `replace`, `rectify`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::DeleteRow => "delete-row",
            Self::NullColumns(_) => "null-columns",
            Self::Replace(..) => "replace",
            Self::Rectify(_) => "rectify",
        }
    }

    /// The columns that it changes, if rows stay.
    pub fn columns(&self) -> Vec<&str> {
        self.changes().into_iter().map(|(column, _)| column).collect()
    }

    /// What becomes of each column that it changes, if rows stay.
    pub(in crate::erase) fn changes(&self) -> Vec<(&str, Becomes<'_>)> {
        fn each<'a>(columns: &'a [String], becomes: Becomes<'a>) -> Vec<(&'a str, Becomes<'a>)> {
            columns.iter().map(|column| (column.as_str(), becomes)).collect()
        }
        match self {
            Self::DeleteRow => Vec::new(),
            Self::NullColumns(columns) => each(columns, Becomes::Null),
            Self::Replace(columns, Replacement::Constant(text)) => each(columns, Becomes::Text(text)),
            Self::Replace(columns, Replacement::Pseudonym) => each(columns, Becomes::Pseudonym),
            Self::Rectify(corrections) => {
                corrections.iter().map(|one| (one.column.as_str(), Becomes::Text(one.value.expose()))).collect()
            }
        }
    }
}

/// What takes the place of a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Replacement {
    /// Always this text.
    Constant(String),
    /// A random one, new for each run, the same wherever the old value was the same, so that counts stay.
    Pseudonym,
}

/// What is right, of one column. Two of one column are alike, and as JSON it names the column only: what is right is
/// personal, and does not belong in a plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// The column, by dotted path.
    pub column: String,
    /// What is to stand there.
    #[serde(skip, default = "unsaid")]
    pub value: Personal<String>,
}

impl PartialEq for Correction {
    fn eq(&self, other: &Self) -> bool {
        self.column == other.column
    }
}

impl Eq for Correction {}

fn unsaid() -> Personal<String> {
    Personal::new(String::new())
}

/// What becomes of the values of a column.
#[derive(Clone, Copy)]
pub(in crate::erase) enum Becomes<'a> {
    /// Nothing.
    Null,
    /// This text, as a value of the column's type.
    Text(&'a str),
    /// A pseudonym of this run's.
    Pseudonym,
}
