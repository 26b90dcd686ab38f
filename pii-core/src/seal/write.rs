use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

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
    batch: Batch,
}

/// Segments on their way: those that are sealed, and the one in progress after them.
struct Batch {
    segments: Segments,
    /// The number of the segment in progress.
    index: u64,
    /// [`BATCH`] segments, each with room for its tag.
    buffer: Vec<u8>,
    /// Segments in the buffer that are sealed, and how many bytes of it they take.
    whole: usize,
    ready: usize,
    /// Plain bytes of the segment in progress.
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
        let batch = Batch { segments, index: 0, buffer: empty(), whole: 0, ready: 0, filled: 0 };
        Ok(Self { out, envelope, batch })
    }

    /// What stands before the sealed bytes.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Reads `input` to its end and seals it: as [`io::copy`] does, less one copy, and writing while it reads on.
    ///
    /// # Errors
    /// Those of `input` and of the file.
    pub fn copy_from(&mut self, input: &mut (impl Read + Send)) -> io::Result<u64> {
        let (full, fulls) = sync_channel::<Vec<u8>>(1);
        let (spare, spares) = sync_channel(2);
        let _ = spare.send(empty());
        let batch = &mut self.batch;
        thread::scope(|scope| {
            let reading = scope.spawn(move || batch.read_all(input, &full, &spares));
            let written = fulls.iter().try_for_each(|buffer| {
                self.out.write_all(&buffer)?;
                // Whoever reads may have ended.
                let _ = spare.send(buffer);
                Ok(())
            });
            drop(fulls);
            drop(spare);
            let read = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            written.and(read)
        })
    }

    /// Seals the last segment and gives back what it wrote to.
    ///
    /// # Errors
    /// Those of the file.
    pub fn finish(mut self) -> io::Result<W> {
        // The last segment holds less than others, perhaps nothing: that is how the end is known.
        self.batch.seal()?;
        self.pass_on()?;
        Ok(self.out)
    }

    fn pass_on(&mut self) -> io::Result<()> {
        self.out.write_all(self.batch.buffer.get(..self.batch.ready).unwrap_or_default())?;
        (self.batch.whole, self.batch.ready) = (0, 0);
        Ok(())
    }
}

impl Batch {
    /// Reads and seals; full buffers go one way, and spare ones come the other, until one of the two ends.
    fn read_all(
        &mut self,
        input: &mut impl Read,
        full: &SyncSender<Vec<u8>>,
        spares: &Receiver<Vec<u8>>,
    ) -> io::Result<u64> {
        let mut copied = 0;
        loop {
            match input.read(self.room()) {
                Ok(0) => return Ok(copied),
                Ok(read) => {
                    copied += read as u64;
                    if self.fill(read)? {
                        let Ok(spare) = spares.recv() else { return Ok(copied) };
                        (self.whole, self.ready) = (0, 0);
                        if full.send(std::mem::replace(&mut self.buffer, spare)).is_err() {
                            return Ok(copied);
                        }
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The room that is left in the segment in progress.
    fn room(&mut self) -> &mut [u8] {
        let start = self.whole * SEALED_BYTES;
        self.buffer.get_mut(start + self.filled..start + PLAIN_BYTES).unwrap_or_default()
    }

    /// Counts bytes that came into the room, and says whether all of the buffer is sealed. A segment is sealed as soon as
    /// it is full, while it is in the cache.
    fn fill(&mut self, bytes: usize) -> io::Result<bool> {
        self.filled += bytes;
        if self.filled == PLAIN_BYTES {
            self.seal()?;
        }
        Ok(self.whole == BATCH)
    }

    fn seal(&mut self) -> io::Result<()> {
        let start = self.whole * SEALED_BYTES;
        let end = start + self.filled + TAG_BYTES;
        let segment = self.buffer.get_mut(start..end).unwrap_or_default();
        self.segments.seal(self.index, segment)?;
        (self.index, self.whole, self.filled, self.ready) = (self.index + 1, self.whole + 1, 0, end);
        Ok(())
    }
}

impl<W: Write> Write for SealedWriter<W> {
    fn write(&mut self, mut bytes: &[u8]) -> io::Result<usize> {
        let read = bytes.read(self.batch.room())?;
        if self.batch.fill(read)? {
            self.pass_on()?;
        }
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

/// A buffer for a batch.
pub(super) fn empty() -> Vec<u8> {
    vec![0; BATCH * SEALED_BYTES]
}

/// Segments that are read, and passed on, together: 512 KiB, which stay in the cache, and are worth a hand over.
pub(super) const BATCH: usize = 32;
