use std::fmt;
use std::io::{self, Chain, Cursor, Read};

use encoding_rs::{Decoder, DecoderResult, UTF_8};

use crate::store::Encoding;

type Bytes = Box<dyn Read + Send>;

/// Text as UTF-8, whatever encoding its bytes are in.
///
/// A byte order mark says more than `asked`. UTF-8 passes as it is: the reader above checks it, and can then say in
/// which column it breaks. A byte sequence that another encoding does not have is an error, not U+FFFD: the value
/// would be changed without a word.
pub(super) fn decode(mut bytes: Bytes, asked: Option<Encoding>) -> io::Result<Bytes> {
    let mut head = Vec::with_capacity(3);
    bytes.by_ref().take(3).read_to_end(&mut head)?;
    let (encoding, mark) =
        encoding_rs::Encoding::for_bom(&head).unwrap_or_else(|| (asked.unwrap_or(Encoding::UTF_8).inner(), 0));
    head.drain(..mark);
    let whole = Cursor::new(head).chain(bytes);
    if encoding == UTF_8 {
        return Ok(Box::new(whole));
    }
    Ok(Box::new(Decoded {
        inner: whole,
        decoder: encoding.new_decoder_without_bom_handling(),
        raw: Window::default(),
        text: Window::default(),
        state: State::Reading,
    }))
}

/// The bytes are not in the encoding that they were said to be in.
#[derive(Debug)]
pub(super) struct NotEncoded(pub(super) Encoding);

impl fmt::Display for NotEncoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not valid {}", self.0)
    }
}

impl std::error::Error for NotEncoded {}

struct Decoded {
    inner: Chain<Cursor<Vec<u8>>, Bytes>,
    decoder: Decoder,
    raw: Window,
    text: Window,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    /// The input is exhausted, the decoder is not.
    Ending,
    Ended,
    /// What came before the malformed bytes is still to be handed out.
    Malformed,
}

impl Decoded {
    fn fill(&mut self) -> io::Result<()> {
        if self.raw.rest().is_empty() && self.state == State::Reading {
            self.raw.clear(CHUNK);
            let read = self.inner.read(&mut self.raw.bytes);
            // Also after an error: a caller may try again, and must not be given the empty buffer as text.
            self.raw.bytes.truncate(*read.as_ref().unwrap_or(&0));
            let read = read?;
            if read == 0 {
                self.state = State::Ending;
            }
        }
        self.text.clear(CHUNK * 3);
        let last = self.state == State::Ending;
        let (result, read, written) =
            self.decoder.decode_to_utf8_without_replacement(self.raw.rest(), &mut self.text.bytes, last);
        self.raw.start += read;
        self.text.bytes.truncate(written);
        match result {
            DecoderResult::InputEmpty if last => self.state = State::Ended,
            DecoderResult::InputEmpty | DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => self.state = State::Malformed,
        }
        Ok(())
    }
}

impl Read for Decoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.text.rest().read(buffer)?;
            self.text.start += read;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.state {
                State::Reading | State::Ending => self.fill()?,
                State::Ended => return Ok(0),
                State::Malformed => {
                    let wrong = NotEncoded(Encoding::from(self.decoder.encoding()));
                    return Err(io::Error::new(io::ErrorKind::InvalidData, wrong));
                }
            }
        }
    }
}

/// Bytes, of which the first are used up.
#[derive(Default)]
struct Window {
    bytes: Vec<u8>,
    start: usize,
}

impl Window {
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    fn clear(&mut self, size: usize) {
        self.bytes.resize(size, 0);
        self.start = 0;
    }
}

const CHUNK: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], asked: Option<Encoding>) -> io::Result<String> {
        let mut text = String::new();
        decode(Box::new(Cursor::new(bytes.to_vec())), asked)?.read_to_string(&mut text)?;
        Ok(text)
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    const NAMES: &str = "김민준;Jürgen Groß;Łukasz Żółć;😀";

    #[test]
    fn a_byte_order_mark_is_believed_and_removed() {
        let marked = format!("\u{feff}{NAMES}");
        assert_eq!(read(marked.as_bytes(), None).unwrap(), NAMES);
        assert_eq!(read(&utf16(&marked, u16::to_le_bytes), None).unwrap(), NAMES);
        assert_eq!(read(&utf16(&marked, u16::to_be_bytes), None).unwrap(), NAMES);
    }

    #[test]
    fn named_encodings() {
        assert_eq!(read(&utf16(NAMES, u16::to_le_bytes), Some(Encoding::UTF_16LE)).unwrap(), NAMES);
        let (korean, ..) = encoding_rs::EUC_KR.encode("김민준, 서울특별시, 똠방각하");
        assert_eq!(read(&korean, Some(Encoding::EUC_KR)).unwrap(), "김민준, 서울특별시, 똠방각하");
        assert_eq!(read(b"J\xFCrgen Gro\xDF", Some(Encoding::WINDOWS_1252)).unwrap(), "Jürgen Groß");
        let polish = "iso-8859-2".parse().unwrap();
        assert_eq!(read(b"\xA3ukasz \xAF\xF3\xB3\xE6", Some(polish)).unwrap(), "Łukasz Żółć");
    }

    #[test]
    fn text_longer_than_a_chunk_stays_whole() {
        let long = NAMES.repeat(CHUNK / 16);
        assert_eq!(read(&utf16(&long, u16::to_le_bytes), Some(Encoding::UTF_16LE)).unwrap(), long);
    }

    #[test]
    fn malformed_bytes_are_an_error_and_not_a_replacement_character() {
        let error = read(b"abc\xFF", Some(Encoding::EUC_KR)).unwrap_err();
        assert_eq!(error.to_string(), "not valid EUC-KR");
        let half_a_unit = read(&[b'a', 0, b'b'], Some(Encoding::UTF_16LE)).unwrap_err();
        assert_eq!(half_a_unit.to_string(), "not valid UTF-16LE");
    }
}
