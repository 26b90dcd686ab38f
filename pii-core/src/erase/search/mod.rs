//! Where does a value still stand, in whatever form?
//!
//! ```text
//! first and last bytes ──▶ Parquet        pages, dictionaries, bounds, indexes, filters, notes, bytes that nothing refers to
//!                          Arrow, Avro    cells, what lies beneath nulls, dictionaries, notes
//!                          gzip, zstd …   every member, as text
//!                          anything else  the bytes as they are, escapes taken out
//!                          closed         an error by name: never "nothing found"
//! ```
//!
//! Nothing here is shared with what finds and rewrites: the same mistake would hide itself. A value is looked for as
//! [text in every form](forms) that it could have, and in cells [as the number](numbers) that it would be there. What is shorter than six bytes
//! stands in bytes by chance: it is found as a whole cell, and in text where no word or number goes on beside it.

mod array;
mod avro;
mod cell;
mod escape;
mod filter;
mod finds;
mod forms;
mod ipc;
mod name;
mod nature;
mod needles;
mod numbers;
mod packing;
mod parquet;
mod stream;
#[cfg(test)]
mod tests;
mod text;

use super::{Error, Input, Residue};
use finds::Finds;
use nature::Nature;
pub use needles::Needles;

/// How much of a file is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth<'a> {
    /// Everything.
    Everything,
    /// What an erasure in this column could leave behind: the column itself, and what describes data: dictionaries, bounds,
    /// indexes, notes. In text nothing does.
    Described(&'a str),
}

/// Looks for the values in every byte that a file can give, and tells of each place. Gives how many bytes were looked at,
/// after decompression.
///
/// # Errors
/// [`Error::Unsupported`], by name, for what cannot be decompressed or decrypted; [`Error::Damaged`], [`Error::Read`]. What
/// was found before was told.
pub fn search(
    input: &dyn Input,
    needles: &Needles,
    depth: Depth<'_>,
    found: &mut dyn FnMut(Residue),
) -> Result<u64, Error> {
    let mut finds = Finds::new(input.name(), found);
    let size = input.size()?;
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    input.read(0..size.min(HEAD), &mut head)?;
    input.read(size.saturating_sub(4)..size, &mut tail)?;
    let file = || input.name().to_owned();
    match Nature::of(&head, &tail, input.name()) {
        Nature::Parquet if tail == b"PARE" => {
            return Err(Error::Unsupported { file: file(), what: "encryption".to_owned() });
        }
        Nature::Parquet => parquet::search(input, needles, depth, &mut finds)?,
        Nature::ArrowFile => ipc::search_file(input, needles, &mut finds)?,
        Nature::ArrowStream => ipc::search_stream(input, needles, &mut finds)?,
        Nature::Avro => avro::search(input, needles, &mut finds)?,
        // Lines were taken out of it whole: nothing else in it speaks of them.
        Nature::Packed(_) | Nature::Plain if depth != Depth::Everything => {}
        Nature::Packed(packing) => packing::search(input, Some(packing), needles, &mut finds)?,
        Nature::Plain => packing::search(input, None, needles, &mut finds)?,
        Nature::Closed(what) => return Err(Error::Unsupported { file: file(), what: what.to_owned() }),
        Nature::Broken(why) => return Err(Error::Damaged { file: file(), why: why.to_owned() }),
    }
    Ok(finds.bytes())
}

/// Looks for the values in the name of a file or a folder. `path` is what it is called in what is told, `column` the one
/// whose partitions may be told by short values.
pub fn search_name(path: &str, name: &[u8], column: Option<&str>, needles: &Needles, found: &mut dyn FnMut(Residue)) {
    name::search(name, column, needles, &mut Finds::new(path, found));
}

/// Whether a leaf belongs to a column: is it, or is in it.
pub(super) fn is_of(column: &str, leaf: &str) -> bool {
    leaf.strip_prefix(column).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

const HEAD: u64 = 512;
