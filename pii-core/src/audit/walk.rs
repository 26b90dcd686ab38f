use std::fs;

use jiff::Timestamp;
use rayon::prelude::*;

use super::checkpoint::TreeHead;
use super::evidence::Evidence;
use super::layout::Layout;
use super::segment::{Block, Segment, Tail};
use super::stretch::{Stored, Stretch, backwards};
use super::tile::{self, Frontier, Tile, WIDTH};
use super::{Entry, Error, Hash, Place, kept, leaf_hash, tiles};

/// One pass over all entries, which computes the tree anew.
pub(super) struct Walk<'a> {
    layout: &'a Layout,
    evidence: &'a Evidence,
    tree: Frontier,
    /// The roots wanted along the way, smallest last.
    wanted: Vec<TreeHead>,
    /// The largest size whose root was as wanted.
    matched: u64,
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    /// Entries that introduce a key, or say that entries were dropped, with their numbers.
    pub(super) notices: Vec<(u64, Entry)>,
    /// How many entries have no segment any more, and their root.
    pub(super) pruned: Option<(u64, Hash)>,
    /// Tiles that are missing or wrong.
    pub(super) tiles: Vec<BadTile>,
    /// Part of a frame stands at the end.
    pub(super) torn: bool,
}

/// A tile that is not what the entries say.
pub(super) struct BadTile {
    pub(super) path: String,
    /// The first entry that it tells otherwise; `None` if there is no such tile.
    pub(super) differs: Option<u64>,
    /// The number of the entry after its last.
    pub(super) end: u64,
}

