use std::io::{self, Read, Write};

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
    /// Segments that were sealed.
    sealed: u64,
    /// [`BATCH`] segments, each with room for its tag.
    buffer: Vec<u8>,
    /// Segments in the buffer that are sealed, and how many bytes of it they take.
    whole: usize,
    ready: usize,
    /// Plain bytes of the segment in progress, which comes after them.
    filled: usize,
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
        let buffer = vec![0; BATCH * SEALED_BYTES];
        Ok(Self { out, envelope, segments, sealed: 0, buffer, whole: 0, ready: 0, filled: 0 })
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
            match input.read(self.room()) {
                Ok(0) => return Ok(copied),
                Ok(read) => {
                    self.fill(read)?;
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
        // The last segment holds less than others, perhaps nothing: that is how the end is known.
        self.seal()?;
        self.pass_on()?;
        Ok(self.out)
    }

    /// The room that is left in the segment in progress.
    fn room(&mut self) -> &mut [u8] {
        let start = self.whole * SEALED_BYTES;
        self.buffer.get_mut(start + self.filled..start + PLAIN_BYTES).unwrap_or_default()
    }

    /// Counts bytes that came into the room. A segment is sealed as soon as it is full, while it is in the cache; it is
    /// passed on with others, to spare the system calls.
    fn fill(&mut self, bytes: usize) -> io::Result<()> {
        self.filled += bytes;
        if self.filled == PLAIN_BYTES {
            self.seal()?;
            if self.whole == BATCH {
                self.pass_on()?;
            }
        }
        Ok(())
    }

    fn seal(&mut self) -> io::Result<()> {
        let start = self.whole * SEALED_BYTES;
        let end = start + self.filled + TAG_BYTES;
        let segment = self.buffer.get_mut(start..end).unwrap_or_default();
        self.segments.seal(self.sealed, segment)?;
        (self.sealed, self.whole, self.filled, self.ready) = (self.sealed + 1, self.whole + 1, 0, end);
        Ok(())
    }

    fn pass_on(&mut self) -> io::Result<()> {
        self.out.write_all(self.buffer.get(..self.ready).unwrap_or_default())?;
        (self.whole, self.ready) = (0, 0);
        Ok(())
    }
}

impl<W: Write> Write for SealedWriter<W> {
    fn write(&mut self, mut bytes: &[u8]) -> io::Result<usize> {
        let read = bytes.read(self.room())?;
        self.fill(read)?;
        Ok(read)
    }

    /// What fills no segment cannot be passed on before [`finish`](SealedWriter::finish).
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W: Write> std::fmt::Debug for SealedWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedWriter").field("envelope", &self.envelope).finish_non_exhaustive()
    }
}

/// Segments that are read and passed on together: 256 KiB. More cores do not help: a file is read, sealed and written on
/// one of them as fast as it is copied.
pub(super) const BATCH: usize = 16;
