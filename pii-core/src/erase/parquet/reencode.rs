//! Files whose pages cannot be copied: each page of an encrypted file is sealed to its row group, its column and its place.
//! They are decoded and encoded again, a row group at a time, with the keys, codecs, encodings and row groups that they had.

use std::sync::Arc;

use arrow::array::BooleanBufferBuilder;
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{Field, FieldRef, Fields};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Encoding, LogicalType, PageType, Type};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnDescPtr;
use ring::hmac;

use super::super::columns::{Change, Table, Wanted, children};
use super::super::{Action, Hits, Input, Output, Rewritten, Values};
use super::fault::{Fault, Result};
use super::metadata::unwritable;
use super::sealed::Sealed;
use crate::store::KeyFinder;

#[cfg(test)]
mod tests;

/// The rows whose column `path` holds one of the values.
pub(super) fn find(input: &dyn Input, path: &str, values: &Values, keys: &KeyFinder) -> Result<Hits> {
    let sealed = Sealed::open(input, keys)?;
    let fields = fields(&sealed);
    let wanted = Wanted::new(Table { fields: &fields, codes: &[] }, path, values)?;
    let mut hits = Hits::default();
    for (at, group) in sealed.data().row_groups().iter().enumerate() {
        let mut row = hits.rows;
        hits.rows += rows(group.num_rows());
        if wanted.is_empty() || group.num_rows() == 0 {
            continue;
        }
        for batch in sealed.rows(at, Some(wanted.root()))? {
            let batch = batch.map_err(|error| sealed.undecoded(&error))?;
            let marks = wanted.marks(&batch, None).map_err(|error| sealed.undecoded(&error))?;
            marks.set_indices().for_each(|hit| hits.hit.push(row + hit as u64));
            row += batch.num_rows() as u64;
        }
    }
    Ok(hits)
}

pub(super) fn rewrite(
    input: &dyn Input,
    hits: &Hits,
    action: &Action,
    key: &hmac::Key,
    keys: &KeyFinder,
    output: &mut dyn Output,
) -> Result<Rewritten> {
    let sealed = Sealed::open(input, keys)?;
    let data = sealed.data();
    let schema = data.file_metadata().schema_descr();
    if schema.columns().iter().any(|column| column.physical_type() == Type::INT96) {
        return Err(Fault::unsupported("times as INT96 in an encrypted file"));
    }
    let fields = fields(&sealed);
    let change = Change::new(action, Table { fields: &fields, codes: &[] }, key)?;
    let options = ArrowWriterOptions::new()
        .with_properties(properties(data, &sealed)?)
        .with_parquet_schema(schema.clone())
        .with_skip_arrow_metadata(true);
    let failed = |error| unwritable(&error);
    let mut writer =
        ArrowWriter::try_new_with_options(Vec::new(), Arc::clone(sealed.schema()), options).map_err(failed)?;
    let mut done = Rewritten { erased: hits.hit.count(), ..Rewritten::default() };
    let mut first = 0;
    for (at, group) in data.row_groups().iter().enumerate() {
        let range = first..first + rows(group.num_rows());
        first = range.end;
        let hit = hits.hit.within(range.clone());
        done.reencoded += rows(group.total_byte_size());
        if group.num_rows() == 0 || matches!(action, Action::DeleteRow) && hit.count() == range.end - range.start {
            continue;
        }
        let mut row = 0;
        for batch in sealed.rows(at, None)? {
            let mut batch = batch.map_err(|error| sealed.undecoded(&error))?;
            let here = hit.within(row..row + batch.num_rows() as u64);
            row += batch.num_rows() as u64;
            if !here.is_empty() {
                let marks = marks(here.ranges(), batch.num_rows());
                // There are no dictionaries: the reader was asked for plain columns.
                let changed = change.apply(&batch, &marks, &mut |_, _, codes, _| Ok(Arc::clone(codes)));
                batch = changed.map_err(|error| sealed.undecoded(&error))?;
            }
            done.rows += batch.num_rows() as u64;
            writer.write(&batch).map_err(failed)?;
        }
        writer.flush().map_err(failed)?;
        let bytes = std::mem::take(writer.inner_mut());
        output.write(&bytes)?;
        done.made += bytes.len() as u64;
    }
    if first != hits.rows {
        return Err(Fault::Impossible("it has other rows than when it was searched".to_owned()));
    }
    let bytes = writer.into_inner().map_err(failed)?;
    output.write(&bytes)?;
    done.made += bytes.len() as u64;
    Ok(done)
}

