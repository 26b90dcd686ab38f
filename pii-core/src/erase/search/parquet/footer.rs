use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parquet::data_type::ByteArray;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;

use super::super::super::{Error, Input};
use super::super::cell::Cell;
use super::super::finds::{Finds, Once};
use super::super::{Depth, Needles, is_of};
use super::chunk::{Column, columns};
use super::decode::nanos;

/// What describes the data: bounds, indexes, notes, names. Last the bytes of the footer, for what none of these is.
pub(super) fn search(
    input: &dyn Input,
    metadata: &ParquetMetaData,
    needles: &Needles,
    depth: Depth<'_>,
    finds: &mut Finds<'_>,
) -> Result<(), Error> {
    let (all, mut told) = (columns(metadata, needles), Once::default());
    let others = |column: &Column<'_>| matches!(depth, Depth::Described(own) if !is_of(own, &column.path));
    for (group, of) in metadata.row_groups().iter().enumerate() {
        for (number, (chunk, column)) in of.columns().iter().zip(&all).enumerate() {
            // Numbers of other columns are others' numbers.
            if others(column) && !column.is_bytes() {
                continue;
            }
            let mut once = Once::default();
            chunk.statistics().into_iter().for_each(|bounds| statistics(bounds, column, &mut once));
            tell(column, &once, &format!("statistics, row group {}", group + 1), finds, &mut told);
            let index = metadata.column_index().and_then(|groups| groups.get(group)?.get(number));
            let mut once = Once::default();
            index.into_iter().for_each(|index| column_index(index, column, &mut once));
            tell(column, &once, &format!("column index, row group {}", group + 1), finds, &mut told);
        }
    }
    let file = metadata.file_metadata();
    for note in file.key_value_metadata().into_iter().flatten() {
        let mut once = Once::default();
        let value = note.value.as_deref().unwrap_or_default();
        needles.in_text(note.key.as_bytes(), &mut |hit| once.add(hit.value, hit.whole));
        needles.in_text(value.as_bytes(), &mut |hit| once.add(hit.value, hit.whole));
        // `ARROW:schema`, and whatever else keeps bytes there.
        if let Ok(bytes) = STANDARD.decode(value) {
            needles.in_bytes(&bytes, &mut |hit| once.add(hit.value, false));
        }
        for (value, whole) in once.iter() {
            told.add(value, whole);
            finds.part("key-value metadata", value, whole);
        }
    }
    for column in &all {
        let mut once = Once::default();
        needles.in_text(column.path.as_bytes(), &mut |hit| once.add(hit.value, hit.whole));
        tell(column, &once, "its name", finds, &mut told);
    }
    rest(input, needles, &told, finds)
}

/// What stands in the footer's bytes and in none of the parts that were understood: names, unknown fields.
fn rest(input: &dyn Input, needles: &Needles, told: &Once, finds: &mut Finds<'_>) -> Result<(), Error> {
    let (size, mut bytes) = (input.size()?, Vec::new());
    input.read(size.saturating_sub(8)..size, &mut bytes)?;
    let length = bytes.first_chunk().map_or(0, |length| u64::from(u32::from_le_bytes(*length)));
    input.read(size.saturating_sub(8 + length)..size.saturating_sub(8), &mut bytes)?;
    let mut once = Once::default();
    needles.in_text(&bytes, &mut |hit| once.add(hit.value, false));
    once.iter().filter(|(value, _)| !told.has(*value)).for_each(|(value, whole)| finds.part("footer", value, whole));
    Ok(())
}

fn tell(column: &Column<'_>, once: &Once, part: &str, finds: &mut Finds<'_>, told: &mut Once) {
    for (value, whole) in once.iter() {
        told.add(value, whole);
        finds.column(&column.path, part, value, whole);
    }
}

/// Bounds of a chunk or of a page.
pub(super) fn statistics(bounds: &Statistics, column: &Column<'_>, once: &mut Once) {
    macro_rules! each {
        ($bounds:expr, $cell:expr) => {
            for bound in [$bounds.min_opt(), $bounds.max_opt()].into_iter().flatten() {
                look($cell(bound), column, once);
            }
        };
    }
    match bounds {
        Statistics::Boolean(of) => each!(of, |bound: &bool| Cell::Number((*bound).into())),
        Statistics::Int32(of) => each!(of, |bound: &i32| Cell::Number(column.number_32(*bound))),
        Statistics::Int64(of) => each!(of, |bound: &i64| Cell::Number(column.number_64(*bound))),
        Statistics::Int96(of) => each!(of, |bound| Cell::Number(nanos(bound))),
        Statistics::Float(of) => each!(of, |bound: &f32| Cell::Single(*bound)),
        Statistics::Double(of) => each!(of, |bound: &f64| Cell::Double(*bound)),
        Statistics::ByteArray(of) => {
            for bound in [of.min_opt(), of.max_opt()].into_iter().flatten() {
                look(Cell::Bytes(ByteArray::data(bound)), column, once);
            }
        }
        Statistics::FixedLenByteArray(of) => {
            for bound in [of.min_opt(), of.max_opt()].into_iter().flatten() {
                look(Cell::Bytes(bound.data()), column, once);
            }
        }
    }
}

fn column_index(index: &ColumnIndexMetaData, column: &Column<'_>, once: &mut Once) {
    macro_rules! each {
        ($index:expr, $cell:expr) => {
            for bound in $index.min_values_iter().chain($index.max_values_iter()).flatten() {
                look($cell(bound), column, once);
            }
        };
    }
    match index {
        ColumnIndexMetaData::NONE => {}
        ColumnIndexMetaData::BOOLEAN(of) => each!(of, |bound: &bool| Cell::Number((*bound).into())),
        ColumnIndexMetaData::INT32(of) => each!(of, |bound: &i32| Cell::Number(column.number_32(*bound))),
        ColumnIndexMetaData::INT64(of) => each!(of, |bound: &i64| Cell::Number(column.number_64(*bound))),
        ColumnIndexMetaData::INT96(of) => each!(of, |bound| Cell::Number(nanos(bound))),
        ColumnIndexMetaData::FLOAT(of) => each!(of, |bound: &f32| Cell::Single(*bound)),
        ColumnIndexMetaData::DOUBLE(of) => each!(of, |bound: &f64| Cell::Double(*bound)),
        ColumnIndexMetaData::BYTE_ARRAY(of) | ColumnIndexMetaData::FIXED_LEN_BYTE_ARRAY(of) => {
            for bound in of.min_values_iter().chain(of.max_values_iter()).flatten() {
                look(Cell::Bytes(bound), column, once);
            }
        }
    }
}

fn look(cell: Cell<'_>, column: &Column<'_>, once: &mut Once) {
    column.cells.look(cell).iter().for_each(|(value, whole)| once.add(value, whole));
    if let Cell::Bytes(bytes) = cell {
        column.cells.cut_short(bytes, once);
    }
}
