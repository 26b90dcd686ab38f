//! Columns within columns: structs are walked into, lists are read by item.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};

/// The columns of `schema` that hold values, in order: `address.city` for a field of a struct, the list's own path
/// for its items, `attributes.key` and `attributes.value` for a map.
pub fn leaf_columns(schema: &Schema) -> Vec<(String, DataType)> {
    let mut leaves = Vec::new();
    for field in schema.fields() {
        walk_type(field.name(), field.data_type(), &mut leaves);
    }
    leaves
}

fn walk_type(path: &str, data_type: &DataType, leaves: &mut Vec<(String, DataType)>) {
    match data_type {
        DataType::Struct(fields) => {
            for field in fields {
                walk_type(&format!("{path}.{}", field.name()), field.data_type(), leaves);
            }
        }
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            walk_type(path, item.data_type(), leaves);
        }
        DataType::Map(entries, _) => walk_type(path, entries.data_type(), leaves),
        other => leaves.push((path.to_owned(), other.clone())),
    }
}

/// One leaf of one batch: its values, and where they are null (its parents' nulls included).
pub(super) struct Leaf {
    pub(super) values: ArrayRef,
    pub(super) nulls: Option<NullBuffer>,
}

/// The leaves of a batch, in the order of [`leaf_columns`].
pub(super) fn leaves(batch: &RecordBatch) -> Vec<Leaf> {
    let mut found = Vec::new();
    for column in batch.columns() {
        walk_array(column, None, &mut found);
    }
    found
}

fn walk_array(array: &ArrayRef, above: Option<&NullBuffer>, found: &mut Vec<Leaf>) {
    match array.data_type() {
        DataType::Struct(_) => {
            let nulls = NullBuffer::union(above, array.nulls());
            for column in array.as_struct().columns() {
                walk_array(column, nulls.as_ref(), found);
            }
        }
        DataType::List(_) => walk_items(array.as_list::<i32>().values(), array.as_list::<i32>().value_offsets(), found),
        DataType::LargeList(_) => {
            walk_items(array.as_list::<i64>().values(), array.as_list::<i64>().value_offsets(), found);
        }
        DataType::FixedSizeList(item, _) => {
            // A list of fixed size keeps items under its nulls; as a plain list it does not.
            let plain = DataType::List(Field::clone(item).into());
            match cast(array, &plain) {
                Ok(list) => walk_array(&list, above, found),
                Err(_) => walk_array(array.as_fixed_size_list().values(), None, found),
            }
        }
        DataType::Map(..) => {
            let map = array.as_map();
            let entries: ArrayRef = std::sync::Arc::new(map.entries().clone());
            walk_items(&entries, map.value_offsets(), found);
        }
        _ => {
            let nulls = NullBuffer::union(above, array.logical_nulls().as_ref());
            found.push(Leaf { values: array.clone(), nulls });
        }
    }
}

/// The items that the lists of this batch point to: a slice of a larger array points to a part of its items.
fn walk_items<O: Copy + TryInto<usize>>(items: &ArrayRef, offsets: &[O], found: &mut Vec<Leaf>) {
    let at = |offset: Option<&O>| offset.and_then(|o| (*o).try_into().ok()).unwrap_or(0_usize);
    let (first, last) = (at(offsets.first()), at(offsets.last()));
    walk_array(&items.slice(first, last - first), None, found);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ListBuilder, StringArray, StringBuilder, StructArray};

    use super::*;

    #[test]
    fn structs_are_dotted_lists_are_items_and_nulls_come_down() {
        let city = Arc::new(StringArray::from(vec![Some("Seoul"), Some("hidden"), None])) as ArrayRef;
        let address = StructArray::new(
            vec![Field::new("city", DataType::Utf8, true)].into(),
            vec![city],
            Some(NullBuffer::from(vec![true, false, true])),
        );
        let mut mails = ListBuilder::new(StringBuilder::new());
        mails.append_value([Some("a@b.de"), Some("c@d.de")]);
        mails.append_null();
        mails.append_value([Some("e@f.de")]);
        let batch = RecordBatch::try_from_iter([
            ("address", Arc::new(address) as ArrayRef),
            ("emails", Arc::new(mails.finish()) as ArrayRef),
        ])
        .unwrap();

        let names: Vec<_> = leaf_columns(&batch.schema()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["address.city", "emails"]);
        let found = leaves(&batch);
        assert_eq!(found[0].nulls.as_ref().map(NullBuffer::null_count), Some(2));
        assert_eq!(found[1].values.len(), 3);
        assert_eq!(leaves(&batch.slice(2, 1))[1].values.len(), 1, "a slice's own items");
    }
}
