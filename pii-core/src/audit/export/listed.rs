use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use ring::digest::{Context, SHA256};
use serde::Serialize;

use crate::audit::{Error, Hash};

/// A file of an export, for the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Listed {
    path: String,
    bytes: u64,
    sha256: Hash,
}

impl Listed {
    /// Reads the file `path` in `folder`, as it lies there, and flushes it.
    pub(super) fn of(folder: &Path, path: &str) -> Result<Self, Error> {
        let place = folder.join(path);
        let file = File::open(&place).map_err(Error::io("read", &place))?;
        let (read, flushed) =
            rayon::join(|| Self::read(path, &place), || file.sync_all().map_err(Error::io("flush", &place)));
        flushed.and(read)
    }

    fn read(path: &str, place: &Path) -> Result<Self, Error> {
        let file = File::open(place).map_err(Error::io("read", place))?;
        let mut reader = BufReader::with_capacity(1 << 18, file);
        let (mut digest, mut bytes) = (Context::new(&SHA256), 0);
        loop {
            let part = reader.fill_buf().map_err(Error::io("read", place))?;
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
