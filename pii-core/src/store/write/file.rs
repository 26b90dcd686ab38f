use std::io::{self, IoSlice, Write};

use super::output::Sink;
use super::stage;
use crate::store::{Destination, Error};

/// Writes one file of any kind, as it comes.
///
/// Until [`publish`](Self::publish) it stands under a temporary name, `.NAME.pii-XXXXXX.tmp`, beside its target.
/// Dropped before, it is removed.
#[must_use = "the file is removed unless it is published"]
pub struct FileWriter {
    sink: Sink,
    file: String,
    bytes: u64,
}

impl FileWriter {
    /// Opens `destination`. `private`: a new file is for its owner alone, from its first byte on.
    ///
    /// # Errors
    /// Where the file cannot be made.
    pub fn create(destination: &Destination, private: bool) -> Result<Self, Error> {
        Ok(Self { sink: Sink::open(destination, private)?, file: destination.to_string(), bytes: 0 })
    }

    /// The destination, for messages.
    pub fn name(&self) -> &str {
        &self.file
    }

    /// Bytes written so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Syncs what was written, and gives it its name in one step, in place of any file that has it. What went to
    /// standard output is out already.
    ///
    /// # Errors
    /// [`Error::Write`], and then the old file, if any, is as it was.
    pub fn publish(mut self) -> Result<u64, Error> {
        self.sink.sync().map_err(|source| Error::Write { file: self.file, source })?;
        if let Sink::Staged { file, target } = self.sink {
            stage::name(file, &target)?;
        }
        Ok(self.bytes)
    }
}

impl Write for FileWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.sink.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let written = self.sink.write_vectored(buffers)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

impl std::fmt::Debug for FileWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileWriter").field("file", &self.file).field("bytes", &self.bytes).finish_non_exhaustive()
    }
}
