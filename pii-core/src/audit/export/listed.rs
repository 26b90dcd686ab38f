use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

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

/// A file of lines that is hashed as it is written.
pub(super) struct Hashed {
    file: BufWriter<File>,
    place: PathBuf,
    digest: Context,
    bytes: u64,
}

impl Hashed {
    pub(super) fn create(place: &Path) -> Result<Self, Error> {
        Ok(Self { file: create(place)?, place: place.to_owned(), digest: Context::new(&SHA256), bytes: 0 })
    }

    pub(super) fn line(&mut self, line: &[u8]) -> Result<(), Error> {
        for part in [line, b"\n"] {
            self.digest.update(part);
            self.bytes += part.len() as u64;
            self.file.write_all(part).map_err(Error::io("write", &self.place))?;
        }
        Ok(())
    }

    /// Flushes it, and lists it as `path`.
    pub(super) fn close(mut self, path: &str) -> Result<Listed, Error> {
        self.file.flush().map_err(Error::io("write", &self.place))?;
        self.file.get_ref().sync_all().map_err(Error::io("flush", &self.place))?;
        Ok(Listed { path: path.to_owned(), bytes: self.bytes, sha256: self.digest.finish().into() })
    }
}

/// A file of an export, to be written from the beginning.
pub(super) fn create(path: &Path) -> Result<BufWriter<File>, Error> {
    let file = File::create_new(path).map_err(Error::io("write", path))?;
    Ok(BufWriter::with_capacity(1 << 18, file))
}
