use std::io::{self, BufRead, IoSlice, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::Error;
use super::envelope::fill;
use super::segment::{COMMITMENT_BYTES, PLAIN_BYTES, SALT_BYTES, SEALED_BYTES, Segments, TAG_BYTES};
use super::write::{BATCH, empty};

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
        Ok(Self {
            input,
            segments,
            consumed: 0,
            first: 0,
            buffer: empty(),
            filled: 0,
            given: 0,
            ended: false,
            failed: false,
            ahead: BATCH,
        })
    }

    /// Writes all that is left to `out`, without a copy in between, and reads on while it writes.
    ///
    /// # Errors
    /// Those of the file and of `out`.
    pub fn copy_to(&mut self, out: &mut impl Write) -> io::Result<u64>
    where
        R: Send,
    {
        self.copy_some(out, u64::MAX)
    }

    /// Writes what is left to `out`, until it was `enough` or a little more: 0 at the end.
    ///
    /// # Errors
    /// Those of the file and of `out`.
    pub fn copy_some(&mut self, out: &mut impl Write, enough: u64) -> io::Result<u64>
    where
        R: Send,
    {
        let (opened, batches) = sync_channel::<Opened>(1);
        let (spare, spares) = sync_channel(2);
        let _ = spare.send(empty());
        thread::scope(|scope| {
            let reading = scope.spawn(move || self.open_all(enough, &opened, &spares));
            let written = batches.iter().try_fold(0, |copied, mut batch| {
                let more = batch.write_to(out)?;
                // Whoever reads may have ended.
                let _ = spare.send(batch.buffer);
                Ok(copied + more)
            });
            drop(batches);
            drop(spare);
            let read = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            written.and_then(|copied| read.map(|()| copied))
        })
    }

    /// Hands out batches that were opened, for spare buffers, until it was enough.
    fn open_all(&mut self, enough: u64, opened: &SyncSender<Opened>, spares: &Receiver<Vec<u8>>) -> io::Result<()> {
        let mut handed = 0;
        while handed < enough && !self.fill_buf()?.is_empty() {
            let Ok(spare) = spares.recv() else { break };
            let buffer = std::mem::replace(&mut self.buffer, spare);
            let batch = Opened { buffer, from: self.given, to: self.filled };
            handed += (self.filled - self.given) as u64;
            self.given = self.filled;
            if opened.send(batch).is_err() {
                break;
            }
        }
        Ok(())
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

/// Segments, opened where they stood, and which of their plain bytes are to be written.
struct Opened {
    buffer: Vec<u8>,
    from: usize,
    to: usize,
}

impl Opened {
    /// Writes all of it, many segments at once, although each is followed by its tag.
    fn write_to(&mut self, out: &mut impl Write) -> io::Result<u64> {
        let length = (self.to - self.from) as u64;
        while self.from < self.to {
            let segments = self.buffer.chunks(SEALED_BYTES).enumerate().filter_map(|(n, segment)| {
                let within = |at: usize| at.saturating_sub(n * PLAIN_BYTES).min(PLAIN_BYTES);
                segment.get(within(self.from)..within(self.to)).filter(|plain| !plain.is_empty())
            });
            let segments: Vec<_> = segments.map(IoSlice::new).collect();
            match out.write_vectored(&segments) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => self.from += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(length)
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
