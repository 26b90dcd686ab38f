use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::json::ReaderBuilder;
use arrow::json::reader::Decoder;

use super::decode::{NotEncoded, decode};
use super::infer::{Columns, Fault};
use super::input::{Input, Meter};
use super::{BATCH_BYTES, Opened, ROW_BYTES, ReadOptions};
use crate::store::{Error, Format};

/// Reads all files once, for the columns and their types: a sample would promise what a later row breaks.
pub(super) fn infer(inputs: &[Input], options: &ReadOptions) -> Result<SchemaRef, Error> {
    let mut columns = Columns::default();
    for input in inputs {
        let mut lines = Lines::open(input, options, &Meter::default())?;
        while lines.advance()? {
            columns.admit(&lines.line).map_err(|fault| lines.blame(fault))?;
        }
    }
    Ok(Arc::new(Schema::new(columns.fields())))
}

/// Opens a file whose columns are known.
pub(super) fn open(input: &Input, options: &ReadOptions, meter: &Meter, schema: &SchemaRef) -> Result<Opened, Error> {
    let decoder = ReaderBuilder::new(Arc::clone(schema))
        .with_batch_size(options.batch_rows.max(1))
        .build_decoder()
        .map_err(|e| Error::reading(&input.name(), Format::JsonLines, &e))?;
    let lines = Lines::open(input, options, meter)?;
    let batches = JsonRows { lines, decoder, batch_rows: options.batch_rows.max(1), done: false };
    Ok(Opened { schema: Arc::clone(schema), rows: None, batches: Box::new(batches) })
}

struct JsonRows {
    lines: Lines,
    decoder: Decoder,
    batch_rows: usize,
    done: bool,
}

impl JsonRows {
    fn read(&mut self) -> Result<Option<RecordBatch>, Error> {
        let mut bytes = 0;
        while self.decoder.len() < self.batch_rows && bytes < BATCH_BYTES {
            if !self.lines.advance()? {
                self.done = true;
                break;
            }
            bytes += self.lines.line.len();
            self.decoder.decode(&self.lines.line).map_err(|_| self.lines.changed())?;
        }
        self.decoder.flush().map_err(|_| self.lines.changed())
    }
}

impl Iterator for JsonRows {
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

/// Lines that are not blank; each ends in a line end, also the last.
struct Lines {
    reader: BufReader<Box<dyn Read + Send>>,
    line: Vec<u8>,
    /// The number of the line, from 1, blank ones included.
    row: u64,
    file: String,
}

impl Lines {
    fn open(input: &Input, options: &ReadOptions, meter: &Meter) -> Result<Self, Error> {
        let text = decode(Box::new(input.bytes(meter)?), options.encoding).map_err(|e| input.unreadable(e))?;
        Ok(Self { reader: BufReader::with_capacity(128 << 10, text), line: Vec::new(), row: 0, file: input.name() })
    }

    /// Reads the next line; false at the end.
    fn advance(&mut self) -> Result<bool, Error> {
        loop {
            self.line.clear();
            self.row += 1;
            let read = (&mut self.reader).take(ROW_BYTES).read_until(b'\n', &mut self.line);
            match read.map_err(|source| self.unreadable(source))? {
                0 => return Ok(false),
                _ if self.line.ends_with(b"\n") => {}
                read if read as u64 == ROW_BYTES => {
                    return Err(Error::TooLong { file: self.file.clone(), row: self.row, limit: ROW_BYTES });
                }
                _ => self.line.push(b'\n'),
            }
            if !self.line.iter().all(u8::is_ascii_whitespace) {
                return Ok(true);
            }
        }
    }

    fn unreadable(&self, source: std::io::Error) -> Error {
        let file = self.file.clone();
        match source.get_ref().and_then(|e| e.downcast_ref::<NotEncoded>()) {
            Some(NotEncoded(encoding)) => Error::Malformed { file, row: self.row, encoding: *encoding },
            None => Error::Read { file, source },
        }
    }

