use std::fmt;

/// A place where a value that should be gone still stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Residue {
    /// The file, as its [`super::Input`] is called.
    pub file: String,
    /// Where in it.
    pub at: Where,
    /// Which of the values, by its place in the list, from 0. Values are never printed.
    pub value: usize,
    /// Whether it is the whole of what stands there, or a part of it: in a free text, in another's name.
    pub whole: bool,
}

/// Where in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Where {
    /// In the data: the row from 0, and the column by dotted path.
    Cell(u64, String),
    /// In what a file keeps about a column, by dotted path: `dictionary, row group 3`, `statistics, row group 1`.
    Column(String, String),
    /// In what it keeps about itself: `key-value metadata`.
    Part(String),
    /// In the name of the file or of the folder.
    Name,
    /// At this byte of a file that is searched as it is.
    Byte(u64),
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell(row, column) => write!(f, "row {}, column `{column}`", row + 1),
            Self::Column(column, part) => write!(f, "column `{column}`, {part}"),
            Self::Part(part) => f.write_str(part),
            Self::Name => f.write_str("its name"),
            Self::Byte(at) => write!(f, "byte {at}"),
        }
    }
}
