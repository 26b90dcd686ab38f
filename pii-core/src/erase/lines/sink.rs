use std::io;
use std::ops::Range;

use encoding_rs::UTF_16LE;

use super::super::{Error, Input, Output};
use super::packed::Packed;
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
    Packed(Box<Packed<'o>>),
}

impl<'o> Sink<'o> {
    pub(super) fn new(source: &Source, input: &'o dyn Input, output: &'o mut dyn Output) -> Result<Self, Error> {
        let begin = output.position();
        let way = match source.packing {
            Packing::Plain => Way::Plain(output, 0..0),
            packing => {
                let packed = Packed::new(input, packing, source.bounds.clone(), output);
                // Where text stands is not known of what was decoded.
                Way::Packed(Box::new(if source.is_wide() { packed.whole()? } else { packed }))
            }
        };
        let ends: fn(u16) -> [u8; 2] = if source.encoding == UTF_16LE { u16::to_le_bytes } else { u16::to_be_bytes };
        Ok(Self { way, wide: source.is_wide().then_some(ends), copied: 0, begin })
    }

    /// Takes over text that stands at `at` in the source.
    pub(super) fn keep(&mut self, text: &[u8], at: u64) -> Result<(), Error> {
        if self.wide.is_some() {
            return self.put(text);
        }
        match &mut self.way {
            Way::Packed(packed) => packed.keep(text, at),
            Way::Plain(output, waiting) => {
                if waiting.end != at || waiting.is_empty() {
                    self.copied += flush(*output, waiting)?;
                    *waiting = at..at;
                }
                waiting.end = at + text.len() as u64;
                Ok(())
            }
        }
    }

    /// Puts text in the place of what stands at `place` in the source.
    pub(super) fn replace(&mut self, place: Range<u64>, text: &[u8]) -> Result<(), Error> {
        match &mut self.way {
            Way::Packed(packed) if self.wide.is_none() => packed.replace(place, text),
            _ => self.put(text),
        }
    }

    fn put(&mut self, text: &[u8]) -> Result<(), Error> {
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
            Way::Packed(packed) => packed.put(bytes),
        }
    }

    /// Ends the file: bytes taken over, bytes made.
    pub(super) fn finish(self) -> Result<(u64, u64), Error> {
        let (copied, end) = match self.way {
            Way::Plain(output, mut waiting) => {
                let copied = self.copied + flush(output, &mut waiting)?;
                (copied, output.position())
            }
            Way::Packed(packed) => {
                let (copied, output) = packed.finish()?;
                (copied, output.position())
            }
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

fn unwritten(source: io::Error) -> Error {
    Error::Write { file: "the new file".to_owned(), source }
}
