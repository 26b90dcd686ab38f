use std::io::{self, Write};

use crc32fast::Hasher;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use ring::digest::{Context, SHA256};

use super::record::{Directory, Entry, central, descriptor, end, local};

/// Writes a container from its first byte to its last: memory holds the directory, and nothing of the files.
pub(in crate::request::package) struct Writer<W: Write> {
    out: Counted<W>,
    level: Compression,
    entries: Vec<Entry>,
}

/// What a file turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::request::package) struct Digested {
    pub(in crate::request::package) name: String,
    pub(in crate::request::package) sha256: [u8; 32],
    pub(in crate::request::package) bytes: u64,
}

impl<W: Write> Writer<W> {
    /// `level` is deflate's, 0 to 9.
    pub(in crate::request::package) fn new(out: W, level: u32) -> Self {
        Self { out: Counted { out, bytes: 0 }, level: Compression::new(level), entries: Vec::new() }
    }

    /// A file called `name`, with what `fill` writes; and what `fill` gives.
    pub(in crate::request::package) fn file<T, E: From<io::Error>>(
        &mut self,
        name: &str,
        fill: impl FnOnce(&mut dyn Write) -> Result<T, E>,
    ) -> Result<(Digested, T), E> {
        let at = self.out.bytes;
        self.out.write_all(&local(name))?;
        let before = self.out.bytes;
        let (Poured { crc, sha256, size }, given) = pour(&mut self.out, self.level, fill)?;
        let packed = self.out.bytes - before;
        let entry = Entry { name: name.to_owned(), crc, packed, size, at };
        self.out.write_all(&descriptor(&entry))?;
        self.entries.push(entry);
        Ok((Digested { name: name.to_owned(), sha256, bytes: size }, given))
    }

    /// The directory, and the end.
    pub(in crate::request::package) fn finish(mut self) -> io::Result<W> {
        let at = self.out.bytes;
        for entry in &self.entries {
            self.out.write_all(&central(entry))?;
        }
        let directory = Directory { entries: self.entries.len() as u64, at, size: self.out.bytes - at };
        self.out.write_all(&end(directory))?;
        self.out.flush()?;
        Ok(self.out.out)
    }
}

/// What went into a file.
struct Poured {
    crc: u32,
    sha256: [u8; 32],
    size: u64,
}

/// Deflates what `fill` writes.
fn pour<T, E: From<io::Error>>(
    out: &mut dyn Write,
    level: Compression,
    fill: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<(Poured, T), E> {
    let deflated = DeflateEncoder::new(out, level);
    let mut content = Content { deflated, crc: Hasher::new(), sha256: Context::new(&SHA256), size: 0 };
    let given = fill(&mut content)?;
    let Content { deflated, crc, sha256, size } = content;
    deflated.finish()?;
    let mut digest = [0; 32];
    digest.copy_from_slice(sha256.finish().as_ref());
    Ok((Poured { crc: crc.finalize(), sha256: digest, size }, given))
}

/// The content of a file, on its way.
struct Content<W: Write> {
    deflated: DeflateEncoder<W>,
    crc: Hasher,
    sha256: Context,
    size: u64,
}

impl<W: Write> Write for Content<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.deflated.write_all(bytes)?;
        self.crc.update(bytes);
        self.sha256.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // A flush would put marks into the data: the same file would become other bytes.
        Ok(())
    }
}

struct Counted<W> {
    out: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
