use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int64Array,
    OffsetSizeTrait, RecordBatch, UInt64Array,
};
use arrow::buffer::{BooleanBuffer, OffsetBuffer};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType, Field, TimeUnit};
use arrow::error::ArrowError;
use arrow::row::{RowConverter, SortField};
use jiff::civil::{Date, Time};

use super::Fault;
use super::leaf::{Leaf, Step, Table, name};
use crate::erase::Values;
use crate::erase::parquet::{instant, unscaled, whole};

/// The values that are looked for, as those of one column.
pub(in crate::erase) struct Wanted {
    leaf: Leaf,
    texts: HashSet<Vec<u8>>,
    /// Values that are no texts, in the form in which arrow compares rows.
    rows: Option<(RowConverter, HashSet<Vec<u8>>)>,
}

impl Wanted {
    pub(in crate::erase) fn new(table: Table<'_>, path: &str, values: &Values) -> Result<Self, Fault> {
        let leaf = match table.leaves(path)?.as_slice() {
            [leaf] => leaf.clone(),
            _ => return Err(Fault::Unsupported(format!("several columns under `{path}`"))),
        };
        let entry = leaf.code.as_ref().map_or(&leaf.field, |code| &code.entry);
        let mut wanted = Self { texts: HashSet::new(), rows: None, leaf: leaf.clone() };
        if is_text(entry.data_type()) {
            wanted.texts = values.iter().filter_map(|value| bytes(entry, value)).collect();
        } else if let Some(array) = typed(entry, values.iter())? {
            let odd =
                |_: ArrowError| Fault::Unsupported(format!("the type {} for the column", name(entry.data_type())));
            let converter = RowConverter::new(vec![SortField::new(entry.data_type().clone())]).map_err(odd)?;
            let rows = converter.convert_columns(&[array]).map_err(odd)?;
            let set = rows.iter().map(|row| row.as_ref().to_vec()).collect();
            wanted.rows = Some((converter, set));
        }
        Ok(wanted)
    }

    /// The column of the table that the path leads into.
    pub(in crate::erase) fn root(&self) -> usize {
        self.leaf.root
    }

    /// The dictionary that the column is coded by.
    pub(in crate::erase) fn dictionary(&self) -> Option<i64> {
        self.leaf.code.as_ref().map(|code| code.id)
    }

