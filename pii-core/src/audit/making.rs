use std::ops;
use std::sync::Arc;

use super::events::Events;
use super::tile::WIDTH;
use super::{Hash, Range, entry, frame, leaf_hash};

/// Entries in the making: events that are written with one flush, the first as entry `first`.
pub(super) struct Making<'a> {
    pub(super) first: u64,
    pub(super) time: &'a str,
    pub(super) host: &'a str,
    pub(super) events: &'a Events,
}

/// Frames that follow each other; two threads look at them.
pub(super) type Frames = Arc<Vec<u8>>;

/// What frames are in the tree.
#[derive(Default)]
pub(super) struct Hashed {
    pub(super) leaves: Vec<Hash>,
    /// The root of the tile that they fill.
    pub(super) tile: Option<Hash>,
}

impl Making<'_> {
    /// Makes frames, and has `write` write and flush them. Many are hashed on every core while the rest is made, and while
    /// all is written: a flush mostly waits. Says how many bytes there were.
    pub(super) fn hash_beside<T>(&self, write: impl FnOnce(&[Frames]) -> T) -> (T, u64, Vec<Hashed>) {
        let bytes = |made: &[Frames]| made.iter().map(|frames| frames.len() as u64).sum();
        if self.events.len() < WORTH_A_THREAD {
            let made = [self.frames(0..self.events.len())];
            let hashed = made.iter().map(|frames| Hashed::of(frames)).collect();
            return (write(&made), bytes(&made), hashed);
        }
        let parts = self.tiles();
        let mut hashed: Vec<Hashed> = parts.iter().map(|_| Hashed::default()).collect();
        let (written, bytes) = rayon::in_place_scope(|scope| {
            let mut made: Vec<Frames> = Vec::with_capacity(parts.len());
            for (range, hashed) in parts.into_iter().zip(&mut hashed) {
                let ready = self.frames(range);
                made.push(Arc::clone(&ready));
                scope.spawn(move |_| *hashed = Hashed::of(&ready));
            }
            (write(&made), bytes(&made))
        });
        (written, bytes, hashed)
    }

    fn frames(&self, range: ops::Range<usize>) -> Frames {
        let share = self.events.bytes() * range.len() / self.events.len().max(1);
        let mut bytes = Vec::with_capacity(share + range.len() * (self.host.len() + 128));
        for (seq, event) in (self.first + range.start as u64..).zip(self.events.range(range)) {
            frame::write(&mut bytes, |out| entry::encode(seq, self.time, self.host, event, out));
        }
        Arc::new(bytes)
    }

    /// All events, cut where tiles end.
    fn tiles(&self) -> Vec<ops::Range<usize>> {
        let (begun, count) = ((self.first % WIDTH as u64) as usize, self.events.len());
        let ends = (1..).map(|tile| tile * WIDTH - begun).take_while(|end| *end < count).chain([count]);
        let mut start = 0;
        ends.map(|end| std::mem::replace(&mut start, end)..end).collect()
    }
}

impl Hashed {
    fn of(frames: &[u8]) -> Self {
        let leaves: Vec<_> = frame::payloads(frames).map(leaf_hash).collect();
        let tile = (leaves.len() == WIDTH).then(|| {
            let mut tree = Range::default();
            leaves.iter().for_each(|leaf| tree.push(*leaf));
            tree.root()
        });
        Self { leaves, tile }
    }
}

/// To wake another core costs what hashing some fifty entries does.
const WORTH_A_THREAD: usize = 128;
