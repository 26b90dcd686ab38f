use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{Error, VerifierKey};

/// Where each thing lies in the folder of a log.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    dir: PathBuf,
}

pub(super) const ORIGIN: &str = "origin";
pub(super) const CHECKPOINT: &str = "checkpoint";
pub(super) const CHECKPOINTS: &str = "checkpoints.log";
pub(super) const MAX_SIGNED: &str = "max_signed";
pub(super) const LOCK: &str = "lock";
pub(super) const KEYS: &str = "keys";
pub(super) const SEGMENTS: &str = "seg";
pub(super) const TILES: &str = "tile";
pub(super) const KEPT: &str = "kept";

impl Layout {
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The name of a log, from `origin`: one line.
    pub(super) fn origin(&self) -> Result<String, Error> {
        let text = self.text(ORIGIN)?;
        let name = text.strip_suffix('\n').filter(|name| !name.contains('\n'));
        name.map(str::to_owned).ok_or_else(|| Error::damaged(Place::file(ORIGIN), "it is not one line"))
    }

    /// A small file that every log has.
    pub(super) fn text(&self, name: &'static str) -> Result<String, Error> {
        String::from_utf8(self.bytes(name)?).map_err(|_| Error::damaged(Place::file(name), "it is not text"))
    }

    pub(super) fn bytes(&self, name: &'static str) -> Result<Vec<u8>, Error> {
        let path = self.path(name);
        fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::NotALog { path: self.dir.clone(), missing: name },
            _ => Error::io("read", &path)(error),
        })
    }

    /// Keeps writers away until dropped. A copy may have no lock, and no writers.
    pub(super) fn lock_shared(&self) -> Option<File> {
        File::open(self.path(LOCK)).ok().filter(|lock| lock.lock_shared().is_ok())
    }

    /// Every key there ever was, by file name.
    pub(super) fn keys(&self) -> Result<Vec<VerifierKey>, Error> {
        let mut keys = Vec::new();
        for name in self.names(KEYS)? {
            let place = || Place::file(format!("{KEYS}/{name}"));
            let path = self.path(KEYS).join(&name);
            let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
                io::ErrorKind::InvalidData => Error::damaged(place(), "it is not text"),
                _ => Error::io("read", &path)(error),
            })?;
            let key = text.strip_suffix('\n').ok_or_else(|| Error::damaged(place(), "its line has no end"))?;
            let key = VerifierKey::parse(key).map_err(|error| Error::damaged(place(), error.to_string()))?;
            if key_file(&key) != name {
                return Err(Error::damaged(place(), format!("it holds key `{}`", key.id())));
            }
            keys.push(key);
        }
        Ok(keys)
    }

    pub(super) fn key(&self, key: &VerifierKey) -> PathBuf {
        self.path(KEYS).join(key_file(key))
    }

    /// The number of the first entry of each segment, in order.
    pub(super) fn segments(&self) -> Result<Vec<u64>, Error> {
        let mut firsts = Vec::new();
        for name in self.names(SEGMENTS)? {
            let first = name.strip_suffix(".seg").and_then(|digits| digits.parse().ok());
            match first {
                Some(first) if segment_file(first) == name => firsts.push(first),
                _ => return Err(Error::damaged(Place::file(format!("{SEGMENTS}/{name}")), "it is no segment")),
            }
        }
        firsts.sort_unstable();
        Ok(firsts)
    }

    pub(super) fn segment(&self, first: u64) -> PathBuf {
        self.path(SEGMENTS).join(segment_file(first))
    }

    /// Names in a folder, in order; hidden ones are unfinished and do not count.
    fn names(&self, folder: &'static str) -> Result<Vec<String>, Error> {
        let path = self.path(folder);
        let entries = match fs::read_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Error::NotALog { path: self.dir.clone(), missing: folder });
            }
            entries => entries.map_err(Error::io("list", &path))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(Error::io("list", &path))?.file_name();
            let name = name.to_string_lossy();
            if !name.starts_with('.') {
                names.push(name.into_owned());
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}

/// `keys/acme.example_audit+c74f20a3.vkey`
fn key_file(key: &VerifierKey) -> String {
    format!("{}+{}.vkey", key.name().replace('/', "_"), key.id())
}

/// `seg/000000000000.seg`
fn segment_file(first: u64) -> String {
    format!("{first:012}.seg")
}

/// A place in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The entry of this number, from 0.
    Entry(u64),
    /// A file, by its path within the log.
    File(String),
}

impl Place {
    pub(super) fn file(name: impl Into<String>) -> Self {
        Self::File(name.into())
    }

    pub(super) fn segment(first: u64) -> Self {
        Self::File(format!("{SEGMENTS}/{}", segment_file(first)))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry(index) => write!(f, "entry {index}"),
            Self::File(name) => write!(f, "`{name}`"),
        }
    }
}
