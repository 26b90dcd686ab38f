//! Files in memory, for tests of formats.

use std::ops::Range;

use super::{Error, Input, Output};

/// A file of this name, with these bytes.
pub(super) struct Memory(pub(super) &'static str, pub(super) Vec<u8>);

impl Input for Memory {
    fn name(&self) -> &str {
        self.0
    }

    fn size(&self) -> Result<u64, Error> {
        Ok(self.1.len() as u64)
    }

    fn read(&self, range: Range<u64>, into: &mut Vec<u8>) -> Result<(), Error> {
        let bytes = self.1.get(range.start as usize..range.end as usize);
        let missing = || Error::Read { file: self.0.to_owned(), source: std::io::ErrorKind::UnexpectedEof.into() };
        into.clear();
        into.extend_from_slice(bytes.ok_or_else(missing)?);
        Ok(())
    }
}

/// The bytes of the old file, those of the one that takes its place, and how often it took ranges over.
pub(super) struct Made<'a>(pub(super) &'a [u8], pub(super) Vec<u8>, pub(super) usize);

impl<'a> Made<'a> {
    pub(super) fn of(old: &'a [u8]) -> Self {
        Self(old, Vec::new(), 0)
    }
}

impl Output for Made<'_> {
    fn copy(&mut self, range: Range<u64>) -> Result<(), Error> {
        self.1.extend_from_slice(&self.0[range.start as usize..range.end as usize]);
        self.2 += 1;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.1.extend_from_slice(bytes);
        Ok(())
    }

    fn position(&self) -> u64 {
        self.1.len() as u64
    }
}
