use std::io::{self, BufRead, IoSlice, Read, Write};

use super::Error;
use super::envelope::fill;
use super::segment::{COMMITMENT_BYTES, PLAIN_BYTES, SALT_BYTES, SEALED_BYTES, Segments, TAG_BYTES};
use super::write::BATCH;

/// Reads a sealed file, from [`Envelope::open`](super::Envelope::open). It hands out what was verified and nothing
/// else; after an error it has no more. Over a file that can be sought in, it can be sought in too.
pub struct SealedReader<R> {
    pub(super) input: R,
    segments: Segments,
    /// Bytes read from `input` after the header.
    pub(super) consumed: u64,
    /// The number of the first segment in the buffer.
    pub(super) first: u64,
    /// Segments, opened where they stood, so that each is followed by its tag.
    buffer: Vec<u8>,
    /// Plain bytes in the buffer.
    filled: usize,
    /// Those of them that were handed out.
    pub(super) given: usize,
    /// The short segment was met, and the file ends with it.
    pub(super) ended: bool,
    failed: bool,
    /// How many segments to read next: one after a seek, then twice as many, up to [`BATCH`].
    pub(super) ahead: usize,
}

impl<R: Read> SealedReader<R> {
    /// Reads salt and commitment.
    pub(super) fn new(mut input: R, file_key: &[u8; 32], context: &[u8]) -> Result<Self, Error> {
        let (mut salt, mut commitment) = ([0; SALT_BYTES], [0; COMMITMENT_BYTES]);
        fill(&mut input, &mut salt)?;
        fill(&mut input, &mut commitment)?;
        let (segments, expected) = Segments::derive(file_key, &salt, context)?;
        // All of it is looked at, wherever it differs first.
        if commitment.iter().zip(expected).fold(0, |differs, (a, b)| differs | (a ^ b)) != 0 {
            return Err(Error::Commitment);
        }
        let buffer = vec![0; BATCH * SEALED_BYTES];
        Ok(Self {
            input,
            segments,
            consumed: 0,
            first: 0,
            buffer,
            filled: 0,
            given: 0,
            ended: false,
            failed: false,
            ahead: BATCH,
        })
    }

    /// Writes all that is left to `out`, without a copy in between.
    ///
    /// # Errors
    /// Those of the file and of `out`.
    pub fn copy_to(&mut self, out: &mut impl Write) -> io::Result<u64> {
        self.copy_some(out, u64::MAX)
    }

    /// Writes what is left to `out`, until it was `enough` or a little more: 0 at the end.
    ///
    /// # Errors
    /// Those of the file and of `out`.
    pub fn copy_some(&mut self, out: &mut impl Write, enough: u64) -> io::Result<u64> {
        let mut copied = 0;
        while copied < enough && !self.fill_buf()?.is_empty() {
            // All that was opened at once, although each segment is followed by its tag.
            let segments = self.buffer.chunks(SEALED_BYTES).enumerate().filter_map(|(n, segment)| {
                let from = self.given.saturating_sub(n * PLAIN_BYTES).min(PLAIN_BYTES);
                let to = self.filled.saturating_sub(n * PLAIN_BYTES).min(PLAIN_BYTES);
                segment.get(from..to).filter(|plain| !plain.is_empty())
            });
            let segments: Vec<_> = segments.map(IoSlice::new).collect();
            match out.write_vectored(&segments) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    self.consume(written);
                    copied += written as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(copied)
    }

    /// Reads and opens the next segments.
    pub(super) fn refill(&mut self) -> Result<(), Error> {
        self.first += (self.filled / PLAIN_BYTES) as u64;
        (self.filled, self.given) = (0, 0);
        let room = self.buffer.get_mut(..self.ahead * SEALED_BYTES).unwrap_or_default();
        let wanted = room.len();
        let read = read_full(&mut self.input, room).map_err(Error::Io)?;
        self.consumed += read as u64;
        self.ahead = (2 * self.ahead).min(BATCH);
        let last = read % SEALED_BYTES;
        if read < wanted {
            if last < TAG_BYTES {
                return Err(Error::CutShort { segments: self.first + (read / SEALED_BYTES) as u64 });
            }
            self.ended = true;
        }
        let mut filled = 0;
        let segments = self.buffer.get_mut(..read).unwrap_or_default().chunks_mut(SEALED_BYTES);
        for (segment, index) in segments.zip(self.first..) {
            let whole = segment.len() == SEALED_BYTES;
            let opened = self.segments.open(index, segment);
            filled += opened.map_err(|error| if whole { error } else { Error::End { segment: index } })?;
        }
        self.filled = filled;
        Ok(())
    }

    /// Forgets what was opened, and stands `given` bytes into segment `first` as if they had been handed out.
    pub(super) fn rest_at(&mut self, first: u64, given: usize) {
        (self.first, self.filled, self.given, self.ended, self.ahead) = (first, given, given, false, 1);
    }

    /// Passes over bytes of the segment that was just opened.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.filled = self.filled.max(bytes);
        self.given = bytes;
    }

    /// How many plain bytes stand before what is handed out next.
    pub(super) fn position(&self) -> u64 {
        self.first * PLAIN_BYTES as u64 + self.given as u64
    }

    /// What was opened and not handed out, up to the end of a segment.
    fn ready(&self) -> &[u8] {
        let start = self.given / PLAIN_BYTES * SEALED_BYTES;
        let within = self.given % PLAIN_BYTES;
        let length = (PLAIN_BYTES - within).min(self.filled - self.given);
        self.buffer.get(start + within..start + within + length).unwrap_or_default()
    }
}

/// Reads until the buffer is full or the input ends.
fn read_full(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while let Some(room) = buffer.get_mut(read..).filter(|room| !room.is_empty()) {
        match input.read(room) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

impl<R: Read> BufRead for SealedReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.failed {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the sealed file is damaged: it was said before"));
        }
        if self.given == self.filled
            && !self.ended
            && let Err(error) = self.refill()
        {
            (self.failed, self.filled, self.given) = (true, 0, 0);
            return Err(error.into());
        }
        Ok(self.ready())
    }

    fn consume(&mut self, bytes: usize) {
        self.given = (self.given + bytes).min(self.filled);
    }
}

impl<R: Read> Read for SealedReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut ready = self.fill_buf()?;
        let read = ready.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R> std::fmt::Debug for SealedReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedReader").field("segment", &self.first).finish_non_exhaustive()
    }
}
