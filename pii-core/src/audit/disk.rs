use std::fs::File;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::ToSpan as _;

use super::checkpoint::TreeHead;
use super::entry::{self, Head};
use super::events::Events;
use super::frame;
use super::layout::{LOCK, Layout, MAX_SIGNED, SEGMENTS};
use super::live::{Behind, Live};
use super::lock::Held;
use super::making::{Frames, Hashed, Making};
use super::segment::{Segment, Tail};
use super::stretch::{backwards, unreadable};
use super::tile::{Frontier, Tile};
use super::{Error, Hash, Place, durable, leaf_hash, tiles};

/// The log on disk, as far as this process has read it.
///
/// Other processes append too. Everything goes through [`Disk::exclusively`], which takes the file lock
/// and reads what they have added first.
pub(super) struct Disk {
    layout: Layout,
    lock: Arc<File>,
    /// The last segment.
    live: Live,
    /// The month of its first entry, `2026-11`.
    month: Option<String>,
    tree: Frontier,
    /// Full tiles that wait for the next checkpoint: a small file costs the disk far more than an entry does.
    waiting: Vec<Tile>,
    /// There were too many of them to hold.
    underived: bool,
    last: Timestamp,
    /// The newest tree that this one is known to continue.
    signed: TreeHead,
    poisoned: Option<String>,
}

/// What one flush wrote.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) first: u64,
    pub(super) leaves: Vec<Hash>,
}

impl Disk {
    /// Reads the end of the log: from the last tile that a signature covers on.
    pub(super) fn open(layout: Layout) -> Result<Self, Error> {
        layout.origin()?;
        let path = layout.path(LOCK);
        let lock = File::options().append(true).create(true).open(&path).map_err(Error::io("open", &path))?;
        let lock = Arc::new(lock);
        let _held = Held::take(&lock, &layout)?;
        Self::load(layout, Arc::clone(&lock))
    }

    /// Runs `act` while no other process reads the end of the log or writes.
    pub(super) fn exclusively<T>(&mut self, act: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if let Some(why) = &self.poisoned {
            return Err(Error::Poisoned { why: why.clone() });
        }
        let lock = Arc::clone(&self.lock);
        let _held = Held::take(&lock, &self.layout)?;
        let done = self.catch_up().and_then(|()| act(self));
        // Whatever could not be flushed may be on disk or not, and the kernel says so only once.
        done.map_err(|error| if matches!(error, Error::Io { what: "flush", .. }) { self.poison(error) } else { error })
    }

    /// Appends `events` and returns when they are on disk.
    pub(super) fn append(
        &mut self,
        events: &Events,
        host: &str,
        now: Timestamp,
        segment_bytes: u64,
    ) -> Result<Written, Error> {
        let first = self.tree.size();
        // Later than the flush before, so that entries of one flush are known by their time.
        let time = now.max(self.last.saturating_add(1.nanosecond()).unwrap_or(now));
        let stamp = entry::time_text(time);
        // Whole segments are what pruning drops, so none holds more than a month.
        let another_month = self.month.as_ref().is_some_and(|month| !stamp.starts_with(month.as_str()));
        if self.live.length() >= segment_bytes && first > self.live.first() || another_month {
            self.roll()?;
        }
        let live = &mut self.live;
        let write = |parts: &[Frames]| live.write(parts).and_then(|()| live.flush());
        let (written, bytes, hashed) = Making { first, time: &stamp, host, events }.hash_beside(write);
        let mut leaves = Vec::with_capacity(events.len());
        for Hashed { leaves: some, tile } in hashed {
            leaves.extend_from_slice(&some);
            if let Some(root) = tile {
                self.tree.grow_tile(some, root, &mut self.waiting);
                continue;
            }
            for leaf in some {
                self.tree.grow(leaf, &mut self.waiting);
            }
        }
        if let Err(error) = written {
            return Err(self.poison(error));
        }
        self.live.known_to(self.live.length() + bytes);
        self.passed(first, time);
        if self.waiting.len() >= MAX_WAITING {
            // A small file costs the disk far more than an entry does: whoever signs derives them again.
            (self.waiting, self.underived) = (Vec::new(), true);
        }
        Ok(Written { first, leaves })
    }

