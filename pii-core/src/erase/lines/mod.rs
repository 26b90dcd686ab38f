//! CSV and JSON lines: lines without a hit are copied as they are, quotes, spaces, line ends, order of keys and all.
//!
//! ```text
//! bytes ──gzip, zstd──▶ text ──UTF-16──▶ UTF-8 ──grammar──▶ rows, and what is none (header, blank lines)     (source)
//! bytes ◀──gzip, zstd── text ◀──UTF-16── UTF-8 ◀── rows that stay, rows made anew                            (sink)
//! ```
//!
//! Of a file of several gzip members or zstd frames, those without a hit are copied as they are          (packed).
//!
//! In a plain file nothing that stays passes through this program: the sink asks for long ranges of the old file. What a
//! row is, whether it holds a value, and how it looks without it, is a [`Grammar`]'s business.

mod csv;
mod json;
mod packed;
mod sink;
mod source;
#[cfg(test)]
mod tests;
mod walk;

use ring::hmac;
use zeroize::Zeroizing;

use self::sink::Sink;
use self::source::Source;
use super::{Error, Hits, Input, Output, Rewritten};

pub use self::csv::{CsvEraser, CsvForm};
pub use self::json::JsonLinesEraser;

/// What the text begins with.
enum Piece {
    /// So many bytes that are no row: a header, a blank line, a byte order mark.
    Other(usize),
    /// A row of so many bytes, its line end among them.
    Row(usize),
}

/// How rows stand in a text.
trait Grammar {
    /// What `text` begins with, or `None` if that takes more text. Never `None` for a text that is whole and not empty.
    fn next(&mut self, text: &[u8], whole: bool) -> Result<Option<Piece>, Error>;

    /// Whether the row that [`Grammar::next`] gave last holds a value.
    fn holds(&mut self, row: &[u8]) -> Result<bool, Error>;

    /// Writes this row into `into` without what is to go; `false` if the whole row goes.
    fn change(&mut self, row: &[u8], into: &mut Vec<u8>) -> Result<bool, Error>;

    /// Looks back, after the last row.
    fn end(&mut self) -> Result<(), Error>;
}

/// Goes through the text once, and tests each row.
fn find(source: &mut Source, grammar: &mut dyn Grammar) -> Result<Hits, Error> {
    let mut hits = Hits::default();
    while let Some(piece) = next(source, grammar)? {
        let bytes = source.text().get(..piece.len()).unwrap_or_default();
        if let Piece::Row(_) = piece {
            if grammar.holds(bytes)? {
                hits.hit.push(hits.rows);
            }
            hits.rows += 1;
        }
        source.step(piece.len());
    }
    grammar.end()?;
    Ok(hits)
}

/// Goes through the text once more, and changes the rows that were found.
fn rewrite(
    source: &mut Source,
    grammar: &mut dyn Grammar,
    hits: &Hits,
    input: &dyn Input,
    output: &mut dyn Output,
) -> Result<Rewritten, Error> {
    let mut sink = Sink::new(source, input, output)?;
    let mut wanted = hits.hit.iter().peekable();
    let mut done = Rewritten::default();
    let mut row = 0;
    let mut fresh = Zeroizing::new(Vec::new());
    while let Some(piece) = next(source, grammar)? {
        let bytes = source.text().get(..piece.len()).unwrap_or_default();
        let hit = matches!(piece, Piece::Row(_)) && wanted.next_if_eq(&row).is_some();
        if hit {
            fresh.clear();
            done.erased += 1;
            if grammar.change(bytes, &mut fresh)? {
                done.rows += 1;
                done.reencoded += fresh.len() as u64;
            } else {
                fresh.clear();
            }
            let at = source.position();
            sink.replace(at..at + bytes.len() as u64, &fresh)?;
        } else {
            sink.keep(bytes, source.position())?;
            done.rows += u64::from(matches!(piece, Piece::Row(_)));
        }
        row += u64::from(matches!(piece, Piece::Row(_)));
        source.step(piece.len());
    }
    grammar.end()?;
    if row != hits.rows || wanted.next().is_some() {
        let why = "it has other rows than when it was searched".to_owned();
        return Err(Error::Impossible { file: input.name().to_owned(), why });
    }
    (done.copied, done.made) = sink.finish()?;
    Ok(done)
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Other(len) | Self::Row(len) => *len,
        }
    }
}

/// The next piece of the text.
fn next(source: &mut Source, grammar: &mut dyn Grammar) -> Result<Option<Piece>, Error> {
    loop {
        let piece = match source.text() {
            [] if source.is_whole() => return Ok(None),
            [] => None,
            text => grammar.next(text, source.is_whole())?,
        };
        match piece {
            Some(piece) => return Ok(Some(piece)),
            None => source.more()?,
        }
    }
}

/// 128 bits of the value's HMAC, in hexadecimal.
pub(super) fn pseudonym(key: &hmac::Key, old: &[u8]) -> String {
    hmac::sign(key, old).as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn damaged(file: &str, why: impl Into<String>) -> Error {
    Error::Damaged { file: file.to_owned(), why: why.into() }
}

fn impossible(file: &str, why: impl Into<String>) -> Error {
    Error::Impossible { file: file.to_owned(), why: why.into() }
}
