use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};
use encoding_rs::{Encoding as Charset, UTF_8};
use ring::hmac;
use ring::rand::SystemRandom;

use super::super::strategy::Becomes;
use super::super::{Action, Error, Format, Hits, Input, Output, Rewritten, Values};
use super::source::{Source, decode};
use super::{Grammar, Piece, damaged, impossible};
use crate::store::Encoding;
use crate::store::sniff_delimiter;

/// Finds values in one column of CSV files (RFC 4180), and rewrites the files without them.
///
/// The first row names the columns. A value is what stands in a field without its quotes; the empty text is a value.
/// A row that has not as many fields as the header is an error. Plain, gzip and zstd, by the first bytes.
#[derive(Debug)]
pub struct CsvEraser {
    column: String,
    values: Values,
    form: CsvForm,
    key: hmac::Key,
}

/// How fields stand in a CSV file, where its bytes do not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CsvForm {
    /// Between fields. `None`: a tab in a `.tsv`, else whichever of tab, semicolon and comma the header uses.
    pub delimiter: Option<u8>,
    /// Around a field. `None`: `"`.
    pub quote: Option<u8>,
    /// `None`: UTF-8, or what a byte order mark says.
    pub encoding: Option<Encoding>,
}

impl CsvEraser {
    /// For the subject column of this name, and these values.
    ///
    /// # Errors
    /// [`Error::Random`]: the system gives no randomness.
    pub fn new(column: impl Into<String>, values: Values, form: CsvForm) -> Result<Self, Error> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map_err(|_| Error::Random)?;
        Ok(Self { column: column.into(), values, form, key })
    }

    /// Makes pseudonyms with this key: then they are those of every other format that has it.
    pub(in crate::erase) fn with_key(self, key: &hmac::Key) -> Self {
        Self { key: key.clone(), ..self }
    }

    fn open<'s>(&'s self, input: &'s dyn Input) -> Result<Source<'s>, Error> {
        Source::open(input, self.form.encoding.unwrap_or(Encoding::UTF_8).inner())
    }

    fn grammar<'s>(&'s self, source: &Source, file: &'s str, action: Option<&'s Action>) -> Csv<'s> {
        Csv {
            eraser: self,
            values: self.values.iter().collect(),
            action,
            file,
            charset: if source.is_wide() { UTF_8 } else { source.encoding },
            delimiter: self.form.delimiter.or_else(|| is_tabbed(file).then_some(b'\t')),
            quote: self.form.quote.unwrap_or(b'"'),
            reader: Reader::new(),
            scratch: vec![0; 4096],
            fields: Vec::new(),
            width: None,
            subject: 0,
            targets: Vec::new(),
            rows: 0,
        }
    }
}

impl Format for CsvEraser {
    fn find(&self, input: &dyn Input) -> Result<Hits, Error> {
        let mut source = self.open(input)?;
        let mut grammar = self.grammar(&source, input.name(), None);
        super::find(&mut source, &mut grammar)
    }

    fn rewrite(
        &self,
        input: &dyn Input,
        hits: &Hits,
        action: &Action,
        output: &mut dyn Output,
    ) -> Result<Rewritten, Error> {
        let mut source = self.open(input)?;
        let mut grammar = self.grammar(&source, input.name(), Some(action));
        super::rewrite(&mut source, &mut grammar, hits, input, output)
    }
}

fn is_tabbed(file: &str) -> bool {
    let file = file.to_ascii_lowercase();
    let name = [".gz", ".zst"].iter().find_map(|packed| file.strip_suffix(packed)).unwrap_or(&file);
    name.ends_with(".tsv")
}

struct Csv<'s> {
    eraser: &'s CsvEraser,
    values: HashSet<&'s str>,
    action: Option<&'s Action>,
    file: &'s str,
    charset: &'static Charset,
    delimiter: Option<u8>,
    quote: u8,
    reader: Reader,
    scratch: Vec<u8>,
    /// Where the fields of the last record are, quotes and all.
    fields: Vec<Range<usize>>,
    /// How many columns there are, once the header was seen.
    width: Option<usize>,
    subject: usize,
    /// The columns in which something is to be put, and what.
    targets: Vec<(usize, Becomes<'s>)>,
    rows: u64,
}