impl<'a> Walk<'a> {
    pub(super) fn new(layout: &'a Layout, evidence: &'a Evidence, mut wanted: Vec<TreeHead>) -> Self {
        wanted.sort_by_key(|head| std::cmp::Reverse(head.size));
        Self {
            layout,
            evidence,
            tree: Frontier::default(),
            wanted,
            matched: 0,
            first: None,
            last: None,
            notices: Vec::new(),
            pruned: None,
            tiles: Vec::new(),
            torn: false,
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The largest size that was signed and is not there.
    pub(super) fn beyond(&self) -> Option<u64> {
        self.wanted.first().map(|head| head.size)
    }

    /// A root to compare with when its size is reached.
    pub(super) fn want(&mut self, head: TreeHead) {
        let at = self.wanted.partition_point(|other| other.size > head.size);
        self.wanted.insert(at, head);
    }

    /// Begins with the tree of a checkpoint that was verified before, out of its tiles.
    pub(super) fn begin_at(&mut self, verified: &TreeHead) -> Result<(), Error> {
        self.tree = Frontier::restore(verified.size, |level, index, width| self.tile(level, index, width))?;
        if self.tree.root() != verified.root {
            let path = tile::right_edge(verified.size).find(|(.., width)| *width > 0);
            let path = path.map_or_else(String::new, |(level, index, _)| tile::path(level, index, WIDTH));
            return Err(Error::damaged(Place::file(path), "it is not of the tree that was verified before"));
        }
        self.wanted.retain(|head| head.size >= verified.size);
        self.matched = verified.size;
        self.compare()
    }

    /// Reads everything that follows.
    pub(super) fn run(&mut self) -> Result<(), Error> {
        self.compare()?;
        let evidence = self.evidence;
        let oldest = evidence.segments.first().map_or(0, |(first, _)| *first);
        self.run_pruned(oldest)?;
        for (at, (first, bytes)) in evidence.segments.iter().enumerate() {
            let last = at + 1 == evidence.segments.len();
            let end = evidence.segments.get(at + 1).map(|(first, _)| *first);
            if end.is_some_and(|end| end <= self.size()) {
                continue;
            }
            if *first > self.size() {
                return Err(Error::damaged(Place::Entry(self.size()), "it is in no segment"));
            }
            let mut segment = Segment::open(self.layout, *first, Some(*bytes))?;
            self.run_segment(&mut segment)?;
            let mut tail = segment.tail()?;
            if last && tail != Tail::Clean {
                // Half of this may have been read before a torn end was cut, and half after: look again, with nobody
                // at work.
                let _held = self.layout.lock_shared();
                segment.resume(segment.next(), segment.offset())?;
                self.run_segment(&mut segment)?;
                tail = segment.tail()?;
            }
            match tail {
                Tail::Clean if end.is_none_or(|end| end == self.size()) => {}
                Tail::Clean => return Err(Error::damaged(Place::Entry(self.size()), "it is in no segment")),
                Tail::Torn if last => self.torn = true,
                Tail::Torn | Tail::Broken => {
                    return Err(Error::damaged(Place::Entry(self.size()), "its frame is broken"));
                }
            }
        }
        Ok(())
    }

    /// Entries whose segments are gone are known by their hashes. Those about the log itself were kept.
    fn run_pruned(&mut self, oldest: u64) -> Result<(), Error> {
        while self.size() < oldest {
            let (index, skip) = (self.size() / WIDTH as u64, (self.size() % WIDTH as u64) as usize);
            let width = (oldest - index * WIDTH as u64).min(WIDTH as u64) as usize;
            for leaf in self.tile(0, index, width)?.into_iter().skip(skip) {
                if let Some(payload) = kept::read(self.layout, self.size())? {
                    self.take_kept(&payload, leaf)?;
                }
                self.push(leaf)?;
            }
        }
        self.pruned = (oldest > 0 && self.size() == oldest).then(|| (oldest, self.tree.root()));
        Ok(())
    }

    fn take_kept(&mut self, payload: &[u8], leaf: Hash) -> Result<(), Error> {
        let place = || Place::file(kept::path(self.size()));
        if leaf_hash(payload) != leaf {
            return Err(Error::damaged(place(), "it is not the entry that was signed"));
        }
        let entry = Entry::decode(payload).map_err(|_| Error::damaged(place(), "it is not an entry"))?;
        self.notices.push((self.size(), entry));
        Ok(())
    }

    /// Reads ahead while it computes.
    fn run_segment(&mut self, segment: &mut Segment) -> Result<(), Error> {
        let mut block = segment.block()?;
        while let Some(current) = block {
            let (next, stretches) = rayon::join(|| segment.block(), || self.stretches(&current));
            stretches.into_iter().try_for_each(|stretch| self.take(stretch?))?;
            block = next?;
        }
        Ok(())
    }

    /// What a block says, tile by tile.
    fn stretches(&self, block: &Block) -> Vec<Result<Stretch, Error>> {
        let payloads: Vec<_> = block.payloads().collect();
        // Those before a checkpoint that was verified before are passed over.
        let mut first = block.first.max(self.size());
        let mut rest = payloads.get((first - block.first) as usize..).unwrap_or_default();
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let room = WIDTH - (first % WIDTH as u64) as usize;
            let (part, after) = rest.split_at(room.min(rest.len()));
            parts.push((first, part));
            (first, rest) = (first + part.len() as u64, after);
        }
        let unsealed = self.evidence.sealed();
        parts.par_iter().map(|(first, part)| Stretch::read(self.layout, *first, part, unsealed)).collect()
    }

    fn take(&mut self, stretch: Stretch) -> Result<(), Error> {
        let Stretch { first, leaves, from, to, whole, notices } = stretch;
        if self.last.is_some_and(|last| from < last) {
            return Err(backwards(first));
        }
        self.first = self.first.or(Some(from));
        self.last = Some(to);
        self.notices.extend(notices);
        let end = first + leaves.len() as u64;
        let wanted_within = self.wanted.last().is_some_and(|head| head.size < end);
        match whole {
            Some((root, stored)) if !wanted_within => {
                let mut full = Vec::new();
                self.note(tile::path(0, first >> 8, WIDTH), stored, (first, 0), end);
                self.tree.grow_tile(leaves, root, &mut full);
                full.iter().skip(1).for_each(|tile| self.check_tile(tile));
                self.compare()
            }
            _ => leaves.into_iter().try_for_each(|leaf| self.push(leaf)),
        }
    }

    fn push(&mut self, leaf: Hash) -> Result<(), Error> {
        let mut full = Vec::new();
        self.tree.grow(leaf, &mut full);
        full.iter().for_each(|tile| self.check_tile(tile));
        self.compare()
    }

    /// Compares the root with those signed at this size, and the partial tiles of the newest checkpoint.
    fn compare(&mut self) -> Result<(), Error> {
        let size = self.size();
        if self.wanted.last().is_none_or(|head| head.size != size) {
            return Ok(());
        }
        let root = self.tree.root();
        while let Some(head) = self.wanted.pop_if(|head| head.size == size) {
            if head.root != root {
                self.check_edge();
                return Err(self.blame(head.size));
            }
            self.matched = head.size;
        }
        if size == self.evidence.sealed() {
            self.tree.partials().iter().for_each(|tile| self.check_tile(tile));
        }
        Ok(())
    }

    /// The tree is not the one signed at `size`: a tile may tell which entry it is.
    fn blame(&self, size: u64) -> Error {
        let (from, to) = (self.matched, size.saturating_sub(1));
        let told = self.tiles.iter().filter_map(|tile| tile.differs).find(|entry| (from..size).contains(entry));
        let why = match told {
            Some(_) => OTHER.to_owned(),
            None if from == to => OTHER.to_owned(),
            None => format!("an entry from {from} to {to} is not the one that was signed"),
        };
        Error::damaged(Place::Entry(told.unwrap_or(from)), why)
    }

    /// Looks for an entry in a tile that is not filled yet, as far as this pass has come.
    pub(super) fn check_edge(&mut self) {
        let ours = self.tree.edge().to_vec();
        let start = self.size() - ours.len() as u64;
        let Some((path, stored)) = self.stored_leaves(start / WIDTH as u64) else { return };
        if let Some(at) = stored.iter().zip(&ours).position(|(stored, ours)| stored != ours) {
            self.note(path, Stored::Differs(at), (start, 0), start + stored.len() as u64);
        }
    }

    fn check_tile(&mut self, tile: &Tile) {
        let path = tile.path();
        let stored = match self.evidence.partial(&path) {
            Some(partial) => partial.map(<[u8]>::to_owned),
            None => fs::read(self.layout.path(&path)).ok(),
        };
        let stored = Stored::compare(stored.as_deref(), &tile.hashes);
        let span = 8 * u32::from(tile.level);
        let start = (tile.index * WIDTH as u64) << span;
        // A tile that is not full ends where the tree does.
        let end = (start + ((tile.hashes.len() as u64) << span)).min(self.size());
        self.note(path, stored, (start, span), end);
    }

    fn note(&mut self, path: String, stored: Stored, (start, span): (u64, u32), end: u64) {
        let differs = match stored {
            Stored::Same => return,
            Stored::Missing => None,
            Stored::Differs(at) => Some(start + ((at as u64) << span)),
        };
        self.tiles.push(BadTile { path, differs, end });
    }

    /// The first `width` hashes of a tile.
    fn tile(&self, level: u8, index: u64, width: usize) -> Result<Vec<Hash>, Error> {
        let partial = self.evidence.partials.iter().find(|partial| (partial.level, partial.index) == (level, index));
        match partial.filter(|partial| partial.width >= width) {
            Some(partial) => {
                let path = || tile::path(level, index, partial.width);
                let bytes =
                    partial.bytes.as_ref().ok_or_else(|| Error::Incomplete { missing: format!("`{}`", path()) })?;
                let hashes = tile::read(bytes, partial.width);
                let mut hashes = hashes.ok_or_else(|| Error::damaged(Place::file(path()), tiles::LENGTH))?;
                hashes.truncate(width);
                Ok(hashes)
            }
            None => tiles::read(self.layout, self.evidence.sealed(), level, index, width),
        }
    }

    /// The leaves of a tile as they are on disk, as many as there are.
    fn stored_leaves(&self, index: u64) -> Option<(String, Vec<Hash>)> {
        let partial = self.evidence.partials.iter().find(|partial| (partial.level, partial.index) == (0, index));
        let width = partial.map_or(WIDTH, |partial| partial.width);
        Some((tile::path(0, index, width), self.tile(0, index, width).ok()?))
    }
}

const OTHER: &str = "it is not the entry that was signed";
