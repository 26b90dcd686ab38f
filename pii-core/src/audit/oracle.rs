//! The tree, its proofs and its tiles against a second implementation, which knows nothing of ours: `tlog_tiles`, by the
//! keepers of a public certificate log. (The first is `ct-merkle`, in `merkle` and `proof`.)

use std::sync::OnceLock;

use proptest::prelude::*;
use tlog_tiles::tlog::{self, HashReader};

use super::tile::{self, Frontier, Tile};
use super::{
    Hash, ProofError, Range, consistency_proof, inclusion_proof, leaf_hash, verify_consistency, verify_inclusion,
};

/// Enough for a tile of the second level.
const LARGEST: u64 = 70_000;

/// Where tiles and perfect subtrees begin and end.
const EDGES: &[u64] = &[
    0, 1, 2, 3, 4, 5, 7, 8, 9, 127, 128, 129, 254, 255, 256, 257, 258, 511, 512, 513, 767, 769, 1023, 1024, 1025,
    65_279, 65_280, 65_281, 65_534, 65_535, 65_536, 65_537, 65_791, 65_792, 65_793, 69_999, 70_000,
];

/// One tree of [`LARGEST`] leaves, as both know it.
struct Trees {
    /// Theirs: every hash of every perfect subtree, in their order.
    stored: Stored,
    /// Ours: the roots of perfect subtrees, by height.
    levels: Vec<Vec<Hash>>,
    tiles: Vec<Tile>,
}

struct Stored(Vec<tlog::Hash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

impl Trees {
    fn get() -> &'static Self {
        static TREES: OnceLock<Trees> = OnceLock::new();
        TREES.get_or_init(|| {
            let mut stored = Stored(Vec::new());
            let mut levels = vec![Vec::new(); 20];
            let (mut range, mut frontier, mut tiles) = (Range::default(), Frontier::default(), Vec::new());
            for n in 0..LARGEST {
                let more = tlog::stored_hashes(n, &n.to_le_bytes(), &stored).unwrap();
                stored.0.extend(more);
                levels[0].push(leaf(n));
                range.push_subtree(0, leaf(n), |height, root| levels[height as usize].push(root));
                frontier.grow(leaf(n), &mut tiles);
            }
            Self { stored, levels, tiles }
        })
    }

    fn node(&self, height: u32, index: u64) -> Result<Hash, ProofError> {
        Ok(self.levels[height as usize][index as usize])
    }

    fn root(&self, size: u64) -> Hash {
        let mut range = Range::default();
        for height in (0..20).rev().filter(|height| size >> height & 1 == 1) {
            range.push_subtree(height, self.levels[height as usize][range.size() as usize >> height], |_, _| ());
        }
        range.root()
    }

    fn their_root(&self, size: u64) -> tlog::Hash {
        tlog::tree_hash(size, &self.stored).unwrap()
    }

    fn assert_included(&self, index: u64, size: u64) {
        let ours = inclusion_proof(index, size, |height, index| self.node(height, index)).unwrap();
        let theirs = tlog::prove_record(size, index, &self.stored).unwrap();
        assert_eq!(theirs_of(&ours), theirs, "entry {index} of {size}");
        assert_eq!(verify_inclusion(leaf(index), index, size, &ours, self.root(size)), Ok(()));
        let their_leaf = tlog::record_hash(&index.to_le_bytes());
        tlog::check_record(&theirs_of(&ours), size, self.their_root(size), index, their_leaf).unwrap();
    }

    fn assert_continued(&self, old: u64, new: u64) {
        let ours = consistency_proof(old, new, |height, index| self.node(height, index)).unwrap();
        let theirs = tlog::prove_tree(new, old, &self.stored).unwrap();
        assert_eq!(theirs_of(&ours), theirs, "from {old} to {new}");
        let trees = ((old, self.root(old)), (new, self.root(new)));
        assert_eq!(verify_consistency(trees.0, trees.1, &ours), Ok(()));
        tlog::check_tree(&theirs_of(&ours), new, self.their_root(new), old, self.their_root(old)).unwrap();
    }
}

