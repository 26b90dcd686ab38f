//! How do one person's bytes leave a file, a table, a bucket?
//!
//! ```text
//! Values ──find──▶ Hits ──rewrite──▶ a file beside the old one: ranges of it, byte for byte, and new bytes
//!    └───────────────────search──▶ Residue: every place where a value still stands
//! ```
//!
//! What nobody needs to touch is not decoded, and not encoded again: a rewritten file is a splice of ranges of the old one
//! ([`Output::copy`]) and of new bytes. A format knows two things ([`Format`]): which rows hold a value, and how they leave.
//! Where a file lies is `place`'s business; neither knows
//! of the other. An [`Eraser`] ties both together: it makes a [`Plan`], which somebody confirms, and runs just that.
//!
//! Searching ([`search()`], [`Searcher`]) is no matter of a format or of a column. It shares no code with finding and rewriting
//! that could hide the same mistake twice: it decodes everything and looks at the bytes.

mod avro;
mod columns;
mod eraser;
mod error;
mod formats;
mod hits;
mod hold;
mod input;
mod ipc;
mod journal;
mod lines;
#[cfg(test)]
mod memory;
mod output;
mod parquet;
mod place;
mod plan;
mod residue;
mod run;
mod search;
mod searcher;
mod strategy;
#[cfg(test)]
mod tests;
mod values;
mod versions;

pub use self::avro::AvroEraser;
pub use self::ipc::IpcEraser;
pub use self::lines::{CsvEraser, CsvForm, JsonLinesEraser};
pub use self::parquet::ParquetEraser;
pub use eraser::{Eraser, Go, Progress};
pub use error::Error;
pub use hits::{Hits, Rows};
pub use hold::Hold;
pub use input::Input;
pub use output::Output;
pub use place::Address;
pub use plan::{FileVersion, ObjectVersion, OldVersion, Plan, PlannedFile, Version};
pub use residue::{Residue, Where};
pub use run::{Done, OnRecord, Outcome};
pub use search::{Depth, Needles, search, search_name};
pub use searcher::{Searched, Searcher};
pub use strategy::{Action, Correction, Replacement};
pub use values::Values;

/// How files of one format are searched and rewritten. Made for one column and one list of values.
pub trait Format: Sync {
    /// The rows whose subject column holds one of the values.
    ///
    /// # Errors
    /// A file that cannot be read is an error, never "nothing found".
    fn find(&self, input: &dyn Input) -> Result<Hits, Error>;

    /// Whether that can be done to rows of this file, as far as it can be told beforehand.
    ///
    /// # Errors
    /// [`Error::Impossible`], [`Error::NoColumn`].
    fn allows(&self, _input: &dyn Input, _action: &Action) -> Result<(), Error> {
        Ok(())
    }

    /// Writes the file anew, without what `hits` found in it.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Write`], [`Error::Unsupported`].
    fn rewrite(
        &self,
        input: &dyn Input,
        hits: &Hits,
        action: &Action,
        output: &mut dyn Output,
    ) -> Result<Rewritten, Error>;
}

/// What a rewriting did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewritten {
    /// Rows in the new file.
    pub rows: u64,
    /// Rows that were erased, or in which values were.
    pub erased: u64,
    /// Bytes taken over as they were.
    pub copied: u64,
    /// Bytes made anew.
    pub made: u64,
    /// Of these, how many had to be decoded to values and encoded again, in bytes before compression.
    pub reencoded: u64,
}
