use super::{Hash, Range};

/// How many hashes a full tile holds.
pub(super) const WIDTH: usize = 256;

/// A tile of C2SP `tlog-tiles`: 256 consecutive hashes of one level of the tree, or, at its right edge, fewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) level: u8,
    pub(super) index: u64,
    pub(super) hashes: Vec<Hash>,
}

impl Tile {
    /// Where it lies in the folder of a log.
    pub(super) fn path(&self) -> String {
        path(self.level, self.index, self.hashes.len())
    }

    /// 32 bytes a hash, 8,192 if it is full.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
    }
}

/// Reads the hashes of a tile that holds `width` of them.
pub(super) fn read(bytes: &[u8], width: usize) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    let whole = hashes.len() == width && rest.is_empty();
    whole.then(|| hashes.iter().copied().map(Hash::from_bytes).collect())
}

/// `tile/<level>/<index>`, the index in groups of three digits: `tile/0/x001/x234/067`; with fewer than 256 hashes
/// `tile/0/x001/x234/067.p/17`.
pub(super) fn path(level: u8, index: u64, width: usize) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    match width {
        WIDTH => format!("tile/{level}/{path}"),
        _ => format!("tile/{level}/{path}.p/{width}"),
    }
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

    /// The hashes that do not fill a tile yet, from the leaves up.
    pub(super) fn into_edges(self) -> Vec<Vec<Hash>> {
        self.edges
    }

    /// The leaf hashes that do not fill a tile yet.
    pub(super) fn edge(&self) -> &[Hash] {
        self.edges.first().map_or(&[], Vec::as_slice)
    }

    /// Adds a leaf and returns it; tiles that it fills go to `full`.
    pub(super) fn grow(&mut self, leaf: Hash, full: &mut Vec<Tile>) -> Hash {
        add(&mut self.edges, 0, leaf);
        self.range.push_subtree(0, leaf, |height, root| {
            if height % 8 == 0 {
                add(&mut self.edges, height as usize / 8, root);
            }
        });
        self.hand_over(full);
        leaf
    }

    /// Adds the leaves of a whole tile, whose root is known; the tree must end where a tile begins.
    pub(super) fn grow_tile(&mut self, leaves: Vec<Hash>, root: Hash, full: &mut Vec<Tile>) {
        full.push(Tile { level: 0, index: self.size() >> 8, hashes: leaves });
        if self.edges.is_empty() {
            self.edges.push(Vec::new());
        }
        add(&mut self.edges, 1, root);
        self.range.push_subtree(8, root, |height, root| {
            if height % 8 == 0 {
                add(&mut self.edges, height as usize / 8, root);
            }
        });
        self.hand_over(full);
    }

    /// Takes away the edges that are full tiles now.
    fn hand_over(&mut self, full: &mut Vec<Tile>) {
        let size = self.range.size();
        for (level, edge) in self.edges.iter_mut().enumerate().filter(|(_, edge)| edge.len() == WIDTH) {
            let index = (size >> (8 * (level + 1))) - 1;
            full.push(Tile { level: level as u8, index, hashes: std::mem::take(edge) });
        }
    }

    /// The hashes that do not fill a tile yet, a level each: what the partial tiles of this size hold.
    pub(super) fn partials(&self) -> Vec<Tile> {
        let levels = (0u8..).zip(&self.edges).filter(|(_, edge)| !edge.is_empty());
        levels.map(|(level, edge)| Tile { level, index: index(self.size(), level), hashes: edge.clone() }).collect()
    }

    /// The tree of the first `size` leaves, out of its right edge: `read(level, index, width)` returns the first
    /// `width` hashes of a tile.
    pub(super) fn restore<E>(
        size: u64,
        mut read: impl FnMut(u8, u64, usize) -> Result<Vec<Hash>, E>,
    ) -> Result<Self, E> {
        let mut frontier = Self::default();
        for (level, index, width) in right_edge(size) {
            frontier.edges.push(if width == 0 { Vec::new() } else { read(level, index, width)? });
        }
        for (level, edge) in frontier.edges.iter().enumerate().rev() {
            edge.iter().for_each(|hash| frontier.range.push_subtree(8 * level as u32, *hash, |_, _| ()));
        }
        Ok(frontier)
    }
}

