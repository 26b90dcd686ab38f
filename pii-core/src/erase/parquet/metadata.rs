use parquet::basic::{Encoding, PageType};
use parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, PageEncodingStats, ParquetMetaData, RowGroupMetaData,
};

use super::chunk::{Piece, Remade};
use super::fault::{Fault, Result};
use super::footer::{Footer, chunk};
use super::tally::less;

/// What comes after the row groups, and the footer speaks of.
pub(super) struct Placed {
    pub(super) column: ColumnChunkMetaData,
    pub(super) shift: i64,
    /// What was made anew, without its pieces.
    pub(super) remade: Option<Remade>,
    /// Where the chunk begins.
    pub(super) at: u64,
}

/// Offset and length, as the footer has them; nothing for nothing.
pub(super) type Span = Option<(i64, i32)>;

pub(super) fn span(from: u64, to: u64) -> Span {
    (to > from).then(|| (from.cast_signed(), (to - from) as i32))
}

pub(super) fn metadata(placed: Placed, bloom: Span, columns: Span, offsets: Span) -> Result<ColumnChunkMetaData> {
    let Placed { column, shift, remade, at } = placed;
    let sorted_stats = column.page_encoding_stats().cloned();
    let mut builder = ColumnChunkMetaData::builder(column.column_descr_ptr())
        .set_compression_codec(column.compression_codec())
        .set_encodings_mask(*column.encodings_mask())
        .set_bloom_filter_offset(bloom.map(|(offset, _)| offset))
        .set_bloom_filter_length(bloom.map(|(_, length)| length))
        .set_column_index_offset(columns.map(|(offset, _)| offset))
        .set_column_index_length(columns.map(|(_, length)| length))
        .set_offset_index_offset(offsets.map(|(offset, _)| offset))
        .set_offset_index_length(offsets.map(|(_, length)| length));
    if let Some(pages) = sorted_stats {
        let dropped = remade.as_ref().map_or(&[][..], |remade| &remade.dropped);
        builder = builder.set_page_encoding_stats(counted(pages, dropped));
    }
    builder = match remade {
        None => {
            if let Some(statistics) = column.statistics() {
                builder = builder.set_statistics(statistics.clone());
            }
            if let Some(statistics) = column.geo_statistics() {
                builder = builder.set_geo_statistics(Box::new(statistics.clone()));
            }
            builder
                .set_num_values(column.num_values())
                .set_total_compressed_size(column.compressed_size())
                .set_total_uncompressed_size(column.uncompressed_size())
                .set_data_page_offset(column.data_page_offset() + shift)
                .set_dictionary_page_offset(column.dictionary_page_offset().map(|at| at + shift))
                .set_index_page_offset(column.index_page_offset().map(|at| at + shift))
                .set_unencoded_byte_array_data_bytes(column.unencoded_byte_array_data_bytes())
                .set_repetition_level_histogram(column.repetition_level_histogram().cloned())
                .set_definition_level_histogram(column.definition_level_histogram().cloned())
        }
        Some(remade) => {
            let at = at.cast_signed();
            let size: u64 = remade.pieces.iter().map(Piece::len).sum();
            let dictionary = remade.pieces.first().filter(|_| remade.has_dictionary).map_or(0, Piece::len);
            if let Some(statistics) = remade.statistics {
                builder = builder.set_statistics(statistics);
            }
            builder
                .set_num_values(remade.entries)
                .set_total_compressed_size(size.cast_signed())
                .set_total_uncompressed_size(remade.raw)
                .set_data_page_offset(at + dictionary.cast_signed())
                .set_dictionary_page_offset(remade.has_dictionary.then_some(at))
                .set_unencoded_byte_array_data_bytes(
                    column.unencoded_byte_array_data_bytes().map(|bytes| bytes - remade.tally.text),
                )
                .set_repetition_level_histogram(less(column.repetition_level_histogram(), &remade.tally.repetition))
                .set_definition_level_histogram(less(column.definition_level_histogram(), &remade.tally.definition))
        }
    };
    builder.build().map_err(|error| unwritable(&error))
}

/// Counts of pages by encoding, less those that are gone.
fn counted(mut pages: Vec<PageEncodingStats>, dropped: &[(bool, i64)]) -> Vec<PageEncodingStats> {
    for (second, encoding) in dropped {
        let kind = if *second { PageType::DATA_PAGE_V2 } else { PageType::DATA_PAGE };
        let same = |pages: &&mut PageEncodingStats| pages.page_type == kind && number(pages.encoding) == *encoding;
        if let Some(pages) = pages.iter_mut().find(same) {
            pages.count -= 1;
        }
    }
    pages.retain(|pages| pages.count > 0);
    pages
}

fn number(encoding: Encoding) -> i64 {
    encoding as i64
}

pub(super) fn row_group(
    old: &RowGroupMetaData,
    columns: Vec<ColumnChunkMetaData>,
    rows: u64,
    number: usize,
    unsorted: bool,
) -> Result<RowGroupMetaData> {
    let size = columns.iter().map(ColumnChunkMetaData::uncompressed_size).sum();
    let first = columns.first().map(chunk).transpose()?.map(|range| range.start.cast_signed());
    let mut builder = RowGroupMetaData::builder(old.schema_descr_ptr())
        .set_num_rows(rows.cast_signed())
        .set_total_byte_size(size)
        .set_sorting_columns(old.sorting_columns().filter(|_| !unsorted).cloned())
        .set_column_metadata(columns);
    if let Some(number) = old.ordinal().and_then(|_| i16::try_from(number).ok()) {
        builder = builder.set_ordinal(number);
    }
    if let Some(first) = old.file_offset().and(first) {
        builder = builder.set_file_offset(first);
    }
    builder.build().map_err(|error| unwritable(&error))
}

pub(super) fn finish_file(footer: &Footer, groups: Vec<RowGroupMetaData>, rows: u64) -> Result<ParquetMetaData> {
    let old = footer.data.file_metadata();
    let file = FileMetaData::new(
        old.version(),
        rows.cast_signed(),
        old.created_by().map(str::to_owned),
        old.key_value_metadata().cloned(),
        old.schema_descr_ptr(),
        old.column_orders().cloned(),
    );
    Ok(ParquetMetaData::new(file, groups))
}

pub(super) fn unwritable(error: &dyn std::fmt::Display) -> Fault {
    Fault::damaged(format!("its new footer cannot be made: {error}"))
}
