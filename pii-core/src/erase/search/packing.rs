use std::io::{BufReader, Cursor, Read};

use encoding_rs::{Decoder, Encoding, UTF_8};
use flate2::bufread::MultiGzDecoder;

use super::super::{Error, Input};
use super::Needles;
use super::finds::Finds;
use super::nature::Nature;
use super::stream::Stream;
use super::text::{self, Kind, of_stream};

/// Compression of a whole file, member after member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// The frames of LZ4.
    Lz4,
    /// The frames of Snappy.
    Snappy,
}

/// Looks into a file that is text, or bytes of which nobody knows more, packed or not.
pub(super) fn search(
    input: &dyn Input,
    packing: Option<Packing>,
    needles: &Needles,
    finds: &mut Finds<'_>,
) -> Result<(), Error> {
    let file = input.name();
    let raw = BufReader::with_capacity(CHUNK, Stream::new(input)?);
    let mut bytes: Box<dyn Read + '_> = match packing {
        None => Box::new(raw),
        Some(Packing::Gzip) => Box::new(MultiGzDecoder::new(raw)),
        Some(Packing::Zstd) => Box::new(zstd::Decoder::with_buffer(raw).map_err(|error| of_stream(file, error))?),
        Some(Packing::Lz4) => Box::new(lz4_flex::frame::FrameDecoder::new(raw)),
        Some(Packing::Snappy) => Box::new(snap::read::FrameDecoder::new(raw)),
    };
    let mut head = Vec::new();
    bytes.by_ref().take(HEAD).read_to_end(&mut head).map_err(|error| of_stream(file, error))?;
    let inside = match packing {
        None => None,
        Some(packing) => {
            // Tables must be read from their ends, and what was packed twice was so for a reason.
            if let Some(what) = Nature::of(&head, &[], "").name() {
                let what = format!("{what} within {}", packing.name());
                return Err(Error::Unsupported { file: file.to_owned(), what });
            }
            Some(packing.inside())
        }
    };
    let wide = Encoding::for_bom(&head).map(|(encoding, _)| encoding).filter(|encoding| *encoding != UTF_8);
    let kind = Kind::of(&head);
    let bytes = Cursor::new(head).chain(bytes);
    match wide {
        Some(encoding) => {
            let text = Decoded { bytes, decoder: encoding.new_decoder(), text: Vec::new(), taken: 0, ended: false };
            text::search(text, Some("of its text as UTF-8"), Kind::Text, needles, finds)
        }
        None => text::search(bytes, inside, kind, needles, finds),
    }
}

impl Packing {
    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "LZ4",
            Self::Snappy => "Snappy",
        }
    }

    fn inside(self) -> &'static str {
        match self {
            Self::Gzip => "of what is packed by gzip",
            Self::Zstd => "of what is packed by zstd",
            Self::Lz4 => "of what is packed by LZ4",
            Self::Snappy => "of what is packed by Snappy",
        }
    }
}

/// Text of two bytes a letter, as UTF-8.
struct Decoded<R> {
    bytes: R,
    decoder: Decoder,
    text: Vec<u8>,
    taken: usize,
    ended: bool,
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while self.taken == self.text.len() && !self.ended {
            let mut raw = vec![0; CHUNK];
            let read = self.bytes.read(&mut raw)?;
            self.ended = read == 0;
            let mut text = String::with_capacity(CHUNK * 3 + 16);
            let raw = raw.get(..read).unwrap_or_default();
            // What is no text becomes the sign for that: values are text.
            let _ = self.decoder.decode_to_string(raw, &mut text, self.ended);
            (self.text, self.taken) = (text.into_bytes(), 0);
        }
        let read = self.text.get(self.taken..).unwrap_or_default().read(into)?;
        self.taken += read;
        Ok(read)
    }
}

const CHUNK: usize = 1 << 18;
const HEAD: u64 = 8192;
