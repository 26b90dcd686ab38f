use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, BufRead, Read, Write};
use std::ops::Range;
use std::rc::Rc;

use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use super::super::{Error, Input, Output};
use super::source::{Packing, Ranges};

/// Where members (RFC 1952) and frames (RFC 8878) end, as far as they were read.
pub(super) type Bounds = Rc<RefCell<VecDeque<Bound>>>;

/// The end of a member: in the file, and in the text of all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    raw: u64,
    text: u64,
}

/// Unpacks a file, member by member.
pub(super) struct Members<'i> {
    packing: Packing,
    state: State<'i>,
    text: u64,
    bounds: Bounds,
}

enum State<'i> {
    Between(Ranges<'i>),
    Gzip(Box<GzDecoder<Ranges<'i>>>),
    Zstd(zstd::Decoder<'static, Ranges<'i>>),
    Broken,
}

impl<'i> Members<'i> {
    pub(super) fn new(raw: Ranges<'i>, packing: Packing) -> Self {
        Self { packing, state: State::Between(raw), text: 0, bounds: Bounds::default() }
    }

    pub(super) fn bounds(&self) -> Bounds {
        Rc::clone(&self.bounds)
    }

    fn ended(&mut self, raw: Ranges<'i>) {
        self.bounds.borrow_mut().push_back(Bound { raw: raw.position(), text: self.text });
        self.state = State::Between(raw);
    }
}

impl Read for Members<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match std::mem::replace(&mut self.state, State::Broken) {
                State::Between(mut raw) => {
                    if raw.fill_buf()?.is_empty() {
                        self.state = State::Between(raw);
                        return Ok(0);
                    }
                    self.state = match self.packing {
                        Packing::Zstd => State::Zstd(zstd::Decoder::with_buffer(raw)?.single_frame()),
                        _ => State::Gzip(Box::new(GzDecoder::new(raw))),
                    };
                    continue;
                }
                State::Gzip(mut member) => match member.read(buffer)? {
                    0 if !buffer.is_empty() => {
                        self.ended(member.into_inner());
                        continue;
                    }
                    read => {
                        self.state = State::Gzip(member);
                        read
                    }
                },
                State::Zstd(mut frame) => match frame.read(buffer)? {
                    0 if !buffer.is_empty() => {
                        self.ended(frame.finish());
                        continue;
                    }
                    read => {
                        self.state = State::Zstd(frame);
                        read
                    }
                },
                State::Broken => return Err(io::ErrorKind::InvalidData.into()),
            };
            self.text += read as u64;
            return Ok(read);
        }
    }
}

/// Writes a packed file anew: members in which nothing changes are copied as they are.
///
/// Whether a member changes is known when the first change comes. What stands before it in the member is then unpacked once
/// more: so nothing has to wait in memory.
pub(super) struct Packed<'o> {
    output: &'o mut dyn Output,
    input: &'o dyn Input,
    packing: Packing,
    bounds: Bounds,
    /// Where the member begins that we are in: in the old file, in its text.
    raw: u64,
    text: u64,
    /// Packs what becomes of the member, if it changes.
    encoder: Option<Encoder>,
    /// Members to be copied. Those that touch each other are asked for as one.
    waiting: Range<u64>,
    copied: u64,
}

enum Encoder {
    Gzip(GzEncoder<Vec<u8>>),
    Zstd(zstd::Encoder<'static, Vec<u8>>),
}

impl<'o> Packed<'o> {
    pub(super) fn new(input: &'o dyn Input, packing: Packing, bounds: Bounds, output: &'o mut dyn Output) -> Self {
        Self { output, input, packing, bounds, raw: 0, text: 0, encoder: None, waiting: 0..0, copied: 0 }
    }

    /// Makes one member of all, whatever there was: for text that is not that of the file byte by byte.
    pub(super) fn whole(mut self) -> Result<Self, Error> {
        self.bounds = Bounds::default();
        self.change(0)?;
        Ok(self)
    }

    /// Adds text, wherever it comes from.
    pub(super) fn put(&mut self, text: &[u8]) -> Result<(), Error> {
        let Some(encoder) = &mut self.encoder else { return Ok(()) };
        encoder.write(text).map_err(unwritten)?;
        let made = encoder.made();
        if made.len() >= ENOUGH {
            let bytes = std::mem::take(made);
            return self.write(&bytes);
        }
        Ok(())
    }

