use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::super::{Error, Input, Output};
use super::LocalFile;

/// A new version of a file, written beside it. Dropped without [`Draft::publish`], it is removed.
pub(in super::super) struct Draft<'a> {
    from: &'a LocalFile,
    file: File,
    path: PathBuf,
    /// New bytes, not written yet.
    waiting: Vec<u8>,
    position: u64,
    published: bool,
}

impl<'a> Draft<'a> {
    /// Begins one. Nobody else can read it before it has the permissions of the old file.
    pub(in super::super) fn beside(from: &'a LocalFile) -> Result<Self, Error> {
        let path = beside(from.path());
        let failed = |source| Error::Write { file: path.display().to_string(), source };
        let file = loop {
            let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(0o600).open(&path);
            let file = file.map_err(failed)?;
            if file.try_lock().is_err() {
                return Err(Error::Busy { file: from.name().to_owned() });
            }
            // Whoever had the lock may have published this very file meanwhile: then it is no draft any more.
            if is_still(&file, &path).map_err(failed)? {
                break file;
            }
        };
        file.set_len(0).map_err(failed)?;
        Ok(Self { from, file, path, waiting: Vec::new(), position: 0, published: false })
    }

    /// Puts what was written so far on disk; it can then be read as a file.
    pub(in super::super) fn sync(&mut self) -> Result<LocalFile, Error> {
        self.flush()?;
        self.file.sync_all().map_err(|source| self.failed(source))?;
        LocalFile::open(&self.path)
    }

    /// Gives it the owner, the permissions and the name of the old file, in one step, if that is still the file it was;
    /// then syncs the folder, so that the name survives a power failure. Its time is now: the content changed.
    pub(in super::super) fn publish(mut self) -> Result<(), Error> {
        let old = &self.from.at_first;
        let now = self.file.metadata().map_err(|source| self.failed(source))?;
        if (old.uid(), old.gid()) != (now.uid(), now.gid()) {
            // Only root may give files away; the group may be one of ours.
            let _ = fchown(&self.file, Some(old.uid()), Some(old.gid()))
                .or_else(|_| fchown(&self.file, None, Some(old.gid())));
        }
        let mode = Permissions::from_mode(old.mode() & 0o777);
        self.file.set_permissions(mode).and_then(|()| self.file.sync_all()).map_err(|source| self.failed(source))?;
        if !self.from.unchanged()? {
            return Err(Error::Changed { file: self.from.name().to_owned() });
        }
        fs::rename(&self.path, self.from.path()).map_err(|source| self.failed(source))?;
        self.published = true;
        let folder = self.from.path().parent().unwrap_or(Path::new("/"));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| self.failed(source))
    }

    fn flush(&mut self) -> Result<(), Error> {
        let written = self.file.write_all(&self.waiting);
        self.waiting.clear();
        written.map_err(|source| self.failed(source))
    }

    /// Copies by the kernel, which may share blocks instead; `false` if it cannot.
    fn copy_in_kernel(&mut self, range: &mut Range<u64>) -> io::Result<bool> {
        while range.start < range.end {
            let most = usize::try_from(range.end - range.start).unwrap_or(usize::MAX).min(1 << 30);
            match rustix::fs::copy_file_range(&self.from.file, Some(&mut range.start), &self.file, None, most) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) | Err(Errno::INTR) => {}
                Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::Write { file: self.from.name().to_owned(), source }
    }
}

impl Output for Draft<'_> {
    fn copy(&mut self, mut range: Range<u64>) -> Result<(), Error> {
        self.position += range.end.saturating_sub(range.start);
        if range.end.saturating_sub(range.start) >= WORTH_A_CALL {
            self.flush()?;
            if self.copy_in_kernel(&mut range).map_err(|source| self.failed(source))? {
                return Ok(());
            }
        }
        let mut bytes = Vec::new();
        while range.start < range.end {
            let end = range.end.min(range.start + AT_ONCE as u64);
            self.from.read(range.start..end, &mut bytes)?;
            self.waiting.extend_from_slice(&bytes);
            range.start = end;
            if self.waiting.len() >= AT_ONCE {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.position += bytes.len() as u64;
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= AT_ONCE { self.flush() } else { Ok(()) }
    }

    fn position(&self) -> u64 {
        self.position
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.published {
            // A run that comes later clears what cannot be removed now.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Where the draft of a file is: one place for each, so that what a dead run left is found.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".pii-erase");
    path.with_file_name(name)
}

/// Whether an open file is the one of this name.
pub(super) fn is_still(file: &File, path: &Path) -> io::Result<bool> {
    let ours = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

const AT_ONCE: usize = 1 << 20;
const WORTH_A_CALL: u64 = 32 << 10;
