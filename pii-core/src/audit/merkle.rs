use ring::digest;

use super::Hash;

/// `SHA-256(0x00 || entry)`, RFC 6962 section 2.1.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&[0]);
    context.update(entry);
    context.finish().into()
}

/// `SHA-256(0x01 || left || right)`, RFC 6962 section 2.1.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1; 65];
    let [_, children @ ..] = &mut bytes;
    let (to_left, to_right) = children.split_at_mut(32);
    to_left.copy_from_slice(left.as_bytes());
    to_right.copy_from_slice(right.as_bytes());
    Hash::of(&bytes)
}

/// A Merkle tree that only grows, kept as the roots of its perfect subtrees: at most 64 hashes.
#[derive(Clone, Debug, Default)]
pub struct Range {
    size: u64,
    peaks: Vec<Hash>,
}

impl Range {
    /// How many leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.push_subtree(0, leaf, |_, _| ());
    }

    /// Adds a perfect subtree of `2^height` leaves and tells of each larger one that this completes.
    ///
    /// The size must be a multiple of `2^height`.
    pub(super) fn push_subtree(&mut self, height: u32, root: Hash, mut completes: impl FnMut(u32, Hash)) {
        let (mut at, mut hash) = (height, root);
        while self.size >> at & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            at += 1;
            completes(at, hash);
        }
        self.peaks.push(hash);
        self.size += 1 << height;
    }

    /// The Merkle tree hash; of an empty tree, the SHA-256 of nothing.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev().copied();
        match peaks.next() {
            None => Hash::of(b""),
            Some(last) => peaks.fold(last, |right, left| node_hash(&left, &right)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use sha2::Sha256;

    #[test]
    fn roots_are_those_of_an_independent_implementation() {
        let mut ours = Range::default();
        let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        for n in 0u64..600 {
            assert_eq!(ours.size(), n);
            assert_eq!(ours.root().as_bytes().as_slice(), theirs.root().as_bytes().as_slice(), "size {n}");
            ours.push(leaf_hash(&n.to_le_bytes()));
            theirs.push(n.to_le_bytes().to_vec());
        }
    }
}
