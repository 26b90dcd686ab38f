//! Where do bytes live, and in which format?
//!
//! A [`Source`] is one dataset in one or many files of one [`Format`]; it is read in Arrow batches, in bounded
//! memory. A [`TableWriter`] writes one file: to a temporary name beside the target, flushed and synced, then
//! renamed by [`Staged::publish`]. A reader of the target sees the old file or the new one, never half a file.
//!
//! What formats do to values:
//!
//! | format | types | missing values |
//! |---|---|---|
//! | CSV | every column is text, as written: `007` stays `007` | an empty field is missing, quoted or not, and is written back empty |
//! | JSON lines | inferred from every row, strictly: a column that changes its type is an error | absent or `null`, written by leaving the key out |
//! | Parquet, Arrow, Avro | the file's own | the file's own |
//!
//! A Parquet file can be encrypted, with keys that are handed in: [`ParquetKeys`] to write one, a [`KeyFinder`] to read it.
//! Which keys, and where they are kept, is not this room's question.
//!
//! [`Objects`] is a store of objects, S3 or one that speaks as it does: for anchors of the audit log, read and written whole,
//! and for files that are erased in, by ranges.
//!
//! Errors name the file, the row (from 1, without a header) and the column. They never repeat a value: it may be
//! personal data.

mod encoding;
mod encryption;
mod error;
mod format;
mod location;
mod object;
mod read;
mod write;

pub use encoding::Encoding;
pub use encryption::{Encryption, KeyFinder, ParquetKey, ParquetKeys};
pub use error::Error;
pub use format::{Compression, Format};
pub(crate) use location::ListedAt;
pub use location::{Destination, Everything, Listed, Listing, Location, Whereabouts, refuse_overwrite};
pub(crate) use object::{Kept, StoredObject, StoredVersion, Upload, Versioning, Written};
pub use object::{MAX_OBJECT_BYTES, ObjectLocation, ObjectSettings, Objects, Traffic};
pub(crate) use read::{Asking, sniff_delimiter};
pub use read::{Batches, Progress, ReadOptions, Source};
pub use write::{Content, FileWriter, Staged, TableWriter, WriteOptions};
