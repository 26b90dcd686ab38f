use std::collections::HashSet;
use std::ops::Range;

use encoding_rs::UTF_8;
use ring::hmac;
use ring::rand::SystemRandom;
use serde::de::IgnoredAny;

use super::super::strategy::Becomes;
use super::super::{Action, Error, Format, Hits, Input, Output, Rewritten, Values};
use super::source::Source;
use super::walk::{Walk, text};
use super::{Grammar, Piece, damaged, impossible};

/// Finds values under one key of JSON lines, and rewrites the files without them.
///
/// A value is a string without its quotes and escapes, or a number, `true` or `false` as written: `42` is not `42.0`. `null` is no
/// value. Each line must be an object. UTF-8 (RFC 8259); plain, gzip and zstd, by the first bytes.
#[derive(Debug)]
pub struct JsonLinesEraser {
    column: String,
    values: Values,
    key: hmac::Key,
}

impl JsonLinesEraser {
    /// For the subject column of this dotted path, which goes through lists to each of their elements, and these values.
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

    fn grammar<'s>(&'s self, source: &Source, file: &'s str, action: Option<&'s Action>) -> Result<Json<'s>, Error> {
        if source.is_wide() || source.encoding != UTF_8 {
            return Err(Error::Unsupported { file: file.to_owned(), what: source.encoding.name().to_owned() });
        }
        let values = self.values.iter().collect();
        let unmet = match action {
            None => vec![self.column.as_str()],
            Some(action) => action.columns(),
        };
        Ok(Json { eraser: self, values, action, file, rows: 0, unmet, begun: false })
    }
}

impl Format for JsonLinesEraser {
    fn find(&self, input: &dyn Input) -> Result<Hits, Error> {
        let mut source = Source::open(input, UTF_8)?;
        let mut grammar = self.grammar(&source, input.name(), None)?;
        super::find(&mut source, &mut grammar)
    }

    fn rewrite(
        &self,
        input: &dyn Input,
        hits: &Hits,
        action: &Action,
        output: &mut dyn Output,
    ) -> Result<Rewritten, Error> {
        let mut source = Source::open(input, UTF_8)?;
        let mut grammar = self.grammar(&source, input.name(), Some(action))?;
        super::rewrite(&mut source, &mut grammar, hits, input, output)
    }
}

struct Json<'s> {
    eraser: &'s JsonLinesEraser,
    values: HashSet<&'s str>,
    action: Option<&'s Action>,
    file: &'s str,
    rows: u64,
    /// Columns that no line had yet: a misspelt one is not "nothing found".
    unmet: Vec<&'s str>,
    begun: bool,
}