    /// An entry that is on disk.
    fn passed(&mut self, index: u64, time: Timestamp) {
        self.last = time;
        if index == self.live.first() {
            self.month = Some(time.strftime("%Y-%m").to_string());
        }
    }

    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(super) fn head(&self, origin: &str) -> TreeHead {
        TreeHead { origin: origin.to_owned(), size: self.tree.size(), root: self.tree.root() }
    }

    /// When the newest entry was written.
    pub(super) fn last(&self) -> Timestamp {
        self.last
    }

    /// Makes sure that this tree continues `signed`, and that everything in it is on disk, whoever wrote it.
    pub(super) fn settle(&mut self, signed: &TreeHead) -> Result<(), Error> {
        if *signed != self.signed || self.underived {
            self.reread()?;
        }
        if let Err(error) = self.live.flush() {
            return Err(self.poison(error));
        }
        self.store_tiles(&self.tree.partials())
    }

    /// From now on no smaller tree may be signed.
    pub(super) fn commit_to(&mut self, head: &TreeHead) -> Result<(), Error> {
        durable::replace(&self.layout.path(MAX_SIGNED), head.to_string().as_bytes())?;
        self.signed = head.clone();
        Ok(())
    }

    fn store_tiles(&mut self, partials: &[Tile]) -> Result<(), Error> {
        tiles::write(&self.layout, &self.waiting)?;
        tiles::write(&self.layout, partials)?;
        self.waiting.clear();
        Ok(())
    }

    /// Another process has signed since this one looked, or tiles are not at hand: reads the log anew from there on, and finds the same tree.
    fn reread(&mut self) -> Result<(), Error> {
        let fresh = Self::load(self.layout.clone(), Arc::clone(&self.lock))?;
        if (fresh.tree.size(), fresh.tree.root()) != (self.tree.size(), self.tree.root()) {
            return Err(Error::damaged(Place::file(SEGMENTS), "it changed since it was read"));
        }
        *self = fresh;
        Ok(())
    }

    /// Gives back room that was reserved and not used.
    pub(super) fn close(&mut self) -> Result<(), Error> {
        self.exclusively(|disk| disk.live.give_back())
    }

    /// After a failed flush the kernel may hold pages that never reached the disk, and says so only once.
    /// So nothing may build on them: not this process, and, as far as cutting helps, no other.
    fn poison(&mut self, error: Error) -> Error {
        let cause = std::error::Error::source(&error).map_or_else(String::new, |source| format!(": {source}"));
        self.poisoned = Some(format!("{error}{cause}"));
        let _ = self.live.cut();
        error
    }

    fn load(layout: Layout, lock: Arc<File>) -> Result<Self, Error> {
        let signed = max_signed(&layout)?;
        let firsts = layout.segments()?;
        let oldest = firsts.first().copied().unwrap_or(0);
        // A tile that is missing is derived again, unless its entries are gone; whether one is right shows at the
        // signed root.
        let tree = match Frontier::restore(signed.size, |level, index, width| {
            tiles::read(&layout, signed.size, level, index, width)
        }) {
            Err(_) if oldest == 0 => Frontier::default(),
            stored => stored?,
        };
        let start = tree.size();
        let Some(first) = firsts.iter().copied().rfind(|first| *first < start.max(1)) else {
            return Err(Error::damaged(Place::file(SEGMENTS), "the segment that was signed last is missing"));
        };
        let live = Live::open(&layout, first)?;
        let (month, last, waiting, underived, poisoned) = (None, Timestamp::MIN, Vec::new(), false, None);
        let mut disk = Self { layout, lock, live, month, tree, waiting, underived, last, signed, poisoned };
        disk.skip(start)?;
        disk.expect_signed()?;
        disk.read_segment()?;
        disk.catch_up()?;
        disk.live.give_back()?;
        if disk.tree.size() < disk.signed.size {
            return Err(Error::RolledBack { signed: disk.signed.size, found: disk.tree.size() });
        }
        Ok(disk)
    }

    /// Passes over the entries before `start`, whose hashes the tiles gave.
    fn skip(&mut self, start: u64) -> Result<(), Error> {
        let mut segment = Segment::open(&self.layout, self.live.first(), None)?;
        while segment.next() < start {
            let Some(block) = segment.block()? else {
                return Err(match segment.tail()? {
                    Tail::Clean => Error::RolledBack { signed: start, found: segment.next() },
                    Tail::Torn | Tail::Broken => broken(&segment),
                });
            };
            for (index, payload) in (block.first..start).zip(block.payloads()) {
                self.live.known_to(self.live.length() + frame::size(payload));
                entry::version(payload).map_err(|error| unreadable(index, error))?;
                if index == self.live.first() || index + 1 == start {
                    self.passed(index, read_time(index, payload)?);
                }
            }
        }
        Ok(())
    }

