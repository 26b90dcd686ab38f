use serde::{Deserialize, Serialize};

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
}

impl Action {
    /// The name on the command line: `delete-row`, `null-columns`, `replace`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::DeleteRow => "delete-row",
            Self::NullColumns(_) => "null-columns",
            Self::Replace(..) => "replace",
        }
    }

    /// The columns that it changes, if rows stay.
    pub fn columns(&self) -> &[String] {
        match self {
            Self::DeleteRow => &[],
            Self::NullColumns(columns) | Self::Replace(columns, _) => columns,
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
