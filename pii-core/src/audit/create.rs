use std::fs;
use std::io;
use std::path::Path;

use super::checkpoint::TreeHead;
use super::layout::{CHECKPOINT, CHECKPOINTS, KEYS, LOCK, Layout, MAX_SIGNED, ORIGIN, SEGMENTS, TILES};
use super::{AuditLog, Checkpoint, Error, Range, Settings, Signer, durable, frame};

impl AuditLog {
    /// Creates an empty log in `dir`, which must be empty or absent, and opens it. The log's origin is the
    /// name of the signer's key.
    ///
    /// The folder appears whole or not at all. It holds a signed checkpoint of no entries from the first
    /// moment, so that a missing checkpoint is always a sign.
    ///
    /// # Errors
    /// [`Error::NotEmpty`], [`Error::Io`].
    pub fn create(dir: &Path, signer: Signer, settings: Settings) -> Result<Self, Error> {
        match fs::read_dir(dir).map(Iterator::count) {
            Ok(0) => {}
            Ok(_) => return Err(Error::NotEmpty { path: dir.to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("read", dir)(error)),
        }
        let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        let draft =
            tempfile::Builder::new().prefix(".audit-").tempdir_in(parent).map_err(Error::io("write in", parent))?;
        fill(&Layout::new(draft.path()), &signer)?;
        fs::rename(draft.path(), dir).map_err(Error::io("create", dir))?;
        durable::flush_folder(parent)?;
        Self::open(dir, signer, settings)
    }
}

fn fill(layout: &Layout, signer: &Signer) -> Result<(), Error> {
    for folder in [KEYS, SEGMENTS, TILES] {
        let path = layout.path(folder);
        fs::create_dir(&path).map_err(Error::io("create", &path))?;
    }
    let name = signer.verifier().name();
    let head = TreeHead { origin: name.to_owned(), size: 0, root: Range::default().root() };
    let checkpoint = Checkpoint::sign(head.clone(), signer);
    durable::replace(&layout.path(ORIGIN), format!("{name}\n").as_bytes())?;
    durable::replace(&layout.path(LOCK), b"")?;
    durable::replace(&layout.key(signer.verifier()), format!("{}\n", signer.verifier()).as_bytes())?;
    durable::replace(&layout.segment(0), &frame::header(0))?;
    durable::replace(&layout.path(MAX_SIGNED), head.to_string().as_bytes())?;
    durable::replace(&layout.path(CHECKPOINTS), format!("{checkpoint}\n").as_bytes())?;
    durable::replace(&layout.path(CHECKPOINT), checkpoint.to_string().as_bytes())
}
