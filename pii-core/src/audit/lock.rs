use std::fs::File;

use super::Error;
use super::layout::{LOCK, Layout};

/// The file lock, until dropped.
pub(super) struct Held<'a>(&'a File);

impl<'a> Held<'a> {
    pub(super) fn take(lock: &'a File, layout: &Layout) -> Result<Self, Error> {
        lock.lock().map_err(Error::io("lock", &layout.path(LOCK)))?;
        Ok(Self(lock))
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Closing the file would free it as well.
        let _ = self.0.unlock();
    }
}
