use std::io::{Cursor, Read, Write};

use parquet::basic::CompressionCodec;
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::CParameter;

use super::fault::{Fault, Result, part, rest};

/// The level of zstd: files that were written once and read often gain little from higher ones.
const LEVEL: i32 = 1;

/// Hashes and random ids repeat nothing: looking for repetitions in them, in a table of full size, costs twice the time
/// and saves 4 % of the bytes. This table of zstd is small enough to give up soon.
const SMALL_TABLE: u32 = 9;

/// By so much, in percent, may a page be larger for that.
const DEARER: usize = 5;

/// Compresses and decompresses pages; keeps what costs to set up.
#[derive(Default)]
pub(super) struct Codecs {
    unzstd: Option<Decompressor<'static>>,
    zstd: Option<Compressor<'static>>,
    quick: Option<Compressor<'static>>,
    pace: Pace,
    snappy: Option<snap::raw::Encoder>,
}

/// How pages of the column chunk are compressed by zstd.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pace {
    #[default]
    Even,
    /// The next page tells.
    Open,
    Quick,
}

impl Codecs {
    /// A column chunk begins. `incompressible`: it may be worth a try to compress it quickly.
    pub(super) fn begin(&mut self, incompressible: bool) {
        self.pace = if incompressible { Pace::Open } else { Pace::Even };
    }

