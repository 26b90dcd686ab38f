use std::io::{Cursor, Read, Write};
use std::ops::Range;

use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::super::{Error, Input};
use super::{damaged, number};

/// A container file, block by block.
pub(super) struct Container<'i> {
    input: &'i dyn Input,
    len: u64,
    pub(super) schema: Vec<u8>,
    codec: String,
    sync: Vec<u8>,
    /// Where the next block begins.
    pub(super) at: u64,
}

pub(super) struct Block {
    pub(super) rows: u64,
    /// With its count, its size and the sync marker.
    pub(super) range: Range<u64>,
    packed: Vec<u8>,
}

impl<'i> Container<'i> {
    pub(super) fn open(input: &'i dyn Input) -> Result<Self, Error> {
        let len = input.size()?;
        let mut head = Vec::new();
        let mut wanted = 64 << 10;
        loop {
            input.read(0..len.min(wanted), &mut head)?;
            if !head.starts_with(b"Obj\x01") {
                return Err(damaged(input.name(), "it does not begin as an Avro file does"));
            }
            if let Some((schema, codec, at)) = metadata(&head) {
                let sync = head.get(at - 16..at).unwrap_or_default().to_vec();
                return Ok(Self { input, len, schema, codec, sync, at: at as u64 });
            }
            if wanted >= len.min(MAX_BLOCK) {
                return Err(damaged(input.name(), "its header is cut off"));
            }
            wanted *= 4;
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<Block>, Error> {
        if self.at == self.len {
            return Ok(None);
        }
        let cut = || damaged(self.input.name(), "a block is cut off");
        let mut head = Vec::new();
        self.input.read(self.at..self.len.min(self.at + 20), &mut head)?;
        let (rows, next) = number(&head, 0).ok_or_else(cut)?;
        let (size, next) = number(&head, next).ok_or_else(cut)?;
        let (Ok(rows), Ok(size)) = (u64::try_from(rows), u64::try_from(size)) else { return Err(cut()) };
        let data = self.at + next as u64;
        if size > MAX_BLOCK {
            let what = format!("a block of more than {} MiB", MAX_BLOCK >> 20);
            return Err(Error::Unsupported { file: self.input.name().to_owned(), what });
        }
        let end = data + size + 16;
        if end > self.len {
            return Err(cut());
        }
        let mut packed = Vec::new();
        self.input.read(data..end, &mut packed)?;
        if packed.split_off(size as usize) != self.sync {
            return Err(damaged(
                self.input.name(),
                format!("the block at byte {} does not end with the sync marker", self.at),
            ));
        }
        let range = self.at..end;
        self.at = end;
        Ok(Some(Block { rows, range, packed }))
    }

    /// The rows of a block, one behind the other.
    pub(super) fn unpack(&self, block: &Block) -> Result<Vec<u8>, Error> {
        let wrong =
            || damaged(self.input.name(), format!("the block at byte {} cannot be decompressed", block.range.start));
        let mut data = Vec::new();
        let packed = block.packed.as_slice();
        match self.codec.as_str() {
            "null" => data.extend_from_slice(packed),
            "deflate" => {
                DeflateDecoder::new(Cursor::new(packed)).take(MAX_BLOCK).read_to_end(&mut data).map_err(|_| wrong())?;
            }
            "zstandard" => {
                let decoder = zstd::Decoder::new(packed).map_err(|_| wrong())?;
                decoder.take(MAX_BLOCK).read_to_end(&mut data).map_err(|_| wrong())?;
            }
            "snappy" => {
                let (packed, sum) = packed.split_last_chunk::<4>().ok_or_else(wrong)?;
                if snap::raw::decompress_len(packed).map_err(|_| wrong())? as u64 > MAX_BLOCK {
                    return Err(wrong());
                }
                data = snap::raw::Decoder::new().decompress_vec(packed).map_err(|_| wrong())?;
                if crc32fast::hash(&data).to_be_bytes() != *sum {
                    return Err(wrong());
                }
            }
            other => {
                let what = format!("the codec `{other}`");
                return Err(Error::Unsupported { file: self.input.name().to_owned(), what });
            }
        }
        // A row of no bytes holds nothing; a number of them that was made up would keep us busy for years.
        if block.rows > data.len() as u64 {
            return Err(damaged(self.input.name(), "a block says that it has more rows than bytes"));
        }
        Ok(data)
    }

    /// A block of these rows.
    pub(super) fn pack(&self, rows: u64, data: &[u8]) -> Result<Vec<u8>, Error> {
        let failed = |source| Error::Write { file: "the new file".to_owned(), source };
        let packed = match self.codec.as_str() {
            "deflate" => {
                let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(data).and_then(|()| encoder.finish()).map_err(failed)?
            }
            "zstandard" => zstd::bulk::compress(data, zstd::DEFAULT_COMPRESSION_LEVEL).map_err(failed)?,
            "snappy" => {
                let packed = snap::raw::Encoder::new().compress_vec(data);
                let mut packed = packed.map_err(|error| failed(std::io::Error::other(error)))?;
                packed.extend_from_slice(&crc32fast::hash(data).to_be_bytes());
                packed
            }
            _ => data.to_vec(),
        };
        let mut block = Vec::with_capacity(packed.len() + 36);
        for count in [rows, packed.len() as u64] {
            let mut rest = count << 1;
            while rest >= 0x80 {
                block.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            block.push(rest as u8);
        }
        block.extend_from_slice(&packed);
        block.extend_from_slice(&self.sync);
        Ok(block)
    }
}

/// Schema, codec, and where the sync marker ends; `None` if there is more to read.
fn metadata(head: &[u8]) -> Option<(Vec<u8>, String, usize)> {
    let (mut schema, mut codec) = (Vec::new(), "null".to_owned());
    let mut at = 4;
    loop {
        let (count, next) = number(head, at)?;
        at = next;
        if count < 0 {
            at = number(head, at)?.1;
        }
        if count == 0 {
            let end = at.checked_add(16)?;
            return (end <= head.len()).then_some((schema, codec, end));
        }
        for _ in 0..count.unsigned_abs() {
            let key = text(head, &mut at)?;
            let value = text(head, &mut at)?;
            match key {
                b"avro.schema" => schema = value.to_vec(),
                b"avro.codec" => codec = String::from_utf8_lossy(value).into_owned(),
                _ => {}
            }
        }
    }
}

fn text<'h>(head: &'h [u8], at: &mut usize) -> Option<&'h [u8]> {
    let (len, start) = number(head, *at)?;
    let end = start.checked_add(usize::try_from(len).ok()?)?;
    *at = end;
    head.get(start..end)
}

/// Blocks are held in memory, one at a time. Writers make them of 16 KiB to a few MiB.
const MAX_BLOCK: u64 = 256 << 20;
