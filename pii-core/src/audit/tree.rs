use std::path::Path;

use super::layout::{CHECKPOINT, Layout};
use super::proof::{inclusion_proof, verify_inclusion};
use super::tile::{Frontier, WIDTH};
use super::{Checkpoint, Error, Hash, Place, ProofError, ProofFile, Range, tiles};

/// The tree under the newest checkpoint of a log, read from tiles alone.
///
/// No entry is read, so it answers for pruned ones too. A hash costs one tile of each of at most eight levels.
#[derive(Debug)]
pub struct Tree {
    layout: Layout,
    checkpoint: Checkpoint,
    /// What does not fill a tile yet, a level each. It is read at once: the next checkpoint may replace it.
    edge: Vec<Vec<Hash>>,
    /// The full tile of each level that was asked for last.
    recent: Vec<Option<(u64, Vec<Hash>)>>,
}

impl Tree {
    /// Reads the newest checkpoint of a log, or of a copy of one, and the right edge of its tree, which must have
    /// the root that was signed.
    ///
    /// # Errors
    /// [`Error::NotALog`], [`Error::Incomplete`], [`Error::Damaged`], [`Error::Io`].
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let layout = Layout::new(dir);
        let lock = layout.lock_shared();
        let checkpoint = Checkpoint::parse(&layout.text(CHECKPOINT)?)
            .map_err(|error| Error::damaged(Place::file(CHECKPOINT), error.to_string()))?;
        let size = checkpoint.size();
        let read = |level, index, width| tiles::read(&layout, size, level, index, width);
        let frontier = Frontier::restore(size, read)?;
        drop(lock);