impl Grammar for Json<'_> {
    fn next(&mut self, text: &[u8], whole: bool) -> Result<Option<Piece>, Error> {
        let len = match memchr::memchr(b'\n', text) {
            Some(at) => at + 1,
            None if whole => text.len(),
            None => return Ok(None),
        };
        if !std::mem::replace(&mut self.begun, true) && text.starts_with(MARK) {
            return Ok(Some(Piece::Other(MARK.len())));
        }
        let line = text.get(..len).unwrap_or_default();
        let bare = line.trim_ascii();
        if bare.is_empty() {
            return Ok(Some(Piece::Other(len)));
        }
        let row = self.rows + 1;
        let Ok(utf8) = std::str::from_utf8(bare) else {
            return Err(damaged(self.file, format!("row {row} is not valid UTF-8")));
        };
        if !bare.starts_with(b"{") || serde_json::from_str::<IgnoredAny>(utf8).is_err() {
            return Err(damaged(self.file, format!("row {row} is not a JSON object")));
        }
        self.rows = row;
        self.unmet.retain(|path| !walk(bare, path, &mut |_| ()));
        Ok(Some(Piece::Row(len)))
    }

    fn holds(&mut self, row: &[u8]) -> Result<bool, Error> {
        let mut places = Vec::new();
        walk(row, &self.eraser.column, &mut |place| places.push(place));
        let holds = places.into_iter().flat_map(|place| scalars(row, place)).any(|place| {
            let value = row.get(place).unwrap_or_default();
            text(value).is_some_and(|value| self.values.contains(value.as_str()))
        });
        Ok(holds)
    }

    fn change(&mut self, row: &[u8], into: &mut Vec<u8>) -> Result<bool, Error> {
        let action = match self.action {
            None | Some(Action::DeleteRow) => return Ok(false),
            Some(action) => action,
        };
        let mut places = Vec::new();
        for (path, becomes) in action.changes() {
            walk(row, path, &mut |place| match becomes {
                Becomes::Null => places.push((place, becomes)),
                _ => places.extend(scalars(row, place).into_iter().map(|place| (place, becomes))),
            });
        }
        // One place may be named twice, or lie within another: the outer one comes first, and is enough.
        places.sort_by_key(|(place, _)| (place.start, std::cmp::Reverse(place.end)));
        let mut done = 0;
        for (place, becomes) in places {
            if place.start < done {
                continue;
            }
            into.extend_from_slice(row.get(done..place.start).unwrap_or_default());
            let old = row.get(place.clone()).unwrap_or_default();
            into.extend_from_slice(self.instead(old, becomes)?.as_bytes());
            done = place.end;
        }
        into.extend_from_slice(row.get(done..).unwrap_or_default());
        Ok(true)
    }

    fn end(&mut self) -> Result<(), Error> {
        match self.unmet.first() {
            Some(column) if self.rows > 0 => {
                Err(Error::NoColumn { file: self.file.to_owned(), column: (*column).to_owned() })
            }
            _ => Ok(()),
        }
    }
}

impl Json<'_> {
    /// What stands in the place of a value. It keeps its type: a column that changes it cannot be read as a table.
    fn instead(&self, old: &[u8], becomes: Becomes<'_>) -> Result<String, Error> {
        let is_text = old.first() == Some(&b'"');
        let Some(old) = text(old) else {
            return match becomes {
                Becomes::Null => Ok("null".to_owned()),
                _ => Err(impossible(self.file, "an object has no replacement: name what is in it")),
            };
        };
        let is_number = !is_text && !matches!(old.as_str(), "true" | "false");
        match becomes {
            Becomes::Null => Ok("null".to_owned()),
            Becomes::Text(new) if is_text => Ok(serde_json::Value::from(new).to_string()),
            Becomes::Text(new) if is_number && serde_json::from_str::<serde_json::Number>(new).is_ok() => {
                Ok(new.to_owned())
            }
            Becomes::Text(new) if !is_number && matches!(new, "true" | "false") => Ok(new.to_owned()),
            Becomes::Pseudonym if is_text => Ok(format!("\"{}\"", super::pseudonym(&self.eraser.key, old.as_bytes()))),
            Becomes::Pseudonym if is_number => {
                let tag = hmac::sign(&self.eraser.key, old.as_bytes());
                let bits = tag.as_ref().first_chunk::<8>().map_or(0, |eight| u64::from_le_bytes(*eight));
                // What every reader of JSON keeps exactly (RFC 8259, section 6).
                Ok((bits >> 11).to_string())
            }
            Becomes::Text(_) => Err(impossible(self.file, "the new value is of another type than the old one")),
            Becomes::Pseudonym => Err(impossible(self.file, "there are no pseudonyms of `true` and `false`")),
        }
    }
}

fn walk(row: &[u8], path: &str, found: &mut dyn FnMut(Range<usize>)) -> bool {
    let mut walk = Walk { line: row, found, met: false };
    walk.value(0, Some(path), 0);
    walk.met
}

/// A value itself, or those in a list, but no `null`.
fn scalars(row: &[u8], place: Range<usize>) -> Vec<Range<usize>> {
    match row.get(place.start) {
        Some(b'[') => {
            let mut places = Vec::new();
            let mut walk = Walk { line: row, found: &mut |place| places.push(place), met: false };
            walk.list(place.start + 1, None, 0);
            places.into_iter().flat_map(|place| scalars(row, place)).collect()
        }
        Some(b'n') | None => Vec::new(),
        Some(_) => vec![place],
    }
}

const MARK: &[u8] = b"\xef\xbb\xbf";
