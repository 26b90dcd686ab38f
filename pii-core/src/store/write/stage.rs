use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::output::{Hashed, Sink, folder_of};
use crate::store::Error;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Rows, without a header.
    pub rows: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 (FIPS 180-4) of those bytes.
    pub sha256: [u8; 32],
}

/// A table that is written and synced to a temporary file, and not there yet for anybody else.
///
/// Dropped without [`publish`](Self::publish), it is removed. What went to standard output is out already.
#[must_use = "the file is removed unless it is published"]
pub struct Staged {
    content: Content,
    file: Option<(NamedTempFile, PathBuf)>,
}

impl Staged {
    /// Flushes and syncs what was written.
    pub(super) fn seal(mut hashed: Hashed, rows: u64) -> io::Result<Self> {
        hashed.sink.sync()?;
        let mut sha256 = [0; 32];
        for (to, from) in sha256.iter_mut().zip(hashed.digest.finish().as_ref()) {
            *to = *from;
        }
        let file = match hashed.sink {
            Sink::Staged { file, target } => Some((file, target)),
            Sink::Stream(_) => None,
        };
        Ok(Self { content: Content { rows, bytes: hashed.bytes, sha256 }, file })
    }

    /// What is to be published: enough to record it before it happens.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The file that is to appear; none for standard output.
    pub fn target(&self) -> Option<&Path> {
        self.file.as_ref().map(|(_, target)| target.as_path())
    }

    /// Gives the file its name, in one step, in place of any file that has it; and syncs the folder, so that the
    /// name survives a power failure.
    ///
    /// # Errors
    /// [`Error::Write`], and then the old file, if any, is as it was.
    pub fn publish(self) -> Result<Content, Error> {
        if let Some((file, target)) = self.file {
            name(file, &target)?;
        }
        Ok(self.content)
    }
}

/// Gives a synced file its name, and syncs the folder.
pub(super) fn name(file: NamedTempFile, target: &Path) -> Result<(), Error> {
    let failed = |source| Error::Write { file: target.display().to_string(), source };
    file.persist(target).map_err(|e| failed(e.error))?;
    sync_folder(folder_of(target)).map_err(failed)
}

impl fmt::Debug for Staged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staged").field("content", &self.content).field("target", &self.target()).finish()
    }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
