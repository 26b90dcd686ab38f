use super::{Hash, node_hash};

/// Why there is no proof, or why one proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// Asked for an entry that the tree does not have.
    #[error("entry {index} is not in a tree of {size}")]
    NoSuchEntry {
        /// The entry.
        index: u64,
        /// The tree's size.
        size: u64,
    },
    /// A tree is never consistent with a smaller one, and from an empty one nothing follows.
    #[error("a tree of {new} cannot be shown to continue a tree of {old}")]
    NoSuchTrees {
        /// The older size.
        old: u64,
        /// The newer size.
        new: u64,
    },
    /// The hashes do not lead to the root.
    #[error("the proof does not lead to the root")]
    Wrong,
}

/// The audit path of one leaf, `PATH(index, D[size])` of RFC 6962 section 2.1.1.
///
/// `node(height, i)` must return the root of the perfect subtree over leaves `i * 2^height` and following.
///
/// # Errors
/// [`ProofError::NoSuchEntry`], or what `node` returns.
pub fn inclusion_proof<E: From<ProofError>>(
    index: u64,
    size: u64,
    mut node: impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    if index >= size {
        return Err(ProofError::NoSuchEntry { index, size }.into());
    }
    let mut path = Vec::new();
    let (mut from, mut to) = (0, size);
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            path.push(subtree(middle, to, &mut node)?);
            to = middle;
        } else {
            path.push(subtree(from, middle, &mut node)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `new` leaves begins with the tree of `old`, `PROOF(old, D[new])` of RFC 6962
/// section 2.1.2. `node` as in [`inclusion_proof`].
///
/// # Errors
/// [`ProofError::NoSuchTrees`] if `old` is 0 or more than `new`, or what `node` returns.
pub fn consistency_proof<E: From<ProofError>>(
    old: u64,
    new: u64,
    mut node: impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    if old == 0 || old > new {
        return Err(ProofError::NoSuchTrees { old, new }.into());
    }
    let mut path = Vec::new();
    let (mut from, mut to) = (0, new);
    while old < to {
        let middle = from + split(to - from);
        if old <= middle {
            path.push(subtree(middle, to, &mut node)?);
            to = middle;
        } else {
            path.push(subtree(from, middle, &mut node)?);
            from = middle;
        }
    }
    // The old tree's own root is known to whoever asks; any other subtree is not.
    if from > 0 {
        path.push(subtree(from, to, &mut node)?);
    }
    path.reverse();
    Ok(path)
}

/// Checks an audit path, RFC 9162 section 2.1.3.2.
///
/// # Errors
/// [`ProofError::NoSuchEntry`] or [`ProofError::Wrong`].
pub fn verify_inclusion(leaf: Hash, index: u64, size: u64, path: &[Hash], root: Hash) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::NoSuchEntry { index, size });
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return Err(ProofError::Wrong);
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if last == 0 && hash == root { Ok(()) } else { Err(ProofError::Wrong) }
}

/// Checks that the tree with `new_root` begins with the tree with `old_root`, RFC 9162 section 2.1.4.2.
/// A tree is given as its size and its root.
///
/// # Errors
/// [`ProofError::NoSuchTrees`] if the old size is 0 or more than the new one, or [`ProofError::Wrong`].
pub fn verify_consistency(old: (u64, Hash), new: (u64, Hash), path: &[Hash]) -> Result<(), ProofError> {
    let ((old, old_root), (new, new_root)) = (old, new);
    if old == 0 || old > new {
        return Err(ProofError::NoSuchTrees { old, new });
    }
    if old == new {
        return if path.is_empty() && old_root == new_root { Ok(()) } else { Err(ProofError::Wrong) };
    }
    let implied = old.is_power_of_two().then_some(old_root);
    let mut hashes = implied.into_iter().chain(path.iter().copied());
    let Some(first) = hashes.next().filter(|_| !path.is_empty()) else { return Err(ProofError::Wrong) };
    let shift = (old - 1).trailing_ones();
    let (mut at, mut last) = ((old - 1).checked_shr(shift).unwrap_or(0), (new - 1).checked_shr(shift).unwrap_or(0));
    let (mut older, mut newer) = (first, first);
    for hash in hashes {
        if last == 0 {
            return Err(ProofError::Wrong);
        }
        if at & 1 == 1 || at == last {
            older = node_hash(&hash, &older);
            newer = node_hash(&hash, &newer);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            newer = node_hash(&newer, &hash);
        }
        at >>= 1;
        last >>= 1;
    }
    if last == 0 && older == old_root && newer == new_root { Ok(()) } else { Err(ProofError::Wrong) }
}

