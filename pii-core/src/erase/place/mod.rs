//! Where do the files lie, and how does a new one take the place of an old one?
//!
//! | | read | the new one is written | it takes its place |
//! |---|---|---|---|
//! | in a folder | by ranges | beside it, as `.NAME.pii-erase` | by `rename` |
//! | in a bucket, small | by ranges, ahead | in memory | by `PUT` on the ETag that was planned |
//! | in a bucket, large | by ranges, ahead | beside it, in parts; most of them copied by the store | by copying it, on the ETag that was planned |
//! | in a bucket that keeps versions, large | by ranges, ahead | as a new version, on the ETag that was planned | when the old ones are removed |
//!
//! In each case the new one is read again before the old one is gone, and a run that dies leaves the one or the other.

mod address;
mod file;
mod local;
mod object;
mod parts;
mod remove;

use std::ops::Range;

use super::{Error, Input, Output, PlannedFile, Version};
use crate::store::{ListedAt, Objects};

pub use address::Address;
pub(super) use file::LocalFile;
pub(super) use local::Draft as LocalDraft;
pub(super) use object::ObjectFile;
pub(super) use parts::ObjectDraft;
pub(super) use remove::Removal;

/// A state of a file, open for reading. It stays the same, whatever takes its name.
pub(super) enum OpenFile<'o> {
    Local(LocalFile),
    Object(ObjectFile<'o>),
}

impl<'o> OpenFile<'o> {
    /// What everybody sees of a file that was listed; nothing, of an object that was deleted.
    pub(super) fn current(listed: &ListedAt, objects: Option<&'o Objects>) -> Result<Option<Self>, Error> {
        match listed {
            ListedAt::Path(path) => Ok(Some(Self::Local(LocalFile::open(path)?))),
            ListedAt::Object(object) => {
                let objects = reach(objects)?;
                Ok(object.current().map(|version| Self::Object(ObjectFile::listed(objects, object, version))))
            }
        }
    }

    /// All that is kept of a file that was listed: the current state first, then old ones.
    pub(super) fn all(listed: &ListedAt, objects: Option<&'o Objects>) -> Result<Vec<Self>, Error> {
        let mut all: Vec<_> = Self::current(listed, objects)?.into_iter().collect();
        if let ListedAt::Object(object) = listed {
            let objects = reach(objects)?;
            let old = object.others().filter(|version| !version.marker);
            all.extend(old.map(|version| Self::Object(ObjectFile::listed(objects, object, version))));
        }
        Ok(all)
    }

    /// The file of a plan, as it is now.
    pub(super) fn planned(planned: &PlannedFile, objects: Option<&'o Objects>) -> Result<Self, Error> {
        match &planned.file {
            Address::Path(path) => LocalFile::open(path).map(Self::Local),
            Address::Object(location) => ObjectFile::open(reach(objects)?, location, None).map(Self::Object),
        }
    }

    pub(super) fn address(&self) -> &Address {
        match self {
            Self::Local(file) => file.address(),
            Self::Object(file) => file.address(),
        }
    }

    /// Whether it is what everybody sees.
    pub(super) fn is_current(&self) -> bool {
        match self {
            Self::Local(_) => true,
            Self::Object(file) => file.current,
        }
    }

    /// The id of its version; empty where none is kept.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Local(_) => String::new(),
            Self::Object(file) => file.version.clone().unwrap_or_default(),
        }
    }

    /// What forbids that it is removed.
    pub(super) fn lock(&self) -> Result<Option<String>, Error> {
        match self {
            Self::Local(_) => Ok(None),
            Self::Object(file) => file.lock(),
        }
    }

    /// Which state it is. With its digest, another process can tell a local file later.
    pub(super) fn version(&self, digest: bool) -> Result<Version, Error> {
        match self {
            Self::Local(file) => Ok(Version::File(file.version(digest)?)),
            Self::Object(file) => Ok(Version::Object(file.version())),
        }
    }

    /// By what the journal of a run knows the file again that this run made.
    pub(super) fn made(&self) -> Result<Option<String>, Error> {
        match self {
            Self::Local(file) => file.sha256().map(Some),
            Self::Object(file) => Ok(file.mark()),
        }
    }

    /// Whether something else keeps the bytes when this name gets others.
    pub(super) fn stands_alone(&self) -> Result<(), Error> {
        match self {
            Self::Local(file) if file.names() > 1 => {
                let why = "it has another name (a hard link), under which its bytes would stay".to_owned();
                Err(Error::Impossible { file: file.name().to_owned(), why })
            }
            _ => Ok(()),
        }
    }
}

