use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, GenericListArray, OffsetSizeTrait, StringArray, UInt64Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Field, Fields, UInt64Type};
use arrow::error::ArrowError;

use super::Error;
use crate::register::{Bar, Forbidden, Marker};

/// Identifiers in a column or in a part of one.
#[derive(Debug)]
pub(super) struct Probe {
    /// Which of the columns side by side.
    pub(super) at: usize,
    pub(super) of: Shape,
}

#[derive(Debug)]
pub(super) enum Shape {
    Leaf(Box<Marker>),
    Struct(Vec<Probe>),
    List(Box<Shape>),
}

/// What keeps each row back, by any of these columns.
pub(super) fn side_by_side(
    register: &Forbidden,
    probes: &[Probe],
    columns: &[ArrayRef],
    rows: usize,
) -> Result<Vec<Bar>, Error> {
    let mut worst = vec![Bar::Nothing; rows];
    for Probe { at, of } in probes {
        let Some(array) = columns.get(*at) else { continue };
        for (worst, bar) in worst.iter_mut().zip(column(register, of, array)?) {
            *worst = bar.max(*worst);
        }
    }
    Ok(worst)
}

fn column(register: &Forbidden, of: &Shape, array: &ArrayRef) -> Result<Vec<Bar>, Error> {
    Ok(match (of, array.data_type()) {
        (Shape::Leaf(marker), _) => leaf(register, marker, array)?,
        (Shape::Struct(probes), DataType::Struct(_)) => {
            let parts = array.as_struct();
            visible(array, side_by_side(register, probes, parts.columns(), array.len())?)
        }
        (Shape::List(item), DataType::List(_)) => list(register, item, array, array.as_list::<i32>())?,
        (Shape::List(item), DataType::LargeList(_)) => list(register, item, array, array.as_list::<i64>())?,
        (Shape::List(item), DataType::FixedSizeList(_, size)) => {
            let items = column(register, item, array.as_fixed_size_list().values())?;
            let size = usize::try_from(*size).unwrap_or(0);
            visible(array, (0..array.len()).map(|row| worst(&items, row * size, (row + 1) * size)).collect())
        }
        (Shape::List(item), DataType::Map(..)) => {
            let map = array.as_map();
            let (first, last) = ends(map.offsets());
            let entries: ArrayRef = Arc::new(map.entries().slice(first, last - first));
            let items = column(register, item, &entries)?;
            visible(array, by_row(&items, map.offsets(), first))
        }
        // A probe is made for one schema, and rows of another are refused before they come here.
        (_, other) => return Err(ArrowError::SchemaError(format!("no identifiers in {other}")).into()),
    })
}

fn list<O: OffsetSizeTrait>(
    register: &Forbidden,
    item: &Shape,
    array: &ArrayRef,
    list: &GenericListArray<O>,
) -> Result<Vec<Bar>, Error> {
    let (first, last) = ends(list.offsets());
    let items = column(register, item, &list.values().slice(first, last - first))?;
    Ok(visible(array, by_row(&items, list.offsets(), first)))
}

/// Each entry of a dictionary that is pointed to is looked for once.
fn leaf(register: &Forbidden, marker: &Marker, array: &ArrayRef) -> Result<Vec<Bar>, Error> {
    if let Some(dictionary) = array.as_any_dictionary_opt() {
        let keys = cast(dictionary.keys(), &DataType::UInt64)?;
        let keys = keys.as_primitive::<UInt64Type>();
        let pointed: BTreeSet<u64> = keys.iter().flatten().collect();
        let entries = take(dictionary.values(), &UInt64Array::from_iter_values(pointed.iter().copied()), None)?;
        let bars: HashMap<u64, Bar> = pointed.into_iter().zip(leaf(register, marker, &entries)?).collect();
        let of = |key: Option<u64>| key.and_then(|key| bars.get(&key).copied()).unwrap_or_default();
        return Ok(keys.iter().map(of).collect());
    }
    Ok(match array.data_type() {
        DataType::Utf8 => texts(register, marker, array.as_string::<i32>().iter()),
        DataType::LargeUtf8 => texts(register, marker, array.as_string::<i64>().iter()),
        DataType::Utf8View => texts(register, marker, array.as_string_view().iter()),
        _ => texts(register, marker, cast(array, &DataType::Utf8)?.as_string::<i32>().iter()),
    })
}

