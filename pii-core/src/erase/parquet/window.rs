use std::ops::Range;

use super::super::Input;
use super::fault::{Fault, Result};
use super::header::Header;

/// As much is read at once, at least: pages lie one after the other.
const AHEAD: u64 = 1 << 18;

/// No page header needs more.
const HEADER: u64 = 1 << 24;

/// A part of a file, read piece by piece.
pub(super) struct Window<'i> {
    input: &'i dyn Input,
    bytes: Vec<u8>,
    at: u64,
    end: u64,
}

impl<'i> Window<'i> {
    /// Of a file, up to `end`. `buffer` is one to use.
    pub(super) fn new(input: &'i dyn Input, end: u64, mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self { input, bytes: buffer, at: 0, end }
    }

    /// The buffer, for the next one.
    pub(super) fn recycle(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn get(&mut self, range: Range<u64>) -> Result<&[u8]> {
        if range.end > self.end || range.start > range.end {
            return Err(Fault::damaged("a page lies beyond its column"));
        }
        if range.start < self.at || range.end > self.at + self.bytes.len() as u64 {
            let end = range.end.max(range.start + AHEAD).min(self.end);
            self.input.read(range.start..end, &mut self.bytes)?;
            self.at = range.start;
        }
        let from = (range.start - self.at) as usize;
        let len = (range.end - range.start) as usize;
        self.bytes.get(from..from + len).ok_or_else(|| Fault::damaged("a page lies beyond the file"))
    }

    /// The page header at a place.
    pub(super) fn header(&mut self, at: u64) -> Result<Header> {
        let mut size = 1 << 9;
        loop {
            let end = (at + size).min(self.end);
            match Header::read(self.get(at..end)?) {
                Err(Fault::Damaged(_)) if end < self.end && size < HEADER => size <<= 5,
                header => return header,
            }
        }
    }

    /// The header of a page of which it is known where it ends: all of it is read at once.
    pub(super) fn page(&mut self, place: &Range<u64>) -> Result<Header> {
        self.get(place.clone())?;
        self.header(place.start)
    }

    /// What lies behind a header; checked, where the header has a checksum.
    pub(super) fn body(&mut self, at: u64, header: &Header) -> Result<&[u8]> {
        let start = at + header.len as u64;
        let body = self.get(start..start + header.size as u64)?;
        match header.crc {
            Some(crc) if crc32fast::hash(body) != crc => Err(Fault::damaged("the checksum of a page is wrong")),
            _ => Ok(body),
        }
    }
}
