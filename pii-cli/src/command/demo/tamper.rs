//! A forger with write access to the log: one byte, in a copy.

use std::fs;
use std::path::Path;

use crate::error::Error;

/// What was forged.
pub(super) struct Flipped {
    pub(super) file: String,
    pub(super) offset: usize,
}

/// Copies a log and flips the lowest bit of the byte in the middle of its first segment.
pub(super) fn copy_and_flip(log: &Path, copy: &Path) -> Result<Flipped, Error> {
    copy_all(log, copy).map_err(|source| pii_core::error::Error::Io { path: copy.to_owned(), source })?;
    let io = |source| pii_core::error::Error::Io { path: copy.to_owned(), source };
    let mut segments: Vec<_> =
        fs::read_dir(copy.join("seg")).map_err(io)?.flatten().map(|e| e.path()).filter(|p| p.is_file()).collect();
    segments.sort();
    let segment = segments.first().ok_or_else(|| Error::failed("demo", "the log has no segment"))?;
    let mut bytes = fs::read(segment).map_err(io)?;
    let offset = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(offset) {
        *byte ^= 1;
    }
    fs::write(segment, bytes).map_err(io)?;
    let file = segment.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Flipped { file, offset })
}

fn copy_all(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_all(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