    /// Reads what others have added to the last segment, and those that they have begun.
    fn catch_up(&mut self) -> Result<(), Error> {
        loop {
            match self.live.behind()? {
                // Who begins a segment leaves no room in the one before.
                Behind::Room => return Ok(()),
                Behind::More => self.read_segment()?,
                Behind::End => {}
            }
            let next = self.tree.size();
            if next == self.live.first() || !self.layout.segment(next).exists() {
                return Ok(());
            }
            Segment::open(&self.layout, next, None)?;
            // Whoever began it may have died before its name was on disk, or the last entries before it.
            self.live.flush()?;
            durable::flush_folder(&self.layout.path(SEGMENTS))?;
            (self.live, self.month) = (Live::open(&self.layout, next)?, None);
            self.read_segment()?;
        }
    }

    /// Reads to the end of the last segment, and cuts what a writer that died left there unfinished.
    fn read_segment(&mut self) -> Result<(), Error> {
        let mut segment = Segment::open(&self.layout, self.live.first(), None)?;
        segment.resume(self.tree.size(), self.live.length())?;
        while let Some(block) = segment.block()? {
            for (index, payload) in (block.first..).zip(block.payloads()) {
                let time = read_time(index, payload)?;
                if time < self.last {
                    return Err(backwards(index));
                }
                self.passed(index, time);
                self.tree.grow(leaf_hash(payload), &mut self.waiting);
                self.expect_signed()?;
            }
            self.live.known_to(segment.offset());
            self.spill()?;
        }
        match segment.tail()? {
            Tail::Clean => Ok(()),
            Tail::Torn if self.is_last() && self.signed.size <= self.tree.size() => {
                self.live.cut()?;
                self.live.flush()
            }
            Tail::Torn | Tail::Broken => Err(broken(&segment)),
        }
    }

    fn is_last(&self) -> bool {
        self.layout.segments().is_ok_and(|firsts| firsts.last() == Some(&self.live.first()))
    }

    fn expect_signed(&self) -> Result<(), Error> {
        let TreeHead { origin: _, size, root } = &self.signed;
        if self.tree.size() != *size || self.tree.root() == *root {
            return Ok(());
        }
        Err(Error::damaged(Place::file(MAX_SIGNED), format!("the first {size} entries are not those signed")))
    }

    /// Begins the next segment, when the last one is on disk: who wrote its end may have died before the flush.
    fn roll(&mut self) -> Result<(), Error> {
        self.live.cut()?;
        self.live.flush()?;
        (self.live, self.month) = (Live::begin(&self.layout, self.tree.size())?, None);
        Ok(())
    }

    /// Keeps the tiles that wait few, whoever forgets to sign.
    fn spill(&mut self) -> Result<(), Error> {
        if self.waiting.len() < MAX_WAITING { Ok(()) } else { self.store_tiles(&[]) }
    }
}

/// The newest tree that may have been signed.
pub(super) fn max_signed(layout: &Layout) -> Result<TreeHead, Error> {
    TreeHead::parse(&layout.text(MAX_SIGNED)?)
        .map_err(|error| Error::damaged(Place::file(MAX_SIGNED), error.to_string()))
}

fn broken(segment: &Segment) -> Error {
    let (entry, byte) = (segment.next(), segment.offset());
    Error::damaged(segment.place(), format!("the frame at byte {byte} is broken, where entry {entry} should be"))
}

fn read_time(index: u64, payload: &[u8]) -> Result<Timestamp, Error> {
    let read = Head::read(payload).and_then(|head| Ok((head.seq, head.time.timestamp()?)));
    match read.map_err(|error| unreadable(index, error))? {
        (seq, time) if seq == index => Ok(time),
        (seq, _) => Err(Error::damaged(Place::Entry(index), format!("it says that it is entry {seq}"))),
    }
}

