/// What happens to the rows that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// They go.
    DeleteRow,
    /// They stay, without what stands in these columns, by dotted path.
    NullColumns(Vec<String>),
    /// They stay; what stands in these columns, by dotted path, becomes something else.
    Replace(Vec<String>, Replacement),
}

/// What takes the place of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replacement {
    /// Always this text.
    Constant(String),
    /// A random one, new for each run, the same wherever the old value was the same, so that counts stay.
    Pseudonym,
}
