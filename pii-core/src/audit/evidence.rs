use std::fs;

use super::checkpoint::TreeHead;
use super::layout::{CHECKPOINT, CHECKPOINTS, Layout, MAX_SIGNED};
use super::{Checkpoint, Error, Place, VerifierKey, tile};

/// Everything about a log but its entries, as it was at one moment.
pub(super) struct Evidence {
    pub(super) origin: String,
    pub(super) keys: Vec<VerifierKey>,
    /// Every checkpoint ever signed, in order.
    pub(super) checkpoints: Vec<Checkpoint>,
    /// The newest tree that may have been signed.
    pub(super) signed: TreeHead,
    /// The first entry of each segment, and how many bytes it had.
    pub(super) segments: Vec<(u64, u64)>,
    /// The partial tiles of the newest checkpoint: the next one takes them away.
    pub(super) partials: Vec<Partial>,
}

/// A tile at the right edge of the tree.
pub(super) struct Partial {
    pub(super) level: u8,
    pub(super) index: u64,
    pub(super) width: usize,
    /// What it holds, if it is there.
    pub(super) bytes: Option<Vec<u8>>,
}

impl Partial {
    fn all(layout: &Layout, size: u64) -> Vec<Self> {
        let edge = tile::right_edge(size).filter(|(.., width)| *width > 0);
        let read = |(level, index, width)| {
            let bytes = fs::read(layout.path(&tile::path(level, index, width))).ok();
            Self { level, index, width, bytes }
        };
        edge.map(read).collect()
    }
}

impl Evidence {
    /// Looks at a log while nobody writes to it. What follows may take its time: segments only grow.
    pub(super) fn collect(layout: &Layout) -> Result<Self, Error> {
        let lock = layout.lock_shared();
        let origin = layout.origin()?;
        let keys = layout.keys()?;
        let newest = layout.text(CHECKPOINT)?;
        let list = layout.bytes(CHECKPOINTS)?;
        let signed = layout.text(MAX_SIGNED)?;
        let mut segments = Vec::new();
        for first in layout.segments()? {
            let path = layout.segment(first);
            segments.push((first, fs::metadata(&path).map_err(Error::io("read", &path))?.len()));
        }
        let checkpoints = parse_list(&list).map_err(damaged(CHECKPOINTS))?;
        let partials = Partial::all(layout, checkpoints.last().map_or(0, Checkpoint::size));
        drop(lock);

        let newest = Checkpoint::parse(&newest).map_err(damaged(CHECKPOINT))?;
        let signed = TreeHead::parse(&signed).map_err(damaged(MAX_SIGNED))?;
        // It may lack the last one in the list, if the process that signed died in between.
        if !checkpoints.contains(&newest) {
            return Err(Error::damaged(Place::file(CHECKPOINT), format!("it is not in `{CHECKPOINTS}`")));
        }
        let evidence = Self { origin, keys, checkpoints, signed, segments, partials };
        evidence.agrees()?;
        Ok(evidence)
    }

    /// What a partial tile of the newest checkpoint held: `None` if `path` is no such tile, `Some(None)` if it was not
    /// there.
    pub(super) fn partial(&self, path: &str) -> Option<Option<&[u8]>> {
        let named = |partial: &&Partial| tile::path(partial.level, partial.index, partial.width) == path;
        self.partials.iter().find(named).map(|partial| partial.bytes.as_deref())
    }

    /// How many entries the newest checkpoint covers.
    pub(super) fn sealed(&self) -> u64 {
        self.checkpoints.last().map_or(0, Checkpoint::size)
    }

    /// Whether the small files tell the same story.
    fn agrees(&self) -> Result<(), Error> {
        let heads = self.checkpoints.iter().map(|checkpoint| (CHECKPOINTS, checkpoint.head()));
        let mut size = 0;
        for (name, head) in heads.chain([(MAX_SIGNED, &self.signed)]) {
            if head.origin != self.origin {
                let why = format!("it is about `{}`, and this log is `{}`", head.origin, self.origin);
                return Err(Error::damaged(Place::file(name), why));
            }
            if head.size < size {
                let why = format!("it goes back from {size} entries to {}", head.size);
                return Err(Error::damaged(Place::file(name), why));
            }
            size = head.size;
        }
        Ok(())
    }
}

/// Checkpoints, each followed by an empty line. The last may be unfinished, and then does not count.
fn parse_list(list: &[u8]) -> Result<Vec<Checkpoint>, Error> {
    // An unfinished write may end within a character.
    let list = match std::str::from_utf8(list) {
        Err(error) if error.error_len().is_some() => return Err(Error::malformed("list of checkpoints", "not text")),
        Err(error) => list.get(..error.valid_up_to()).and_then(|list| std::str::from_utf8(list).ok()).unwrap_or(""),
        Ok(list) => list,
    };
    let mut checkpoints = Vec::new();
    let mut paragraphs = list.split_inclusive("\n\n");
    while let (Some(text), Some(signatures)) = (paragraphs.next(), paragraphs.next()) {
        let Some(lines) = signatures.strip_suffix("\n\n") else { break };
        checkpoints.push(Checkpoint::parse(&format!("{text}{lines}\n"))?);
    }
    Ok(checkpoints)
}

fn damaged(name: &'static str) -> impl FnOnce(Error) -> Error {
    move |error| Error::damaged(Place::file(name), error.to_string())
}