        if frontier.root() != checkpoint.root() {
            return Err(Error::damaged(Place::file(CHECKPOINT), "its tiles have another root"));
        }
        let edge = frontier.into_edges();
        let recent = edge.iter().map(|_| None).collect();
        Ok(Self { layout, checkpoint, edge, recent })
    }

    /// What was signed.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// How many entries.
    pub fn size(&self) -> u64 {
        self.checkpoint.size()
    }

    /// The root of the perfect subtree over entries `index * 2^height` and following: what
    /// [`inclusion_proof`] and [`super::consistency_proof`] ask for.
    ///
    /// # Errors
    /// [`Error::Proof`] if the tree has no such subtree, [`Error::Incomplete`], [`Error::Damaged`], [`Error::Io`].
    pub fn node(&mut self, height: u32, index: u64) -> Result<Hash, Error> {
        let end = (u128::from(index) + 1) << height.min(64);
        if end > u128::from(self.size()) {
            let index = u64::try_from(end - 1).unwrap_or(u64::MAX);
            return Err(ProofError::NoSuchEntry { index, size: self.size() }.into());
        }
        let (level, span) = ((height / 8) as u8, height % 8);
        let (first, count) = (index << span, 1usize << span);
        let at = (first % WIDTH as u64) as usize;
        let hashes = self.tile(level, first / WIDTH as u64)?.get(at..at + count).unwrap_or_default();
        let mut range = Range::default();
        hashes.iter().for_each(|hash| range.push(*hash));
        Ok(range.root())
    }

    /// The proof that the tree holds entry `index`; the entry itself need not be in the log any more.
    ///
    /// # Errors
    /// As [`Tree::node`]; [`Error::Damaged`] if the tiles do not lead to the signed root.
    pub fn prove(&mut self, index: u64) -> Result<ProofFile, Error> {
        let path = inclusion_proof(index, self.size(), |height, index| self.node(height, index))?;
        let leaf = self.node(0, index)?;
        verify_inclusion(leaf, index, self.size(), &path, self.checkpoint.root())
            .map_err(|error| Error::damaged(Place::Entry(index), format!("by its tiles, {error}")))?;
        Ok(ProofFile { index, path, checkpoint: self.checkpoint.clone(), extra: None })
    }

    /// The hashes of a tile, as many as this tree has.
    pub(super) fn tile(&mut self, level: u8, index: u64) -> Result<&[Hash], Error> {
        if self.width(level, index) < WIDTH {
            return Ok(self.edge.get(usize::from(level)).map_or(&[], Vec::as_slice));
        }
        let size = self.size();
        let Some(recent) = self.recent.get_mut(usize::from(level)) else { return Ok(&[]) };
        if recent.as_ref().is_none_or(|(held, _)| *held != index) {
            *recent = Some((index, tiles::read(&self.layout, size, level, index, WIDTH)?));
        }
        Ok(recent.as_ref().map_or(&[], |(_, hashes)| hashes))
    }

    /// How many hashes a tile holds; 0 if it has not begun.
    pub(super) fn width(&self, level: u8, index: u64) -> usize {
        let hashes = self.size().checked_shr(8 * u32::from(level)).unwrap_or(0);
        hashes.saturating_sub(index.saturating_mul(WIDTH as u64)).min(WIDTH as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::audit::leaf_hash;
    use crate::audit::read as read_log;
    use crate::audit::samples::{copy, empty, fill, signer};
    use crate::audit::verify_consistency;

    #[test]
    fn every_entry_is_proved_from_tiles_alone() {
        let (_home, dir, log) = empty();
        let key = signer().verifier().clone();
        for (from, to) in [(0, 1), (1, 255), (255, 256), (256, 700)] {
            fill(&log, from, to);
            log.checkpoint().unwrap();
            let (_copy, bare) = copy(&dir);
            let payloads = payloads(&bare);
            fs::remove_dir_all(bare.join("seg")).unwrap();
            let mut tree = Tree::open(&bare).unwrap();
            assert_eq!(tree.size(), to);
            for (index, payload) in (0..to).zip(&payloads) {
                let proof = tree.prove(index).unwrap();
                proof.verify(payload, std::slice::from_ref(&key)).unwrap();
            }
            assert!(matches!(tree.prove(to), Err(Error::Proof(ProofError::NoSuchEntry { .. }))));
        }
    }

    #[test]
    fn it_shows_that_a_later_checkpoint_continues_an_earlier_one() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 300);
        let old = log.checkpoint().unwrap();
        fill(&log, 300, 1000);
        let new = log.checkpoint().unwrap();
        let mut tree = Tree::open(&dir).unwrap();
        let path = crate::audit::consistency_proof(300, 1000, |height, index| tree.node(height, index)).unwrap();
        verify_consistency((300, old.root()), (1000, new.root()), &path).unwrap();
        assert!(tree.node(0, 1000).is_err() && tree.node(10, 0).is_err() && tree.node(64, 0).is_err());
    }

    #[test]
    fn a_tile_that_is_missing_or_wrong_has_a_name() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 600);
        log.checkpoint().unwrap();
        let full = dir.join("tile/0/001");
        let bytes = fs::read(&full).unwrap();
        fs::remove_file(&full).unwrap();
        let mut tree = Tree::open(&dir).unwrap();
        assert_eq!(tree.prove(300).unwrap_err().to_string(), "the log lacks `tile/0/001`");
        assert!(tree.prove(10).is_ok());
        let mut spoilt = bytes;
        spoilt[40] ^= 1;
        fs::write(&full, spoilt).unwrap();
        assert!(matches!(tree.prove(300), Err(Error::Damaged { place: Place::Entry(300), .. })));
        fs::write(dir.join("tile/0/002.p/88"), [0; 88 * 32]).unwrap();
        assert!(matches!(Tree::open(&dir), Err(Error::Damaged { .. })));
        fs::remove_dir_all(dir.join("tile/0/002.p")).unwrap();
        assert!(matches!(Tree::open(&dir), Err(Error::Incomplete { .. })));
    }

    #[test]
    fn its_leaves_are_the_hashes_of_the_entries() {
        let (_home, dir, log) = empty();
        fill(&log, 0, 300);
        log.checkpoint().unwrap();
        let mut tree = Tree::open(&dir).unwrap();
        for (index, payload) in (0..).zip(payloads(&dir)) {
            assert_eq!(tree.node(0, index).unwrap(), leaf_hash(&payload));
        }
        assert_eq!(read_log(&dir).unwrap().count(), 300);
    }

    fn payloads(dir: &Path) -> Vec<Vec<u8>> {
        let mut segment = super::super::segment::Segment::open(&Layout::new(dir), 0, None).unwrap();
        let mut payloads = Vec::new();
        while let Some(block) = segment.block().unwrap() {
            payloads.extend(block.payloads().map(<[u8]>::to_owned));
        }
        payloads
    }
}
