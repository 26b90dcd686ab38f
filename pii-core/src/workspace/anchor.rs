use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use jiff::SignedDuration;

use super::Workspace;
use crate::audit::{self, Action, Checkpoint, keep_anchor, parse_anchors};
use crate::error::Error;
use crate::store;
use crate::store::{ObjectLocation, Objects};

/// Where an anchor is to be kept. It is worth something where whoever keeps the log cannot change it: on
/// another machine, in another's mailbox, in a bucket with object lock.
pub enum AnchorTo<'a> {
    /// Whatever reads the other end.
    Writer(&'a mut dyn Write),
    /// A file of anchors; the new one is added to those in it.
    File(&'a Path),
    /// An object, which is replaced; or, under a prefix, a new object of its own.
    Object(&'a Objects, &'a ObjectLocation),
}

/// An anchor that is kept.
#[derive(Clone, Debug)]
pub struct Anchored {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The object, if it became one.
    pub object: Option<ObjectLocation>,
}

/// A log that is sealed.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The newest checkpoint.
    pub checkpoint: Checkpoint,
    /// It was not there before.
    pub new: bool,
    /// Nothing had happened for so long that an entry says that the log is still kept.
    pub heartbeat: bool,
}

impl Workspace {
    /// Seals the log and gives its newest checkpoint to be kept elsewhere. On record before it leaves. If the
    /// log does not go on from the anchors that are there already, nothing is written: they are evidence.
    ///
    /// # Errors
    /// [`Error::Audit`] with [`audit::Error::RolledBack`] or [`audit::Error::Diverged`] if the log was cut or
    /// changed since, with [`audit::Error::NotAnAnchor`] if what is there is another log's;
    /// [`Error::Anchor`] if it is none at all; [`Error::Store`], [`Error::Io`].
    pub fn anchor(&self, mut to: AnchorTo<'_>) -> Result<Anchored, Error> {
        let event = self.event(Action::LogAnchor);
        if let AnchorTo::Object(objects, _) = &to {
            self.record_plain(objects.encryption())?;
        }
        let kept = to.kept()?;
        if let Err(error) = to.check(self, &kept) {
            self.record(&event.denied(error.to_string()))?;
            return Err(error);
        }
        self.record(&event)?;
        let checkpoint = self.log.checkpoint()?;
        let object = to.keep(&checkpoint)?;
        Ok(Anchored { checkpoint, object })
    }

    /// Signs what the log holds now. If its newest entry is older than `max_age`, an entry is added first that
    /// says no more than that the log is still kept: so a log whose end was cut shows by its age.
    ///
    /// # Errors
    /// [`Error::Audit`].
    pub fn checkpoint(&self, max_age: Option<SignedDuration>) -> Result<Sealed, Error> {
        let before = self.log.newest_checkpoint()?;
        let heartbeat = match max_age {
            Some(max_age) => self.is_older_than(max_age)?,
            None => false,
        };
        if heartbeat {
            self.record(&self.event(Action::LogHeartbeat))?;
        }
        let checkpoint = self.log.checkpoint()?;
        Ok(Sealed { new: checkpoint != before, checkpoint, heartbeat })
    }

    fn is_older_than(&self, max_age: SignedDuration) -> Result<bool, Error> {
        let now = self.caller.clock.now();
        Ok(self.log.last_entry()?.is_none_or(|last| now.duration_since(last) > max_age))
    }
}

impl AnchorTo<'_> {
    /// What is there already.
    fn kept(&self) -> Result<Vec<u8>, Error> {
        match self {
            Self::Writer(_) => Ok(Vec::new()),
            Self::File(path) => match File::open(path) {
                Ok(file) => read_anchors(path, file),
                Err(error) if error.kind() == io::ErrorKind::NotFound && has_folder(path) => Ok(Vec::new()),
                Err(source) => Err(Error::Io { path: path.to_path_buf(), source }),
            },
            Self::Object(_, location) if location.is_prefix() => Ok(Vec::new()),
            Self::Object(objects, location) => match objects.get(location) {
                Err(store::Error::NoObject { .. }) => Ok(Vec::new()),
                got => Ok(got?),
            },
        }
    }

    /// Whether the log goes on from what is there.
    fn check(&self, workspace: &Workspace, kept: &[u8]) -> Result<(), Error> {
        if kept.trim_ascii().is_empty() {
            return Ok(());
        }
        let anchors = parse_anchors(kept).map_err(|source| Error::Anchor { place: self.place(), source })?;
        Ok(workspace.log.continues(&anchors)?)
    }

    fn keep(&mut self, checkpoint: &Checkpoint) -> Result<Option<ObjectLocation>, Error> {
        let note = checkpoint.to_string();
        match self {
            Self::Writer(writer) => {
                let written = writer.write_all(note.as_bytes()).and_then(|()| writer.flush());
                written.map_err(|source| Error::Io { path: "-".into(), source })?;
                Ok(None)
            }
            Self::File(path) => {
                keep_anchor(path, checkpoint)?;
                Ok(None)
            }
            Self::Object(objects, location) if location.is_prefix() => {
                let folder = checkpoint.origin().replace('/', "_");
                let location = location.join(&format!("{folder}/{:012}.checkpoint", checkpoint.size()))?;
                match objects.put_new(&location, note.as_bytes()) {
                    // A request that was sent twice, because its first answer was lost.
                    Err(store::Error::ObjectExists { .. }) if objects.get(&location)? == note.as_bytes() => {}
                    Err(store::Error::ObjectExists { .. }) => {
                        return Err(audit::Error::Diverged { size: checkpoint.size() }.into());
                    }
                    written => written?,
                }
                Ok(Some(location))
            }
            Self::Object(objects, location) => {
                objects.put(location, note.as_bytes())?;
                Ok(Some(location.clone()))
            }
        }
    }

    fn place(&self) -> String {
        match self {
            Self::Writer(_) => "-".to_owned(),
            Self::File(path) => path.display().to_string(),
            Self::Object(_, location) => location.to_string(),
        }
    }
}

/// A file that cannot be made is found out before an entry says that an anchor was given away.
fn has_folder(path: &Path) -> bool {
    path.parent().is_some_and(|folder| folder.as_os_str().is_empty() || folder.is_dir())
}

/// Reads anchors, from a file or from whatever `path` stands for.
///
/// # Errors
/// [`Error::Io`], also for more than 16 MiB: some 70,000 anchors, eight years of one an hour.
pub fn read_anchors(path: &Path, reader: impl Read) -> Result<Vec<u8>, Error> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io(io::Error::new(io::ErrorKind::FileTooLarge, "more than 16 MiB: begin another file of anchors")));
    }
    Ok(bytes)
}

const MAX_BYTES: u64 = 16 << 20;
