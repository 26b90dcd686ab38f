use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use rayon::prelude::*;
use ring::digest::{Context, SHA256};
use serde::Serialize;

use crate::audit::durable;
use crate::audit::{Error, Hash};

/// A file of an export, for the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Listed {
    path: String,
    bytes: u64,
    sha256: Hash,
}

impl Listed {
    /// Reads the file `path` in `folder`, as it lies there.
    pub(super) fn of(folder: &Path, path: &str) -> Result<Self, Error> {
        let place = folder.join(path);
        let file = File::open(&place).map_err(Error::io("read", &place))?;
        let mut reader = BufReader::with_capacity(1 << 18, file);
        let (mut digest, mut bytes) = (Context::new(&SHA256), 0);
        loop {
            let part = reader.fill_buf().map_err(Error::io("read", &place))?;
            if part.is_empty() {
                return Ok(Self { path: path.to_owned(), bytes, sha256: digest.finish().into() });
            }
            digest.update(part);
            let count = part.len();
            bytes += count as u64;
            reader.consume(count);
        }
    }
}

/// Flushes every file and folder below `folder`, and it.
pub(super) fn flush_all(folder: &Path) -> Result<(), Error> {
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let path = entry.map_err(Error::io("list", folder))?.path();
        if path.is_dir() { folders.push(path) } else { files.push(path) }
    }
    // A flush of a small file mostly waits, so several wait at once.
    files
        .par_iter()
        .try_for_each(|path| File::open(path).and_then(|file| file.sync_all()).map_err(Error::io("flush", path)))?;
    folders.iter().try_for_each(|folder| flush_all(folder))?;
    durable::flush_folder(folder)
}