impl Grammar for Csv<'_> {
    fn next(&mut self, text: &[u8], whole: bool) -> Result<Option<Piece>, Error> {
        if self.width.is_none() && text.starts_with(MARK) {
            return Ok(Some(Piece::Other(MARK.len())));
        }
        if self.width.is_none() && text.len() < MARK.len() && !whole {
            return Ok(None);
        }
        match text.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count() {
            0 => {}
            blank => return Ok(Some(Piece::Other(blank))),
        }
        if self.delimiter.is_none() {
            if !whole && text.len() < MAX_HEADER && !text.contains(&b'\n') {
                return Ok(None);
            }
            self.delimiter = Some(sniff_delimiter(text, self.quote));
        }
        let Some(len) = self.record(text, whole)? else { return Ok(None) };
        let record = text.get(..len).unwrap_or_default();
        if self.charset == UTF_8 && std::str::from_utf8(record).is_err() {
            let why = "is not valid UTF-8; if the file is in another encoding, name it";
            return Err(damaged(self.file, format!("{} {why}", self.place())));
        }
        match self.width {
            None => {
                self.header(record)?;
                Ok(Some(Piece::Other(len)))
            }
            Some(width) if width == self.fields.len() => {
                self.rows += 1;
                Ok(Some(Piece::Row(len)))
            }
            Some(width) => {
                let why = format!("{} has {} fields, the header {width}", self.place(), self.fields.len());
                Err(damaged(self.file, why))
            }
        }
    }

    fn holds(&mut self, row: &[u8]) -> Result<bool, Error> {
        let cell = self.cell(row, self.subject)?;
        Ok(self.values.contains(cell.as_ref()))
    }

    fn change(&mut self, row: &[u8], into: &mut Vec<u8>) -> Result<bool, Error> {
        if matches!(self.action, None | Some(Action::DeleteRow)) {
            return Ok(false);
        }
        let mut done = 0;
        for (target, becomes) in self.targets.clone() {
            let Some(range) = self.fields.get(target).cloned() else { continue };
            let old = self.cell(row, target)?.into_owned();
            // An empty field is a missing value; only where it was asked for, it is one that is to be replaced.
            if old.is_empty() && (matches!(becomes, Becomes::Null) || target != self.subject) {
                continue;
            }
            let new = match becomes {
                Becomes::Null => Cow::Borrowed(""),
                Becomes::Text(text) => Cow::Borrowed(text),
                Becomes::Pseudonym => Cow::Owned(super::pseudonym(&self.eraser.key, old.as_bytes())),
            };
            into.extend_from_slice(row.get(done..range.start).unwrap_or_default());
            let was_quoted = row.get(range.start) == Some(&self.quote);
            self.field(&new, was_quoted && !new.is_empty(), into)?;
            done = range.end;
        }
        into.extend_from_slice(row.get(done..).unwrap_or_default());
        Ok(true)
    }

    fn end(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

impl Csv<'_> {
    /// Which record the next one is, for people.
    fn place(&self) -> String {
        match self.width {
            None => "the header".to_owned(),
            Some(_) => format!("row {}", self.rows + 1),
        }
    }

    /// Finds the fields of the record at the beginning of `text`, and how long it is with its line end.
    fn record(&mut self, text: &[u8], whole: bool) -> Result<Option<usize>, Error> {
        self.fields.clear();
        let delimiter = self.delimiter.unwrap_or(b',');
        let end = match memchr::memchr3(self.quote, b'\n', b'\r', text) {
            Some(at) if text.get(at) == Some(&self.quote) => return self.quoted(text, whole),
            Some(at) => at,
            None if whole => text.len(),
            None => return Ok(None),
        };
        let mut start = 0;
        for at in memchr::memchr_iter(delimiter, text.get(..end).unwrap_or_default()) {
            self.fields.push(start..at);
            start = at + 1;
        }
        self.fields.push(start..end);
        Ok(line_end(text, end, whole))
    }

    /// The same, where there are quotes.
    fn quoted(&mut self, text: &[u8], whole: bool) -> Result<Option<usize>, Error> {
        let delimiter = self.delimiter.unwrap_or(b',');
        self.reader = ReaderBuilder::new().delimiter(delimiter).quote(self.quote).build();
        let (mut start, mut at) = (0, 0);
        loop {
            let rest = text.get(at..).unwrap_or_default();
            if rest.is_empty() {
                if !whole {
                    return Ok(None);
                }
                // A line end of our own ends any record but one in which a quote is open.
                return match self.reader.read_field(b"\n", &mut self.scratch) {
                    (ReadFieldResult::Field { record_end: true }, ..) => {
                        self.fields.push(start..at);
                        Ok(Some(at))
                    }
                    _ => Err(damaged(self.file, format!("{}: a quote is opened and never closed", self.place()))),
                };
            }
            let (result, read, _) = self.reader.read_field(rest, &mut self.scratch);
            at += read;
            match result {
                ReadFieldResult::InputEmpty | ReadFieldResult::OutputFull => {}
                ReadFieldResult::Field { record_end: false } => {
                    self.fields.push(start..at - 1);
                    start = at;
                }
                ReadFieldResult::Field { record_end: true } | ReadFieldResult::End => {
                    self.fields.push(start..at - 1);
                    return Ok(line_end(text, at - 1, whole));
                }
            }
        }
    }

    fn header(&mut self, record: &[u8]) -> Result<(), Error> {
        if record.contains(&0) {
            let why = "there are zero bytes in its header: it may be UTF-16, so name its encoding";
            return Err(damaged(self.file, why));
        }
        // The later bytes of their characters may look like these.
        let many = !self.charset.is_single_byte() && self.charset != UTF_8;
        let marks = [self.delimiter.unwrap_or(b','), self.quote];
        if many && marks.iter().any(|mark| matches!(mark, b'0'..=b'9' | 0x40..=0xff)) {
            let what = format!("{} with a delimiter that its characters contain", self.charset.name());
            return Err(Error::Unsupported { file: self.file.to_owned(), what });
        }
        let mut names = Vec::new();
        for at in 0..self.fields.len() {
            names.push(self.cell(record, at)?.into_owned());
        }
        let place = |name: &str| {
            let mut found = names.iter().enumerate().filter(|(_, other)| *other == name);
            match (found.next(), found.next()) {
                (Some((at, _)), None) => Ok(at),
                (None, _) => Err(Error::NoColumn { file: self.file.to_owned(), column: name.to_owned() }),
                _ => Err(damaged(self.file, format!("it has more than one column named `{name}`"))),
            }
        };
        self.subject = place(&self.eraser.column)?;
        let changes = self.action.map(Action::changes).unwrap_or_default();
        let targets = changes.into_iter().map(|(column, becomes)| Ok((place(column)?, becomes)));
        self.targets = targets.collect::<Result<_, Error>>()?;
        self.targets.sort_by_key(|(place, _)| *place);
        self.targets.dedup_by_key(|(place, _)| *place);
        self.width = Some(names.len());
        Ok(())
    }

    /// What stands in a field, without quotes, as UTF-8.
    fn cell<'r>(&mut self, record: &'r [u8], field: usize) -> Result<Cow<'r, str>, Error> {
        let raw = self.fields.get(field).and_then(|range| record.get(range.clone())).unwrap_or_default();
        let wrong = || {
            let place = if self.width.is_none() { "the header".to_owned() } else { format!("row {}", self.rows) };
            let why = format!("{place} is not valid {}", self.charset.name());
            damaged(self.file, why)
        };
        if raw.first() != Some(&self.quote) {
            return decode(raw, self.charset).ok_or_else(wrong);
        }
        let text = unquoted(raw, self.quote);
        Ok(Cow::Owned(decode(&text, self.charset).ok_or_else(wrong)?.into_owned()))
    }

    /// Writes a field, in quotes if it needs them.
    fn field(&self, text: &str, quoted: bool, into: &mut Vec<u8>) -> Result<(), Error> {
        let (bytes, _, unmappable) = self.charset.encode(text);
        if unmappable {
            return Err(impossible(self.file, format!("the new value cannot be written in {}", self.charset.name())));
        }
        let special = |byte: &u8| *byte == self.quote || Some(*byte) == self.delimiter || matches!(byte, b'\r' | b'\n');
        // A row of one empty field would be a blank line, and no row.
        let lonely = text.is_empty() && self.fields.len() == 1;
        if !quoted && !lonely && !bytes.iter().any(special) {
            into.extend_from_slice(&bytes);
            return Ok(());
        }
        into.push(self.quote);
        for byte in bytes.iter() {
            if *byte == self.quote {
                into.push(self.quote);
            }
            into.push(*byte);
        }
        into.push(self.quote);
        Ok(())
    }
}

/// A field that begins with a quote, as `csv_core` reads it: two quotes inside are one, what follows the last is text.
fn unquoted(raw: &[u8], quote: u8) -> Vec<u8> {
    let mut text = Vec::with_capacity(raw.len());
    let mut rest = raw.iter().skip(1);
    while let Some(byte) = rest.next() {
        if *byte != quote {
            text.push(*byte);
            continue;
        }
        match rest.next() {
            Some(next) if next == byte => text.push(quote),
            next => {
                text.extend(next);
                text.extend(rest);
                break;
            }
        }
    }
    text
}

/// Behind the line end at `at`: `\n`, `\r` or both. `None` if more text has to tell.
fn line_end(text: &[u8], at: usize, whole: bool) -> Option<usize> {
    match (text.get(at), text.get(at + 1)) {
        (None, _) => Some(at),
        (Some(b'\r'), Some(b'\n')) => Some(at + 2),
        (Some(b'\r'), None) if !whole => None,
        _ => Some(at + 1),
    }
}

const MARK: &[u8] = b"\xef\xbb\xbf";
const MAX_HEADER: usize = 1 << 20;
