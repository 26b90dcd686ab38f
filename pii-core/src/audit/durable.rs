//! Files that are there whole or not at all, also after the power went.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use super::Error;

/// Writes a file under a hidden name, flushes it, gives it its name and flushes the folder.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hidden = path.with_file_name(format!(".{name}.new"));
    let mut file = File::create(&hidden).map_err(Error::io("write", &hidden))?;
    file.write_all(bytes).map_err(Error::io("write", &hidden))?;
    file.sync_all().map_err(Error::io("flush", &hidden))?;
    fs::rename(&hidden, path).map_err(Error::io("rename", &hidden))?;
    path.parent().map_or(Ok(()), flush_folder)
}

/// Flushes the names in a folder.
pub(super) fn flush_folder(path: &Path) -> Result<(), Error> {
    // Only Unix lets a folder be opened and flushed; elsewhere a rename is durable by itself.
    if cfg!(unix) {
        File::open(path).and_then(|folder| folder.sync_all()).map_err(Error::io("flush", path))?;
    }
    Ok(())
}
