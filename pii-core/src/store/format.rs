use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::Error;

/// How a file holds a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Delimited text (RFC 4180, or with tabs or semicolons).
    Csv,
    /// One JSON object a line.
    JsonLines,
    /// Apache Parquet.
    Parquet,
    /// Arrow IPC: the file format (also known as Feather 2), or a stream.
    ArrowIpc,
    /// An Avro object container file.
    Avro,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Csv, Self::JsonLines, Self::Parquet, Self::ArrowIpc, Self::Avro];

    /// The name on the command line: `csv`, `jsonl`, `parquet`, `arrow`, `avro`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
            Self::ArrowIpc => "arrow",
            Self::Avro => "avro",
        }
    }

    /// The format that a file's extension stands for, if it stands for one. Upper and lower case are alike.
    pub fn of_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|f| f.extensions().contains(&extension.as_str()))
    }

    /// The same, and that of a text that is packed: `.csv.gz`, `.jsonl.zst`.
    pub fn of_packed(path: &Path) -> Option<Self> {
        let packed = path.extension()?.to_str().is_some_and(|end| matches!(end, "gz" | "zst" | "zstd"));
        let inner = Self::of_path(Path::new(path.file_stem()?)).filter(|f| matches!(f, Self::Csv | Self::JsonLines));
        if packed { inner } else { Self::of_path(path) }
    }

    fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Csv => &["csv", "tsv"],
            Self::JsonLines => &["jsonl", "ndjson"],
            Self::Parquet => &["parquet"],
            Self::ArrowIpc => &["arrow", "feather"],
            Self::Avro => &["avro"],
        }
    }

    /// The format asked for, or else the one of the file's name.
    pub(super) fn choose(asked: Option<Self>, path: &Path) -> Result<Self, Error> {
        asked.or_else(|| Self::of_path(path)).ok_or_else(|| Error::NoFormat { file: path.display().to_string() })
    }

    pub(super) fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;

    /// Reads a format's name, or one of its extensions: `jsonl` and `ndjson` are alike.
    fn from_str(name: &str) -> Result<Self, Error> {
        let lower = name.to_ascii_lowercase();
        Self::ALL
            .into_iter()
            .find(|f| f.name() == lower || f.extensions().contains(&lower.as_str()))
            .ok_or_else(|| Error::UnknownFormat { name: name.to_owned() })
    }
}

/// How the blocks of a Parquet, Arrow or Avro file are compressed.
///
/// Parquet takes any (`deflate` is its gzip), Arrow `none`, `lz4` and `zstd`, Avro all but `lz4`.
/// Text is not compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    None,
    /// Snappy.
    Snappy,
    /// LZ4.
    Lz4,
    /// DEFLATE (RFC 1951).
    Deflate,
    /// Zstandard (RFC 8878), level 1: faster than DEFLATE, and smaller.
    Zstd,
}

impl Compression {
    /// All compressions.
    pub const ALL: [Self; 5] = [Self::None, Self::Snappy, Self::Lz4, Self::Deflate, Self::Zstd];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Deflate => "deflate",
            Self::Zstd => "zstd",
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Compression {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|c| c.name() == name)
            .ok_or_else(|| Error::UnknownCompression { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_tells_its_format() {
        for (name, format) in [
            ("a.csv", Format::Csv),
            ("a.TSV", Format::Csv),
            ("a.jsonl", Format::JsonLines),
            ("a.ndjson", Format::JsonLines),
            ("a.b.parquet", Format::Parquet),
            ("a.arrow", Format::ArrowIpc),
            ("a.feather", Format::ArrowIpc),
            ("a.avro", Format::Avro),
        ] {
            assert_eq!(Format::of_path(Path::new(name)), Some(format), "{name}");
        }
        assert_eq!(Format::of_path(Path::new("a.xlsx")), None);
    }

    #[test]
    fn names_round_trip_and_an_unknown_one_lists_them() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse::<Format>().unwrap(), format);
        }
        for compression in Compression::ALL {
            assert_eq!(compression.to_string().parse::<Compression>().unwrap(), compression);
        }
        let error = "xlsx".parse::<Format>().unwrap_err().to_string();
        assert_eq!(error, "`xlsx` is not a format: use one of csv, jsonl, parquet, arrow, avro");
    }
}
