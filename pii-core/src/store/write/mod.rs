//! Writing: one file, whole or not at all.

mod avro;
mod csv;
mod file;
mod ipc;
mod output;
mod parquet;
mod stage;
mod table;

pub use file::FileWriter;
pub use stage::{Content, Staged};
pub use table::TableWriter;

use super::{Compression, Encryption, Format};

/// How to write. The default writes what the file's name tells.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    /// The format; from the file's name if not given.
    pub format: Option<Format>,
    /// CSV: what stands between fields. If not given: a tab in `.tsv`, else a comma.
    pub delimiter: Option<u8>,
    /// Parquet, Arrow, Avro. If not given: Zstandard in Parquet, none in Arrow (it can be mapped into memory), and
    /// DEFLATE in Avro (which every reader has).
    pub compression: Option<Compression>,
    /// Parquet: how the file is to be encrypted; in clear if not given. The keys come to
    /// [`TableWriter::create_encrypted`].
    pub encryption: Option<Encryption>,
    /// Parquet: the column, by dotted path, that says whose row it is. It gets a bloom filter for each row group, so that
    /// whoever looks for a person need not read it. Not in encrypted files, where the filter would stand in clear.
    pub subject: Option<String>,
    /// Whether a new file is for its owner alone, from its first byte on: it holds clear personal data.
    pub private: bool,
}
