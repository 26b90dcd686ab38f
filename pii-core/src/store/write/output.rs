use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, IoSlice, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ring::digest;
use tempfile::NamedTempFile;

use crate::store::{Destination, Error};

/// What an encoder writes to.
pub(super) type Output = BufWriter<Hashed>;

/// Bytes on their way to the file, counted and hashed.
pub(super) struct Hashed {
    pub(super) sink: Sink,
    pub(super) digest: digest::Context,
    pub(super) bytes: u64,
    failure: Failure,
}

/// Where the bytes go.
pub(super) enum Sink {
    /// A temporary file beside the target, removed when dropped.
    Staged { file: NamedTempFile, target: PathBuf },
    /// Standard output, a pipe or a device: what is written is gone.
    Stream(Box<dyn Write + Send>),
}

impl Sink {
    pub(super) fn open(destination: &Destination, private: bool) -> Result<Self, Error> {
        match destination {
            Destination::Stdout => Ok(Self::Stream(Box::new(io::stdout()))),
            Destination::Path(path) => stage(path, private),
        }
    }

    pub(super) fn sync(&mut self) -> io::Result<()> {
        match self {
            Self::Staged { file, .. } => File::sync_all(file.as_file()),
            Self::Stream(stream) => stream.flush(),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Staged { file, .. } => file.as_file_mut().write(buffer),
            Self::Stream(stream) => stream.write(buffer),
        }
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Staged { file, .. } => file.as_file_mut().write_vectored(buffers),
            Self::Stream(stream) => stream.write_vectored(buffers),
        }
    }

    /// The buffers are the operating system's; `sync` empties them once, at the end.
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Staged { .. } => Ok(()),
            Self::Stream(stream) => stream.flush(),
        }
    }
}

/// The first error of the file itself. Encoders wrap it, each in its own way, and some only keep the text.
#[derive(Clone, Default)]
pub(super) struct Failure(Arc<Mutex<Option<io::Error>>>);

impl Failure {
    pub(super) fn take(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, error: &io::Error) {
        let copy = error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(copy);
    }
}

/// Opens the destination.
pub(super) fn open(destination: &Destination, private: bool) -> Result<(Output, Failure), Error> {
    let sink = Sink::open(destination, private)?;
    let failure = Failure::default();
    let digest = digest::Context::new(&digest::SHA256);
    let hashed = Hashed { sink, digest, bytes: 0, failure: failure.clone() };
    Ok((BufWriter::with_capacity(256 << 10, hashed), failure))
}

fn stage(path: &Path, private: bool) -> Result<Sink, Error> {
    let file = path.display().to_string();
    let failed = |source| Error::Write { file: file.clone(), source };
    let known = match fs::metadata(path) {
        Ok(known) if known.is_dir() => return Err(Error::TargetIsFolder { file }),
        // Renaming over `/dev/null` would replace it.
        Ok(known) if !known.is_file() => {
            let stream = OpenOptions::new().write(true).open(path).map_err(failed)?;
            return Ok(Sink::Stream(Box::new(stream)));
        }
        Ok(known) => Some(known),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    // A link stays a link: what it points to is replaced.
    let target = if known.is_some() { path.canonicalize().map_err(failed)? } else { path.to_owned() };
    let Some(name) = target.file_name() else { return Err(Error::TargetIsFolder { file }) };
    let folder = folder_of(&target);
    if !folder.is_dir() {
        return Err(Error::NoFolder { file, folder: folder.display().to_string() });
    }
    let mut builder = tempfile::Builder::new();
    let prefix = [".", &name.to_string_lossy(), ".pii-"].concat();
    builder.prefix(&prefix).suffix(".tmp");
    if known.is_none() && !private {
        as_any_new_file(&mut builder);
    }
    let staged = builder.tempfile_in(folder).map_err(failed)?;
    if let Some(known) = known {
        staged.as_file().set_permissions(known.permissions()).map_err(failed)?;
    }
    Ok(Sink::Staged { file: staged, target })
}

/// What the user's mask allows, as for any new file; a temporary one is for its owner alone.
#[cfg(unix)]
fn as_any_new_file(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn as_any_new_file(_: &mut tempfile::Builder<'_, '_>) {}

pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

impl Write for Hashed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self.sink.write(buffer) {
            Ok(written) => {
                self.digest.update(buffer.get(..written).unwrap_or_default());
                self.bytes += written as u64;
                Ok(written)
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::Interrupted {
                    self.failure.note(&error);
                }
                Err(error)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