fn leaf(n: u64) -> Hash {
    leaf_hash(&n.to_le_bytes())
}

fn theirs_of(hashes: &[Hash]) -> Vec<tlog::Hash> {
    hashes.iter().map(|hash| tlog::Hash(*hash.as_bytes())).collect()
}

#[test]
fn both_agree_at_every_edge() {
    let trees = Trees::get();
    for size in EDGES.iter().copied() {
        assert_eq!(trees.root(size).as_bytes(), &trees.their_root(size).0, "size {size}");
        for other in EDGES.iter().copied() {
            if other < size {
                trees.assert_included(other, size);
            }
            if 0 < other && other <= size {
                trees.assert_continued(other, size);
            }
        }
    }
}

#[test]
fn both_refuse_the_same() {
    let trees = Trees::get();
    let node = |height, index| trees.node(height, index);
    for (index, size) in [(0, 0), (1, 1), (256, 256), (300, 256)] {
        assert_eq!(inclusion_proof(index, size, node), Err(ProofError::NoSuchEntry { index, size }));
        assert!(tlog::prove_record(size, index, &trees.stored).is_err());
        assert!(verify_inclusion(leaf(index), index, size, &[], trees.root(size)).is_err());
        assert!(tlog::check_record(&vec![], size, trees.their_root(size), index, tlog::record_hash(b"")).is_err());
    }
    for (old, new) in [(0, 0), (0, 1), (0, 256), (2, 1), (257, 256)] {
        assert_eq!(consistency_proof(old, new, node), Err(ProofError::NoSuchTrees { old, new }));
        assert!(tlog::prove_tree(new, old, &trees.stored).is_err());
        assert!(verify_consistency((old, trees.root(old)), (new, trees.root(new)), &[]).is_err());
        assert!(tlog::check_tree(&vec![], new, trees.their_root(new), old, trees.their_root(old)).is_err());
    }
}

#[test]
fn tiles_are_theirs_by_name_and_content() {
    let trees = Trees::get();
    let expected = tlog_tiles::Tile::new_tiles(8, 0, LARGEST);
    let full: Vec<_> = expected.iter().filter(|tile| tile.width() == 256).collect();
    assert_eq!(full.len(), trees.tiles.len());
    for theirs in full {
        let mut ours = trees.tiles.iter();
        let ours = ours.find(|tile| (tile.level, tile.index) == (theirs.level(), theirs.level_index())).unwrap();
        // They put the height of the tiles first, which in C2SP is always 8.
        assert_eq!(ours.path(), theirs.path().replacen("tile/8/", "tile/", 1));
        assert_eq!(ours.bytes(), theirs.read_data(&trees.stored).unwrap());
        assert_eq!(tile::read(&ours.bytes(), tile::WIDTH).unwrap(), ours.hashes);
    }
}

proptest! {
    #[test]
    fn both_agree_on_roots_and_proofs_of_any_size(size in 1..=LARGEST, at in any::<u64>(), old in any::<u64>()) {
        let trees = Trees::get();
        prop_assert_eq!(theirs_of(&[trees.root(size)]), [trees.their_root(size)]);
        trees.assert_included(at % size, size);
        trees.assert_continued(1 + old % size, size);
    }

    #[test]
    fn tile_names_are_theirs_however_large_the_log(level in 0u8..8, index in 0..1u64 << 56) {
        let theirs = tlog_tiles::Tile::new(8, level, index, 256, false).path();
        prop_assert_eq!(tile::path(level, index, tile::WIDTH), theirs.replacen("tile/8/", "tile/", 1));
    }

    /// Proofs come from strangers: whatever they claim, the answer is no, and never a panic.
    #[test]
    fn what_proves_nothing_is_refused_at_any_size(
        at in any::<u64>(), size in any::<u64>(), hashes in proptest::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let path: Vec<_> = hashes.into_iter().map(Hash::from_bytes).collect();
        let (a, b) = (leaf(1), leaf(2));
        prop_assert!(verify_inclusion(a, at, size, &path, b).is_err());
        prop_assert!(verify_consistency((at, a), (size, b), &path).is_err());
    }
}
