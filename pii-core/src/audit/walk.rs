use std::fs;

use jiff::Timestamp;
use rayon::prelude::*;

use super::checkpoint::TreeHead;
use super::entry::{self, Unreadable};
use super::layout::Layout;
use super::segment::{Block, Segment, Tail};
use super::tile::{self, Frontier, Tile};
use super::{Action, Entry, Error, Hash, Place, leaf_hash};

/// One pass over all entries, which computes the tree anew.
pub(super) struct Walk<'a> {
    layout: &'a Layout,
    tree: Frontier,
    /// The roots wanted along the way, smallest first.
    wanted: Vec<TreeHead>,
    /// The largest size whose root was as wanted.
    matched: u64,
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    /// Digests of keys that entries introduced, with the entries' numbers.
    pub(super) introduced: Vec<(u64, Hash)>,
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

/// What one entry contributes.
struct Leaf {
    hash: Hash,
    seq: u64,
    time: Timestamp,
    introduces: Option<Hash>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(layout: &'a Layout, mut wanted: Vec<TreeHead>) -> Self {
        wanted.sort_by_key(|head| std::cmp::Reverse(head.size));
        Self {
            layout,
            tree: Frontier::default(),
            wanted,
            matched: 0,
            first: None,
            last: None,
            introduced: Vec::new(),
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

    pub(super) fn run(&mut self, segments: &[(u64, u64)]) -> Result<(), Error> {
        self.compare()?;
        for (at, (first, length)) in segments.iter().enumerate() {
            if *first != self.size() {
                let why = format!("it should be the first of the next segment, which begins with entry {first}");
                return Err(Error::damaged(Place::Entry(self.size()), why));
            }
            let mut segment = Segment::open(self.layout, *first, Some(*length))?;
            while let Some(block) = segment.block()? {
                self.read(&block)?;
            }
            match segment.tail()? {
                Tail::Clean => {}
                Tail::Torn if at + 1 == segments.len() => self.torn = true,
                _ => return Err(Error::damaged(Place::Entry(self.size()), "its frame is broken")),
            }
        }
        Ok(())
    }

    fn read(&mut self, block: &Block) -> Result<(), Error> {
        let payloads: Vec<_> = block.payloads().collect();
        let leaves: Vec<_> = payloads.par_iter().with_min_len(64).map(|payload| leaf(payload)).collect();
        for (index, leaf) in (block.first..).zip(leaves) {
            let place = Place::Entry(index);
            let leaf = leaf.map_err(|error| match error {
                Unreadable::Newer(found) => Error::Newer { place: place.clone(), found, known: entry::VERSION },
                Unreadable::Malformed(why) => Error::damaged(place.clone(), why),
            })?;
            if leaf.seq != index {
                return Err(Error::damaged(place, format!("it says that it is entry {}", leaf.seq)));
            }
            if self.last.is_some_and(|last| leaf.time < last) {
                return Err(Error::damaged(place, "it is older than the entry before it"));
            }
            self.first = self.first.or(Some(leaf.time));
            self.last = Some(leaf.time);
            self.introduced.extend(leaf.introduces.map(|key| (index, key)));
            let mut full = Vec::new();
            self.tree.grow(leaf.hash, &mut full);
            full.iter().for_each(|tile| self.check_tile(tile));
            self.compare()?;
        }
        Ok(())
    }

    /// Compares the root with those signed at this size.
    fn compare(&mut self) -> Result<(), Error> {
        while let Some(head) = self.wanted.pop_if(|head| head.size == self.tree.size()) {
            if head.root != self.tree.root() {
                self.check_edge();
                return Err(self.blame(head.size));
            }
            self.matched = head.size;
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
    fn check_edge(&mut self) {
        let path = tile::path(0, self.size() / tile::WIDTH as u64, tile::WIDTH);
        let stored = fs::read(self.layout.path(&path)).ok().and_then(|bytes| tile::read(&bytes, tile::WIDTH));
        let Some(stored) = stored else { return };
        let ours = self.tree.edge();
        let same = stored.iter().zip(ours).take_while(|(stored, ours)| stored == ours).count();
        if same < ours.len() {
            let start = self.size() - ours.len() as u64;
            self.tiles.push(BadTile { path, differs: Some(start + same as u64), end: start + tile::WIDTH as u64 });
        }
    }

    fn check_tile(&mut self, tile: &Tile) {
        let path = tile.path();
        let stored = fs::read(self.layout.path(&path));
        let span = 8 * u32::from(tile.level);
        let start = (tile.index * tile::WIDTH as u64) << span;
        let differs = match &stored {
            Err(_) => None,
            Ok(bytes) => match tile::read(bytes, tile::WIDTH) {
                Some(hashes) if hashes == tile.hashes => return,
                Some(hashes) => {
                    let same = hashes.iter().zip(&tile.hashes).take_while(|(stored, ours)| stored == ours).count();
                    Some(start + ((same as u64) << span))
                }
                None => Some(start),
            },
        };
        let end = ((tile.index + 1) * tile::WIDTH as u64) << span;
        self.tiles.push(BadTile { path, differs, end });
    }
}

fn leaf(payload: &[u8]) -> Result<Leaf, Unreadable> {
    let entry = Entry::decode(payload)?;
    let introduces = entry.event.content.filter(|_| entry.event.action == Action::LogKey);
    Ok(Leaf { hash: leaf_hash(payload), seq: entry.seq, time: entry.time, introduces })
}

const OTHER: &str = "it is not the entry that was signed";
