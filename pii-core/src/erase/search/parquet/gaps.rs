use std::ops::Range;
use std::sync::Arc;

use parquet::bloom_filter::Sbbf;
use parquet::column::page::PageReader;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::serialized_reader::SerializedPageReader;

use super::super::super::{Error, Input};
use super::super::Needles;
use super::super::finds::{Finds, Once};
use super::reader::{Reader, of_file};

/// Looks at the bytes that nothing in the footer speaks of: where a file was changed in place, old pages lie there.
///
/// # Errors
/// [`Error::Unsupported`] for bytes that are no pages, and not all zero: nobody can say what is in them.
pub(super) fn search(
    input: &dyn Input,
    reader: &Arc<Reader<'_>>,
    metadata: &ParquetMetaData,
    needles: &Needles,
    finds: &mut Finds<'_>,
) -> std::result::Result<(), Error> {
    let gaps = gaps(input, reader, metadata).map_err(|error| of_file(input.name(), error))?;
    for gap in gaps {
        let mut once = Once::default();
        let filled = as_they_are(input, &gap, needles, &mut once)?;
        finds.looked_at((gap.end - gap.start) as usize);
        let understood =
            !filled || codecs(metadata).any(|chunk| pages(reader, chunk, &gap, needles, &mut once).is_ok());
        for (value, whole) in once.iter() {
            let part = format!("bytes {} to {}, which nothing refers to", gap.start, gap.end);
            finds.part(part, value, whole);
        }
        if !understood && once.is_empty() {
            let what = format!("bytes {} to {} for what its footer does not speak of", gap.start, gap.end);
            return Err(Error::Unsupported { file: input.name().to_owned(), what });
        }
    }
    Ok(())
}

fn gaps(input: &dyn Input, reader: &Reader<'_>, metadata: &ParquetMetaData) -> Result<Vec<Range<u64>>> {
    let size = input.size().map_err(|error| ParquetError::External(Box::new(error)))?;
    let mut trailer = Vec::new();
    let read = input.read(size.saturating_sub(8)..size, &mut trailer);
    read.map_err(|error| ParquetError::External(Box::new(error)))?;
    let footer = trailer.first_chunk().map_or(0, |length| u64::from(u32::from_le_bytes(*length)));
    let mut known = vec![0..MAGIC, size.saturating_sub(8 + footer)..size];
    for chunk in metadata.row_groups().iter().flat_map(|group| group.columns()) {
        let (start, length) = chunk.byte_range();
        known.push(start..start.saturating_add(length));
        let parts = [
            (chunk.column_index_offset(), chunk.column_index_length()),
            (chunk.offset_index_offset(), chunk.offset_index_length()),
            (chunk.bloom_filter_offset(), bloom_length(reader, chunk)?),
        ];
        for part in parts {
            if let (Some(Ok(start)), Some(Ok(length))) = (part.0.map(u64::try_from), part.1.map(u64::try_from)) {
                known.push(start..start.saturating_add(length));
            }
        }
    }
    known.sort_unstable_by_key(|range| range.start);
    let (mut gaps, mut end) = (Vec::new(), 0);
    for range in known {
        if range.start > end {
            gaps.push(end..range.start);
        }
        end = end.max(range.end);
    }
    Ok(gaps)
}

/// Older writers do not say how long a filter is: its header does.
fn bloom_length(reader: &Reader<'_>, chunk: &ColumnChunkMetaData) -> Result<Option<i32>> {
    if chunk.bloom_filter_offset().is_none() || chunk.bloom_filter_length().is_some() {
        return Ok(chunk.bloom_filter_length());
    }
    let blocks = Sbbf::read_from_column_chunk(chunk, reader)?.map(|filter| filter.num_blocks());
    Ok(blocks.and_then(|blocks| i32::try_from(blocks * 32 + HEADER).ok()))
}

/// Whether anything stands there at all; and the values in it.
fn as_they_are(
    input: &dyn Input,
    gap: &Range<u64>,
    needles: &Needles,
    once: &mut Once,
) -> std::result::Result<bool, Error> {
    let (mut bytes, mut at, mut filled) = (Vec::new(), gap.start, false);
    while at < gap.end {
        let end = gap.end.min(at + AT_ONCE);
        input.read(at..end, &mut bytes)?;
        filled |= bytes.iter().any(|byte| *byte != 0);
        needles.in_bytes(&bytes, &mut |hit| once.add(hit.value, false));
        if end == gap.end {
            break;
        }
        at = (end - needles.longest() as u64).max(at + 1);
    }
    Ok(filled)
}

/// A chunk for each codec of the file.
fn codecs(metadata: &ParquetMetaData) -> impl Iterator<Item = &ColumnChunkMetaData> {
    let mut seen = Vec::new();
    let chunks = metadata.row_groups().iter().flat_map(|group| group.columns());
    chunks.filter(move |chunk| {
        let new = !seen.contains(&chunk.compression());
        seen.push(chunk.compression());
        new
    })
}

/// Reads the bytes as pages that were compressed as those of this chunk.
fn pages(
    reader: &Arc<Reader<'_>>,
    like: &ColumnChunkMetaData,
    gap: &Range<u64>,
    needles: &Needles,
    once: &mut Once,
) -> Result<()> {
    let forgotten = ColumnChunkMetaData::builder(like.column_descr_ptr())
        .set_compression(like.compression())
        .set_data_page_offset(i64::try_from(gap.start)?)
        .set_total_compressed_size(i64::try_from(gap.end - gap.start)?)
        .build()?;
    let mut pages = SerializedPageReader::new(reader.clone(), &forgotten, 0, None)?;
    while let Some(page) = pages.get_next_page()? {
        needles.in_bytes(page.buffer(), &mut |hit| once.add(hit.value, false));
    }
    Ok(())
}

const MAGIC: u64 = 4;
const HEADER: usize = 20;
const AT_ONCE: u64 = 1 << 20;