fn rows(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

fn marks(ranges: &[std::ops::Range<u64>], rows: usize) -> BooleanBuffer {
    let mut marks = BooleanBufferBuilder::new(rows);
    for range in ranges {
        marks.append_n((range.start as usize).saturating_sub(marks.len()), false);
        marks.append_n((range.end - range.start) as usize, true);
    }
    marks.append_n(rows.saturating_sub(marks.len()), false);
    marks.finish()
}

/// How the file was written, as far as it says: codecs, encodings, dictionaries, statistics, key-value metadata, keys.
fn properties(data: &ParquetMetaData, sealed: &Sealed<'_>) -> Result<WriterProperties> {
    let groups = data.row_groups();
    let chunks = |column: usize| groups.iter().filter_map(move |group| group.columns().get(column));
    let all = || groups.iter().flat_map(|group| group.columns());
    let version = match all().any(has_new_pages) {
        true => WriterVersion::PARQUET_2_0,
        false => WriterVersion::PARQUET_1_0,
    };
    let mut properties = WriterProperties::builder()
        .set_writer_version(version)
        .set_created_by(concat!("pii ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(data.file_metadata().key_value_metadata().cloned())
        .set_sorting_columns(groups.first().and_then(|group| group.sorting_columns().cloned()))
        .set_offset_index_disabled(!groups.is_empty() && all().all(|chunk| chunk.offset_index_offset().is_none()))
        // A row group ends where the old one did.
        .set_max_row_group_row_count(None)
        .set_max_row_group_bytes(None)
        .with_file_encryption_properties(sealed.encryption()?);
    for (at, column) in data.file_metadata().schema_descr().columns().iter().enumerate() {
        let Some(chunk) = chunks(at).next() else { continue };
        let path = column.path().clone();
        let statistics = match (chunk.column_index_offset(), chunk.statistics()) {
            (Some(_), _) => EnabledStatistics::Page,
            (None, Some(_)) => EnabledStatistics::Chunk,
            (None, None) => EnabledStatistics::None,
        };
        let dictionary = chunks(at).any(|chunk| chunk.dictionary_page_offset().is_some());
        properties = properties
            .set_column_compression(path.clone(), chunk.compression())
            .set_column_statistics_enabled(path.clone(), statistics)
            .set_column_dictionary_enabled(path.clone(), dictionary)
            .set_column_encoding(path, encoding(chunk, dictionary));
    }
    Ok(properties.build())
}

fn has_new_pages(chunk: &ColumnChunkMetaData) -> bool {
    let pages = chunk.page_encoding_stats().into_iter().flatten();
    pages.into_iter().any(|pages| pages.page_type == PageType::DATA_PAGE_V2)
}

/// The encoding of its values where they are not in the dictionary.
fn encoding(chunk: &ColumnChunkMetaData, dictionary: bool) -> Encoding {
    let known = |encoding: &Encoding| {
        matches!(
            encoding,
            Encoding::DELTA_BINARY_PACKED
                | Encoding::DELTA_LENGTH_BYTE_ARRAY
                | Encoding::DELTA_BYTE_ARRAY
                | Encoding::BYTE_STREAM_SPLIT
        )
    };
    let is_bits = !dictionary && chunk.column_type() == Type::BOOLEAN && has_new_pages(chunk);
    match chunk.encodings().find(known) {
        Some(encoding) => encoding,
        None if is_bits && chunk.encodings().all(|encoding| encoding != Encoding::PLAIN) => Encoding::RLE,
        None => Encoding::PLAIN,
    }
}

/// The columns as Arrow has them, and said of those that are UUIDs.
fn fields(sealed: &Sealed<'_>) -> Fields {
    let mut columns = sealed.data().file_metadata().schema_descr().columns().iter();
    sealed.schema().fields().iter().map(|field| named(field, &mut columns)).collect()
}

fn named(field: &FieldRef, columns: &mut std::slice::Iter<'_, ColumnDescPtr>) -> FieldRef {
    use arrow::datatypes::DataType::{FixedSizeList, LargeList, List, Struct};
    let same = |kind| Arc::new(field.as_ref().clone().with_data_type(kind));
    match field.data_type() {
        Struct(fields) => same(Struct(fields.iter().map(|field| named(field, columns)).collect())),
        List(item) => same(List(named(item, columns))),
        LargeList(item) => same(LargeList(named(item, columns))),
        FixedSizeList(item, size) => same(FixedSizeList(named(item, columns), *size)),
        other if other.is_nested() => {
            children(other).into_iter().for_each(|child| drop(named(child, columns)));
            Arc::clone(field)
        }
        _ => match columns.next().and_then(|column| column.logical_type_ref()) {
            Some(LogicalType::Uuid) => {
                let said = [("ARROW:extension:name".to_owned(), "arrow.uuid".to_owned())];
                Arc::new(Field::clone(field).with_metadata(said.into_iter().collect()))
            }
            _ => Arc::clone(field),
        },
    }
}
