use std::ops::Range;

use arrow::ipc::convert::fb_to_schema;
use arrow::ipc::{Block, Endianness, Message as Header, MessageHeader, root_as_footer, root_as_message};

use super::schema::Schema;
use super::{Input, damaged};
use crate::erase::Error;

/// Where everything is.
pub(super) struct Layout {
    pub(super) schema: Schema,
    /// Dictionaries and record batches, in the order of the file.
    pub(super) messages: Vec<Message>,
    /// Of a file; a stream has none.
    pub(super) footer: Option<Footer>,
    pub(super) len: u64,
}

/// A message with its prefix, its metadata and its body.
pub(super) struct Message {
    pub(super) range: Range<u64>,
    /// How many bytes of it are prefix and metadata.
    pub(super) head: u64,
    pub(super) kind: Kind,
    /// Where in the footer its block stands.
    pub(super) block: usize,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Batch { rows: u64 },
    Dictionary { id: i64, delta: bool },
}

/// The end of a file, from its footer on.
pub(super) struct Footer {
    pub(super) at: u64,
    pub(super) bytes: Vec<u8>,
}

impl Layout {
    pub(super) fn read(input: &dyn Input) -> Result<Self, Error> {
        let len = input.size()?;
        let mut mark = Vec::new();
        input.read(0..len.min(8), &mut mark)?;
        match mark.as_slice() {
            [] => Err(damaged(input, "it is empty")),
            mark if mark.starts_with(MARK) => Self::of_file(input, len),
            [0xff, 0xff, 0xff, 0xff, ..] => Self::of_stream(input, len),
            _ => Err(damaged(input, "it begins neither as an Arrow file nor as an Arrow stream")),
        }
    }

    fn of_file(input: &dyn Input, len: u64) -> Result<Self, Error> {
        let cut = || damaged(input, "it does not end as an Arrow file does");
        let tail = MARK.len() as u64 + 4;
        let mut bytes = Vec::new();
        input.read(len.checked_sub(tail).ok_or_else(cut)?..len, &mut bytes)?;
        let size = bytes.first_chunk().map(|size| i32::from_le_bytes(*size)).filter(|_| bytes.ends_with(MARK));
        let size = size.and_then(|size| u64::try_from(size).ok()).ok_or_else(cut)?;
        let at = (len - tail).checked_sub(size).filter(|at| *at >= 8).ok_or_else(cut)?;
        input.read(at..len, &mut bytes)?;
        let broken = || damaged(input, "its footer cannot be read");
        let flat = bytes.get(..size as usize).unwrap_or_default();
        let footer = root_as_footer(flat).map_err(|_| broken())?;
        let schema = footer.schema().ok_or_else(broken)?;
        little(input, schema)?;
        let schema = Schema::new(fb_to_schema(schema), schema).map_err(|fault| fault.of(input.name()))?;
        let mut messages = Vec::new();
        let begin = flat.as_ptr() as usize;
        for blocks in [footer.dictionaries(), footer.recordBatches()].into_iter().flatten() {
            // A vector of structures of 24 bytes each, one behind the other.
            let first = (blocks.bytes().as_ptr() as usize).checked_sub(begin).ok_or_else(broken)?;
            for (place, block) in blocks.iter().enumerate() {
                messages.push(message(input, block, at, first + place * BLOCK)?);
            }
        }
        messages.sort_by_key(|message| message.range.start);
        if messages.windows(2).any(|pair| matches!(pair, [one, next] if one.range.end > next.range.start)) {
            return Err(damaged(input, "two of its messages overlap"));
        }
        Ok(Self { schema, messages, footer: Some(Footer { at, bytes }), len })
    }

