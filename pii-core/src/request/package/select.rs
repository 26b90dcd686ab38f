//! Which columns go into the package, and in which shape.

use arrow::datatypes::{DataType, Field, Fields, Schema};

use super::cover::{Cover, Kind, MentionLine};
use super::table::{Column, Table};
use crate::request::Error;

/// A table, as it goes into the package.
pub(super) struct Selected<'t> {
    pub(super) table: &'t Table<'t>,
    pub(super) members: Vec<Member<'t>>,
}

/// A column, or a field of a struct.
pub(super) struct Member<'t> {
    pub(super) name: String,
    /// Which of those side by side.
    pub(super) from: usize,
    pub(super) shape: Shape<'t>,
}

pub(super) enum Shape<'t> {
    Leaf(Leaf<'t>),
    Struct(Vec<Member<'t>>),
    List(Box<Shape<'t>>),
    Map(Box<Shape<'t>>, Box<Shape<'t>>),
}

pub(super) struct Leaf<'t> {
    pub(super) path: String,
    pub(super) data_type: DataType,
    pub(super) column: &'t Column,
}

/// What does not go into the package, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) dataset: String,
    /// None: all of it.
    pub(super) column: Option<String>,
    pub(super) why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Art. 20(1)(a).
    NeitherConsentNorContract,
    /// Concluded, not provided: Art. 20(1), WP 242.
    Inferred,
    /// So many rows are about others: Art. 15(4).
    OfOthers(u64),
}

impl LeftOut {
    pub(super) fn mention(line: &MentionLine) -> Self {
        Self { dataset: line.dataset.clone(), column: Some(line.column.clone()), why: Why::OfOthers(line.rows) }
    }
}

/// Every leaf of some members, in order.
pub(super) fn leaves<'m, 't>(members: &'m [Member<'t>]) -> Vec<&'m Leaf<'t>> {
    fn walk<'m, 't>(shape: &'m Shape<'t>, found: &mut Vec<&'m Leaf<'t>>) {
        match shape {
            Shape::Leaf(leaf) => found.push(leaf),
            Shape::Struct(members) => members.iter().for_each(|member| walk(&member.shape, found)),
            Shape::List(item) => walk(item, found),
            Shape::Map(key, value) => {
                walk(key, found);
                walk(value, found);
            }
        }
    }
    let mut found = Vec::new();
    members.iter().for_each(|member| walk(&member.shape, &mut found));
    found
}

/// What of `table` answers the request; nothing, if all of it is left out.
pub(super) fn select<'t>(
    cover: &Cover,
    table: &'t Table<'t>,
    left_out: &mut Vec<LeftOut>,
) -> Result<Option<Selected<'t>>, Error> {
    let mut portable = cover.kind == Kind::Access;
    for id in &table.purposes {
        let unnamed = || Error::UnnamedPurpose { dataset: table.dataset.clone(), purpose: id.clone() };
        portable |= cover.purpose(id).ok_or_else(unnamed)?.is_portable();
    }
    let mut left = |column, why| left_out.push(LeftOut { dataset: table.dataset.to_string(), column, why });
    let schema = table.rows.schema();
    // Also where nothing of it goes: what nobody decided is an error, whatever was asked for.
    let mut walk = Walk { table, kind: cover.kind, undecided: Vec::new(), inferred: Vec::new() };
    let members = walk.schema(&schema)?;
    let Walk { undecided, inferred, .. } = walk;
    if !undecided.is_empty() {
        return Err(Error::Undecided { dataset: table.dataset.clone(), columns: undecided });
    }
    if !portable {
        left(None, Why::NeitherConsentNorContract);
        return Ok(None);
    }
    inferred.into_iter().for_each(|path| left(Some(path), Why::Inferred));
    Ok((!members.is_empty()).then_some(Selected { table, members }))
}

struct Walk<'t> {
    table: &'t Table<'t>,
    kind: Kind,
    undecided: Vec<String>,
    inferred: Vec<String>,
}

impl<'t> Walk<'t> {
    fn schema(&mut self, schema: &Schema) -> Result<Vec<Member<'t>>, Error> {
        self.members("", schema.fields())
    }

    fn members(&mut self, within: &str, fields: &Fields) -> Result<Vec<Member<'t>>, Error> {
        let mut members = Vec::new();
        for (from, field) in fields.iter().enumerate() {
            let path = joined(within, field);
            if let Some(shape) = self.shape(&path, field.data_type())? {
                members.push(Member { name: field.name().clone(), from, shape });
            }
        }
        Ok(members)
    }

    /// None: nothing of it goes.
    fn shape(&mut self, path: &str, data_type: &DataType) -> Result<Option<Shape<'t>>, Error> {
        Ok(match data_type {
            DataType::Struct(fields) => {
                let members = self.members(path, fields)?;
                (!members.is_empty()).then_some(Shape::Struct(members))
            }
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                self.shape(path, item.data_type())?.map(|item| Shape::List(Box::new(item)))
            }
            DataType::Map(entries, _) => {
                let DataType::Struct(fields) = entries.data_type() else { return self.unsupported(path, data_type) };
                let [key, value] = fields.iter().as_slice() else { return self.unsupported(path, data_type) };
                let key = self.shape(&joined(path, key), key.data_type())?;
                let value = self.shape(&joined(path, value), value.data_type())?;
                // A value without its key says nothing, and a key may be the datum.
                key.zip(value).map(|(key, value)| Shape::Map(Box::new(key), Box::new(value)))
            }
            leaf if is_supported(leaf) => self.leaf(path, leaf).map(Shape::Leaf),
            _ => return self.unsupported(path, data_type),
        })
    }

    fn leaf(&mut self, path: &str, data_type: &DataType) -> Option<Leaf<'t>> {
        let Some(column) = self.table.column(path) else {
            self.undecided.push(path.to_owned());
            return None;
        };
        if self.kind == Kind::Portability && !column.origin.is_portable() {
            self.inferred.push(path.to_owned());
            return None;
        }
        Some(Leaf { path: path.to_owned(), data_type: data_type.clone(), column })
    }

    fn unsupported<T>(&self, path: &str, data_type: &DataType) -> Result<T, Error> {
        let (dataset, column) = (self.table.dataset.clone(), path.to_owned());
        Err(Error::Unsupported { dataset, column, data_type: data_type.to_string() })
    }
}

fn joined(within: &str, field: &Field) -> String {
    if within.is_empty() { field.name().clone() } else { format!("{within}.{}", field.name()) }
}

fn is_supported(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => !values.is_nested() && is_supported(values),
        DataType::RunEndEncoded(..) | DataType::Union(..) | DataType::ListView(_) | DataType::LargeListView(_) => false,
        other => !other.is_nested(),
    }
}
