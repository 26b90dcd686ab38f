use std::error::Error as StdError;
use std::io;

use super::{Compression, Encoding, Format};

/// What can go wrong with a file.
///
/// Each message is complete: where there is a cause, it ends with it. `source()` gives the cause itself, so that
/// a caller can tell a full disk ([`io::ErrorKind::StorageFull`]) from a missing file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message documents its variant, and the fields are its words")]
pub enum Error {
    #[error("`{name}` is not a format: use one of {}", Format::names())]
    UnknownFormat { name: String },
    #[error("the format of `{file}` is unknown: name one of {}", Format::names())]
    NoFormat { file: String },
    #[error(
        "`{label}` is not an encoding: use a label of the WHATWG Encoding Standard, \
         such as utf-8, utf-16le, euc-kr or windows-1252"
    )]
    UnknownEncoding { label: String },
    #[error("`{name}` is not a compression: use one of none, snappy, lz4, deflate, zstd")]
    UnknownCompression { name: String },
    #[error("`{name}` is not a way to encrypt: use `uniform` or `columns`")]
    UnknownEncryption { name: String },
    #[error("`{file}` would not be encrypted: {format} has no encryption of its own")]
    NotEncryptable { file: String, format: Format },
    #[error("`{file}` is to be encrypted, and no keys were given")]
    KeysNeeded { file: String },
    #[error("`{file}` is encrypted, and no keys are at hand")]
    Encrypted { file: String },
    #[error("`{file}` is encrypted with AES_GCM_CTR_V1, which cannot be read: write it with AES_GCM_V1")]
    CtrEncrypted { file: String },
    #[error("`{file}` is encrypted, and its key cannot be had: {reason}")]
    KeyRefused { file: String, reason: String },
    #[error("{format} files cannot be compressed with {compression}")]
    CompressionMismatch { format: Format, compression: Compression },

    /// The location itself is not repeated: it may hold a password.
    #[error("`{scheme}://` is not supported yet: export the data to a file first")]
    NotSupportedYet { scheme: String },
    #[error("`{scheme}://` is not a place that can be read or written: use a path")]
    UnknownScheme { scheme: String },
    #[error("a location cannot be empty")]
    EmptyLocation,
    #[error("`{pattern}` is not a pattern: {source}")]
    Pattern { pattern: String, source: glob::PatternError },
    #[error("`{pattern}` matches no file")]
    NoMatch { pattern: String },
    #[error("the folder `{folder}` holds no data file")]
    EmptyFolder { folder: String },
    #[error("no source was given")]
    NoSource,
    #[error("standard input cannot be read together with other sources")]
    StdinNotAlone,
    #[error("`{first}` is {first_format} and `{other}` is {other_format}: one dataset has one format")]
    MixedFormats { first: String, first_format: Format, other: String, other_format: Format },

    #[error("cannot read `{file}`: {source}")]
    Read { file: String, source: io::Error },
    #[error("`{file}` is not a sound {format} file: {reason}")]
    Damaged { file: String, format: Format, reason: String },
    #[error("`{file}` has no columns")]
    NoColumns { file: String },
    #[error("`{file}` has no column `{column}` of single values")]
    NoColumn { file: String, column: String },
    #[error("`{file}` has more than one column named {}", quoted(.columns))]
    DuplicateColumns { file: String, columns: Vec<String> },
    #[error("`{file}` has zero bytes in its header: it may be UTF-16, so name its encoding")]
    ZeroBytes { file: String },
    #[error("row {row} of `{file}`: expected {expected} fields, found {found}")]
    Ragged { file: String, row: u64, expected: usize, found: usize },
    #[error("{} of `{file}`: a quote is opened and never closed", place(*.row))]
    UnclosedQuote { file: String, row: u64 },
    #[error("{} of `{file}`: longer than {} MiB; a quote may be missing", place(*.row), .limit >> 20)]
    TooLong { file: String, row: u64, limit: u64 },
    #[error("row {row} of `{file}`, column `{column}`: not valid UTF-8; if the file is in another encoding, name it")]
    NotUtf8 { file: String, row: u64, column: String },
    #[error("the header of `{file}` is not valid UTF-8; if the file is in another encoding, name it")]
    HeaderNotUtf8 { file: String },
    #[error("{} of `{file}`: not valid {encoding}", place(*.row))]
    Malformed { file: String, row: u64, encoding: Encoding },
    #[error("row {row} of `{file}`: not JSON: {reason}")]
    NotJson { file: String, row: u64, reason: String },
    #[error("row {row} of `{file}`: not a JSON object")]
    NotAnObject { file: String, row: u64 },
    #[error("row {row} of `{file}`: column `{column}` stands there twice")]
    RepeatedKey { file: String, row: u64, column: String },
    #[error("row {row} of `{file}`, column `{column}`: {found}, where rows before have {expected}")]
    TypeChanged { file: String, row: u64, column: String, expected: &'static str, found: &'static str },
    #[error("row {row} of `{file}`, column `{column}`: an integer of more than 64 bits; write it as text")]
    NumberTooLarge { file: String, row: u64, column: String },
    #[error("`{file}` lacks column `{column}`, which `{other}` has")]
    MissingColumn { file: String, column: String, other: String },
    #[error("column `{column}` is {first_type} in `{first}` and {other_type} in `{other}`")]
    TypesDiffer { column: String, first: String, first_type: String, other: String, other_type: String },

    #[error("cannot write `{file}`: {source}")]
    Write { file: String, source: io::Error },
    #[error("cannot write `{file}`: there is no folder `{folder}`")]
    NoFolder { file: String, folder: String },
    #[error("cannot write `{file}`: it is a folder")]
    TargetIsFolder { file: String },
    #[error("`{file}` is an input too: write to another file")]
    Overwrite { file: String },
    #[error("column `{column}` holds lists or records, which csv cannot: use jsonl, parquet, arrow or avro")]
    NestedInCsv { column: String },
    #[error("column `{column}` cannot be named in avro, which allows letters, digits and `_`: use another format")]
    NotAnAvroName { column: String },
    #[error("these rows cannot be written to `{file}` as {format}: {reason}")]
    Unwritable { file: String, format: Format, reason: String },
    #[error("the rows do not have the columns that `{file}` was opened for")]
    OtherColumns { file: String },

    #[error("`{location}` is not an object: {why}")]
    MalformedLocation { location: String, why: &'static str },
    #[error("no access key for S3 was given")]
    NoCredentials,
    /// It is not repeated: it may hold a password.
    #[error("the endpoint of the object store is not a URL such as `https://s3.example`, without a user")]
    MalformedEndpoint,
    #[error(transparent)]
    Wire(#[from] crate::wire::Error),
    #[error("there is no bucket `{bucket}`")]
    NoBucket { bucket: String },
    #[error("there is no object `{location}`")]
    NoObject { location: String },
    #[error("`{location}` is there already")]
    ObjectExists { location: String },
    #[error("`{location}` has {bytes} bytes, and an object here may have {}", super::MAX_OBJECT_BYTES)]
    ObjectTooLarge { location: String, bytes: u64 },
    #[error("the store does not let this key at `{location}`: {why}")]
    ObjectDenied { location: String, why: String },
    #[error("`{location}` changed meanwhile")]
    ObjectChanged { location: String },
    #[error("`{location}` is archived: restore it before it can be read")]
    ObjectArchived { location: String },
    #[error("`{location}` cannot be removed: it is {lock}")]
    ObjectLocked { location: String, lock: String },
    #[error("cannot reach `{place}`: {why}")]
    ObjectStore { place: String, why: String },
}

impl Error {
    /// An error of a decoder: the operating system's where it was that, else the file's.
    pub(super) fn reading(file: &str, format: Format, error: &(dyn StdError + 'static)) -> Self {
        match os_error(error) {
            Some(source) => Self::Read { file: file.to_owned(), source },
            None => Self::Damaged { file: file.to_owned(), format, reason: error.to_string() },
        }
    }
}

/// Finds what the operating system said, below whatever a decoder has wrapped around it.
fn os_error(error: &(dyn StdError + 'static)) -> Option<io::Error> {
    let code = error.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error);
    match code {
        Some(code) => Some(io::Error::from_raw_os_error(code)),
        None => os_error(error.source()?),
    }
}

fn place(row: u64) -> String {
    if row == 0 { "the header".to_owned() } else { format!("row {row}") }
}

fn quoted(columns: &[String]) -> String {
    columns.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ")
}
