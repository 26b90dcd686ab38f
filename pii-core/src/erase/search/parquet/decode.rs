use std::collections::VecDeque;

use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{ByteArray, DataType, Int96};
use parquet::errors::Result;

use super::super::cell::Cell;
use super::chunk::Column;

/// Pages that were read before.
struct Pages(VecDeque<Page>);

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.pop_front().map(Ok)
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        Ok(self.0.pop_front())
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        Ok(self.0.front().map(|page| PageMetadata {
            num_rows: None,
            num_levels: page.is_data_page().then(|| page.num_values() as usize),
            is_dict: page.is_dictionary_page(),
        }))
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.0.pop_front();
        Ok(())
    }
}

/// Decodes one page. Gives each cell, with the number of records that began up to it, itself included; and how many began in
/// the page.
pub(super) fn page(
    column: &Column<'_>,
    dictionary: Option<&Page>,
    page: Page,
    cell: &mut dyn FnMut(u64, Cell<'_>),
) -> Result<u64> {
    let pages = Pages(dictionary.cloned().into_iter().chain([page]).collect());
    match get_column_reader(column.descriptor.clone(), Box::new(pages)) {
        ColumnReader::BoolColumnReader(of) => all(column, of, |value| Cell::Number((*value).into()), cell),
        ColumnReader::Int32ColumnReader(of) => all(column, of, |value| Cell::Number(column.number_32(*value)), cell),
        ColumnReader::Int64ColumnReader(of) => all(column, of, |value| Cell::Number(column.number_64(*value)), cell),
        ColumnReader::Int96ColumnReader(of) => all(column, of, |value| Cell::Number(nanos(value)), cell),
        ColumnReader::FloatColumnReader(of) => all(column, of, |value| Cell::Single(*value), cell),
        ColumnReader::DoubleColumnReader(of) => all(column, of, |value| Cell::Double(*value), cell),
        ColumnReader::ByteArrayColumnReader(of) => all(column, of, |value| Cell::Bytes(ByteArray::data(value)), cell),
        ColumnReader::FixedLenByteArrayColumnReader(of) => all(column, of, |value| Cell::Bytes(value.data()), cell),
    }
}

fn all<T: DataType>(
    column: &Column<'_>,
    mut reader: ColumnReaderImpl<T>,
    as_cell: impl Fn(&T::T) -> Cell<'_>,
    cell: &mut dyn FnMut(u64, Cell<'_>),
) -> Result<u64> {
    let (mut records, mut begun) = (0, 0);
    let (mut defined, mut repeated, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let full = column.descriptor.max_def_level();
    loop {
        defined.clear();
        repeated.clear();
        values.clear();
        let (_, _, levels) = reader.read_records(AT_ONCE, Some(&mut defined), Some(&mut repeated), &mut values)?;
        if levels == 0 {
            return Ok(records);
        }
        let mut next = values.iter();
        for level in 0..levels {
            begun += u64::from(repeated.get(level).is_none_or(|repeated| *repeated == 0));
            if defined.get(level).is_none_or(|defined| *defined == full)
                && let Some(value) = next.next()
            {
                cell(begun, as_cell(value));
            }
        }
        records = begun;
    }
}

/// Nanoseconds since 1970, of what is left of a day, and of days since the beginning of the Julian count.
pub(super) fn nanos(stamp: &Int96) -> i128 {
    let [low, high, day] = stamp.data() else { return 0 };
    let of_day = i128::from(u64::from(*high) << 32 | u64::from(*low));
    (i128::from(*day) - 2_440_588) * 86_400_000_000_000 + of_day
}

const AT_ONCE: usize = 8192;
