use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::codec::Codecs;

/// What a thread works on a column chunk with: codecs that are set up, buffers that have grown. To make them for each chunk
/// would cost as much as a small chunk does.
#[derive(Default)]
pub(super) struct Kit {
    pub(super) codecs: Codecs,
    /// For the bytes of the file.
    pub(super) window: Vec<u8>,
    /// For a page, decompressed.
    pub(super) raw: Vec<u8>,
    /// For a page as it will be, before and after it is compressed.
    pub(super) body: Vec<u8>,
    pub(super) packed: Vec<u8>,
    pub(super) indexes: Vec<u32>,
}

/// Kits that nobody works with now: as many as there ever were threads at work.
#[derive(Default)]
pub(super) struct Kits(Mutex<Vec<Kit>>);

impl Kits {
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Kit) -> T) -> T {
        let free = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let spare = free().pop();
        let mut kit = spare.unwrap_or_default();
        let done = work(&mut kit);
        free().push(kit);
        done
    }
}

impl fmt::Debug for Kits {
    /// What lies in the buffers is somebody's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kits").finish_non_exhaustive()
    }
}
