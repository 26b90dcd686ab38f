use std::io::{self, Cursor, Read};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use csv::{ByteRecord, ReaderBuilder};

use super::decode::{NotEncoded, decode};
use super::input::{Input, Meter};
use super::{BATCH_BYTES, Opened, ROW_BYTES, ReadOptions};
use crate::store::{Error, Format};

/// Opens delimited text. Every column is text, and an empty field is null.
pub(super) fn open(input: &Input, options: &ReadOptions, meter: &Meter) -> Result<Opened, Error> {
    let bytes = Box::new(input.bytes(meter)?);
    let mut text = decode(bytes, options.encoding).map_err(|source| input.unreadable(source))?;

    let mut head = Vec::new();
    let tabbed = input.path().and_then(|p| p.extension()).is_some_and(|e| e.eq_ignore_ascii_case("tsv"));
    let quote = options.quote.unwrap_or(b'"');
    let delimiter = match options.delimiter {
        Some(delimiter) => delimiter,
        None if tabbed => b'\t',
        None => {
            head = first_line(&mut text).map_err(|source| read_error(&input.name(), 0, source))?;
            sniff(&head, quote)
        }
    };

    // Two line ends after the last: a quote that is never closed swallows both, anything else at most one.
    let text = Cursor::new(head).chain(text).chain(Cursor::new(b"\n\n"));
    let reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .quote(quote)
        .buffer_capacity(128 << 10)
        .from_reader(Fence { inner: Box::new(text) as Box<dyn Read + Send>, left: ROW_BYTES });

    let mut records = Records { reader, record: ByteRecord::new(), file: input.name(), row: 0, end: 0 };
    let schema = Arc::new(records.header()?);
    let batches = CsvRows { records, schema: Arc::clone(&schema), batch_rows: options.batch_rows.max(1), done: false };
    Ok(Opened { schema, rows: None, batches: Box::new(batches) })
}

struct CsvRows {
    records: Records,
    schema: SchemaRef,
    batch_rows: usize,
    done: bool,
}

impl CsvRows {
    fn read(&mut self) -> Result<Option<RecordBatch>, Error> {
        let mut columns: Vec<StringBuilder> = self.schema.fields().iter().map(|_| StringBuilder::new()).collect();
        let (mut rows, mut bytes) = (0, 0);
        while rows < self.batch_rows && bytes < BATCH_BYTES {
            if !self.records.advance()? {
                self.done = true;
                break;
            }
            self.records.append_to(&mut columns, &self.schema)?;
            rows += 1;
            bytes += self.records.record.as_slice().len();
        }
        if rows == 0 {
            return Ok(None);
        }
        let columns = columns.into_iter().map(|mut c| Arc::new(c.finish()) as ArrayRef).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map(Some)
            .map_err(|e| Error::reading(&self.records.file, Format::Csv, &e))
    }
}

impl Iterator for CsvRows {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let batch = self.read();
        self.done |= batch.is_err();
        batch.transpose()
    }
}

struct Records {
    reader: csv::Reader<Fence>,
    record: ByteRecord,
    file: String,
    /// The row that was read last, from 1; 0 is the header.
    row: u64,
    /// Where the last record ends.
    end: u64,
}

impl Records {
    fn header(&mut self) -> Result<Schema, Error> {
        if !self.next_record()? {
            return Err(Error::NoColumns { file: self.file.clone() });
        }
        if self.record.as_slice().contains(&0) {
            return Err(Error::ZeroBytes { file: self.file.clone() });
        }
        let names = self
            .record
            .iter()
            .map(|name| std::str::from_utf8(name).map_err(|_| Error::HeaderNotUtf8 { file: self.file.clone() }));
        let fields =
            names.map(|name| Ok(Field::new(name?, DataType::Utf8, true))).collect::<Result<Vec<_>, Error>>()?;
        Ok(Schema::new(fields))
    }

    /// Reads the next row; false at the end.
    fn advance(&mut self) -> Result<bool, Error> {
        self.row += 1;
        self.next_record()
    }

