use std::fmt;

/// How an export shows entries. Each comes with the evidence, `entries.jsonl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// The evidence alone: each entry's bytes, a line each.
    Jsonl,
    /// RFC 4180, with formulas neutralised.
    Csv,
    /// Office Open XML, a new sheet after each million entries.
    Xlsx,
    /// Parquet, with times in nanoseconds and lists as lists.
    Parquet,
    /// OCSF 1.9: Datastore Activity (6005) and API Activity (6003), a line each.
    Ocsf,
    /// ArcSight Common Event Format, version 0, a line each.
    Cef,
    /// RFC 5424 with structured data, a line each.
    Syslog,
    /// One page to read and to print.
    Html,
}

impl Format {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Jsonl, Self::Csv, Self::Xlsx, Self::Parquet, Self::Ocsf, Self::Cef, Self::Syslog, Self::Html];

    /// Its name: `jsonl`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Parquet => "parquet",
            Self::Ocsf => "ocsf",
            Self::Cef => "cef",
            Self::Syslog => "syslog",
            Self::Html => "html",
        }
    }

    /// The file in an export that holds the view; of JSON lines there is none beside the evidence.
    pub fn view(self) -> Option<&'static str> {
        match self {
            Self::Jsonl => None,
            Self::Csv => Some("entries.csv"),
            Self::Xlsx => Some("entries.xlsx"),
            Self::Parquet => Some("entries.parquet"),
            Self::Ocsf => Some("entries.ocsf.jsonl"),
            Self::Cef => Some("entries.cef"),
            Self::Syslog => Some("entries.syslog"),
            Self::Html => Some("entries.html"),
        }
    }

    /// Reads a name.
    ///
    /// # Errors
    /// [`UnknownFormat`].
    pub fn parse(name: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.iter().copied().find(|format| format.name() == name);
        found.ok_or_else(|| UnknownFormat { name: name.to_owned() })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No such format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a format of an export")]
pub struct UnknownFormat {
    /// What was asked for.
    pub name: String,
}
