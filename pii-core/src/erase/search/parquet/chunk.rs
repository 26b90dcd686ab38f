use std::collections::HashMap;
use std::sync::Arc;

use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::properties::ReaderProperties;
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::schema::types::ColumnDescPtr;

use super::super::Needles;
use super::super::cell::{Cell, Cells};
use super::super::escape;
use super::super::finds::{Finds, Once};
use super::super::numbers::Meaning;
use super::reader::Reader;
use super::{decode, footer};

/// A leaf column, and the values as its cells could hold them.
pub(super) struct Column<'a> {
    pub(super) path: String,
    pub(super) descriptor: ColumnDescPtr,
    pub(super) needles: &'a Needles,
    pub(super) cells: Cells<'a>,
    /// Whether its integers have no sign.
    unsigned: bool,
    physical: Type,
}

pub(super) fn columns<'a>(metadata: &ParquetMetaData, needles: &'a Needles) -> Vec<Column<'a>> {
    let columns = metadata.file_metadata().schema_descr().columns().iter();
    let column = |descriptor: &ColumnDescPtr| Column {
        path: descriptor.path().string(),
        descriptor: descriptor.clone(),
        needles,
        cells: Cells::new(needles, Meaning::of_parquet(descriptor)),
        unsigned: is_unsigned(descriptor),
        physical: descriptor.physical_type(),
    };
    columns.map(column).collect()
}

fn is_unsigned(column: &ColumnDescPtr) -> bool {
    use parquet::basic::{ConvertedType as Old, LogicalType};
    match column.logical_type_ref() {
        Some(LogicalType::Integer(of)) => !of.is_signed,
        _ => matches!(column.converted_type(), Old::UINT_8 | Old::UINT_16 | Old::UINT_32 | Old::UINT_64),
    }
}

impl Column<'_> {
    pub(super) fn number_32(&self, value: i32) -> i128 {
        if self.unsigned { i128::from(value.cast_unsigned()) } else { value.into() }
    }

    pub(super) fn number_64(&self, value: i64) -> i128 {
        if self.unsigned { i128::from(value.cast_unsigned()) } else { value.into() }
    }

    pub(super) fn is_bytes(&self) -> bool {
        matches!(self.physical, Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY)
    }
}

/// Where a chunk lies.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) group: usize,
    /// The first row of its group, in the file.
    pub(super) row: u64,
    pub(super) rows: usize,
    /// Only what describes the data is looked at: the dictionary.
    pub(super) only_described: bool,
}

/// Looks into every page of a chunk. Gives the values that are in it.
pub(super) fn search(
    reader: &Arc<Reader<'_>>,
    chunk: &ColumnChunkMetaData,
    column: &Column<'_>,
    place: Place,
    finds: &mut Finds<'_>,
) -> Result<Once> {
    let mut walk = Walk { column, place, finds, dictionary: None, entries: Once::default(), there: Once::default() };
    // Numbers of other columns are others' numbers.
    if place.only_described && (chunk.dictionary_page_offset().is_none() || !column.is_bytes()) {
        return Ok(walk.there);
    }
    let with_bounds = Arc::new(ReaderProperties::builder().set_read_page_statistics(true).build());
    let mut pages = SerializedPageReader::new_with_properties(reader.clone(), chunk, place.rows, None, with_bounds)?;
    let (mut row, mut number, mut values) = (place.row, 0, 0_i64);
    while let Some(page) = pages.get_next_page()? {
        walk.finds.looked_at(page.buffer().len());
        if page.is_dictionary_page() {
            walk.dictionary(page)?;
            if place.only_described {
                break;
            }
        } else {
            number += 1;
            values += i64::from(page.num_values());
            row += walk.data(page, number, row)?;
        }
    }
    if !place.only_described && values != chunk.num_values() {
        let why = format!("{values} values of `{}` are there, and {} are spoken of", column.path, chunk.num_values());
        return Err(ParquetError::General(why));
    }
    let unused: Vec<_> = walk.entries.iter().filter(|(value, _)| !walk.there.has(*value)).collect();
    for (value, whole) in unused {
        walk.finds.column(&column.path, format!("dictionary, row group {}", place.group + 1), value, whole);
        walk.there.add(value, whole);
    }
    Ok(walk.there)
}

struct Walk<'a, 'b> {
    column: &'a Column<'a>,
    place: Place,
    finds: &'a mut Finds<'b>,
    dictionary: Option<Page>,
    /// Values in the dictionary.
    entries: Once,
    /// Values in cells.
    there: Once,
}