impl Input for OpenFile<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Local(file) => file.name(),
            Self::Object(file) => file.name(),
        }
    }

    fn size(&self) -> Result<u64, Error> {
        match self {
            Self::Local(file) => file.size(),
            Self::Object(file) => file.size(),
        }
    }

    fn read(&self, range: Range<u64>, into: &mut Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Local(file) => file.read(range, into),
            Self::Object(file) => file.read(range, into),
        }
    }
}

/// The file that is to take the place of another. Dropped before it does, it goes.
pub(super) enum Draft<'a> {
    Local(LocalDraft<'a>),
    Object(Box<ObjectDraft<'a>>),
}

impl<'a> Draft<'a> {
    /// Begins one; clears away what a run that died left of its own.
    pub(super) fn of(old: &'a OpenFile<'a>) -> Result<Self, Error> {
        match old {
            OpenFile::Local(file) => LocalDraft::beside(file).map(Self::Local),
            OpenFile::Object(file) => ObjectDraft::of(file).map(Box::new).map(Self::Object),
        }
    }

    /// By what a journal will know it, if that is known before it is written.
    pub(super) fn mark(&self) -> Option<&str> {
        match self {
            Self::Local(_) => None,
            Self::Object(draft) => Some(draft.mark()),
        }
    }

    /// Ends the writing; it can then be read.
    pub(super) fn sync(&mut self) -> Result<OpenFile<'a>, Error> {
        match self {
            Self::Local(draft) => draft.sync().map(OpenFile::Local),
            Self::Object(draft) => draft.sync().map(OpenFile::Object),
        }
    }

    /// It takes the place of the old file, if that is still the one it was.
    pub(super) fn publish(self) -> Result<(), Error> {
        match self {
            Self::Local(draft) => draft.publish(),
            Self::Object(draft) => draft.publish(),
        }
    }
}

impl Output for Draft<'_> {
    fn copy(&mut self, range: Range<u64>) -> Result<(), Error> {
        match self {
            Self::Local(draft) => draft.copy(range),
            Self::Object(draft) => draft.copy(range),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self {
            Self::Local(draft) => draft.write(bytes),
            Self::Object(draft) => draft.write(bytes),
        }
    }

    fn position(&self) -> u64 {
        match self {
            Self::Local(draft) => draft.position(),
            Self::Object(draft) => draft.position(),
        }
    }
}

/// The same file by its one name: without links, in a folder.
pub(super) fn resolve(listed: &ListedAt) -> Result<ListedAt, Error> {
    match listed {
        ListedAt::Path(path) => file::resolve(path).map(ListedAt::Path),
        ListedAt::Object(object) => Ok(ListedAt::Object(object.clone())),
    }
}

pub(super) fn address(listed: &ListedAt) -> Address {
    match listed {
        ListedAt::Path(path) => Address::Path(path.clone()),
        ListedAt::Object(object) => Address::Object(object.location.clone()),
    }
}

/// How many bytes are to be looked at.
pub(super) fn bytes(listed: &ListedAt) -> u64 {
    match listed {
        ListedAt::Path(path) => std::fs::metadata(path).map_or(0, |metadata| metadata.len()),
        ListedAt::Object(object) => object.versions.iter().map(|version| version.bytes).sum(),
    }
}

/// Removes what a run that died left beside a file.
pub(super) fn clear(address: &Address) -> Result<(), Error> {
    match address {
        Address::Path(path) => file::clear(path),
        Address::Object(_) => Ok(()),
    }
}

pub(super) fn reach(objects: Option<&Objects>) -> Result<&Objects, Error> {
    objects.ok_or(Error::Store(crate::store::Error::NoCredentials))
}
