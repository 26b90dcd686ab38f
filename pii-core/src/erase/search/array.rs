use std::collections::{HashMap, HashSet};

use arrow::array::{Array, AsArray, OffsetSizeTrait, RecordBatch};
use arrow::datatypes::*;

use super::super::{Residue, Where};
use super::cell::{Cell, Cells};
use super::finds::Finds;
use super::numbers::Meaning;
use super::{Needles, escape};

/// Looks into Arrow arrays, also beneath their nulls and into entries of dictionaries that no row has.
pub(super) struct Arrays<'a> {
    needles: &'a Needles,
    /// By the path of the column.
    cells: HashMap<String, Cells<'a>>,
    /// The first row of the batch.
    row: u64,
}

/// Which row of the batch the element at a place belongs to.
type RowOf<'r> = &'r dyn Fn(usize) -> usize;

impl<'a> Arrays<'a> {
    pub(super) fn new(needles: &'a Needles) -> Self {
        Self { needles, cells: HashMap::new(), row: 0 }
    }

    /// Looks into a batch; the next one goes on where it ends. Gives the type that nobody can look into, if there is one.
    pub(super) fn look(&mut self, batch: &RecordBatch, finds: &mut Finds<'_>) -> Result<(), DataType> {
        finds.looked_at(batch.get_array_memory_size());
        for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            self.array(array.as_ref(), field.name(), &|place| place, finds)?;
        }
        self.row += batch.num_rows() as u64;
        Ok(())
    }

    fn array(&mut self, array: &dyn Array, path: &str, row: RowOf<'_>, finds: &mut Finds<'_>) -> Result<(), DataType> {
        macro_rules! numbers {
            ($($kind:ident),*) => {
                match array.data_type() {
                    $(kind if array.as_primitive_opt::<$kind>().is_some() => {
                        let _ = kind;
                        let values = array.as_primitive::<$kind>();
                        self.leaf(array, path, row, finds, |at| Cell::Number(values.value(at).into()));
                        return Ok(());
                    })*
                    _ => {}
                }
            };
        }
        numbers!(Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type);
        numbers!(Date32Type, Date64Type, Time32SecondType, Time32MillisecondType, Time64MicrosecondType);
        numbers!(Time64NanosecondType, TimestampSecondType, TimestampMillisecondType, TimestampMicrosecondType);
        numbers!(TimestampNanosecondType, Decimal32Type, Decimal64Type, Decimal128Type);
        numbers!(DurationSecondType, DurationMillisecondType, DurationMicrosecondType, DurationNanosecondType);
        match array.data_type() {
            DataType::Null | DataType::Interval(_) => {}
            DataType::Boolean => {
                let values = array.as_boolean();
                self.leaf(array, path, row, finds, |at| Cell::Number(values.value(at).into()));
            }
            DataType::Float16 => {
                let values = array.as_primitive::<Float16Type>();
                self.leaf(array, path, row, finds, |at| Cell::Single(values.value(at).to_f32()));
            }
            DataType::Float32 => {
                let values = array.as_primitive::<Float32Type>();
                self.leaf(array, path, row, finds, |at| Cell::Single(values.value(at)));
            }
            DataType::Float64 => {
                let values = array.as_primitive::<Float64Type>();
                self.leaf(array, path, row, finds, |at| Cell::Double(values.value(at)));
            }
            DataType::Decimal256(..) => {
                let values = array.as_primitive::<Decimal256Type>();
                let number = |at| values.value(at).to_i128().map_or(Cell::Bytes(&[]), Cell::Number);
                self.leaf(array, path, row, finds, number);
            }
            DataType::Utf8 => self.text::<i32>(array, path, row, finds),
            DataType::LargeUtf8 => self.text::<i64>(array, path, row, finds),
            DataType::Utf8View => {
                let values = array.as_string_view();
                self.leaf(array, path, row, finds, |at| Cell::Bytes(values.value(at).as_bytes()));
            }
            DataType::Binary => {
                let values = array.as_binary::<i32>();
                self.leaf(array, path, row, finds, |at| Cell::Bytes(values.value(at)));
            }
            DataType::LargeBinary => {
                let values = array.as_binary::<i64>();
                self.leaf(array, path, row, finds, |at| Cell::Bytes(values.value(at)));
            }
            DataType::BinaryView => {
                let values = array.as_binary_view();
                self.leaf(array, path, row, finds, |at| Cell::Bytes(values.value(at)));
            }
            DataType::FixedSizeBinary(_) => {
                let values = array.as_fixed_size_binary();
                self.leaf(array, path, row, finds, |at| Cell::Bytes(values.value(at)));
            }
            DataType::Struct(fields) => {
                for (field, child) in fields.iter().zip(array.as_struct().columns()) {
                    self.array(child, &format!("{path}.{}", field.name()), row, finds)?;
                }
            }
            DataType::List(field) => {
                let list = array.as_list::<i32>();
                let row = |place| row(holding(list.value_offsets(), place));
                self.array(list.values(), &format!("{path}.{}", field.name()), &row, finds)?;
            }
            DataType::LargeList(field) => {
                let list = array.as_list::<i64>();
                let row = |place| row(holding(list.value_offsets(), place));
                self.array(list.values(), &format!("{path}.{}", field.name()), &row, finds)?;
            }
            DataType::FixedSizeList(field, length) => {
                let length = usize::try_from(*length).unwrap_or(0).max(1);
                let row = |place| row(place / length);
                self.array(array.as_fixed_size_list().values(), &format!("{path}.{}", field.name()), &row, finds)?;
            }
            DataType::Map(field, _) => {
                let map = array.as_map();
                let row = |place| row(holding(map.value_offsets(), place));
                self.array(map.entries(), &format!("{path}.{}", field.name()), &row, finds)?;
            }
            DataType::Union(fields, _) => {
                let union = array.as_union();
                for (id, field) in fields.iter() {
                    // Where a child's value is in a row is known to dense unions only by search: the first row will do.
                    self.array(union.child(id), &format!("{path}.{}", field.name()), &|_| row(0), finds)?;
                }
            }
            DataType::Dictionary(..) => self.dictionary(array, path, row, finds),
            other => return Err(other.clone()),
        }
        Ok(())
    }

    /// Text lies together: where none of it is like a value, no cell need be looked at.
    fn text<O: OffsetSizeTrait>(&mut self, array: &dyn Array, path: &str, row: RowOf<'_>, finds: &mut Finds<'_>) {
        let values = array.as_string::<O>();
        let mut like = self.needles.has_short() || escape::is_in(values.value_data());
        if !like {
            self.needles.in_bytes(values.value_data(), &mut |_| like = true);
        }
        if like {
            self.leaf(array, path, row, finds, |at| Cell::Bytes(values.value(at).as_bytes()));
        }
    }

    fn leaf<'c>(
        &mut self,
        array: &dyn Array,
        path: &str,
        row: RowOf<'_>,
        finds: &mut Finds<'_>,
        cell: impl Fn(usize) -> Cell<'c>,
    ) {
        let first = self.row;
        let cells = self.cells(array.data_type(), path);
        for at in 0..array.len() {
            for (value, whole) in cells.look(cell(at)).iter() {
                let row = first + row(at) as u64;
                match array.is_null(at) {
                    true => finds.column(path, format!("row {}, beneath its null", row + 1), value, whole),
                    false => finds.cell(row, path, value, whole),
                }
            }
        }
    }

    fn cells(&mut self, kind: &DataType, path: &str) -> &Cells<'a> {
        let new = || Cells::new(self.needles, Meaning::of_arrow(kind));
        self.cells.entry(path.to_owned()).or_insert_with(new)
    }

    fn dictionary(&mut self, array: &dyn Array, path: &str, row: RowOf<'_>, finds: &mut Finds<'_>) {
        let dictionary = array.as_any_dictionary();
        let mut entries: HashMap<usize, Vec<(usize, bool)>> = HashMap::new();
        let file = finds.file();
        let mut entry = |residue: Residue| {
            if let Where::Cell(at, _) = residue.at {
                entries.entry(at as usize).or_default().push((residue.value, residue.whole));
            }
        };
        let mut own = Self { needles: self.needles, cells: std::mem::take(&mut self.cells), row: 0 };
        let looked = own.array(dictionary.values().as_ref(), path, &|place| place, &mut Finds::new(file, &mut entry));
        self.cells = own.cells;
        if entries.is_empty() || looked.is_err() {
            return;
        }
        let mut used = HashSet::new();
        for (at, key) in dictionary.normalized_keys().into_iter().enumerate() {
            for (value, whole) in entries.get(&key).into_iter().flatten().filter(|_| !array.is_null(at)) {
                used.insert(key);
                finds.cell(self.row + row(at) as u64, path, *value, *whole);
            }
        }
        for (_, values) in entries.iter().filter(|(key, _)| !used.contains(key)) {
            values.iter().for_each(|(value, whole)| finds.column(path, "dictionary", *value, *whole));
        }
    }
}

/// Which list holds the element at a place.
fn holding<O: OffsetSizeTrait>(offsets: &[O], place: usize) -> usize {
    offsets.partition_point(|offset| offset.as_usize() <= place).saturating_sub(1).min(offsets.len().saturating_sub(2))
}