    /// Takes over text that stands at `at`.
    pub(super) fn keep(&mut self, mut text: &[u8], mut at: u64) -> Result<(), Error> {
        self.pass(at)?;
        while let Some(bound) = self.next(at + text.len() as u64) {
            let (head, rest) = text.split_at((bound.text - at) as usize);
            self.put(head)?;
            self.close(bound)?;
            (text, at) = (rest, bound.text);
        }
        self.put(text)
    }

    /// Puts `fresh` in the place of the text that stands at `place`.
    pub(super) fn replace(&mut self, place: Range<u64>, fresh: &[u8]) -> Result<(), Error> {
        self.pass(place.start)?;
        self.change(place.start)?;
        self.put(fresh)?;
        // A row may end in another member than it begins in.
        while let Some(bound) = self.next(place.end) {
            self.close(bound)?;
            self.change(bound.text)?;
        }
        Ok(())
    }

    /// Ends the file: bytes taken over.
    pub(super) fn finish(mut self) -> Result<(u64, &'o mut dyn Output), Error> {
        self.pass(u64::MAX)?;
        self.end()?;
        self.flush()?;
        Ok((self.copied, self.output))
    }

    /// The next end of a member before `text`.
    fn next(&self, text: u64) -> Option<Bound> {
        self.bounds.borrow().front().copied().filter(|bound| bound.text < text)
    }

    /// Ends the members that end before the text at `at` begins.
    fn pass(&mut self, at: u64) -> Result<(), Error> {
        loop {
            let bound = self.bounds.borrow().front().copied().filter(|bound| bound.text <= at);
            match bound {
                Some(bound) => self.close(bound)?,
                None => return Ok(()),
            }
        }
    }

    fn close(&mut self, bound: Bound) -> Result<(), Error> {
        self.bounds.borrow_mut().pop_front();
        if self.encoder.is_some() {
            self.end()?;
        } else {
            if self.waiting.end != self.raw {
                self.flush()?;
                self.waiting = self.raw..self.raw;
            }
            self.waiting.end = bound.raw;
        }
        (self.raw, self.text) = (bound.raw, bound.text);
        Ok(())
    }

    /// From here on, the member is packed anew, with what stood before `at` in it.
    fn change(&mut self, at: u64) -> Result<(), Error> {
        if self.encoder.is_some() {
            return Ok(());
        }
        self.flush()?;
        self.encoder = Some(Encoder::new(self.packing).map_err(unwritten)?);
        let mut left = at.saturating_sub(self.text);
        let raw = Ranges::new(self.input, self.raw..self.input.size()?);
        let mut member = Members::new(raw, self.packing);
        let mut chunk = vec![0; ENOUGH];
        while left > 0 {
            let most = chunk.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let read = member.read(chunk.get_mut(..most).unwrap_or_default());
            match read.map_err(|error| super::source::unread(self.input.name(), error))? {
                0 => break,
                read => {
                    self.put(chunk.get(..read).unwrap_or_default())?;
                    left -= read as u64;
                }
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Error> {
        match self.encoder.take() {
            Some(encoder) => {
                let bytes = encoder.finish().map_err(unwritten)?;
                self.write(&bytes)
            }
            None => Ok(()),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.flush()?;
        self.output.write(bytes)
    }

    fn flush(&mut self) -> Result<(), Error> {
        let range = std::mem::replace(&mut self.waiting, 0..0);
        if range.is_empty() {
            return Ok(());
        }
        self.copied += range.end - range.start;
        self.output.copy(range)
    }
}

impl Encoder {
    fn new(packing: Packing) -> io::Result<Self> {
        if packing == Packing::Gzip {
            return Ok(Self::Gzip(GzEncoder::new(Vec::new(), flate2::Compression::default())));
        }
        let mut encoder = zstd::Encoder::new(Vec::new(), zstd::DEFAULT_COMPRESSION_LEVEL)?;
        encoder.include_checksum(true)?;
        Ok(Self::Zstd(encoder))
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        match self {
            Self::Gzip(encoder) => encoder.write_all(text),
            Self::Zstd(encoder) => encoder.write_all(text),
        }
    }

    /// What is packed so far, and nobody took yet.
    fn made(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Zstd(encoder) => encoder.get_mut(),
        }
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

fn unwritten(source: io::Error) -> Error {
    Error::Write { file: "the new file".to_owned(), source }
}

const ENOUGH: usize = 1 << 16;