fn texts<'v>(register: &Forbidden, marker: &Marker, values: impl Iterator<Item = Option<&'v str>>) -> Vec<Bar> {
    register.bars(marker, &normal_forms(marker, values))
}

/// What keeps back the row of each text, and the texts in their normal form; none, if that is how they are.
pub(super) fn handed_on(register: &Forbidden, marker: &Marker, texts: &StringArray) -> (Vec<Bar>, Option<StringArray>) {
    let normal = normal_forms(marker, texts.iter());
    let bars = register.bars(marker, &normal);
    let is_same = |(normal, text): (&Option<Cow<'_, str>>, Option<&str>)| match (normal, text) {
        (Some(normal), Some(text)) => matches!(normal, Cow::Borrowed(_)) && normal.len() == text.len(),
        _ => true,
    };
    let are_same = normal.iter().zip(texts.iter()).all(is_same);
    (bars, (!are_same).then(|| normal.iter().map(Option::as_deref).collect()))
}

fn normal_forms<'v>(marker: &Marker, values: impl Iterator<Item = Option<&'v str>>) -> Vec<Option<Cow<'v, str>>> {
    values.map(|value| value.map(|value| marker.normaliser().normalise(value))).collect()
}

/// A null hides what lies beneath.
fn visible(array: &ArrayRef, mut bars: Vec<Bar>) -> Vec<Bar> {
    if let Some(nulls) = array.nulls() {
        for (bar, is_there) in bars.iter_mut().zip(nulls) {
            if !is_there {
                *bar = Bar::Nothing;
            }
        }
    }
    bars
}

/// What keeps each row back, by its items. The first item is that at `first`.
fn by_row<O: OffsetSizeTrait>(items: &[Bar], offsets: &OffsetBuffer<O>, first: usize) -> Vec<Bar> {
    let ends = offsets.iter().zip(offsets.iter().skip(1));
    ends.map(|(from, to)| worst(items, from.as_usize() - first, to.as_usize() - first)).collect()
}

fn worst(items: &[Bar], from: usize, to: usize) -> Bar {
    items.get(from..to).into_iter().flatten().copied().max().unwrap_or_default()
}

/// The first item of a list, and the one behind the last.
fn ends<O: OffsetSizeTrait>(offsets: &OffsetBuffer<O>) -> (usize, usize) {
    let at = |offset: Option<&O>| offset.map(|offset| offset.as_usize()).unwrap_or_default();
    (at(offsets.first()), at(offsets.last()))
}

/// Asks for every leaf column, by its path as the policy names it, and keeps those with an answer.
pub(super) fn probes(
    fields: &Fields,
    within: Option<&str>,
    ask: &mut dyn FnMut(&str) -> Result<Option<Marker>, Error>,
) -> Result<Vec<Probe>, Error> {
    let mut found = Vec::new();
    for (at, field) in fields.iter().enumerate() {
        let path = within.map_or_else(|| field.name().clone(), |within| format!("{within}.{}", field.name()));
        found.extend(shape(field, &path, ask)?.map(|of| Probe { at, of }));
    }
    Ok(found)
}

fn shape(
    field: &Field,
    path: &str,
    ask: &mut dyn FnMut(&str) -> Result<Option<Marker>, Error>,
) -> Result<Option<Shape>, Error> {
    Ok(match field.data_type() {
        DataType::Struct(children) => {
            let parts = probes(children, Some(path), ask)?;
            (!parts.is_empty()).then_some(Shape::Struct(parts))
        }
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => shape(item, path, ask)?.map(|item| Shape::List(Box::new(item))),
        _ => ask(path)?.map(|marker| Shape::Leaf(Box::new(marker))),
    })
}
