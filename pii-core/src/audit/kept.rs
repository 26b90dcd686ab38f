use std::fs;
use std::io;

use super::layout::{KEPT, Layout};
use super::{Error, durable};

/// Where an entry is kept whose segment is gone.
pub(super) fn path(index: u64) -> String {
    format!("{KEPT}/{index:012}.json")
}

/// Keeps the bytes of an entry that must outlive its segment.
pub(super) fn write(layout: &Layout, index: u64, payload: &[u8]) -> Result<(), Error> {
    let folder = layout.path(KEPT);
    if !folder.is_dir() {
        fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        durable::flush_folder(layout.dir())?;
    }
    durable::replace(&layout.path(&path(index)), payload)
}

/// The bytes of an entry that was kept; `None` of any other.
pub(super) fn read(layout: &Layout, index: u64) -> Result<Option<Vec<u8>>, Error> {
    let path = layout.path(&path(index));
    match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        bytes => bytes.map(Some).map_err(Error::io("read", &path)),
    }
}
