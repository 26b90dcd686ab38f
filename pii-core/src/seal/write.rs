use std::io::{self, Read, Write};

use rayon::prelude::*;
use ring::rand::{SecureRandom, SystemRandom};

use super::segment::{COMMITMENT_BYTES, PLAIN_BYTES, SALT_BYTES, SEALED_BYTES, Segments, TAG_BYTES};
use super::{Envelope, Error};
use crate::keyring::{self, DataKey};

/// Seals what is written to it, under a new key, and passes it on.
///
/// [`finish`](Self::finish) writes the last segment, without which the file cannot be read: one that was dropped
/// before is a file that was cut short, and says so.
#[must_use = "a sealed file needs its last segment: finish it"]
pub struct SealedWriter<W: Write> {
    out: W,
    envelope: Envelope,
    segments: Segments,
    /// Segments that were passed on.
    sealed: u64,
    /// [`BATCH`] segments, each with room for its tag.
    buffer: Vec<u8>,
    /// Bytes that wait in the buffer, without the room for tags.
    waiting: usize,
}

impl<W: Write> SealedWriter<W> {
    /// Begins a file: writes its envelope, with a new random key that `key` wraps.
    ///
    /// # Errors
    /// [`Error::Io`], and [`keyring::Error::NoRandomness`].
    pub fn create(mut out: W, key: &DataKey) -> Result<Self, Error> {
        let (envelope, file_key) = Envelope::new(key)?;
        out.write_all(envelope.as_bytes()).map_err(Error::Io)?;
        let mut salt = [0; SALT_BYTES];
        SystemRandom::new().fill(&mut salt).map_err(|_| keyring::Error::NoRandomness)?;
        Self::begin(out, envelope, &file_key, &salt)
    }

    /// Writes the header of the stream: salt and commitment.
    pub(super) fn begin(
        mut out: W,
        envelope: Envelope,
        file_key: &[u8; 32],
        salt: &[u8; SALT_BYTES],
    ) -> Result<Self, Error> {
        let (segments, commitment): (_, [u8; COMMITMENT_BYTES]) =
            Segments::derive(file_key, salt, envelope.as_bytes())?;
        out.write_all(salt).and_then(|()| out.write_all(&commitment)).map_err(Error::Io)?;
        Ok(Self { out, envelope, segments, sealed: 0, buffer: vec![0; BATCH * SEALED_BYTES], waiting: 0 })
    }

    /// What stands before the sealed bytes.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Reads `input` to its end and seals it: as [`io::copy`] does, less one copy.
    ///
    /// # Errors
    /// Those of `input` and of the file.
    pub fn copy_from(&mut self, input: &mut impl Read) -> io::Result<u64> {
        let mut copied = 0;
        loop {
            match input.read(self.room()?) {
                Ok(0) => return Ok(copied),
                Ok(read) => {
                    self.waiting += read;
                    copied += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Seals the last segment and gives back what it wrote to.
    ///
    /// # Errors
    /// Those of the file.
    pub fn finish(mut self) -> io::Result<W> {
        if self.waiting == FULL {
            self.pass_on()?;
        }
        // The last segment holds less than others, perhaps nothing: that is how the end is known.
        let last = self.waiting % PLAIN_BYTES;
        let end = self.waiting / PLAIN_BYTES * SEALED_BYTES + last + TAG_BYTES;
        self.seal(end)?;
        Ok(self.out)
    }

    /// The room that is left in the segment in progress; the batch is passed on when it is full.
    fn room(&mut self) -> io::Result<&mut [u8]> {
        if self.waiting == FULL {
            self.pass_on()?;
        }
        let start = self.waiting / PLAIN_BYTES * SEALED_BYTES;
        let range = start + self.waiting % PLAIN_BYTES..start + PLAIN_BYTES;
        Ok(self.buffer.get_mut(range).unwrap_or_default())
    }

    fn pass_on(&mut self) -> io::Result<()> {
        self.seal(BATCH * SEALED_BYTES)
    }

    /// Seals the first `end` bytes of the buffer, on all cores, and passes them on.
    fn seal(&mut self, end: usize) -> io::Result<()> {
        let batch = self.buffer.get_mut(..end).unwrap_or_default();
        let (segments, first) = (&self.segments, self.sealed);
        batch
            .par_chunks_mut(SEALED_BYTES)
            .with_min_len(AT_ONCE)
            .enumerate()
            .try_for_each(|(n, segment)| segments.seal(first + n as u64, segment))?;
        self.out.write_all(batch)?;
        self.sealed += end.div_ceil(SEALED_BYTES) as u64;
        self.waiting = 0;
        Ok(())
    }
}

impl<W: Write> Write for SealedWriter<W> {
    fn write(&mut self, mut bytes: &[u8]) -> io::Result<usize> {
        let room = self.room()?;
        let read = bytes.read(room)?;
        self.waiting += read;
        Ok(read)
    }

    /// Only whole segments can be passed on; the rest waits for [`finish`](SealedWriter::finish).
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W: Write> std::fmt::Debug for SealedWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedWriter").field("envelope", &self.envelope).finish_non_exhaustive()
    }
}

/// Segments that are sealed together: 512 KiB, what a core's cache holds.
pub(super) const BATCH: usize = 32;
/// Segments that one core takes at once: 128 KiB, some 20 µs.
pub(super) const AT_ONCE: usize = 8;
const FULL: usize = BATCH * PLAIN_BYTES;