/// 32 MiB of tiles, a million entries.
const MAX_WAITING: usize = 4096;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;
    use crate::audit::AuditLog;
    use crate::audit::Verdict;
    use crate::audit::read;
    use crate::audit::samples::{copy, empty, fill, open, settings, signer, verdict};

    const SEGMENT: &str = "seg/000000000000.seg";

    #[test]
    fn a_torn_end_is_cut_and_the_log_goes_on() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 2);
        let kept = log.checkpoint().unwrap();
        let start = fs::metadata(dir.join(SEGMENT)).unwrap().len() as usize;
        fill(&log, 2, 5);
        let whole = fs::read(dir.join(SEGMENT)).unwrap();
        let frame = (whole.len() - start) / 3;
        drop(log);
        for cut in start..whole.len() {
            fs::write(dir.join(SEGMENT), &whole[..cut]).unwrap();
            let survive = 2 + ((cut - start) / frame) as u64;
            let torn = u64::from(!(cut - start).is_multiple_of(frame));
            let expected =
                if survive + torn == 2 { Verdict::Verified } else { Verdict::UnsealedTail(survive - 2 + torn) };
            assert_eq!(verdict(&dir), expected, "cut at {cut}");
            let log = open(&dir);
            assert_eq!(read(&dir).unwrap().count() as u64, survive, "cut at {cut}");
            let receipt = log.append(&crate::audit::samples::event(9)).unwrap();
            assert_eq!(receipt.index(), survive);
        }
        let text = fs::read_to_string(dir.join("checkpoint")).unwrap();
        assert_eq!(text, kept.to_string());
    }

    #[test]
    fn a_writer_that_died_beside_an_open_log_is_cleared_away() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 2);
        let mut file = File::options().append(true).open(dir.join(SEGMENT)).unwrap();
        file.write_all(&[200, 0, 0, 0, 1, 2, 3]).unwrap();
        fill(&log, 2, 4);
        log.checkpoint().unwrap();
        assert_eq!(verdict(&dir), Verdict::Verified);
    }

    #[test]
    fn a_busy_process_reserves_room_and_gives_it_back() {
        let (_home, dir, log) = empty();
        let length = || fs::metadata(dir.join(SEGMENT)).unwrap().len();
        (0..100).for_each(|n| fill(&log, n, n + 1));
        let reserved = length();
        (100..200).for_each(|n| fill(&log, n, n + 1));
        assert_eq!(length(), reserved, "the file does not grow by an entry at a time");
        log.checkpoint().unwrap();
        assert_eq!(verdict(&dir), Verdict::Verified);
        let (_other, crashed) = copy(&dir);
        drop(log);
        assert!(length() < reserved);
        let log = open(&crashed);
        assert_eq!(fs::metadata(crashed.join(SEGMENT)).unwrap().len(), length());
        fill(&log, 200, 201);
        assert_eq!(read(&crashed).unwrap().count(), 201);
    }

    #[test]
    fn a_power_cut_that_loses_a_sector_of_an_unflushed_write_is_no_tampering() {
        let (_home, dir, log) = empty();
        let events: Vec<_> = (0..10).map(crate::audit::samples::event).collect();
        let mut starts = Vec::new();
        for _ in 0..2 {
            starts.push(fs::metadata(dir.join(SEGMENT)).unwrap().len() as usize);
            let _receipts = log.append_all(&events).unwrap();
        }
        drop(log);
        let whole = fs::read(dir.join(SEGMENT)).unwrap();
        for sector in
            (0..whole.len() - 512).step_by(512).filter(|at| *at >= 512 && (*at >= starts[1] || at + 512 <= starts[1]))
        {
            let (_other, dir) = copy(&dir);
            let mut cut = whole.clone();
            cut[sector..sector + 512].fill(0);
            fs::write(dir.join(SEGMENT), &cut).unwrap();
            // The write before was acknowledged, or the last had not begun. The sector that both lie in tells neither.
            let acknowledged = sector + 512 <= starts[1];
            assert_eq!(AuditLog::open(&dir, signer(), settings()).is_err(), acknowledged, "sector at {sector}");
            if acknowledged {
                assert!(matches!(verdict(&dir), Verdict::Tampered { .. }), "sector at {sector}");
            } else {
                assert!(read(&dir).unwrap().count() >= 10);
            }
        }
    }

    #[test]
    fn what_is_broken_before_whole_frames_is_never_repaired() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 5);
        drop(log);
        let whole = fs::read(dir.join(SEGMENT)).unwrap();
        let frame = (whole.len() - 24) / 5;
        for at in [24, 25, 28, 40, 24 + 2 * frame, 24 + 3 * frame + 9] {
            let (_other, dir) = copy(&dir);
            let mut spoilt = whole.clone();
            spoilt[at] ^= 1;
            fs::write(dir.join(SEGMENT), &spoilt).unwrap();
            let refused = AuditLog::open(&dir, signer(), settings());
            assert!(matches!(refused, Err(Error::Damaged { .. })), "byte {at}");
            assert_eq!(fs::read(dir.join(SEGMENT)).unwrap(), spoilt);
            assert!(matches!(verdict(&dir), Verdict::Tampered { .. }), "byte {at}");
        }
    }

    #[test]
    fn a_broken_last_frame_that_was_signed_is_not_cut() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 3);
        log.checkpoint().unwrap();
        drop(log);
        let whole = fs::read(dir.join(SEGMENT)).unwrap();
        fs::write(dir.join(SEGMENT), &whole[..whole.len() - 1]).unwrap();
        assert!(matches!(AuditLog::open(&dir, signer(), settings()), Err(Error::Damaged { .. })));
        assert_eq!(verdict(&dir), Verdict::tampered(Place::Entry(2), "its frame is broken, and it was signed"));
    }

    #[test]
    fn a_long_log_opens_from_its_tiles_and_mends_them() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 1000);
        log.checkpoint().unwrap();
        fill(&log, 1000, 1300);
        drop(log);
        fs::remove_file(dir.join("tile/0/001")).unwrap();
        fs::remove_file(dir.join("tile/0/003.p/232")).unwrap();
        fs::write(dir.join("tile/0/004"), b"half").unwrap();
        assert_eq!(verdict(&dir), Verdict::Unverifiable("`tile/0/001`".to_owned()));
        let log = open(&dir);
        fill(&log, 1300, 1301);
        log.checkpoint().unwrap();
        assert_eq!(verdict(&dir), Verdict::Verified);
        drop(log);
        let log = open(&dir);
        fill(&log, 1301, 1600);
        assert_eq!(log.checkpoint().unwrap().size(), 1600);
        assert_eq!(verdict(&dir), Verdict::Verified);
    }

    #[test]
    fn a_process_that_never_signs_does_not_hold_every_tile() {
        let (_home, dir, log) = empty();
        drop(log);
        let mut disk = Disk::open(Layout::new(&dir)).unwrap();
        let tile = Tile { level: 0, index: 0, hashes: vec![Hash::of(b"leaf"); 256] };
        disk.waiting = (0..MAX_WAITING as u64).map(|index| Tile { index, ..tile.clone() }).collect();
        disk.spill().unwrap();
        assert!(disk.waiting.is_empty() && dir.join("tile/0/x004/095").exists());
    }

    #[test]
    fn an_entry_of_a_newer_version_is_refused() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 2);
        let mut newer = Vec::new();
        entry::encode(2, &entry::time_text(Timestamp::now()), "\"h\"", b"{}", &mut newer);
        let newer = String::from_utf8(newer).unwrap().replace("\"v\":1", "\"v\":2");
        let mut bytes = fs::read(dir.join(SEGMENT)).unwrap();
        frame::write(&mut bytes, |out| out.extend_from_slice(newer.as_bytes()));
        fs::write(dir.join(SEGMENT), bytes).unwrap();
        let error = log.append(&crate::audit::samples::event(0)).unwrap_err();
        assert_eq!(error.to_string(), "entry 2 is of format version 2, and this program reads up to version 1");
        assert_eq!(verdict(&dir).to_string(), "UNVERIFIABLE(a newer program: entry 2 is of version 2)");
    }

    #[test]
    fn after_a_failed_flush_nothing_more_is_taken() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 1);
        let mut disk = Disk::open(Layout::new(&dir)).unwrap();
        let failure = Error::io("flush", &dir)(std::io::Error::other("no such luck"));
        disk.poison(failure);
        let refused = disk.exclusively(|_| Ok(())).unwrap_err();
        assert!(
            matches!(refused, Error::Poisoned { .. }) && refused.to_string().ends_with("no such luck"),
            "{refused}"
        );
    }
}