impl Walk<'_, '_> {
    fn dictionary(&mut self, page: Page) -> Result<()> {
        let bytes = page.buffer();
        let (cells, entries) = (&self.column.cells, &mut self.entries);
        let mut look = |cell: Cell<'_>| cells.look(cell).iter().for_each(|(value, whole)| entries.add(value, whole));
        let count = page.num_values() as usize;
        match self.column.physical {
            Type::INT32 => {
                words::<4>(bytes).for_each(|word| look(Cell::Number(self.column.number_32(i32::from_le_bytes(word)))))
            }
            Type::INT64 => {
                words::<8>(bytes).for_each(|word| look(Cell::Number(self.column.number_64(i64::from_le_bytes(word)))))
            }
            Type::FLOAT => words::<4>(bytes).for_each(|word| look(Cell::Single(f32::from_le_bytes(word)))),
            Type::DOUBLE => words::<8>(bytes).for_each(|word| look(Cell::Double(f64::from_le_bytes(word)))),
            Type::INT96 => words::<12>(bytes).for_each(|word| look(Cell::Number(decode::nanos(&int96(word))))),
            Type::BOOLEAN => {}
            Type::FIXED_LEN_BYTE_ARRAY => {
                let width = usize::try_from(self.column.descriptor.type_length()).unwrap_or(0).max(1);
                bytes.chunks_exact(width).for_each(|value| look(Cell::Bytes(value)));
            }
            Type::BYTE_ARRAY => {
                let mut rest: &[u8] = bytes;
                for _ in 0..count {
                    let value = rest
                        .split_first_chunk()
                        .and_then(|(len, behind)| behind.split_at_checked(u32::from_le_bytes(*len) as usize));
                    let Some((value, behind)) = value else {
                        return Err(ParquetError::General(format!(
                            "the dictionary of `{}` is cut off",
                            self.column.path
                        )));
                    };
                    look(Cell::Bytes(value));
                    rest = behind;
                }
                self.column.needles.in_bytes(rest, &mut |hit| entries.add(hit.value, false));
            }
        }
        self.dictionary = Some(page);
        Ok(())
    }

    /// Looks into a page that begins with this row; gives how many rows begin in it.
    fn data(&mut self, page: Page, number: usize, row: u64) -> Result<u64> {
        let column = self.column;
        let group = self.place.group + 1;
        if let Some(bounds) = page.statistics() {
            let mut once = Once::default();
            footer::statistics(bounds, column, &mut once);
            for (value, whole) in once.iter() {
                self.finds.column(&column.path, format!("header of page {number}, row group {group}"), value, whole);
            }
        }
        let mut raw = HashMap::<usize, i64>::new();
        if column.is_bytes() {
            column.needles.in_bytes(page.buffer(), &mut |hit| *raw.entry(hit.value).or_default() += 1);
        }
        let plain = page.encoding() == Encoding::PLAIN;
        let decode = match page.encoding() {
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => !self.entries.is_empty(),
            // What stands in plain values is seen in the page's bytes, unless it is too short for that, or a number.
            Encoding::PLAIN if column.is_bytes() => {
                !raw.is_empty()
                    || column.needles.has_short()
                    || !column.cells.no_number()
                    || escape::is_in(page.buffer())
            }
            _ => column.is_bytes() || !column.cells.no_number(),
        };
        let rows = match &page {
            Page::DataPageV2 { num_rows, .. } => Some(u64::from(*num_rows)),
            page if column.descriptor.max_rep_level() == 0 => Some(page.num_values().into()),
            _ => None,
        };
        let rows = match rows {
            Some(rows) if !decode => rows,
            _ => self.cells(page, row, &mut raw)?,
        };
        // Plain strings lie apart; what else has the bytes of a value may be the end of one and the beginning of the next.
        if plain && column.physical == Type::BYTE_ARRAY {
            for value in raw.into_iter().filter_map(|(value, left)| (left > 0).then_some(value)) {
                self.finds.column(&column.path, format!("page {number}, row group {group}, in no value"), value, false);
            }
        }
        Ok(rows)
    }

    /// Looks into each cell; takes from `raw` what is in one.
    fn cells(&mut self, page: Page, row: u64, raw: &mut HashMap<usize, i64>) -> Result<u64> {
        let (column, there, finds) = (self.column, &mut self.there, &mut *self.finds);
        decode::page(column, self.dictionary.as_ref(), page, &mut |begun, cell| {
            for (value, whole) in column.cells.look(cell).iter() {
                there.add(value, whole);
                finds.cell((row + begun).saturating_sub(1), &column.path, value, whole);
            }
            if let Cell::Bytes(bytes) = cell
                && !raw.is_empty()
            {
                column.needles.in_bytes(bytes, &mut |hit| *raw.entry(hit.value).or_default() -= 1);
            }
        })
    }
}

fn words<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    bytes.chunks_exact(N).filter_map(|word| word.first_chunk().copied())
}

fn int96(word: [u8; 12]) -> parquet::data_type::Int96 {
    let mut made = parquet::data_type::Int96::new();
    let mut parts = words::<4>(&word).map(u32::from_le_bytes);
    let mut next = || parts.next().unwrap_or(0);
    made.set_data(next(), next(), next());
    made
}