    fn next_record(&mut self) -> Result<bool, Error> {
        let more = self.reader.read_byte_record(&mut self.record).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(source) => read_error(&self.file, self.row, source),
            // Bytes in rows of any length: nothing else can be wrong.
            _ => Error::reading(&self.file, Format::Csv, &io::Error::from(io::ErrorKind::InvalidData)),
        })?;
        self.reader.get_mut().left = ROW_BYTES;
        let position = self.reader.position().byte();
        if !more && self.end == position && self.end > 0 {
            return Err(Error::UnclosedQuote { file: self.file.clone(), row: self.row.saturating_sub(1) });
        }
        self.end = position;
        Ok(more)
    }

    fn append_to(&self, columns: &mut [StringBuilder], schema: &Schema) -> Result<(), Error> {
        if self.record.len() != columns.len() {
            return Err(Error::Ragged {
                file: self.file.clone(),
                row: self.row,
                expected: columns.len(),
                found: self.record.len(),
            });
        }
        for ((column, value), field) in columns.iter_mut().zip(&self.record).zip(schema.fields()) {
            let text = std::str::from_utf8(value).map_err(|_| Error::NotUtf8 {
                file: self.file.clone(),
                row: self.row,
                column: field.name().clone(),
            })?;
            column.append_option((!text.is_empty()).then_some(text));
        }
        Ok(())
    }
}

/// Ends a row that is longer than memory should be asked to hold.
struct Fence {
    inner: Box<dyn Read + Send>,
    left: u64,
}

impl Read for Fence {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| io::Error::other(BeyondFence))?;
        Ok(read)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the row is too long")]
struct BeyondFence;

/// What our own readers and the system say, with the row where they said it.
fn read_error(file: &str, row: u64, source: io::Error) -> Error {
    let file = file.to_owned();
    match source.get_ref() {
        Some(e) if e.is::<BeyondFence>() => Error::TooLong { file, row, limit: ROW_BYTES },
        Some(e) => match e.downcast_ref::<NotEncoded>() {
            Some(NotEncoded(encoding)) => Error::Malformed { file, row, encoding: *encoding },
            None => Error::Read { file, source },
        },
        None => Error::Read { file, source },
    }
}

