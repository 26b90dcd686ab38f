use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

use super::frame::{self, FRAME_BYTES, HEADER_BYTES};
use super::layout::Layout;
use super::{Error, Place, durable};

/// The segment that is appended to: its whole frames, and perhaps zeros behind them.
///
/// Whoever appends often reserves room ahead: a flush then changes no file's length, and costs two thirds. Readers take
/// zeros for the end. Room that nobody used is given back when the log is closed, when the next segment begins, and
/// when the log is opened after a crash.
pub(super) struct Live {
    file: File,
    path: PathBuf,
    first: u64,
    /// Up to the end of the last whole frame that this process knows of.
    length: u64,
    /// The file's length, as far as this process knows.
    reserved: u64,
    writes: u32,
}

/// What stands behind the frames that this process knows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behind {
    /// The end of the file.
    End,
    /// Room for more.
    Room,
    /// Something that another process wrote.
    More,
}

impl Live {
    /// Opens the segment whose first entry is `first`; its frames are still to be read.
    pub(super) fn open(layout: &Layout, first: u64) -> Result<Self, Error> {
        let path = layout.segment(first);
        let file = File::options().read(true).write(true).open(&path).map_err(Error::io("open", &path))?;
        Ok(Self { file, path, first, length: HEADER_BYTES, reserved: HEADER_BYTES, writes: 0 })
    }

    /// Begins a segment.
    pub(super) fn begin(layout: &Layout, first: u64) -> Result<Self, Error> {
        durable::replace(&layout.segment(first), &frame::header(first))?;
        Self::open(layout, first)
    }

    /// The number of its first entry.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// Where its last whole frame ends.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// There are whole frames up to here.
    pub(super) fn known_to(&mut self, length: u64) {
        self.length = length;
    }

    /// What others have added. The lock must be held.
    pub(super) fn behind(&mut self) -> Result<Behind, Error> {
        let io = |error| Error::io("read", &self.path)(error);
        // A writer that dies leaves its bytes from the first one on, and no frame begins with so many zeros. The file's
        // length is not asked for while there is room: a look at the metadata of a file makes the next write to it, and
        // so the next flush, dearer by half (multigrain timestamps, Linux 6.13).
        let mut head = Vec::with_capacity(FRAME_BYTES);
        (&self.file).seek(SeekFrom::Start(self.length)).map_err(io)?;
        (&self.file).take(FRAME_BYTES as u64).read_to_end(&mut head).map_err(io)?;
        if head.iter().any(|byte| *byte != 0) {
            return Ok(Behind::More);
        }
        if !head.is_empty() {
            self.reserved = self.reserved.max(self.length + head.len() as u64);
            return Ok(Behind::Room);
        }
        self.reserved = self.file.metadata().map_err(io)?.len();
        if self.reserved < self.length {
            return Err(Error::damaged(Place::segment(self.first), "it is shorter than it was"));
        }
        Ok(Behind::End)
    }

    /// Writes `parts` behind the last frame. They count when they are flushed and [`Self::known_to`] says so.
    pub(super) fn write(&mut self, parts: &[Arc<Vec<u8>>]) -> Result<(), Error> {
        let end = self.length + parts.iter().map(|part| part.len() as u64).sum::<u64>();
        if self.writes < BUSY {
            self.writes += 1;
        } else if end > self.reserved {
            self.reserve(end);
        }
        let io = |error| Error::io("write", &self.path)(error);
        let mut file = &self.file;
        file.seek(SeekFrom::Start(self.length)).map_err(io)?;
        parts.iter().try_for_each(|part| file.write_all(part)).map_err(io)
    }

    /// Returns when all that was written is on disk.
    pub(super) fn flush(&self) -> Result<(), Error> {
        self.file.sync_data().map_err(Error::io("flush", &self.path))
    }

    /// Cuts what lies behind the last whole frame.
    pub(super) fn cut(&self) -> Result<(), Error> {
        self.file.set_len(self.length).map_err(Error::io("cut", &self.path))
    }

    /// Gives back room that nobody used.
    pub(super) fn give_back(&self) -> Result<(), Error> {
        if self.reserved > self.length { self.cut() } else { Ok(()) }
    }

    /// Makes room for the bytes up to `end`, and for more. What cannot be is not missed: the file then grows as it is
    /// written.
    fn reserve(&mut self, end: u64) {
        let upto = if end - self.length < SMALL { self.fill() } else { self.allocate(end) };
        self.reserved = upto.unwrap_or(self.reserved);
    }

    /// Writes zeros. Blocks that have been written once cost a flush of a few bytes least.
    fn fill(&self) -> Option<u64> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(self.length)).ok()?;
        file.write_all(&vec![0; FILLED]).ok()?;
        Some(self.length + FILLED as u64)
    }

    /// Has the file system set blocks aside. Where much is written, to write it twice would cost more.
    #[cfg(target_os = "linux")]
    fn allocate(&self, end: u64) -> Option<u64> {
        use rustix::fs::{FallocateFlags, fallocate};
        let upto = end + ALLOCATED;
        fallocate(&self.file, FallocateFlags::empty(), self.length, upto - self.length).ok()?;
        Some(upto)
    }

    #[cfg(not(target_os = "linux"))]
    fn allocate(&self, _end: u64) -> Option<u64> {
        None
    }
}

/// So many writes make a process one that appends often. A command that appends an entry or two leaves no zeros.
const BUSY: u32 = 32;

/// Writes below this are of an entry or a few.
const SMALL: u64 = 16 << 10;

/// Room for some 4,000 entries, made by writing it.
const FILLED: usize = 1 << 20;

/// Room for some 16,000 entries, set aside.
const ALLOCATED: u64 = 4 << 20;
