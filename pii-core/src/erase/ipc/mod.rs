//! Arrow IPC, files and streams: messages that nothing happens to are copied as they are.
//!
//! ```text
//! footer or walk ──▶ messages: schema, dictionaries, record batches                                    (layout)
//! batch without a hit   copied                  batch with a hit   decoded, changed, encoded again     (codec)
//! dictionary            copied, or without the entries that nobody uses any more                       (dictionary)
//! ```
//!
//! A column of dictionary codes is read as the numbers that it is: changing rows never expands a dictionary. The footer of
//! a file is copied too, with the offsets of its blocks overwritten.

mod codec;
mod dictionary;
mod layout;
mod rewrite;
mod schema;
mod shape;
#[cfg(test)]
mod tests;

use arrow::error::ArrowError;
use ring::hmac;
use ring::rand::SystemRandom;

use self::dictionary::Dictionaries;
use self::layout::{Kind, Layout};
use super::columns::{Fault, Wanted};
use super::{Action, Error, Format, Hits, Input, Output, Rewritten, Values};

/// Finds values in one column of Arrow IPC files and streams (format version 1.0 and later), and rewrites them without.
///
/// Batches that change are compressed as they were: LZ4, Zstandard, or not at all.
#[derive(Debug)]
pub struct IpcEraser {
    column: String,
    values: Values,
    key: hmac::Key,
}

impl IpcEraser {
    /// For the subject column of this dotted path, which goes through structs and lists, and these values as text: dates
    /// and times as ISO 8601 (UTC where they say nothing else), decimals with a point.
    ///
    /// # Errors
    /// [`Error::Random`]: the system gives no randomness.
    pub fn new(column: impl Into<String>, values: Values) -> Result<Self, Error> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map_err(|_| Error::Random)?;
        Ok(Self { column: column.into(), values, key })
    }

    /// Makes pseudonyms with this key: then they are those of every other format that has it.
    pub(in crate::erase) fn with_key(self, key: &hmac::Key) -> Self {
        Self { key: key.clone(), ..self }
    }
}

impl Format for IpcEraser {
    fn find(&self, input: &dyn Input) -> Result<Hits, Error> {
        let layout = Layout::read(input)?;
        let file = File { input, layout: &layout };
        let wanted =
            Wanted::new(layout.schema.table(), &self.column, &self.values).map_err(|fault| fault.of(input.name()))?;
        let dictionaries = Dictionaries::of(file)?;
        let entries = dictionaries.matching(file, &wanted)?;
        let mut hits = Hits::default();
        for (at, message) in layout.messages.iter().enumerate() {
            let Kind::Batch { rows } = message.kind else { continue };
            if rows > 0 && !wanted.is_empty() {
                let batch = file.batch(message, Some(&[wanted.root()]))?;
                let matching = wanted.dictionary().map(|id| {
                    dictionaries.in_force(id, at).and_then(|epoch| entries.get(&epoch)).map_or(&[][..], Vec::as_slice)
                });
                let marks =
                    wanted.marks(&batch, matching).map_err(|error| unreadable(input, message.range.start, &error))?;
                marks.set_indices().for_each(|row| hits.hit.push(hits.rows + row as u64));
            }
            hits.rows += rows;
        }
        Ok(hits)
    }

    fn rewrite(
        &self,
        input: &dyn Input,
        hits: &Hits,
        action: &Action,
        output: &mut dyn Output,
    ) -> Result<Rewritten, Error> {
        rewrite::rewrite(self, input, hits, action, output)
    }
}

/// A file, and where its messages are.
#[derive(Clone, Copy)]
struct File<'i> {
    input: &'i dyn Input,
    layout: &'i Layout,
}

fn damaged(input: &dyn Input, why: impl Into<String>) -> Error {
    Error::Damaged { file: input.name().to_owned(), why: why.into() }
}

/// What arrow says may repeat a value, so it is not passed on.
fn unreadable(input: &dyn Input, at: u64, error: &ArrowError) -> Error {
    match error {
        ArrowError::NotYetImplemented(_) => {
            Error::Unsupported { file: input.name().to_owned(), what: format!("a type in the message at byte {at}") }
        }
        _ => damaged(input, format!("the message at byte {at} does not fit its schema")),
    }
}