/// The level, the index and the width of the tiles at the right edge of a tree, from the leaves up. A width of 0 is a
/// tile that has not begun.
pub(super) fn right_edge(size: u64) -> impl Iterator<Item = (u8, u64, usize)> {
    (0u8..8)
        .take_while(move |level| size >> (8 * level) > 0)
        .map(move |level| (level, index(size, level), (size >> (8 * level)) as usize % WIDTH))
}

/// The index of the tile of `level` in which a tree of `size` ends. Eight levels of 256 hold any tree.
fn index(size: u64, level: u8) -> u64 {
    size.checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0)
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
        assert_eq!(path(0, 0, WIDTH), "tile/0/000");
        assert_eq!(path(0, 273, 112), "tile/0/273.p/112");
        assert_eq!(path(3, 1_234_067, WIDTH), "tile/3/x001/x234/067");
    }

    #[test]
    fn seventy_thousand_entries_fill_the_tiles_of_the_specification() {
        let mut frontier = Frontier::default();
        let mut full = Vec::new();
        for n in 0u64..70_000 {
            frontier.grow(leaf_hash(&n.to_le_bytes()), &mut full);
        }
        assert_eq!(full.iter().filter(|t| t.level == 0).count(), 273);
        assert_eq!(full.iter().filter(|t| t.level == 1).map(|t| t.index).collect::<Vec<_>>(), [0]);
        let edges: Vec<_> = frontier.edges.iter().map(Vec::len).collect();
        assert_eq!(edges, [112, 17, 1]);
    }

    #[test]
    fn whole_tiles_make_the_same_tree_as_their_leaves() {
        let leaf = |n: u64| leaf_hash(&n.to_le_bytes());
        let (mut slow, mut fast) = (Frontier::default(), Frontier::default());
        let (mut by_leaf, mut by_tile) = (Vec::new(), Vec::new());
        for tile in 0..258 {
            let leaves: Vec<_> = (tile * 256..(tile + 1) * 256).map(leaf).collect();
            let mut range = Range::default();
            leaves.iter().for_each(|leaf| range.push(*leaf));
            for leaf in &leaves {
                slow.grow(*leaf, &mut by_leaf);
            }
            fast.grow_tile(leaves, range.root(), &mut by_tile);
        }
        assert_eq!((fast.size(), fast.root()), (slow.size(), slow.root()));
        assert_eq!(fast.partials(), slow.partials());
        assert_eq!(by_tile, by_leaf);
    }

    #[test]
    fn a_tree_comes_back_from_its_right_edge() {
        let mut frontier = Frontier::default();
        let mut full = HashMap::new();
        let mut tiles = Vec::new();
        for n in 0u64..66_600 {
            frontier.grow(leaf_hash(&n.to_le_bytes()), &mut tiles);
            tiles.drain(..).for_each(|tile: Tile| drop(full.insert((tile.level, tile.index), tile.hashes)));
            if n % 7 == 0 && !(2000..=65_000).contains(&n) {
                let partials = frontier.partials();
                let read = |level, index, width| {
                    assert!(!full.contains_key(&(level, index)));
                    let tile = partials.iter().find(|tile| (tile.level, tile.index) == (level, index)).ok_or(())?;
                    assert_eq!(tile.hashes.len(), width);
                    Ok::<_, ()>(tile.hashes.clone())
                };
                let back = Frontier::restore(frontier.size(), read).unwrap();
                assert_eq!((back.size(), back.root()), (frontier.size(), frontier.root()));
                assert_eq!(back.partials(), partials, "size {}", frontier.size());
            }
        }
    }

    #[test]
    fn the_largest_tree_has_eight_levels() {
        assert_eq!(right_edge(0).count(), 0);
        assert_eq!(right_edge(256).collect::<Vec<_>>(), [(0, 1, 0), (1, 0, 1)]);
        assert_eq!(right_edge(u64::MAX).last(), Some((7, 0, 255)));
    }
}