fn first_line(text: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut chunk = [0; 4096];
    while line.len() < 1 << 20 && !line.contains(&b'\n') {
        match text.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => line.extend_from_slice(chunk.get(..read).unwrap_or_default()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(line)
}

/// Where the comma is the decimal mark, spreadsheets put a semicolon between fields.
pub(crate) fn sniff(head: &[u8], quote: u8) -> u8 {
    let mut quoted = false;
    let mut seen = [false; 3];
    for byte in head.iter().take_while(|b| **b != b'\n') {
        quoted ^= *byte == quote;
        for (candidate, seen) in CANDIDATES.iter().zip(&mut seen) {
            *seen |= !quoted && byte == candidate;
        }
    }
    CANDIDATES.into_iter().zip(seen).find(|(_, seen)| *seen).map_or(b',', |(candidate, _)| candidate)
}

const CANDIDATES: [u8; 3] = *b",;\t";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Encoding, Location, Source};
    use arrow::array::{Array, AsArray};
    use std::path::PathBuf;

    fn read(name: &str, bytes: &[u8], options: &ReadOptions) -> Result<Vec<Vec<Option<String>>>, Error> {
        let dir = tempfile::tempdir().unwrap();
        let path: PathBuf = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let source = Source::open(&[Location::from(path)], options)?;
        let mut rows = vec![source.schema().fields().iter().map(|f| Some(f.name().clone())).collect()];
        for batch in source.batches() {
            let batch = batch?;
            for row in 0..batch.num_rows() {
                let cell = |c: &ArrayRef| c.is_valid(row).then(|| c.as_string::<i32>().value(row).to_owned());
                rows.push(batch.columns().iter().map(cell).collect());
            }
        }
        Ok(rows)
    }

    fn csv(text: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
        read("a.csv", text.as_bytes(), &ReadOptions::default())
    }

    /// The message, without the folder that the file is in.
    fn complaint(bytes: &[u8]) -> String {
        let error = read("a.csv", bytes, &ReadOptions::default()).unwrap_err().to_string();
        let (before, after) = error.split_once('`').unwrap();
        let (path, after) = after.split_once('`').unwrap();
        assert!(path.ends_with("/a.csv"), "{error}");
        format!("{before}`a.csv`{after}")
    }

    fn row(cells: [&str; 2]) -> Vec<Option<String>> {
        cells.map(|c| (!c.is_empty()).then(|| c.to_owned())).to_vec()
    }

    #[test]
    fn text_stays_as_written_and_an_empty_field_is_missing() {
        let rows = csv("id,zip\n007,01067\n1e3,\n,\"\"\n").unwrap();
        assert_eq!(rows, [row(["id", "zip"]), row(["007", "01067"]), row(["1e3", ""]), row(["", ""])]);
    }

    #[test]
    fn quotes_hold_delimiters_and_line_ends() {
        let rows = csv("name,note\r\n\"Groß, Jürgen\",\"a \"\"b\"\"\nc\"\r\n").unwrap();
        assert_eq!(rows, [row(["name", "note"]), row(["Groß, Jürgen", "a \"b\"\nc"])]);
    }

    #[test]
    fn a_last_line_needs_no_end() {
        for text in ["a,b\n1,2", "a,b\n1,\"2\"", "a,b\r\n1,2\r\n", "a,b\n1,2\n\n\n"] {
            assert_eq!(csv(text).unwrap(), [row(["a", "b"]), row(["1", "2"])], "{text:?}");
        }
        assert_eq!(csv("a,b").unwrap(), [row(["a", "b"])]);
        assert_eq!(csv("a,b\n1,\"2\n\n\"").unwrap().pop().unwrap(), row(["1", "2\n\n"]));
    }

    #[test]
    fn a_semicolon_or_a_tab_is_seen_in_the_header() {
        assert_eq!(csv("a;b\n1,5;2\n").unwrap(), [row(["a", "b"]), row(["1,5", "2"])]);
        assert_eq!(csv("\"a,x\";b\n1;2\n").unwrap(), [row(["a,x", "b"]), row(["1", "2"])]);
        assert_eq!(csv("a\tb\n1\t2\n").unwrap(), [row(["a", "b"]), row(["1", "2"])]);
        assert_eq!(read("a.tsv", b"a\tb,c\n1\t2\n", &ReadOptions::default()).unwrap().len(), 2);
        let pipes = ReadOptions { delimiter: Some(b'|'), ..ReadOptions::default() };
        assert_eq!(read("a.csv", b"a|b\n1|2\n", &pipes).unwrap(), [row(["a", "b"]), row(["1", "2"])]);
    }

    #[test]
    fn korean_german_and_polish_names_survive_their_encodings() {
        let text = "이름,city\n김민준,서울특별시\n";
        let (bytes, ..) = encoding_rs::EUC_KR.encode(text);
        let options = ReadOptions { encoding: Some(Encoding::EUC_KR), ..ReadOptions::default() };
        assert_eq!(read("a.csv", &bytes, &options).unwrap(), [row(["이름", "city"]), row(["김민준", "서울특별시"])]);

        let text = "\u{feff}Name;Stadt\nJürgen Groß;Łódź\n";
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let rows = read("a.csv", &bytes, &ReadOptions::default()).unwrap();
        assert_eq!(rows, [row(["Name", "Stadt"]), row(["Jürgen Groß", "Łódź"])]);
    }

    #[test]
    fn a_mistake_is_shown_where_it_is() {
        for (bytes, message) in [
            (&b"a,b\n1,2\n3\n"[..], "row 2 of `a.csv`: expected 2 fields, found 1"),
            (b"a,b\n1,2,3\n", "row 1 of `a.csv`: expected 2 fields, found 3"),
            (b"", "`a.csv` has no columns"),
            (b"\n\n", "`a.csv` has no columns"),
            (b"a,b,a\n1,2,3\n", "`a.csv` has more than one column named `a`"),
            (b"a,b\n1,\"2\n3,4\n", "row 1 of `a.csv`: a quote is opened and never closed"),
            (b"a,\"b\n3,4\n", "the header of `a.csv`: a quote is opened and never closed"),
            (
                b"a,b\n1,2\n3,M\xFCller\n",
                "row 2 of `a.csv`, column `b`: not valid UTF-8; if the file is in another encoding, name it",
            ),
            (b"a\0,\0b\0\n", "`a.csv` has zero bytes in its header: it may be UTF-16, so name its encoding"),
        ] {
            assert_eq!(complaint(bytes), message);
        }
    }

    #[test]
    fn bytes_that_the_encoding_does_not_have_are_an_error_with_their_row() {
        let options = ReadOptions { encoding: Some(Encoding::EUC_KR), ..ReadOptions::default() };
        let error = read("a.csv", b"a,b\n1,2\n3,\xFF\xFF\n", &options).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("row 2 of `") && message.ends_with("`: not valid EUC-KR"), "{message}");
    }

    #[test]
    fn batches_end_by_rows_and_by_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        let cell = "x".repeat(10 << 20);
        std::fs::write(&path, format!("a\n{cell}\n{cell}\n{cell}\n1\n2\n3\n4\n5\n")).unwrap();
        let options = ReadOptions { batch_rows: 4, ..ReadOptions::default() };
        let source = Source::open(&[Location::from(path)], &options).unwrap();
        let sizes: Vec<usize> = source.batches().map(|b| b.unwrap().num_rows()).collect();
        assert_eq!(sizes, [2, 4, 2]);
    }
}
