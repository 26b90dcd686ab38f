use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

use crate::store::{Error, Format, Listed, ListedAt, Objects};

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
        let (name, raw) = match &file.0 {
            ListedAt::Path(path) if packing(path).is_none() => return Ok(Some(Self::File(path.clone()))),
            ListedAt::Path(path) => (path.display().to_string(), Self::File(path.clone())),
            ListedAt::Object(object) => {
                let Some(version) = object.current() else { return Ok(None) };
                let objects = objects.ok_or(Error::NoCredentials)?;
                let (name, mut from) = (object.location.to_string(), 0);
                let failed = |source| Error::Read { file: name.clone(), source };
                let mut kept = tempfile::tempfile().map_err(failed)?;
                while from < version.bytes {
                    let to = version.bytes.min(from + AT_ONCE);
                    let bytes = objects.read(&object.location, version.id.as_deref(), &version.etag, from..to)?;
                    kept.write_all(&bytes).map_err(failed)?;
                    from = to;
                }
                (name.clone(), Self::Spooled { file: kept, name })
            }
        };
        let Some(packing) = packing(Path::new(&name)) else { return Ok(Some(raw)) };
        let bytes = BufReader::new(raw.file()?);
        let unpacked = tempfile::tempfile().and_then(|mut file| {
            match packing {
                Packing::Gzip => io::copy(&mut MultiGzDecoder::new(bytes), &mut file)?,
                Packing::Zstd => io::copy(&mut zstd::Decoder::with_buffer(bytes)?, &mut file)?,
            };
            Ok(file)
        });
        let file = unpacked.map_err(|source| raw.unreadable(source))?;
        Ok(Some(Self::Spooled { file, name }))
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

/// How a text is packed.
enum Packing {
    Gzip,
    Zstd,
}

fn packing(path: &Path) -> Option<Packing> {
    let is_packed = Format::of_path(path).is_none() && Format::of_packed(path).is_some();
    let gzip = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz"));
    is_packed.then_some(if gzip { Packing::Gzip } else { Packing::Zstd })
}

/// The name that a packed text has when it is unpacked.
pub(super) fn unpacked_name(path: &Path) -> &Path {
    match (packing(path), path.file_stem()) {
        (Some(_), Some(stem)) => Path::new(stem),
        _ => path,
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
