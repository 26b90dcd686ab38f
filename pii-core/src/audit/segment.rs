use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops;
use std::path::PathBuf;

use super::entry::Head;
use super::frame::{self, Frame, HEADER_BYTES, Header};
use super::layout::Layout;
use super::{Error, Place};

/// Reads the frames of one segment, a block at a time, and never writes.
#[derive(Debug)]
pub(super) struct Segment {
    file: File,
    path: PathBuf,
    first: u64,
    /// The number of the next entry, and where its frame begins.
    next: u64,
    offset: u64,
    /// How many bytes of the file count.
    limit: u64,
    pending: Vec<u8>,
    read: u64,
}

/// Whole frames that follow each other.
pub(super) struct Block {
    /// The number of the first entry in it.
    pub(super) first: u64,
    bytes: Vec<u8>,
    payloads: Vec<ops::Range<usize>>,
}

/// How a segment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// With a whole frame, and perhaps zeros: room for more.
    Clean,
    /// With what a power cut leaves of one write.
    Torn,
    /// A frame is broken and whole ones follow: nobody who appends leaves that.
    Broken,
}

impl Segment {
    /// Opens the segment whose first entry is `first`, and reads it up to `limit` bytes, or to its end.
    pub(super) fn open(layout: &Layout, first: u64, limit: Option<u64>) -> Result<Self, Error> {
        let path = layout.segment(first);
        let mut file = File::open(&path).map_err(Error::io("open", &path))?;
        let length = file.metadata().map_err(Error::io("read", &path))?.len();
        let mut header = Vec::new();
        file.by_ref().take(HEADER_BYTES).read_to_end(&mut header).map_err(Error::io("read", &path))?;
        match frame::read_header(&header) {
            Header::First(found) if found == first => {}
            Header::Newer(found) => {
                return Err(Error::Newer { place: Place::segment(first), found, known: frame::VERSION });
            }
            _ => return Err(Error::damaged(Place::segment(first), "its header is not that of this segment")),
        }
        let limit = limit.unwrap_or(length).min(length);
        Ok(Self {
            file,
            path,
            first,
            next: first,
            offset: HEADER_BYTES,
            limit,
            pending: Vec::new(),
            read: HEADER_BYTES,
        })
    }

    /// Goes on from a known place, to the end as it is now: entry `next` begins at `offset`.
    pub(super) fn resume(&mut self, next: u64, offset: u64) -> Result<(), Error> {
        self.limit = self.file.metadata().map_err(Error::io("read", &self.path))?.len();
        self.file.seek(SeekFrom::Start(offset)).map_err(Error::io("read", &self.path))?;
        (self.next, self.offset, self.read) = (next, offset, offset);
        self.pending.clear();
        Ok(())
    }

    /// The number of the entry after the last whole frame so far.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Where the last whole frame so far ends.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next whole frames; `None` at the end, whatever it is like.
    pub(super) fn block(&mut self) -> Result<Option<Block>, Error> {
        self.fill(BLOCK_BYTES)?;
        let mut payloads = Vec::new();
        let mut at = 0;
        while let Frame::Whole(payload, _) = frame::read(self.pending.get(at..).unwrap_or_default()) {
            let end = at + frame::size(payload) as usize;
            payloads.push(end - payload.len()..end);
            at = end;
        }
        if payloads.is_empty() {
            return Ok(None);
        }
        let rest = self.pending.split_off(at);
        let block = Block { first: self.next, bytes: std::mem::replace(&mut self.pending, rest), payloads };
        self.next += block.payloads.len() as u64;
        self.offset += at as u64;
        Ok(Some(block))
    }

    /// How it ends. To be asked after the last block.
    pub(super) fn tail(&mut self) -> Result<Tail, Error> {
        self.fill(self.limit)?;
        Ok(match self.pending.as_slice() {
            rest if rest.iter().all(|byte| *byte == 0) => Tail::Clean,
            rest if self.is_of_one_write(rest) => Tail::Torn,
            _ => Tail::Broken,
        })
    }

    /// Whether `rest` may be what is left of one write that was never flushed. Sectors reach the disk in any order, so
    /// whole frames may stand behind one that is missing: of the same time, as all of one write are.
    fn is_of_one_write(&self, rest: &[u8]) -> bool {
        let mut whole = frame::any_after(rest);
        let Some((at, payload)) = whole.next() else { return true };
        let first_sector = (SECTOR - self.offset % SECTOR) % SECTOR;
        let before = rest.get(first_sector as usize..at).unwrap_or_default();
        let mut sectors = before.chunks_exact(SECTOR as usize);
        let time = |payload| Head::read(payload).map(|head| head.time);
        sectors.any(|sector| sector.iter().all(|byte| *byte == 0))
            && whole.all(|(_, other)| time(other) == time(payload))
    }

    fn fill(&mut self, upto: u64) -> Result<(), Error> {
        let want = upto.saturating_sub(self.pending.len() as u64).min(self.limit - self.read);
        self.pending.reserve(want as usize);
        let got =
            self.file.by_ref().take(want).read_to_end(&mut self.pending).map_err(Error::io("read", &self.path))?;
        self.read += got as u64;
        if got as u64 == want {
            return Ok(());
        }
        // A torn end was cut since.
        self.limit = self.read;
        Ok(())
    }

    pub(super) fn place(&self) -> Place {
        Place::segment(self.first)
    }
}

impl Block {
    /// The number of the entry after the last one in it.
    pub(super) fn end(&self) -> u64 {
        self.first + self.payloads.len() as u64
    }

    /// Each entry's bytes, in order.
    pub(super) fn payloads(&self) -> impl Iterator<Item = &[u8]> {
        self.payloads.iter().filter_map(|range| self.bytes.get(range.clone()))
    }
}

const BLOCK_BYTES: u64 = 1 << 20;

/// The least that a disk writes whole.
const SECTOR: u64 = 512;