    fn blame(&self, fault: Fault) -> Error {
        let (file, row) = (self.file.clone(), self.row);
        match fault {
            Fault::Syntax(reason) => Error::NotJson { file, row, reason },
            Fault::NotAnObject => Error::NotAnObject { file, row },
            Fault::Repeated(column) => Error::RepeatedKey { file, row, column },
            Fault::Changed { column, expected, found } => Error::TypeChanged { file, row, column, expected, found },
            Fault::TooLarge(column) => Error::NumberTooLarge { file, row, column },
        }
    }

    /// The decoder's own message would repeat a value; and after the first reading it has nothing to object to.
    fn changed(&self) -> Error {
        let reason = "it has changed while it was read".to_owned();
        Error::NotJson { file: self.file.clone(), row: self.row, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Location, Source};
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{DataType, Int64Type};

    fn open(files: &[(&str, &str)], options: &ReadOptions) -> Result<(tempfile::TempDir, Source), Error> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let source = Source::open(&[Location::from(dir.path().to_owned())], options)?;
        Ok((dir, source))
    }

    fn complaint(files: &[(&str, &str)]) -> String {
        open(files, &ReadOptions::default()).unwrap_err().to_string()
    }

    #[test]
    fn rows_come_with_the_types_of_all_files() {
        let files = [
            ("a.jsonl", "{\"id\": 1, \"name\": \"김민준\"}\n\n{\"id\": 2}\n"),
            ("b.jsonl", "{\"vip\": true, \"id\": 3}"),
        ];
        let (_dir, source) = open(&files, &ReadOptions::default()).unwrap();
        assert_eq!(source.schema().field_with_name("vip").unwrap().data_type(), &DataType::Boolean);
        let batches: Vec<RecordBatch> = source.batches().collect::<Result<_, _>>().unwrap();
        let ids: Vec<i64> =
            batches.iter().flat_map(|b| b.column(0).as_primitive::<Int64Type>().values().to_vec()).collect();
        assert_eq!(ids, [1, 2, 3]);
        assert_eq!(batches[0].column(1).as_string::<i32>().value(0), "김민준");
        assert!(batches[0].column(1).is_null(1));
    }

    #[test]
    fn batches_are_bounded() {
        let text = "{\"id\": 1}\n".repeat(10);
        let options = ReadOptions { batch_rows: 4, ..ReadOptions::default() };
        let (_dir, source) = open(&[("a.ndjson", &text)], &options).unwrap();
        assert_eq!(source.batches().map(|b| b.unwrap().num_rows()).collect::<Vec<_>>(), [4, 4, 2]);
    }

    #[test]
    fn a_mistake_is_shown_where_it_is() {
        for (text, end) in [
            ("{\"a\": 1}\n{\"a\": \n", "a.jsonl`: not JSON: EOF while parsing a value, at character 0"),
            ("{\"a\": 1}\n[1]\n", "a.jsonl`: not a JSON object"),
            ("{\"a\": 1}\n{\"a\": \"x\"}\n", "a.jsonl`, column `a`: text, where rows before have an integer"),
            ("{\"a\": 1}\n{\"a\": 1, \"a\": 2}\n", "a.jsonl`: column `a` stands there twice"),
        ] {
            let message = complaint(&[("a.jsonl", text)]);
            assert!(message.starts_with("row 2 of `") && message.ends_with(end), "{message}");
        }
        assert!(complaint(&[("a.jsonl", "\n\n")]).ends_with("has no columns"));
        assert!(complaint(&[("a.jsonl", "{}\n")]).ends_with("has no columns"));
    }

    #[test]
    fn a_type_that_changes_in_another_file_is_found() {
        let message = complaint(&[("a.jsonl", "{\"a\": 1}\n"), ("b.jsonl", "{\"a\": true}\n")]);
        assert!(message.starts_with("row 1 of `"), "{message}");
        assert!(
            message.ends_with("b.jsonl`, column `a`: true or false, where rows before have an integer"),
            "{message}"
        );
    }
}
