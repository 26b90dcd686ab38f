use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::Error;

/// Where the bytes of one file come from.
#[derive(Debug)]
pub(super) enum Input {
    File(PathBuf),
    /// Can be opened once.
    Stdin,
    /// A stream that was kept in an unnamed temporary file, so that it can be opened again and read from anywhere.
    Spooled {
        file: File,
        name: String,
    },
}

impl Input {
    /// Whether a second opening would find the bytes gone: standard input, or a shell's `<(…)`.
    pub(super) fn is_stream(&self) -> bool {
        match self {
            Self::File(path) => path.metadata().is_ok_and(|m| !m.is_file() && !m.is_dir()),
            Self::Stdin => true,
            Self::Spooled { .. } => false,
        }
    }

    /// Keeps a stream.
    pub(super) fn spool(self) -> Result<Self, Error> {
        if !self.is_stream() {
            return Ok(self);
        }
        let mut bytes = self.bytes(&Meter::default())?;
        let kept = tempfile::tempfile().and_then(|mut file| io::copy(&mut bytes, &mut file).map(|_| file));
        match kept {
            Ok(file) => Ok(Self::Spooled { file, name: self.name() }),
            Err(source) => Err(self.unreadable(source)),
        }
    }

    /// A file that can be read from anywhere.
    pub(super) fn file(&self) -> Result<File, Error> {
        let opened = match self {
            Self::File(path) => File::open(path),
            Self::Spooled { file, .. } => file.try_clone().and_then(|mut file| file.rewind().map(|()| file)),
            Self::Stdin => Err(io::Error::from(io::ErrorKind::NotSeekable)),
        };
        opened.map_err(|source| self.unreadable(source))
    }

    /// The bytes from the start, counted into `progress`.
    pub(super) fn bytes(&self, progress: &Meter) -> Result<Metered<Box<dyn Read + Send>>, Error> {
        let inner: Box<dyn Read + Send> = match self {
            Self::Stdin => Box::new(io::stdin()),
            Self::File(_) | Self::Spooled { .. } => Box::new(self.file()?),
        };
        Ok(Metered { inner, meter: progress.clone() })
    }

    /// The name for messages.
    pub(super) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "standard input".to_owned(),
            Self::Spooled { name, .. } => name.clone(),
        }
    }

    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Stdin | Self::Spooled { .. } => None,
        }
    }

    /// The size in bytes, if it is known before reading.
    pub(super) fn size(&self) -> Option<u64> {
        match self {
            Self::File(path) => path.metadata().ok(),
            Self::Spooled { file, .. } => file.metadata().ok(),
            Self::Stdin => None,
        }
        .map(|m| m.len())
    }

    pub(super) fn unreadable(&self, source: io::Error) -> Error {
        Error::Read { file: self.name(), source }
    }
}

/// Counts bytes as they are read; shared with whoever shows the progress.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter(Arc<AtomicU64>);

impl Meter {
    pub(super) fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A reader whose bytes are counted.
#[derive(Debug)]
pub(super) struct Metered<R> {
    pub(super) inner: R,
    pub(super) meter: Meter,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.meter.add(read as u64);
        Ok(read)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
