use std::ops::Range;

use super::super::{Error, Output};

/// Joins neighbouring ranges before it asks for them.
pub(super) struct Splice<'o> {
    output: &'o mut dyn Output,
    pending: Range<u64>,
    pub(super) copied: u64,
    pub(super) made: u64,
}

impl<'o> Splice<'o> {
    pub(super) fn new(output: &'o mut dyn Output) -> Self {
        Self { output, pending: 0..0, copied: 0, made: 0 }
    }

    pub(super) fn copy(&mut self, range: Range<u64>) -> Result<(), Error> {
        self.copied += range.end - range.start;
        if range.start == self.pending.end && !self.pending.is_empty() {
            self.pending.end = range.end;
            return Ok(());
        }
        self.flush()?;
        self.pending = range;
        Ok(())
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.flush()?;
        self.made += bytes.len() as u64;
        self.output.write(bytes)
    }

    /// Where the next byte will be.
    pub(super) fn position(&self) -> u64 {
        self.output.position() + (self.pending.end - self.pending.start)
    }

    pub(super) fn flush(&mut self) -> Result<(), Error> {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() { Ok(()) } else { self.output.copy(pending) }
    }
}