    fn of_stream(input: &dyn Input, len: u64) -> Result<Self, Error> {
        let cut = || damaged(input, "it is cut off");
        let (mut at, mut bytes) = (0, Vec::new());
        let (mut schema, mut messages) = (None, Vec::new());
        while at < len {
            input.read(at..len.min(at + PREFIX), &mut bytes)?;
            let size = match bytes.as_slice() {
                [0xff, 0xff, 0xff, 0xff, size @ ..] => size.first_chunk().map(|size| i32::from_le_bytes(*size)),
                _ => None,
            };
            let size = u64::try_from(size.ok_or_else(cut)?).map_err(|_| cut())?;
            if size == 0 {
                break;
            }
            let head = PREFIX + size;
            if at + head > len {
                return Err(cut());
            }
            input.read(at + PREFIX..at + head, &mut bytes)?;
            let header = root_as_message(&bytes).map_err(|_| misread(input, at))?;
            let body = u64::try_from(header.bodyLength()).map_err(|_| misread(input, at))?;
            let end = (at + head).checked_add(body).filter(|end| *end <= len).ok_or_else(cut)?;
            match (header.header_as_schema(), &schema) {
                (Some(flat), None) => {
                    little(input, flat)?;
                    let ours = Schema::new(fb_to_schema(flat), flat);
                    schema = Some(ours.map_err(|fault| fault.of(input.name()))?);
                }
                (None, Some(_)) => {
                    let kind = kind(input, header, at)?;
                    messages.push(Message { range: at..end, head, kind, block: 0 });
                }
                _ => return Err(misread(input, at)),
            }
            at = end;
        }
        let schema = schema.ok_or_else(cut)?;
        Ok(Self { schema, messages, footer: None, len })
    }
}

/// The message that a block of the footer speaks of.
fn message(input: &dyn Input, block: &Block, footer: u64, place: usize) -> Result<Message, Error> {
    let wrong = || damaged(input, "a block of its footer lies outside the file");
    let number = |number: i64| u64::try_from(number).map_err(|_| wrong());
    let (at, head, body) =
        (number(block.offset())?, number(block.metaDataLength().into())?, number(block.bodyLength())?);
    let end =
        at.checked_add(head).and_then(|end| end.checked_add(body)).filter(|end| *end <= footer).ok_or_else(wrong)?;
    let mut bytes = Vec::new();
    input.read(at..at + head, &mut bytes)?;
    let flat = match bytes.as_slice() {
        [0xff, 0xff, 0xff, 0xff, _, _, _, _, flat @ ..] => flat,
        _ => {
            let what = "messages of before Arrow 0.15".to_owned();
            return Err(Error::Unsupported { file: input.name().to_owned(), what });
        }
    };
    let header = root_as_message(flat).map_err(|_| misread(input, at))?;
    if u64::try_from(header.bodyLength()).is_ok_and(|said| said > body) {
        return Err(misread(input, at));
    }
    Ok(Message { range: at..end, head, kind: kind(input, header, at)?, block: place })
}

fn kind(input: &dyn Input, header: Header<'_>, at: u64) -> Result<Kind, Error> {
    let wrong = || misread(input, at);
    match header.header_type() {
        MessageHeader::RecordBatch => {
            let batch = header.header_as_record_batch().ok_or_else(wrong)?;
            Ok(Kind::Batch { rows: u64::try_from(batch.length()).map_err(|_| wrong())? })
        }
        MessageHeader::DictionaryBatch => {
            let batch = header.header_as_dictionary_batch().ok_or_else(wrong)?;
            Ok(Kind::Dictionary { id: batch.id(), delta: batch.isDelta() })
        }
        _ => Err(Error::Unsupported { file: input.name().to_owned(), what: "messages that are no tables".to_owned() }),
    }
}

fn little(input: &dyn Input, schema: arrow::ipc::Schema<'_>) -> Result<(), Error> {
    if schema.endianness() == Endianness::Little {
        return Ok(());
    }
    Err(Error::Unsupported { file: input.name().to_owned(), what: "big-endian numbers".to_owned() })
}

fn misread(input: &dyn Input, at: u64) -> Error {
    damaged(input, format!("the message at byte {at} cannot be read"))
}

pub(super) const MARK: &[u8] = b"ARROW1";

/// The continuation mark, and the size of the metadata.
pub(super) const PREFIX: u64 = 8;

/// An offset, a length, four bytes of nothing, a length.
const BLOCK: usize = 24;
