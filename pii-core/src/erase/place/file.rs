use std::fs::{self, File, Metadata};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};

use super::super::{Error, FileVersion, Input};
use super::Address;

/// A file of this machine, open for reading. It stays the same file, whatever takes its name.
pub(in super::super) struct LocalFile {
    pub(super) file: File,
    name: String,
    address: Address,
    path: PathBuf,
    pub(super) at_first: Metadata,
}

impl LocalFile {
    pub(in super::super) fn open(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let opened = File::open(path).and_then(|file| file.metadata().map(|metadata| (file, metadata)));
        let (file, at_first) = opened.map_err(|source| Error::Read { file: name.clone(), source })?;
        Ok(Self { file, name, address: Address::Path(path.to_owned()), path: path.to_owned(), at_first })
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    pub(in super::super) fn path(&self) -> &Path {
        &self.path
    }

    /// Which state of the file this is. With its digest, another process can tell later; without, it is told by what the
    /// file system knows.
    pub(in super::super) fn version(&self, digest: bool) -> Result<FileVersion, Error> {
        let metadata = &self.at_first;
        let sha256 = if digest { Some(self.sha256()?) } else { None };
        Ok(FileVersion {
            bytes: metadata.len(),
            inode: (metadata.dev(), metadata.ino()),
            written: (metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()),
            sha256,
        })
    }

    /// Whether the file of this name is still this one, and nobody wrote into it.
    pub(in super::super) fn unchanged(&self) -> Result<bool, Error> {
        let now = fs::metadata(&self.path);
        let now = now.map_err(|source| Error::Read { file: self.name.clone(), source })?;
        let state = |m: &Metadata| (m.dev(), m.ino(), m.len(), m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec());
        Ok(state(&now) == state(&self.at_first))
    }

    /// Under how many names the file system knows it.
    pub(in super::super) fn names(&self) -> u64 {
        self.at_first.nlink()
    }

    /// SHA-256 (FIPS 180-4) of all bytes, in hexadecimal.
    pub(in super::super) fn sha256(&self) -> Result<String, Error> {
        let (mut digest, mut bytes, len) = (Context::new(&SHA256), Vec::new(), self.at_first.len());
        let mut at = 0;
        while at < len {
            let end = len.min(at + AT_ONCE);
            self.read(at..end, &mut bytes)?;
            digest.update(&bytes);
            at = end;
        }
        Ok(digest.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl Input for LocalFile {
    fn name(&self) -> &str {
        &self.name
    }

    fn size(&self) -> Result<u64, Error> {
        Ok(self.at_first.len())
    }

    fn read(&self, range: Range<u64>, into: &mut Vec<u8>) -> Result<(), Error> {
        let failed = |source| Error::Read { file: self.name.clone(), source };
        // A damaged file may speak of more bytes than there are: no memory for these.
        if range.end > self.at_first.len() || range.start > range.end {
            return Err(failed(io::ErrorKind::UnexpectedEof.into()));
        }
        let len = usize::try_from(range.end - range.start);
        into.resize(len.map_err(|_| failed(io::ErrorKind::OutOfMemory.into()))?, 0);
        self.file.read_exact_at(into, range.start).map_err(failed)
    }
}

/// The file that a path leads to, behind links: what is replaced is the file, never a link to it.
pub(in super::super) fn resolve(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(|source| Error::Read { file: path.display().to_string(), source })
}

/// Removes the draft of a run that died. Leaves that of one that is alive.
pub(in super::super) fn clear(path: &Path) -> Result<(), Error> {
    let draft = super::local::beside(path);
    let failed = |source| Error::Write { file: draft.display().to_string(), source };
    match File::open(&draft) {
        Ok(file) if file.try_lock().is_ok() => {
            // It may have been published, and another begun, before it could be locked.
            let dead = super::local::is_still(&file, &draft).map_err(failed)?;
            if dead { fs::remove_file(&draft).map_err(failed) } else { Ok(()) }
        }
        Ok(_) => Err(Error::Busy { file: path.display().to_string() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(failed(source)),
    }
}

const AT_ONCE: u64 = 1 << 20;
