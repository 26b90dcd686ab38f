use std::io::{self, Read, Seek, SeekFrom};

use super::super::{Error, Input};

/// The bytes of an input, one behind the other.
pub(super) struct Stream<'a> {
    input: &'a dyn Input,
    size: u64,
    at: u64,
    chunk: Vec<u8>,
}

impl<'a> Stream<'a> {
    pub(super) fn new(input: &'a dyn Input) -> Result<Self, Error> {
        Ok(Self { input, size: input.size()?, at: 0, chunk: Vec::new() })
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let end = self.size.min(self.at.saturating_add(into.len() as u64));
        if end <= self.at {
            return Ok(0);
        }
        self.input.read(self.at..end, &mut self.chunk).map_err(io::Error::other)?;
        self.at = end;
        self.chunk.as_slice().read(into)
    }
}

impl Seek for Stream<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = to.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
