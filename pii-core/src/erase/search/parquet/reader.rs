use std::io::{self, Read};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use super::super::super::{Error, Input};

/// An input, as the Parquet crate reads it.
pub(super) struct Reader<'a> {
    input: &'a dyn Input,
    size: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(input: &'a dyn Input) -> std::result::Result<Self, Error> {
        Ok(Self { input, size: input.size()? })
    }
}

impl Length for Reader<'_> {
    fn len(&self) -> u64 {
        self.size
    }
}

impl<'a> ChunkReader for Reader<'a> {
    type T = Ahead<'a>;

    fn get_read(&self, start: u64) -> Result<Ahead<'a>> {
        Ok(Ahead { input: self.input, size: self.size, next: start, ahead: Vec::new(), taken: 0 })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let mut bytes = Vec::new();
        let read = self.input.read(start..start.saturating_add(length as u64), &mut bytes);
        read.map_err(|error| ParquetError::External(Box::new(error)))?;
        Ok(bytes.into())
    }
}

/// Bytes of an input from some place on: for headers, which nobody knows the length of.
pub(super) struct Ahead<'a> {
    input: &'a dyn Input,
    size: u64,
    next: u64,
    ahead: Vec<u8>,
    taken: usize,
}

impl Read for Ahead<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.ahead.len() {
            let end = self.size.min(self.next.saturating_add(AHEAD));
            if end <= self.next {
                return Ok(0);
            }
            self.input.read(self.next..end, &mut self.ahead).map_err(io::Error::other)?;
            (self.next, self.taken) = (end, 0);
        }
        let read = self.ahead.get(self.taken..).unwrap_or_default().read(into)?;
        self.taken += read;
        Ok(read)
    }
}

/// More than a header without long bounds has.
const AHEAD: u64 = 512;

/// What the Parquet crate says, as what the file is.
pub(super) fn of_file(file: &str, error: ParquetError) -> Error {
    let file = file.to_owned();
    match error {
        ParquetError::External(inner) => match inner.downcast::<Error>() {
            Ok(error) => *error,
            Err(inner) => Error::Damaged { file, why: inner.to_string() },
        },
        ParquetError::NYI(what) => Error::Unsupported { file, what },
        other => Error::Damaged { file, why: other.to_string() },
    }
}
