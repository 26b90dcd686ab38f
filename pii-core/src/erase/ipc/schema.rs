use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};

use super::Fault;
use crate::erase::columns::{Code, Table, children, name};

/// The columns of a file, and the same with numbers where there are dictionary codes.
pub(super) struct Schema {
    pub(super) full: arrow::datatypes::Schema,
    pub(super) plain: SchemaRef,
    /// Columns that are dictionary-coded, or have something below them that is.
    pub(super) coded: Vec<usize>,
    /// The dictionaries of the codes, in the order of the columns, depth first.
    codes: Vec<Vec<Code>>,
}

impl Schema {
    pub(super) fn new(full: arrow::datatypes::Schema, flat: arrow::ipc::Schema<'_>) -> Result<Self, Fault> {
        let mut codes = Vec::new();
        for (field, flat) in full.fields().iter().zip(flat.fields().into_iter().flatten()) {
            let mut of_column = Vec::new();
            collect(field, flat, &mut of_column)?;
            codes.push(of_column);
        }
        let fields = full.fields().iter().map(plain).collect::<Result<Vec<_>, _>>()?;
        let coded = codes.iter().enumerate().filter(|(_, codes)| !codes.is_empty()).map(|(at, _)| at).collect();
        Ok(Self { full, plain: Arc::new(arrow::datatypes::Schema::new(fields)), coded, codes })
    }

    /// The columns, for those who look for one.
    pub(super) fn table(&self) -> Table<'_> {
        Table { fields: self.full.fields(), codes: &self.codes }
    }

    /// The dictionaries of a column, depth first.
    pub(super) fn codes(&self, column: usize) -> &[Code] {
        self.codes.get(column).map_or(&[], Vec::as_slice)
    }

    /// All of them.
    pub(super) fn all_codes(&self) -> impl Iterator<Item = &Code> {
        self.codes.iter().flatten()
    }
}

fn collect(field: &FieldRef, flat: arrow::ipc::Field<'_>, codes: &mut Vec<Code>) -> Result<(), Fault> {
    if let DataType::Dictionary(_, entry) = field.data_type() {
        let dictionary =
            flat.dictionary().ok_or_else(|| Fault::Unsupported("a dictionary without a number".to_owned()))?;
        if entry.is_nested() {
            return Err(Fault::Unsupported(format!("a dictionary of the type {}", name(entry))));
        }
        let entry = Field::new("entry", entry.as_ref().clone(), true).with_metadata(field.metadata().clone());
        codes.push(Code { id: dictionary.id(), ordered: dictionary.isOrdered(), entry: Arc::new(entry) });
        return Ok(());
    }
    let flat = flat.children().into_iter().flatten();
    children(field.data_type()).into_iter().zip(flat).try_for_each(|(child, flat)| collect(child, flat, codes))
}

/// The field as its codes are stored: as numbers.
fn plain(field: &FieldRef) -> Result<FieldRef, Fault> {
    let same = |kind| Arc::new(field.as_ref().clone().with_data_type(kind));
    Ok(match field.data_type() {
        DataType::Dictionary(key, _) => same(key.as_ref().clone()),
        DataType::Struct(fields) => same(DataType::Struct(fields.iter().map(plain).collect::<Result<_, _>>()?)),
        DataType::List(item) => same(DataType::List(plain(item)?)),
        DataType::LargeList(item) => same(DataType::LargeList(plain(item)?)),
        DataType::FixedSizeList(item, size) => same(DataType::FixedSizeList(plain(item)?, *size)),
        DataType::Map(entries, sorted) => same(DataType::Map(plain(entries)?, *sorted)),
        other if children(other).into_iter().any(|child| has_codes(child.data_type())) => {
            return Err(Fault::Unsupported(format!("dictionary codes within the type {}", name(other))));
        }
        _ => Arc::clone(field),
    })
}

fn has_codes(kind: &DataType) -> bool {
    matches!(kind, DataType::Dictionary(..)) || children(kind).into_iter().any(|child| has_codes(child.data_type()))
}
