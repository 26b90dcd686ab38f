use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

use crate::store::{Error, Format, Listed, ListedAt, Objects, StoredObject, StoredVersion};

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
    /// A file that was listed. What everybody sees of an object is kept, and a packed text unpacked; nothing, if there is
    /// no more of it to see.
    pub(super) fn listed(file: &Listed, objects: Option<&Objects>) -> Result<Option<Self>, Error> {
        let raw = match &file.0 {
            ListedAt::Path(path) => Self::File(path.clone()),
            ListedAt::Object(object) => match object.current() {
                Some(version) => Self::kept(object, version, objects.ok_or(Error::NoCredentials)?)?,
                None => return Ok(None),
            },
        };
        let name = raw.name();
        if !matches!(Format::of_packed(Path::new(&name)), Some(Format::Csv | Format::JsonLines)) {
            return Ok(Some(raw));
        }
        raw.unpacked().map(Some)
    }

    /// An object, kept in an unnamed temporary file.
    fn kept(object: &StoredObject, version: &StoredVersion, objects: &Objects) -> Result<Self, Error> {
        let (name, mut from) = (object.location.to_string(), 0);
        let failed = |source| Error::Read { file: object.location.to_string(), source };
        let mut file = tempfile::tempfile().map_err(failed)?;
        while from < version.bytes {
            let to = version.bytes.min(from + AT_ONCE);
            let bytes = objects.read(&object.location, version.id.as_deref(), &version.etag, from..to)?;
            file.write_all(&bytes).map_err(failed)?;
            from = to;
        }
        Ok(Self::Spooled { file, name })
    }

    /// Text that is packed, whatever its name says, kept as it is unpacked; any other as it was.
    fn unpacked(self) -> Result<Self, Error> {
        let mut head = Vec::new();
        let read = self.file()?.take(4).read_to_end(&mut head);
        read.map_err(|source| self.unreadable(source))?;
        let bytes = BufReader::new(self.file()?);
        let unpacked = tempfile::tempfile().and_then(|mut file| {
            match head.as_slice() {
                [0x1f, 0x8b, ..] => io::copy(&mut MultiGzDecoder::new(bytes), &mut file)?,
                [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => {
                    io::copy(&mut zstd::Decoder::with_buffer(bytes)?, &mut file)?
                }
                _ => return Ok(None),
            };
            Ok(Some(file))
        });
        Ok(match unpacked.map_err(|source| self.unreadable(source))? {
            Some(file) => Self::Spooled { file, name: self.name() },
            None if is_packed(Path::new(&self.name())) => Self::Spooled { file: self.file()?, name: self.name() },
            None => self,
        })
    }

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

/// Whether the name says that it is text that is packed.
fn is_packed(path: &Path) -> bool {
    Format::of_path(path).is_none() && Format::of_packed(path).is_some()
}

/// The name that a packed text has when it is unpacked.
pub(super) fn unpacked_name(path: &Path) -> &Path {
    match path.file_stem().filter(|_| is_packed(path)) {
        Some(stem) => Path::new(stem),
        None => path,
    }
}

/// So much of an object is asked for at once.
const AT_ONCE: u64 = 8 << 20;

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
