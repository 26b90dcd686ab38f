use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::look::Found;
use crate::audit::tile;
use crate::audit::{Error, Place, Tree};

/// The tiles of an export, which lead from each entry in it to the root.
pub(super) struct Proofs {
    tree: Tree,
    folder: PathBuf,
    /// The tile that was copied last, a level each.
    copied: [Option<u64>; LEVELS],
}

impl Proofs {
    /// Copies what lies beyond the full tiles of `tree`.
    pub(super) fn begin(tree: Tree, folder: &Path) -> Result<Self, Error> {
        let mut proofs = Self { tree, folder: folder.to_owned(), copied: [None; LEVELS] };
        for (level, index, width) in tile::right_edge(proofs.tree.size()) {
            if width > 0 {
                proofs.copy(level, index)?;
            }
        }
        Ok(proofs)
    }

    pub(super) fn tree(&mut self) -> &mut Tree {
        &mut self.tree
    }

    /// How many entries the tree has.
    pub(super) fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Copies the tiles that lead from an entry to the root, and sees that they begin with it.
    pub(super) fn take(&mut self, found: &Found<'_>) -> Result<(), Error> {
        let mut index = found.index >> 8;
        let leaves = self.tree.tile(0, index)?;
        if leaves.get(found.index as usize & 255) != Some(&found.leaf) {
            return Err(Error::damaged(Place::Entry(found.index), "it is not the entry that was signed"));
        }
        for level in 0..LEVELS as u8 {
            let known = self.copied.get(usize::from(level)).copied().flatten();
            if self.tree.width(level, index) < tile::WIDTH || known == Some(index) {
                break;
            }
            self.copy(level, index)?;
            index >>= 8;
        }
        Ok(())
    }

    fn copy(&mut self, level: u8, index: u64) -> Result<(), Error> {
        let hashes = self.tree.tile(level, index)?;
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        let path = self.folder.join(tile::path(level, index, hashes.len()));
        let written = fs::write(&path, &bytes).or_else(|error| match path.parent() {
            Some(folder) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(folder).and_then(|()| fs::write(&path, &bytes))
            }
            _ => Err(error),
        });
        written.map_err(Error::io("write", &path))?;
        if let Some(copied) = self.copied.get_mut(usize::from(level)) {
            *copied = Some(index);
        }
        Ok(())
    }
}

/// 256 hashes a tile, 2^64 entries.
const LEVELS: usize = 8;
