//! Avro object containers (specification 1.12): the metadata, and every value of every block.
//!
//! Read by a walk through the schema of its own: manifests of Iceberg have records without fields, which Arrow refuses.

mod schema;
mod walk;

use std::io::Read;

use super::super::{Error, Input};
use super::Needles;
use super::finds::{Finds, Once};
use super::stream::Stream;
use super::text::of_stream;
use schema::Schema;
use walk::{Walk, bytes, long};

pub(super) fn search(input: &dyn Input, needles: &Needles, finds: &mut Finds<'_>) -> Result<(), Error> {
    let file = input.name();
    let damaged = |why: &str| Error::Damaged { file: file.to_owned(), why: why.to_owned() };
    let mut from = std::io::BufReader::with_capacity(CHUNK, Stream::new(input)?);
    let size = input.size()?;
    let mut header = Header::read(&mut from, size).map_err(|error| of_stream(file, error))?;
    let mut once = Once::default();
    for text in header.notes.iter().flat_map(|(key, value)| [key, value]) {
        needles.in_text(text, &mut |hit| once.add(hit.value, hit.whole));
    }
    once.iter().for_each(|(value, whole)| finds.part("metadata of the file", value, whole));
    let schema = header.note("avro.schema").and_then(|json| serde_json::from_slice(json).ok());
    let schema = schema.ok_or_else(|| damaged("it has no schema"))?;
    let schema = Schema::read(&schema).ok_or_else(|| damaged("its schema cannot be understood"))?;
    let codec = header.note("avro.codec").map(String::from_utf8_lossy).unwrap_or_default().into_owned();
    let mut walk = Walk::new(&schema, needles);
    let mut row = 0;
    while let Some((count, packed)) = header.block(&mut from, size).map_err(|error| of_stream(file, error))? {
        let block = match unpacked(&codec, &packed) {
            Some(block) => block.map_err(|error| of_stream(file, error))?,
            None => return Err(Error::Unsupported { file: file.to_owned(), what: format!("the codec `{codec}`") }),
        };
        finds.looked_at(block.len());
        let mut rest = block.as_slice();
        for row in row..row + count {
            walk.row(row, &mut rest, finds).ok_or_else(|| damaged("a value is not what the schema says"))?;
        }
        if !rest.is_empty() {
            return Err(damaged("a block has more than its rows"));
        }
        row += count;
    }
    Ok(())
}

/// What stands before the blocks, and behind each of them.
struct Header {
    notes: Vec<(Vec<u8>, Vec<u8>)>,
    sync: [u8; 16],
}

impl Header {
    fn read(from: &mut impl Read, size: u64) -> std::io::Result<Self> {
        let (mut magic, mut notes, mut sync) = ([0; 4], Vec::new(), [0; 16]);
        from.read_exact(&mut magic)?;
        loop {
            let mut count = long(from)?;
            if count == 0 {
                break;
            }
            if count < 0 {
                long(from)?;
                count = count.saturating_neg();
            }
            for _ in 0..count {
                notes.push((bytes(from, size)?, bytes(from, size)?));
            }
        }
        from.read_exact(&mut sync)?;
        Ok(Self { notes, sync })
    }

    fn note(&self, key: &str) -> Option<&[u8]> {
        self.notes.iter().find(|(of, _)| of == key.as_bytes()).map(|(_, value)| value.as_slice())
    }

    /// The next block: how many rows, and their bytes as they are.
    fn block(&mut self, from: &mut impl Read, size: u64) -> std::io::Result<Option<(u64, Vec<u8>)>> {
        let mut first = [0];
        if from.read(&mut first)? == 0 {
            return Ok(None);
        }
        let count = long(&mut first.as_slice().chain(&mut *from))?;
        let block = bytes(from, size)?;
        let mut sync = [0; 16];
        from.read_exact(&mut sync)?;
        let count = u64::try_from(count).ok().filter(|_| sync == self.sync);
        let count = count.ok_or_else(|| std::io::Error::other("a block does not end where it should"))?;
        Ok(Some((count, block)))
    }
}

/// Returns `None` for a codec that nobody here knows.
fn unpacked(codec: &str, packed: &[u8]) -> Option<std::io::Result<Vec<u8>>> {
    let limited = |from: &mut dyn Read| {
        let mut block = Vec::new();
        let read = from.take(MOST + 1).read_to_end(&mut block)?;
        if read as u64 > MOST { Err(std::io::Error::other("a block is larger than 1 GiB")) } else { Ok(block) }
    };
    match codec {
        "" | "null" => Some(Ok(packed.to_vec())),
        "deflate" => Some(limited(&mut flate2::read::DeflateDecoder::new(packed))),
        "zstandard" => Some(zstd::Decoder::with_buffer(packed).and_then(|mut from| limited(&mut from))),
        "snappy" => {
            // The checksum of the block stands behind it.
            let (block, checksum) = packed.split_last_chunk::<4>()?;
            let block = snap::raw::Decoder::new().decompress_vec(block).map_err(std::io::Error::other);
            let holds = |block: Vec<u8>| match crc32fast::hash(&block) == u32::from_be_bytes(*checksum) {
                true => Ok(block),
                false => Err(std::io::Error::other("the checksum of a block is wrong")),
            };
            Some(block.and_then(holds))
        }
        _ => None,
    }
}

const CHUNK: usize = 1 << 18;
const MOST: u64 = 1 << 30;
