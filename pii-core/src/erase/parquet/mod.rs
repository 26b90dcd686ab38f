//! Parquet, by pages: what nobody needs to touch is copied as it is.
//!
//! ```text
//! footer ──▶ bounds, bloom filter ──▶ column index ──▶ dictionary ──▶ pages of the subject column      (find)
//! row group without a hit                       copied
//! row group whose rows all go                   left out
//! row group with hits: page without a hit row   copied
//!                      page with a hit row      decompressed, cut, compressed; headers and indexes made anew
//! ```
//!
//! No value is decoded to a row. A page of plain values is cut like a string, a page of indexes is filtered as numbers;
//! only the encodings that write differences are read and written again value by value.

mod bounds;
mod cells;
mod chunk;
mod codec;
mod cut;
mod deed;
mod delta;
mod dictionary;
mod encode;
mod fault;
mod find;
mod footer;
mod header;
mod hybrid;
mod index;
mod kind;
mod kit;
mod list;
mod metadata;
mod page;
mod reencode;
mod restate;
mod rewrite;
mod sealed;
mod settle;
mod splice;
mod tally;
#[cfg(test)]
mod tests;
mod thrift;
mod wanted;
mod window;

use ring::hmac;
use ring::rand::SystemRandom;

use self::deed::Deed;
use self::fault::Fault;
use self::footer::Footer;
use self::kit::Kits;
pub(in crate::erase) use self::wanted::{instant, unscaled, whole};
use super::{Action, Error, Format, Hits, Input, Output, Rewritten, Values};
use crate::store::KeyFinder;

/// Finds values in one column of Parquet files, and rewrites the files without them.
///
/// Reads every codec but Brotli and LZO, both versions of data pages, and all encodings of the format (Parquet 2.12).
#[derive(Debug)]
pub struct ParquetEraser {
    column: String,
    values: Values,
    /// Makes pseudonyms: the same for the same value in all files of a run.
    key: hmac::Key,
    kits: Kits,
    /// Opens encrypted files.
    keys: Option<KeyFinder>,
}

impl ParquetEraser {
    /// For the subject column of this dotted path, and these values as text: dates and times as ISO 8601 (UTC where they
    /// say nothing else), decimals with a point. What cannot be a value of the column stands in no row of it.
    ///
    /// A list is named by its own path or by that of its elements.
    ///
    /// # Errors
    /// [`Error::Random`]: the system gives no randomness.
    pub fn new(column: impl Into<String>, values: Values) -> Result<Self, Error> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map_err(|_| Error::Random)?;
        Ok(Self { column: column.into(), values, key, kits: Kits::default(), keys: None })
    }

    /// Makes pseudonyms with this key: then they are those of every other format that has it.
    pub(in crate::erase) fn with_key(self, key: &hmac::Key) -> Self {
        Self { key: key.clone(), ..self }
    }

    /// Opens encrypted files with these keys, and encrypts what becomes of them with the same. Their row groups are all
    /// decoded and encoded again: each page is sealed to its place.
    #[must_use]
    pub fn with_keys(self, keys: KeyFinder) -> Self {
        Self { keys: Some(keys), ..self }
    }
}

impl Format for ParquetEraser {
    fn find(&self, input: &dyn Input) -> Result<Hits, Error> {
        let found = match (find::find(input, &self.column, &self.values, &self.kits), &self.keys) {
            (Err(Fault::Sealed), Some(keys)) => reencode::find(input, &self.column, &self.values, keys),
            (found, _) => found,
        };
        found.map_err(|fault| fault.of(input.name()))
    }

    fn allows(&self, input: &dyn Input, action: &Action) -> Result<(), Error> {
        match Footer::read(input).and_then(|footer| Deed::all(action, &footer, &self.key)) {
            Ok(_) | Err(Fault::Sealed) => Ok(()),
            Err(fault) => Err(fault.of(input.name())),
        }
    }

    fn rewrite(
        &self,
        input: &dyn Input,
        hits: &Hits,
        action: &Action,
        output: &mut dyn Output,
    ) -> Result<Rewritten, Error> {
        let done = rewrite::rewrite(input, hits, action, &self.key, &self.kits, output);
        let done = match (done, &self.keys) {
            (Err(Fault::Sealed), Some(keys)) => reencode::rewrite(input, hits, action, &self.key, keys, output),
            (done, _) => done,
        };
        done.map_err(|fault| fault.of(input.name()))
    }
}
