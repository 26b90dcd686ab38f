use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Error;

/// The right to change what lies in a folder of keys. One process has it at a time; whoever reads needs none.
#[derive(Debug)]
pub struct Lock {
    /// Unlocked when it is closed.
    _held: File,
    keys: PathBuf,
}

impl Lock {
    /// Takes it, if nobody has it.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process changes these keys; [`Error::Write`] if nobody can.
    pub fn take(keys: &Path) -> Result<Self, Error> {
        let path = keys.join(LOCK);
        let unwritable = |source| Error::Write { path: path.clone(), source };
        let held = owners(OpenOptions::new().create(true).append(true)).open(&path).map_err(unwritable)?;
        // It is whose the folder is, so that they can take it after root did; whoever cannot give it away made it theirs.
        let _ = keep_owner(&held, keys);
        match held.try_lock() {
            Ok(()) => Ok(Self { _held: held, keys: keys.to_owned() }),
            Err(fs::TryLockError::WouldBlock) => Err(Error::Locked { path }),
            Err(fs::TryLockError::Error(source)) => Err(unwritable(source)),
        }
    }

    /// The folder.
    pub(super) fn keys(&self) -> &Path {
        &self.keys
    }
}

/// A change of one file of keys that is written and flushed, and not made yet: what can fail has not, so it can be put on
/// record. Dropped, it leaves everything as it was.
#[derive(Debug)]
#[must_use = "a change that is not made is taken back"]
pub struct Replacement {
    path: PathBuf,
    /// Where it waits; none once it has its name.
    hidden: Option<PathBuf>,
}

impl Replacement {
    /// Writes `bytes` beside `path`, under a hidden name.
    pub(super) fn stage(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let hidden = path.with_file_name(format!(".{name}.new"));
        let staged = Self { path: path.to_owned(), hidden: Some(hidden.clone()) };
        let write = || -> std::io::Result<()> {
            let mut file = owners(OpenOptions::new().create(true).truncate(true).write(true)).open(&hidden)?;
            keep_owner(&file, path)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(|source| Error::Write { path: path.to_owned(), source })?;
        Ok(staged)
    }

    /// Makes the change: the file is the new one at once, also after the power went.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn make(mut self) -> Result<(), Error> {
        let unwritable = |source| Error::Write { path: self.path.clone(), source };
        if let Some(hidden) = &self.hidden {
            fs::rename(hidden, &self.path).map_err(unwritable)?;
            flush_folder(&self.path).map_err(unwritable)?;
        }
        self.hidden = None;
        Ok(())
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if let Some(hidden) = &self.hidden {
            // What stays is overwritten by the next change, and read by nobody.
            let _ = fs::remove_file(hidden);
        }
    }
}

/// Flushes the name of a file.
pub(super) fn flush_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Only Unix lets a folder be opened and flushed; elsewhere a rename is durable by itself.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// An operator who is root must not take the keys away from whoever runs the jobs.
fn keep_owner(file: &File, of: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    if let Ok(old) = fs::metadata(of) {
        use std::os::unix::fs::MetadataExt;
        let new = file.metadata()?;
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            std::os::unix::fs::fchown(file, Some(old.uid()), Some(old.gid()))?;
        }
    }
    Ok(())
}

/// Files that only their owner can read.
fn owners(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

const LOCK: &str = "lock";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_changes_keys_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        assert!(matches!(Lock::take(dir.path()), Err(Error::Locked { .. })));
        drop(lock);
        assert!(Lock::take(dir.path()).is_ok());
    }

    #[test]
    fn a_change_that_is_not_made_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        Replacement::stage(&path, b"old").unwrap().make().unwrap();
        drop(Replacement::stage(&path, b"new").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        Replacement::stage(&path, b"new").unwrap().make().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_replaced_keeps_its_owner() {
        use std::os::unix::fs::MetadataExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        Replacement::stage(&path, b"old").unwrap().make().unwrap();
        // Nobody but root can give a file away; whoever cannot has nothing to keep.
        let job = std::os::unix::fs::chown(&path, Some(4242), Some(4242))
            .map_or_else(|_| fs::metadata(&path).unwrap().uid(), |()| 4242);
        Replacement::stage(&path, b"new").unwrap().make().unwrap();
        let replaced = fs::metadata(&path).unwrap();
        assert_eq!((replaced.uid(), replaced.mode() & 0o777), (job, 0o600));
    }
}