    /// Appends `bytes` to `out`.
    fn zstd(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> std::io::Result<()> {
        let even = match &mut self.zstd {
            Some(zstd) => zstd,
            none => none.insert(Compressor::new(LEVEL)?),
        };
        if self.pace == Pace::Even {
            return append(even, bytes, out);
        }
        let quick = match &mut self.quick {
            Some(quick) => quick,
            none => {
                let quick = none.insert(Compressor::new(LEVEL)?);
                quick.set_parameter(CParameter::HashLog(SMALL_TABLE))?;
                quick
            }
        };
        let at = out.len();
        append(quick, bytes, out)?;
        if self.pace == Pace::Quick {
            return Ok(());
        }
        let packed = out.len() - at;
        out.truncate(at);
        append(even, bytes, out)?;
        let other = out.len() - at;
        self.pace = if packed * 100 <= other * (100 + DEARER) { Pace::Quick } else { Pace::Even };
        Ok(())
    }

    /// `bytes`, of which `raw` bytes must come, into `out`, whose old content goes.
    pub(super) fn decompress(
        &mut self,
        codec: CompressionCodec,
        bytes: &[u8],
        raw: usize,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        out.clear();
        if raw == 0 && bytes.is_empty() {
            return Ok(());
        }
        out.try_reserve(raw).map_err(|_| Fault::damaged("a page that does not fit into memory"))?;
        match codec {
            CompressionCodec::UNCOMPRESSED => out.extend_from_slice(bytes),
            CompressionCodec::ZSTD => {
                let unzstd = match &mut self.unzstd {
                    Some(unzstd) => unzstd,
                    none => none.insert(Decompressor::new().map_err(|error| broken(&error))?),
                };
                unzstd.decompress_to_buffer(bytes, out).map_err(|error| broken(&error))?;
            }
            CompressionCodec::SNAPPY => {
                out.resize(raw, 0);
                let len = snap::raw::Decoder::new().decompress(bytes, out).map_err(|error| broken(&error))?;
                out.truncate(len);
            }
            CompressionCodec::GZIP => {
                let unzip = flate2::read::MultiGzDecoder::new(bytes);
                unzip.take(raw as u64 + 1).read_to_end(out).map_err(|error| broken(&error))?;
            }
            CompressionCodec::LZ4_RAW => unlz4(bytes, raw, out)?,
            CompressionCodec::LZ4 => unhadoop(bytes, raw, out)?,
            _ => return Err(unknown(codec)),
        }
        if out.len() == raw { Ok(()) } else { Err(Fault::damaged("a page has another size than it says")) }
    }

    /// Appends `bytes`, compressed, to `out`.
    pub(super) fn compress(&mut self, codec: CompressionCodec, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
        match codec {
            CompressionCodec::UNCOMPRESSED => out.extend_from_slice(bytes),
            CompressionCodec::ZSTD => {
                self.zstd(bytes, out).map_err(|error| broken(&error))?;
            }
            CompressionCodec::SNAPPY => {
                let at = out.len();
                out.resize(at + snap::raw::max_compress_len(bytes.len()), 0);
                let room = out.get_mut(at..).unwrap_or_default();
                let snappy = self.snappy.get_or_insert_with(snap::raw::Encoder::new);
                let len = snappy.compress(bytes, room).map_err(|error| broken(&error))?;
                out.truncate(at + len);
            }
            CompressionCodec::GZIP => {
                let mut gzip = flate2::write::GzEncoder::new(out, flate2::Compression::default());
                gzip.write_all(bytes).and_then(|()| gzip.finish().map(drop)).map_err(|error| broken(&error))?;
            }
            CompressionCodec::LZ4_RAW => {
                lz4(bytes, out)?;
            }
            CompressionCodec::LZ4 => {
                let at = out.len();
                out.extend_from_slice(&[0; 8]);
                let len = lz4(bytes, out)?;
                let sizes = [(bytes.len() as u32).to_be_bytes(), (len as u32).to_be_bytes()].concat();
                if let Some(head) = out.get_mut(at..at + 8) {
                    head.copy_from_slice(&sizes);
                }
            }
            _ => return Err(unknown(codec)),
        }
        Ok(())
    }
}

fn append(zstd: &mut Compressor<'static>, bytes: &[u8], out: &mut Vec<u8>) -> std::io::Result<()> {
    let at = out.len();
    out.reserve(zstd::zstd_safe::compress_bound(bytes.len()));
    let mut behind = Cursor::new(out);
    behind.set_position(at as u64);
    zstd.compress_to_buffer(bytes, &mut behind).map(drop)
}

fn lz4(bytes: &[u8], out: &mut Vec<u8>) -> Result<usize> {
    let at = out.len();
    out.resize(at + lz4_flex::block::get_maximum_output_size(bytes.len()), 0);
    let room = out.get_mut(at..).unwrap_or_default();
    let len = lz4_flex::block::compress_into(bytes, room).map_err(|error| broken(&error))?;
    out.truncate(at + len);
    Ok(len)
}

fn unlz4(bytes: &[u8], raw: usize, out: &mut Vec<u8>) -> Result<()> {
    out.resize(raw, 0);
    let len = lz4_flex::block::decompress_into(bytes, out).map_err(|error| broken(&error))?;
    out.truncate(len);
    Ok(())
}

/// `LZ4` of the format has three forms in the wild: blocks with both sizes before each, as Hadoop writes; the frame of LZ4;
/// one block.
fn unhadoop(bytes: &[u8], raw: usize, out: &mut Vec<u8>) -> Result<()> {
    if bytes.starts_with(&[0x04, 0x22, 0x4d, 0x18]) {
        let frames = lz4_flex::frame::FrameDecoder::new(bytes);
        frames.take(raw as u64 + 1).read_to_end(out).map_err(|error| broken(&error))?;
        return Ok(());
    }
    if unhadoop_blocks(bytes, raw, out).is_ok() && out.len() == raw {
        return Ok(());
    }
    out.clear();
    unlz4(bytes, raw, out)
}

fn unhadoop_blocks(mut bytes: &[u8], raw: usize, out: &mut Vec<u8>) -> Result<()> {
    let big =
        |bytes: &[u8], at| Ok::<_, Fault>(part(bytes, at, 4)?.iter().fold(0, |n, byte| n << 8 | usize::from(*byte)));
    let mut block = Vec::new();
    while !bytes.is_empty() {
        let (size, packed) = (big(bytes, 0)?, big(bytes, 4)?);
        if size > raw.saturating_sub(out.len()) {
            return Err(Fault::damaged("a block of LZ4 is larger than its page"));
        }
        unlz4(part(bytes, 8, packed)?, size, &mut block)?;
        out.extend_from_slice(&block);
        bytes = rest(bytes, 8 + packed)?;
    }
    Ok(())
}

fn broken(error: &dyn std::fmt::Display) -> Fault {
    Fault::damaged(format!("a page cannot be decompressed: {error}"))
}

fn unknown(codec: CompressionCodec) -> Fault {
    Fault::unsupported(format!("the compression {codec:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_compressed_comes_back() {
        let text = b"the quick brown fox, the quick brown fox, the lazy dog".repeat(99);
        let mut codecs = Codecs::default();
        for codec in [
            CompressionCodec::UNCOMPRESSED,
            CompressionCodec::SNAPPY,
            CompressionCodec::GZIP,
            CompressionCodec::LZ4,
            CompressionCodec::LZ4_RAW,
            CompressionCodec::ZSTD,
        ] {
            let (mut packed, mut back) = (b"head".to_vec(), Vec::new());
            codecs.compress(codec, &text, &mut packed).unwrap();
            codecs.decompress(codec, &packed[4..], text.len(), &mut back).unwrap();
            assert_eq!(back, text, "{codec:?}");
            assert!(codecs.decompress(codec, &packed[5..], text.len(), &mut back).is_err(), "{codec:?}");
            assert!(codecs.decompress(codec, &packed[4..], text.len() + 1, &mut back).is_err(), "{codec:?}");
        }
    }
}
