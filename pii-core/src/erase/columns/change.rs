use std::sync::Arc;

use arrow::array::{
    Array, ArrayData, ArrayRef, AsArray, BinaryArray, BooleanArray, PrimitiveArray, RecordBatch, RecordBatchOptions,
    Scalar, StringArray, make_array, new_null_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::zip::zip;
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{ArrowPrimitiveType, DataType, Int32Type, Int64Type, ToByteSlice, UInt32Type, UInt64Type};
use arrow::error::ArrowError;
use ring::hmac;

use super::Fault;
use super::leaf::{Code, Leaf, Step, Table};
use super::wanted::{bytes, is_text, typed};
use crate::erase::Action;
use crate::erase::strategy::Becomes;

/// What happens to the rows that were found.
pub(in crate::erase) enum Change {
    Delete,
    Set(Vec<(Leaf, Deed)>),
}

/// What happens to the values of one column in them.
pub(in crate::erase) enum Deed {
    Null,
    /// They become this one.
    Constant(ArrayRef),
    /// They become what this key makes of them.
    Hide(hmac::Key),
}

/// Gives new codes to the rows that are marked: those of other entries.
pub(in crate::erase) type Recode<'r> =
    &'r mut dyn FnMut(&Code, &Deed, &ArrayRef, &BooleanBuffer) -> Result<ArrayRef, ArrowError>;

impl Change {
    pub(in crate::erase) fn new(action: &Action, table: Table<'_>, key: &hmac::Key) -> Result<Self, Fault> {
        if *action == Action::DeleteRow {
            return Ok(Self::Delete);
        }
        let mut deeds: Vec<(Leaf, Deed)> = Vec::new();
        for (path, becomes) in action.changes() {
            for leaf in table.leaves(path)? {
                let no = |why: &str| Fault::Impossible(format!("the column `{path}` {why}"));
                let kind = leaf.code.as_ref().map_or(&leaf.field, |code| &code.entry);
                let deed = match becomes {
                    Becomes::Null if leaf.field.is_nullable() => Deed::Null,
                    Becomes::Null => return Err(no("is required, so nothing in it can become null")),
                    Becomes::Text(text) => Deed::Constant(
                        constant(kind, text)?.ok_or_else(|| no("is of a type that the new value is not of"))?,
                    ),
                    Becomes::Pseudonym if can_hide(kind.data_type()) => Deed::Hide(key.clone()),
                    Becomes::Pseudonym => return Err(no("is of a type that has no pseudonyms")),
                };
                let same = |(other, _): &(Leaf, Deed)| (other.root, &other.steps) == (leaf.root, &leaf.steps);
                if !deeds.iter().any(same) {
                    deeds.push((leaf, deed));
                }
            }
        }
        Ok(Self::Set(deeds))
    }

    /// The batch without what is to go from the rows of `hits`.
    pub(in crate::erase) fn apply(
        &self,
        batch: &RecordBatch,
        hits: &BooleanBuffer,
        recode: Recode<'_>,
    ) -> Result<RecordBatch, ArrowError> {
        let deeds = match self {
            Self::Delete => return filter_record_batch(batch, &BooleanArray::from(!hits)),
            Self::Set(deeds) => deeds,
        };
        let mut columns = batch.columns().to_vec();
        for (leaf, deed) in deeds {
            if let Some(column) = columns.get_mut(leaf.root) {
                *column = down(column, &leaf.steps, hits, &mut |values, marks| match (&leaf.code, deed) {
                    (_, Deed::Null) => {
                        let null = Scalar::new(new_null_array(values.data_type(), 1));
                        zip(&BooleanArray::from(marks.clone()), &null, values)
                    }
                    (Some(code), deed) => recode(code, deed, values, marks),
                    (None, deed) => deed.on(values, &present(values, marks)),
                })?;
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(batch.schema(), columns, &options)
    }
}

impl Deed {
    /// The values, with others at the places that are marked, where none is null.
    pub(in crate::erase) fn on(&self, values: &ArrayRef, marks: &BooleanBuffer) -> Result<ArrayRef, ArrowError> {
        let mask = BooleanArray::from(marks.clone());
        match self {
            Self::Null => Ok(Arc::clone(values)),
            Self::Constant(value) => zip(&mask, &Scalar::new(Arc::clone(value)), values),
            Self::Hide(key) => zip(&mask, &hidden(key, values, marks)?, values),
        }
    }
}

/// Goes down to what the steps lead to, and puts what `act` makes of it in its place.
fn down(
    array: &ArrayRef,
    steps: &[Step],
    marks: &BooleanBuffer,
    act: &mut dyn FnMut(&ArrayRef, &BooleanBuffer) -> Result<ArrayRef, ArrowError>,
) -> Result<ArrayRef, ArrowError> {
    let Some((step, rest)) = steps.split_first() else { return act(array, marks) };
    let (at, child, marks) = match (step, array.data_type()) {
        (Step::Child(at), DataType::Struct(_)) => {
            let child = array.as_struct().columns().get(*at).cloned();
            (*at, child, marks.clone())
        }
        (Step::Items, DataType::List(_)) => {
            let list = array.as_list::<i32>();
            let ranges = list.offsets().windows(2).map(|pair| match pair {
                [from, to] => from.unsigned_abs() as usize..to.unsigned_abs() as usize,
                _ => 0..0,
            });
            (0, Some(Arc::clone(list.values())), elements(ranges, marks, list.values().len()))
        }
        (Step::Items, DataType::LargeList(_)) => {
            let list = array.as_list::<i64>();
            let ranges = list.offsets().windows(2).map(|pair| match pair {
                [from, to] => from.unsigned_abs() as usize..to.unsigned_abs() as usize,
                _ => 0..0,
            });
            (0, Some(Arc::clone(list.values())), elements(ranges, marks, list.values().len()))
        }
        (Step::Items, DataType::FixedSizeList(_, size)) => {
            let values = array.as_fixed_size_list().values();
            let size = usize::try_from(*size).unwrap_or_default();
            let ranges = (0..array.len()).map(|row| row * size..(row + 1) * size);
            (0, Some(Arc::clone(values)), elements(ranges, marks, values.len()))
        }
        _ => return Err(ArrowError::NotYetImplemented(String::new())),
    };
    let child = child.ok_or_else(|| ArrowError::NotYetImplemented(String::new()))?;
    let new = down(&child, rest, &marks, act)?;
    let data = array.to_data();
    let mut children = data.child_data().to_vec();
    if let Some(place) = children.get_mut(at) {
        *place = new.to_data();
    }
    Ok(make_array(data.into_builder().child_data(children).build()?))
}

/// The elements of the marked rows.
fn elements(ranges: impl Iterator<Item = std::ops::Range<usize>>, marks: &BooleanBuffer, len: usize) -> BooleanBuffer {
    let mut all = vec![false; len];
    for (row, range) in ranges.enumerate() {
        if marks.value(row) {
            all.get_mut(range).into_iter().flatten().for_each(|mark| *mark = true);
        }
    }
    BooleanBuffer::from(all)
}

fn present(values: &ArrayRef, marks: &BooleanBuffer) -> BooleanBuffer {
    match values.nulls() {
        Some(nulls) => nulls.inner() & marks,
        None => marks.clone(),
    }
}

/// One text as a value of a column.
fn constant(field: &arrow::datatypes::Field, text: &str) -> Result<Option<ArrayRef>, Fault> {
    let odd = |_| Fault::Unsupported("a type that texts cannot become".to_owned());
    match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            cast(&StringArray::from(vec![text]), field.data_type()).map(Some).map_err(odd)
        }
        kind if is_text(kind) => {
            let Some(bytes) = bytes(field, text) else { return Ok(None) };
            fixed(kind, vec![Some(bytes.as_slice())]).map(Some).map_err(odd)
        }
        _ => typed(field, std::iter::once(text)),
    }
}

/// Bytes as a column of a type of bytes.
fn fixed(kind: &DataType, values: Vec<Option<&[u8]>>) -> Result<ArrayRef, ArrowError> {
    match kind {
        DataType::FixedSizeBinary(width) => {
            let array = arrow::array::FixedSizeBinaryArray::try_from_sparse_iter_with_size(values.into_iter(), *width)?;
            Ok(Arc::new(array))
        }
        kind => cast(&BinaryArray::from(values), kind),
    }
}

/// Texts, numbers that are only numbers, and ids: what a random value of the same kind can stand for.
fn can_hide(kind: &DataType) -> bool {
    is_text(kind) || matches!(kind, DataType::Int32 | DataType::Int64 | DataType::UInt32 | DataType::UInt64)
}

/// What the key makes of the marked values; null elsewhere. 128 bits in hexadecimal for a text; as many bits as there is
/// room for, else.
fn hidden(key: &hmac::Key, values: &ArrayRef, marks: &BooleanBuffer) -> Result<ArrayRef, ArrowError> {
    let kind = values.data_type();
    match kind {
        DataType::Int32 => Ok(number::<Int32Type>(key, values, marks)),
        DataType::UInt32 => Ok(number::<UInt32Type>(key, values, marks)),
        DataType::Int64 => Ok(number::<Int64Type>(key, values, marks)),
        DataType::UInt64 => Ok(number::<UInt64Type>(key, values, marks)),
        DataType::FixedSizeBinary(width) => {
            let old = values.as_fixed_size_binary();
            let width = usize::try_from(*width).unwrap_or_default();
            let tag =
                |at| hmac::sign(key, old.value(at)).as_ref().iter().copied().cycle().take(width).collect::<Vec<_>>();
            let new: Vec<_> = (0..old.len()).map(|at| marks.value(at).then(|| tag(at))).collect();
            fixed(kind, new.iter().map(Option::as_deref).collect())
        }
        _ => {
            let old = cast(values, &DataType::LargeBinary)?;
            let old = old.as_binary::<i64>();
            let text = |at| {
                hmac::sign(key, old.value(at)).as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
            };
            let new: StringArray = (0..old.len()).map(|at| marks.value(at).then(|| -> String { text(at) })).collect();
            cast(&new, kind)
        }
    }
}

fn number<T: ArrowPrimitiveType>(key: &hmac::Key, values: &ArrayRef, marks: &BooleanBuffer) -> ArrayRef
where
    T::Native: From32,
{
    let old = values.as_primitive::<T>();
    let new = old.iter().enumerate().map(|(at, old)| {
        let old = old.filter(|_| marks.value(at))?;
        T::Native::of(hmac::sign(key, old.to_byte_slice()).as_ref())
    });
    Arc::new(new.collect::<PrimitiveArray<T>>())
}

/// Numbers out of the first bytes of a tag.
trait From32: Sized {
    fn of(tag: &[u8]) -> Option<Self>;
}

macro_rules! from_tag {
    ($($native:ty),*) => {$(
        impl From32 for $native {
            fn of(tag: &[u8]) -> Option<Self> {
                tag.first_chunk().map(|bytes| Self::from_le_bytes(*bytes))
            }
        }
    )*};
}

from_tag!(i32, u32, i64, u64);

/// What views point to nowhere is not kept: a filter leaves the texts of views as they were.
pub(in crate::erase) fn tidy(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().map(|column| Ok(make_array(tidied(column.to_data())?)));
    let columns = columns.collect::<Result<Vec<_>, ArrowError>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(batch.schema(), columns, &options)
}

fn tidied(data: ArrayData) -> Result<ArrayData, ArrowError> {
    match data.data_type() {
        DataType::Utf8View => Ok(make_array(data).as_string_view().gc().to_data()),
        DataType::BinaryView => Ok(make_array(data).as_binary_view().gc().to_data()),
        _ if data.child_data().is_empty() => Ok(data),
        _ => {
            let children = data.child_data().iter().cloned().map(tidied).collect::<Result<Vec<_>, _>>()?;
            data.into_builder().child_data(children).build()
        }
    }
}
