use std::io::{self, Write};
use std::ops::Range;

use encoding_rs::UTF_16LE;
use flate2::write::GzEncoder;

use super::super::{Error, Output};
use super::source::{Packing, Source};

/// Where the rows of the new file go: packed and encoded as those of the old one were.
pub(super) struct Sink<'o> {
    way: Way<'o>,
    wide: Option<fn(u16) -> [u8; 2]>,
    copied: u64,
    begin: u64,
}

enum Way<'o> {
    /// Ranges that touch each other are asked for as one.
    Plain(&'o mut dyn Output, Range<u64>),
    Gzip(Box<GzEncoder<Tube<'o>>>),
    Zstd(Box<zstd::Encoder<'static, Tube<'o>>>),
}

impl<'o> Sink<'o> {
    pub(super) fn new(source: &Source, output: &'o mut dyn Output) -> Result<Self, Error> {
        let begin = output.position();
        let way = match source.packing {
            Packing::Plain => Way::Plain(output, 0..0),
            Packing::Gzip => Way::Gzip(Box::new(GzEncoder::new(Tube(output), flate2::Compression::default()))),
            Packing::Zstd => {
                let mut encoder =
                    zstd::Encoder::new(Tube(output), zstd::DEFAULT_COMPRESSION_LEVEL).map_err(unwritten)?;
                encoder.include_checksum(true).map_err(unwritten)?;
                Way::Zstd(Box::new(encoder))
            }
        };
        let ends: fn(u16) -> [u8; 2] = if source.encoding == UTF_16LE { u16::to_le_bytes } else { u16::to_be_bytes };
        Ok(Self { way, wide: source.is_wide().then_some(ends), copied: 0, begin })
    }

    /// Takes over text that stands at `at` in the source.
    pub(super) fn keep(&mut self, text: &[u8], at: u64) -> Result<(), Error> {
        let Way::Plain(output, waiting) = &mut self.way else { return self.put(text) };
        if self.wide.is_some() {
            return self.put(text);
        }
        let end = at + text.len() as u64;
        if waiting.end != at || waiting.is_empty() {
            self.copied += flush(*output, waiting)?;
            *waiting = at..end;
        }
        waiting.end = end;
        Ok(())
    }

    /// Adds text.
    pub(super) fn put(&mut self, text: &[u8]) -> Result<(), Error> {
        let encoded: Vec<u8>;
        let bytes = match self.wide {
            None => text,
            Some(ends) => {
                let text = std::str::from_utf8(text).map_err(|error| unwritten(io::Error::other(error)))?;
                encoded = text.encode_utf16().flat_map(ends).collect();
                encoded.as_slice()
            }
        };
        match &mut self.way {
            Way::Plain(output, waiting) => {
                self.copied += flush(*output, waiting)?;
                output.write(bytes)
            }
            Way::Gzip(encoder) => encoder.write_all(bytes).map_err(unwritten),
            Way::Zstd(encoder) => encoder.write_all(bytes).map_err(unwritten),
        }
    }

    /// Ends the file: bytes taken over, bytes made.
    pub(super) fn finish(self) -> Result<(u64, u64), Error> {
        let mut copied = self.copied;
        let end = match self.way {
            Way::Plain(output, mut waiting) => {
                copied += flush(output, &mut waiting)?;
                output.position()
            }
            Way::Gzip(encoder) => encoder.finish().map_err(unwritten)?.0.position(),
            Way::Zstd(encoder) => encoder.finish().map_err(unwritten)?.0.position(),
        };
        Ok((copied, end - self.begin - copied))
    }
}

fn flush(output: &mut dyn Output, waiting: &mut Range<u64>) -> Result<u64, Error> {
    let range = std::mem::take(waiting);
    let len = range.end - range.start;
    if len > 0 {
        output.copy(range)?;
    }
    Ok(len)
}

/// An output, for those who can only write.
struct Tube<'o>(&'o mut dyn Output);

impl Write for Tube<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the output said, or else what a compressor says.
fn unwritten(error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(source) => Error::Write { file: "the new file".to_owned(), source },
    }
}
