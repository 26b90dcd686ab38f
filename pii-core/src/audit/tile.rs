use super::{Hash, Range};

/// How many hashes a full tile holds.
pub(super) const WIDTH: usize = 256;

/// A full tile of C2SP `tlog-tiles`: 256 consecutive hashes of one level of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) level: u8,
    pub(super) index: u64,
    pub(super) hashes: Vec<Hash>,
}

impl Tile {
    /// 8,192 bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
    }
}

/// Reads a full tile's hashes.
pub(super) fn read(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    let full = hashes.len() == WIDTH && rest.is_empty();
    full.then(|| hashes.iter().copied().map(Hash::from_bytes).collect())
}

/// `tile/<level>/<index>`, the index in groups of three digits: `tile/0/x001/x234/067`.
pub(super) fn path(level: u8, index: u64) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    format!("tile/{level}/{path}")
}

/// The tree and its right edge: the hashes that do not fill a tile yet, at most 255 a level.
#[derive(Clone, Debug, Default)]
pub(super) struct Frontier {
    range: Range,
    edges: Vec<Vec<Hash>>,
}

impl Frontier {
    pub(super) fn size(&self) -> u64 {
        self.range.size()
    }

    pub(super) fn root(&self) -> Hash {
        self.range.root()
    }

    /// The leaf hashes that do not fill a tile yet.
    pub(super) fn edge(&self) -> &[Hash] {
        self.edges.first().map_or(&[], Vec::as_slice)
    }

    /// Adds a leaf; tiles that it fills go to `full`.
    pub(super) fn push(&mut self, leaf: Hash, full: &mut Vec<Tile>) {
        add(&mut self.edges, 0, leaf);
        self.range.push_subtree(0, leaf, |height, root| {
            if height % 8 == 0 {
                add(&mut self.edges, height as usize / 8, root);
            }
        });
        let size = self.range.size();
        for (level, edge) in self.edges.iter_mut().enumerate().take_while(|(_, edge)| edge.len() == WIDTH) {
            let index = (size >> (8 * (level + 1))) - 1;
            full.push(Tile { level: level as u8, index, hashes: std::mem::take(edge) });
        }
    }

    /// The tree of the first `tiles * 256` leaves, from its tiles.
    pub(super) fn restore<E>(tiles: u64, mut read: impl FnMut(u8, u64) -> Result<Vec<Hash>, E>) -> Result<Self, E> {
        let mut frontier = Self { range: Range::default(), edges: vec![Vec::new()] };
        let (mut below, mut count) = (0u8, tiles);
        while count > 0 {
            let mut edge = Vec::new();
            for index in count - count % WIDTH as u64..count {
                let mut tile = Range::default();
                read(below, index)?.into_iter().for_each(|hash| tile.push(hash));
                edge.push(tile.root());
            }
            frontier.edges.push(edge);
            below += 1;
            count /= WIDTH as u64;
        }
        for (level, edge) in frontier.edges.iter().enumerate().rev() {
            edge.iter().for_each(|hash| frontier.range.push_subtree(8 * level as u32, *hash, |_, _| ()));
        }
        Ok(frontier)
    }
}

fn add(edges: &mut Vec<Vec<Hash>>, level: usize, hash: Hash) {
    if edges.len() <= level {
        edges.resize_with(level + 1, Vec::new);
    }
    if let Some(edge) = edges.get_mut(level) {
        edge.push(hash);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::audit::leaf_hash;

    #[test]
    fn paths_are_those_of_the_specification() {
        assert_eq!(path(0, 0), "tile/0/000");
        assert_eq!(path(0, 273), "tile/0/273");
        assert_eq!(path(3, 1_234_067), "tile/3/x001/x234/067");
    }

    #[test]
    fn seventy_thousand_entries_fill_the_tiles_of_the_specification() {
        let mut frontier = Frontier::default();
        let mut full = Vec::new();
        (0u64..70_000).for_each(|n| frontier.push(leaf_hash(&n.to_le_bytes()), &mut full));
        assert_eq!(full.iter().filter(|t| t.level == 0).count(), 273);
        assert_eq!(full.iter().filter(|t| t.level == 1).map(|t| t.index).collect::<Vec<_>>(), [0]);
        let edges: Vec<_> = frontier.edges.iter().map(Vec::len).collect();
        assert_eq!(edges, [112, 17, 1]);
    }

    #[test]
    fn a_tree_comes_back_from_its_tiles() {
        let mut frontier = Frontier::default();
        let mut full = Vec::new();
        let mut tiles = HashMap::new();
        for n in 0u64..66_600 {
            frontier.push(leaf_hash(&n.to_le_bytes()), &mut full);
            full.drain(..).for_each(|tile| drop(tiles.insert((tile.level, tile.index), tile.hashes)));
            if frontier.size() % 256 == 0 && !(2000..=65_000).contains(&n) {
                let read = |level, index| tiles.get(&(level, index)).cloned().ok_or(());
                let back = Frontier::restore(frontier.size() / 256, read).unwrap();
                assert_eq!((back.size(), back.root()), (frontier.size(), frontier.root()));
                assert_eq!(back.edges, frontier.edges, "size {}", frontier.size());
            }
        }
    }
}
