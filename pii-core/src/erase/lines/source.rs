use std::io::{self, BufRead, Cursor, Read};
use std::ops::Range;

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::super::{Error, Input};
use super::damaged;
use super::packed::{Bounds, Members};

/// How the text of a file is packed. Its first bytes say so, not its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    /// RFC 1952, one member or several.
    Gzip,
    /// RFC 8878, one frame or several, skippable ones too.
    Zstd,
}

/// The text of a file, piece by piece: unpacked, UTF-16 as UTF-8, a byte order mark left in.
pub(super) struct Source<'i> {
    bytes: Box<dyn Read + 'i>,
    file: &'i str,
    pub(super) packing: Packing,
    /// Where the members end that were unpacked.
    pub(super) bounds: Bounds,
    /// What the text is in. UTF-16 has become UTF-8 here.
    pub(super) encoding: &'static Encoding,
    decoder: Option<Decoder>,
    text: Vec<u8>,
    at: usize,
    position: u64,
    whole: bool,
}

impl<'i> Source<'i> {
    /// Opens the text. A byte order mark says more than `asked`.
    pub(super) fn open(input: &'i dyn Input, asked: &'static Encoding) -> Result<Self, Error> {
        let file = input.name();
        let mut head = Vec::new();
        input.read(0..input.size()?.min(4), &mut head)?;
        let packing = match head.as_slice() {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Packing::Zstd,
            _ => Packing::Plain,
        };
        let raw = Ranges::new(input, 0..input.size()?);
        let (mut bytes, bounds): (Box<dyn Read + 'i>, _) = match packing {
            Packing::Plain => (Box::new(raw), Bounds::default()),
            Packing::Gzip | Packing::Zstd => {
                let members = Members::new(raw, packing);
                let bounds = members.bounds();
                (Box::new(members), bounds)
            }
        };
        let head = self::head(&mut bytes, 3).map_err(|error| unread(file, error))?;
        let encoding = Encoding::for_bom(&head).map_or(asked, |(encoding, _)| encoding);
        if !encoding.is_ascii_compatible() && encoding != UTF_16LE && encoding != UTF_16BE {
            return Err(Error::Unsupported {
                file: file.to_owned(),
                what: format!("the encoding {}", encoding.name()),
            });
        }
        let decoder = (!encoding.is_ascii_compatible()).then(|| encoding.new_decoder_without_bom_handling());
        let bytes: Box<dyn Read + 'i> = Box::new(Cursor::new(head).chain(bytes));
        Ok(Self { bytes, file, packing, bounds, encoding, decoder, text: Vec::new(), at: 0, position: 0, whole: false })
    }

    /// What is there of the text, from where we are.
    pub(super) fn text(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Whether [`Source::text`] is all that is left.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Where in the text we are: where in the file, if it is plain and not UTF-16.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn is_wide(&self) -> bool {
        self.decoder.is_some()
    }

    /// Goes on by `len` bytes of the text.
    pub(super) fn step(&mut self, len: usize) {
        self.at += len;
        self.position += len as u64;
    }

    /// Reads on: as much again as there is, so that a long row is not looked at too often.
    pub(super) fn more(&mut self) -> Result<(), Error> {
        self.text.drain(..self.at);
        self.at = 0;
        if self.text.len() > MAX_ROW {
            let what = format!("a row of more than {} MiB", MAX_ROW >> 20);
            return Err(Error::Unsupported { file: self.file.to_owned(), what });
        }
        let wanted = self.text.len().max(CHUNK) as u64;
        let failed = |error| unread(self.file, error);
        let Some(decoder) = &mut self.decoder else {
            let read = self.bytes.by_ref().take(wanted).read_to_end(&mut self.text).map_err(failed)?;
            self.whole = read == 0;
            return Ok(());
        };
        let mut raw = Vec::new();
        self.bytes.by_ref().take(wanted).read_to_end(&mut raw).map_err(failed)?;
        self.whole = raw.is_empty();
        let old = self.text.len();
        let room = decoder.max_utf8_buffer_length_without_replacement(raw.len()).unwrap_or(raw.len() * 3);
        self.text.resize(old + room, 0);
        let into = self.text.get_mut(old..).unwrap_or_default();
        let (result, _, written) = decoder.decode_to_utf8_without_replacement(&raw, into, self.whole);
        self.text.truncate(old + written);
        match result {
            DecoderResult::InputEmpty => Ok(()),
            _ => Err(damaged(self.file, format!("it is not valid {}", self.encoding.name()))),
        }
    }
}

/// The text of a cell, or `None` if its bytes are not in this encoding.
pub(super) fn decode<'b>(bytes: &'b [u8], encoding: &'static Encoding) -> Option<std::borrow::Cow<'b, str>> {
    let encoding = if encoding.is_ascii_compatible() { encoding } else { UTF_8 };
    encoding.decode_without_bom_handling_and_without_replacement(bytes)
}

/// A part of an input as a stream.
pub(super) struct Ranges<'i> {
    input: &'i dyn Input,
    next: Range<u64>,
    chunk: Vec<u8>,
    at: usize,
}

impl<'i> Ranges<'i> {
    pub(super) fn new(input: &'i dyn Input, range: Range<u64>) -> Self {
        Self { input, next: range, chunk: Vec::new(), at: 0 }
    }

    /// Where in the input it stands.
    pub(super) fn position(&self) -> u64 {
        self.next.start - (self.chunk.len() - self.at) as u64
    }
}

impl Read for Ranges<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Ranges<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.chunk.len() {
            let end = self.next.end.min(self.next.start + CHUNK as u64);
            self.at = 0;
            self.input.read(self.next.start..end, &mut self.chunk).map_err(io::Error::other)?;
            self.next.start = end;
        }
        Ok(self.chunk.get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, read: usize) {
        self.at += read;
    }
}

fn head(bytes: &mut dyn Read, len: u64) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    bytes.take(len).read_to_end(&mut head)?;
    Ok(head)
}

/// What an input said, or else what a decompressor says of its bytes.
pub(super) fn unread(file: &str, error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => damaged(file, "its compressed data is cut off"),
        Err(error) => damaged(file, format!("it cannot be decompressed: {error}")),
    }
}

const CHUNK: usize = 1 << 20;

/// A quote that is never closed must not fill the memory.
const MAX_ROW: usize = 256 << 20;
