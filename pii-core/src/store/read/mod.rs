//! Reading: many files as one dataset, in batches.

mod align;
mod avro;
mod csv;
mod decode;
mod decrypt;
mod infer;
mod input;
mod ipc;
mod json;
mod parquet;
mod source;

pub(crate) use self::csv::sniff as sniff_delimiter;
pub(super) use align::check_columns;
pub(crate) use decrypt::Asking;
pub use source::{Batches, Progress, Source};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::{Encoding, Error, Format, KeyFinder};

/// How to read. The default reads what the file's name and its first bytes tell.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// The format; from the file's name if not given.
    pub format: Option<Format>,
    /// CSV: what stands between fields. If not given: a tab in `.tsv`; a semicolon or a tab where the header has
    /// one and no comma; else a comma.
    pub delimiter: Option<u8>,
    /// CSV: what quotes a field; `"` if not given.
    pub quote: Option<u8>,
    /// CSV, JSON lines: the encoding; if not given, the byte order mark's, else UTF-8. A mark outweighs this.
    pub encoding: Option<Encoding>,
    /// The most rows in a batch. A batch also ends at about 16 MB, except in Arrow and Avro files.
    pub batch_rows: usize,
    /// Parquet: where the keys of encrypted files come from.
    pub keys: Option<KeyFinder>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { format: None, delimiter: None, quote: None, encoding: None, batch_rows: 8192, keys: None }
    }
}

/// One file, opened: its columns are known, its rows are still to come.
struct Opened {
    schema: SchemaRef,
    /// The number of rows, if the format says.
    rows: Option<u64>,
    batches: Rows,
}

type Rows = Box<dyn Iterator<Item = Result<RecordBatch, Error>> + Send>;

/// A batch of text ends after so many bytes, and a Parquet batch at about so many.
const BATCH_BYTES: usize = 16 << 20;

/// A row of text that is longer is taken for a mistake, such as a quote that is not closed.
const ROW_BYTES: u64 = 256 << 20;