/// The largest power of two below `n`, which is at least 2.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// `MTH(D[from:to])` out of perfect subtrees. `from` is a multiple of the largest power of two within.
fn subtree<E>(from: u64, to: u64, node: &mut impl FnMut(u32, u64) -> Result<Hash, E>) -> Result<Hash, E> {
    let n = to - from;
    if n.is_power_of_two() {
        return node(n.ilog2(), from >> n.ilog2());
    }
    let middle = from + split(n);
    let left = subtree(from, middle, node)?;
    Ok(node_hash(&left, &subtree(middle, to, node)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Range;
    use crate::audit::leaf_hash;
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;
    use sha2::Sha256;

    fn leaf(n: u64) -> Hash {
        leaf_hash(&n.to_le_bytes())
    }

    fn node(height: u32, index: u64) -> Result<Hash, ProofError> {
        let mut range = Range::default();
        (index << height..(index + 1) << height).for_each(|n| range.push(leaf(n)));
        Ok(range.root())
    }

    fn root(size: u64) -> Hash {
        let mut range = Range::default();
        (0..size).for_each(|n| range.push(leaf(n)));
        range.root()
    }

    fn oracle(size: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
        let mut tree = MemoryBackedTree::new();
        (0..size).for_each(|n| tree.push(n.to_le_bytes().to_vec()));
        tree
    }

    fn bytes(path: &[Hash]) -> Vec<u8> {
        path.iter().flat_map(|hash| *hash.as_bytes()).collect()
    }

    proptest! {
        #[test]
        fn inclusion_proofs_are_those_of_an_independent_implementation(size in 1u64..300, at in 0u64..300) {
            let index = at % size;
            let path = inclusion_proof(index, size, node).unwrap();
            let theirs = oracle(size).prove_inclusion(index as usize);
            prop_assert_eq!(bytes(&path), theirs.as_bytes());
            prop_assert_eq!(verify_inclusion(leaf(index), index, size, &path, root(size)), Ok(()));
        }

        #[test]
        fn consistency_proofs_are_those_of_an_independent_implementation(new in 1u64..300, at in 0u64..300) {
            let old = 1 + at % new;
            let path = consistency_proof(old, new, node).unwrap();
            let theirs = oracle(new).prove_consistency((new - old) as usize);
            prop_assert_eq!(bytes(&path), theirs.as_bytes());
            prop_assert_eq!(verify_consistency((old, root(old)), (new, root(new)), &path), Ok(()));
        }

        #[test]
        fn a_changed_proof_proves_nothing(size in 2u64..300, at in 0u64..300, byte in 0usize..32) {
            let index = at % size;
            let mut path = inclusion_proof(index, size, node).unwrap();
            let spoilt = at as usize % path.len();
            let mut hash = *path[spoilt].as_bytes();
            hash[byte] ^= 1;
            path[spoilt] = Hash::from_bytes(hash);
            prop_assert!(verify_inclusion(leaf(index), index, size, &path, root(size)).is_err());
        }

        #[test]
        fn no_proof_leads_to_another_entry_or_tree(size in 2u64..300, at in 0u64..300) {
            let index = at % size;
            let path = inclusion_proof(index, size, node).unwrap();
            let other = (index + 1) % size;
            prop_assert!(verify_inclusion(leaf(index), other, size, &path, root(size)).is_err());
            prop_assert!(verify_inclusion(leaf(other), index, size, &path, root(size)).is_err());
            prop_assert!(verify_inclusion(leaf(index), index, size, &path, root(size - 1)).is_err());
            let old = 1 + at % (size - 1);
            let path = consistency_proof(old, size, node).unwrap();
            prop_assert!(verify_consistency((old, root(old + 1)), (size, root(size)), &path).is_err());
            prop_assert!(verify_consistency((old, root(old)), (size, root(size - 1)), &path).is_err());
        }
    }

    #[test]
    fn nothing_follows_from_an_empty_tree() {
        let empty = Hash::of(b"");
        assert_eq!(root(0), empty);
        assert!(consistency_proof(0, 5, node).is_err());
        assert!(consistency_proof(6, 5, node).is_err());
        assert!(inclusion_proof(0, 0, node).is_err());
        assert!(verify_consistency((0, empty), (5, root(5)), &[]).is_err());
        assert!(verify_consistency((0, empty), (0, empty), &[]).is_err());
    }

    #[test]
    fn equal_trees_need_no_hashes() {
        assert_eq!(consistency_proof(5, 5, node), Ok(vec![]));
        assert_eq!(verify_consistency((5, root(5)), (5, root(5)), &[]), Ok(()));
        assert!(verify_consistency((5, root(5)), (5, root(4)), &[]).is_err());
        assert!(verify_consistency((5, root(5)), (5, root(5)), &[leaf(0)]).is_err());
        assert!(verify_consistency((4, root(4)), (5, root(5)), &[]).is_err());
    }
}