    /// Whether no value of the column could be one of them.
    pub(in crate::erase) fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.rows.as_ref().is_none_or(|(_, rows)| rows.is_empty())
    }

    /// Which rows of a batch of that one column hold one. `entries`: which entries of its dictionary are wanted.
    pub(in crate::erase) fn marks(
        &self,
        batch: &RecordBatch,
        entries: Option<&[bool]>,
    ) -> Result<BooleanBuffer, ArrowError> {
        match batch.columns().first() {
            Some(column) => self.down(column, &self.leaf.steps, entries),
            None => Ok(BooleanBuffer::new_unset(batch.num_rows())),
        }
    }

    fn down(&self, array: &ArrayRef, steps: &[Step], entries: Option<&[bool]>) -> Result<BooleanBuffer, ArrowError> {
        let Some((step, rest)) = steps.split_first() else {
            return match entries {
                Some(entries) => coded(array, entries),
                None => self.matching(array),
            };
        };
        let marks = match (step, array.data_type()) {
            (Step::Child(at), DataType::Struct(_)) => match array.as_struct().columns().get(*at) {
                Some(child) => self.down(child, rest, entries)?,
                None => BooleanBuffer::new_unset(array.len()),
            },
            (Step::Items, DataType::List(_)) => {
                let list = array.as_list::<i32>();
                any(list.offsets(), &self.down(list.values(), rest, entries)?)
            }
            (Step::Items, DataType::LargeList(_)) => {
                let list = array.as_list::<i64>();
                any(list.offsets(), &self.down(list.values(), rest, entries)?)
            }
            (Step::Items, DataType::FixedSizeList(_, size)) => {
                let marks = self.down(array.as_fixed_size_list().values(), rest, entries)?;
                let size = usize::try_from(*size).unwrap_or_default();
                BooleanBuffer::collect_bool(array.len(), |row| marks.slice(row * size, size).has_true())
            }
            _ => return Err(ArrowError::NotYetImplemented(String::new())),
        };
        Ok(present(array, &marks))
    }

    /// Which of these values are wanted.
    pub(in crate::erase) fn matching(&self, array: &ArrayRef) -> Result<BooleanBuffer, ArrowError> {
        let texts = |index: usize, at: &dyn Fn(usize) -> bool| array.is_valid(index) && at(index);
        let has = |bytes: &[u8]| self.texts.contains(bytes);
        let len = array.len();
        let marks = match array.data_type() {
            DataType::Utf8 => {
                let array = array.as_string::<i32>();
                BooleanBuffer::collect_bool(len, |at| texts(at, &|at| has(array.value(at).as_bytes())))
            }
            DataType::LargeUtf8 => {
                let array = array.as_string::<i64>();
                BooleanBuffer::collect_bool(len, |at| texts(at, &|at| has(array.value(at).as_bytes())))
            }
            DataType::Utf8View => {
                let array = array.as_string_view();
                BooleanBuffer::collect_bool(len, |at| texts(at, &|at| has(array.value(at).as_bytes())))
            }
            DataType::Binary => {
                let array = array.as_binary::<i32>();
                BooleanBuffer::collect_bool(len, |at| texts(at, &|at| has(array.value(at))))
            }
            DataType::LargeBinary => {
                let array = array.as_binary::<i64>();
                BooleanBuffer::collect_bool(len, |at| texts(at, &|at| has(array.value(at))))
            }
            DataType::BinaryView => {
                let array = array.as_binary_view();
                BooleanBuffer::collect_bool(len, |at| texts(at, &|at| has(array.value(at))))
            }
            DataType::FixedSizeBinary(_) => {
                let array = array.as_fixed_size_binary();
                BooleanBuffer::collect_bool(len, |at| texts(at, &|at| has(array.value(at))))
            }
            _ => match &self.rows {
                Some((converter, wanted)) => {
                    let rows = converter.convert_columns(&[Arc::clone(array)])?;
                    BooleanBuffer::collect_bool(len, |at| array.is_valid(at) && wanted.contains(rows.row(at).as_ref()))
                }
                None => BooleanBuffer::new_unset(len),
            },
        };
        Ok(marks)
    }
}

/// Which codes are those of wanted entries.
fn coded(codes: &ArrayRef, entries: &[bool]) -> Result<BooleanBuffer, ArrowError> {
    let codes = cast(codes, &DataType::UInt64)?;
    let codes = codes.as_primitive::<arrow::datatypes::UInt64Type>();
    let wanted = |at: usize| entries.get(codes.value(at) as usize) == Some(&true);
    Ok(BooleanBuffer::collect_bool(codes.len(), |at| codes.is_valid(at) && wanted(at)))
}

/// Which lists have a marked element.
fn any<O: OffsetSizeTrait>(offsets: &OffsetBuffer<O>, marks: &BooleanBuffer) -> BooleanBuffer {
    let mut ranges = offsets.windows(2).map(|pair| match pair {
        [from, to] => from.as_usize()..to.as_usize(),
        _ => 0..0,
    });
    BooleanBuffer::collect_bool(offsets.len().saturating_sub(1), |_| {
        ranges.next().is_some_and(|range| marks.slice(range.start, range.len()).has_true())
    })
}

fn present(array: &ArrayRef, marks: &BooleanBuffer) -> BooleanBuffer {
    match array.nulls() {
        Some(nulls) => nulls.inner() & marks,
        None => marks.clone(),
    }
}

