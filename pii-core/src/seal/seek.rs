use std::io::{self, Read, Seek, SeekFrom};

use super::segment::{PLAIN_BYTES, SEALED_BYTES, TAG_BYTES};
use super::{Error, SealedReader};

/// Positions count plain bytes. Segment `k` stands `k` · 16,400 bytes after the header, so no more is read and verified
/// than what is asked for.
impl<R: Read + Seek> Seek for SealedReader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(target) => Some(target),
            SeekFrom::Current(by) => self.position().checked_add_signed(by),
            SeekFrom::End(by) => self.length()?.checked_add_signed(by),
        };
        let target = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let (segment, within) = (target / PLAIN_BYTES as u64, target % PLAIN_BYTES as u64);
        let within = usize::try_from(within).unwrap_or_default();
        if segment > self.sealed_length()? / SEALED_BYTES as u64 {
            // Beyond the end there is nothing, as in any file; if the end is the one that was sealed.
            self.length()?;
            self.rest_at(segment, within);
            self.ended = true;
        } else {
            self.go_to(segment)?;
            self.refill()?;
            self.skip(within);
        }
        Ok(target)
    }
}

impl<R: Read + Seek> SealedReader<R> {
    /// Plain bytes in all. The last segment is opened to know: a length that nobody sealed is an error.
    fn length(&mut self) -> io::Result<u64> {
        let sealed = self.sealed_length()?;
        let (segment, last) = (sealed / SEALED_BYTES as u64, sealed % SEALED_BYTES as u64);
        let last = last.checked_sub(TAG_BYTES as u64).ok_or(Error::CutShort { segments: segment })?;
        self.go_to(segment)?;
        self.refill()?;
        Ok(segment * PLAIN_BYTES as u64 + last)
    }

    /// Bytes after the header.
    fn sealed_length(&mut self) -> io::Result<u64> {
        let here = self.input.stream_position()?;
        let end = self.input.seek(SeekFrom::End(0))?;
        self.input.seek(SeekFrom::Start(here))?;
        Ok(end.saturating_sub(here.saturating_sub(self.consumed)))
    }

    /// Stands before a segment, with nothing read of it.
    fn go_to(&mut self, segment: u64) -> io::Result<()> {
        let offset = segment.checked_mul(SEALED_BYTES as u64).ok_or(Error::TooLong)?;
        let start = self.input.stream_position()?.saturating_sub(self.consumed);
        self.input.seek(SeekFrom::Start(start.saturating_add(offset)))?;
        self.consumed = offset;
        self.rest_at(segment, 0);
        Ok(())
    }
}