pub(in crate::erase) fn is_text(kind: &DataType) -> bool {
    use DataType::{Binary, BinaryView, FixedSizeBinary, LargeBinary, LargeUtf8, Utf8, Utf8View};
    matches!(kind, Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView | FixedSizeBinary(_))
}

/// A text as the bytes of a column of texts; none where no value of the column could be it.
pub(in crate::erase) fn bytes(field: &Field, text: &str) -> Option<Vec<u8>> {
    match field.data_type() {
        DataType::FixedSizeBinary(16) if field.extension_type_name() == Some("arrow.uuid") => {
            uuid::Uuid::parse_str(text).ok().map(|id| id.into_bytes().to_vec())
        }
        DataType::FixedSizeBinary(width) if usize::try_from(*width) != Ok(text.len()) => None,
        _ => Some(text.as_bytes().to_vec()),
    }
}

/// Texts as values of a column; those that cannot be one are left out. None if no text can be.
pub(in crate::erase) fn typed<'t>(
    field: &Field,
    texts: impl Iterator<Item = &'t str>,
) -> Result<Option<ArrayRef>, Fault> {
    let kind = field.data_type();
    let odd = || Fault::Unsupported(format!("the type {} for the column", name(kind)));
    let numbers = |unit: TimeUnit| match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    };
    let small = |number: Option<i128>| number.and_then(|number| i64::try_from(number).ok());
    let array: ArrayRef = match kind {
        DataType::Boolean => {
            Arc::new(texts.filter_map(|text| text.parse::<bool>().ok()).map(Some).collect::<BooleanArray>())
        }
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            Arc::new(texts.filter_map(|text| text.parse::<i64>().ok()).collect::<Int64Array>())
        }
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => {
            Arc::new(texts.filter_map(|text| text.parse::<u64>().ok()).collect::<UInt64Array>())
        }
        DataType::Float16 | DataType::Float32 => {
            Arc::new(texts.filter_map(|text| text.parse::<f32>().ok()).collect::<Float32Array>())
        }
        DataType::Float64 => Arc::new(texts.filter_map(|text| text.parse::<f64>().ok()).collect::<Float64Array>()),
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => {
            let numbers = texts.filter_map(|text| unscaled(text, i32::from(*scale))).collect::<Decimal128Array>();
            Arc::new(numbers.with_precision_and_scale(DECIMAL128_MAX_PRECISION, *scale).map_err(|_| odd())?)
        }
        DataType::Date32 | DataType::Date64 => {
            let days = |date: Date| date.since(Date::constant(1970, 1, 1)).ok().map(|since| since.get_days());
            Arc::new(texts.filter_map(|text| days(text.parse().ok()?)).map(Some).collect::<Date32Array>())
        }
        DataType::Time32(unit) | DataType::Time64(unit) => {
            let since = |time: Time| whole(time.duration_since(Time::midnight()).as_nanos(), numbers(*unit));
            let times = texts.filter_map(|text| small(since(text.parse().ok()?))).collect::<Int64Array>();
            if matches!(kind, DataType::Time32(_)) {
                cast(&times, &DataType::Int32).map_err(|_| odd())?
            } else {
                Arc::new(times)
            }
        }
        DataType::Timestamp(unit, _) => {
            let stamps = texts.filter_map(|text| small(whole(instant(text)?, numbers(*unit))));
            Arc::new(stamps.collect::<Int64Array>())
        }
        DataType::Null => return Ok(None),
        _ => return Err(odd()),
    };
    // What is out of the type's range becomes null, and is left out.
    let array =
        cast_with_options(&array, kind, &CastOptions { safe: true, ..CastOptions::default() }).map_err(|_| odd())?;
    let valid = arrow::compute::is_not_null(&array).map_err(|_| odd())?;
    let array = arrow::compute::filter(&array, &valid).map_err(|_| odd())?;
    Ok((!array.is_empty()).then_some(array))
}
