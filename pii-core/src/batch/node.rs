use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeListArray, GenericListArray, MapArray, OffsetSizeTrait, StructArray,
};
use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use arrow::error::ArrowError;

use super::heed::Passed;
use crate::keyring::Epoch;
use crate::pseudonym::{self, Normaliser, Transform};

/// A column that leaves, or a part of one.
#[derive(Debug)]
pub(super) struct Part {
    /// Which of the columns side by side it comes from.
    pub(super) from: usize,
    /// What becomes of it.
    pub(super) node: Node,
    /// Of a bridge: the older epoch that it leads to.
    pub(super) bridge: Option<Epoch>,
}

/// What becomes of a column or of a part of one.
#[derive(Debug)]
pub(super) enum Node {
    Leaf(Box<Transform>),
    Struct(Vec<Part>),
    List(Box<Node>),
    Map(Box<Node>),
}

/// What a bridge from `column` to an older epoch is called.
pub(super) fn bridge(column: &str, epoch: Epoch) -> String {
    format!("{column}__epoch{epoch}")
}

impl Part {
    /// The field that it becomes, of those that `fields` lie side by side.
    pub(super) fn field(&self, fields: &Fields) -> Result<Field, pseudonym::Error> {
        let field = fields.get(self.from).ok_or_else(other_rows)?;
        let became = self.node.field(field)?;
        let Some(epoch) = self.bridge else { return Ok(became) };
        let mut metadata = became.metadata().clone();
        metadata.insert("pii.epoch".to_owned(), epoch.to_string());
        metadata.insert("pii.bridge".to_owned(), field.name().clone());
        Ok(became.with_name(bridge(field.name(), epoch)).with_metadata(metadata))
    }

    /// Rewrites one of the columns of `passed` into `field`, which [`Self::field`] made.
    pub(super) fn rewrite(&self, passed: &Passed, field: &Field) -> Result<ArrayRef, pseudonym::Error> {
        match (&self.node, passed.normal.get(&self.from)) {
            (Node::Leaf(transform), Some(normal)) => transform.apply_normal(normal),
            _ => self.apply(passed.rows.columns(), field),
        }
    }

    fn apply(&self, columns: &[ArrayRef], field: &Field) -> Result<ArrayRef, pseudonym::Error> {
        self.node.apply(columns.get(self.from).ok_or_else(other_rows)?, field)
    }
}

impl Node {
    /// Whether it is nothing but pseudonyms, alone or in lists: there is room for a bridge beside it.
    pub(super) fn is_pseudonyms(&self) -> bool {
        match self {
            Self::Leaf(transform) => transform.is_pseudonym(),
            Self::List(item) => item.is_pseudonyms(),
            Self::Struct(_) | Self::Map(_) => false,
        }
    }

    /// The normal form in which it hashes texts, if it is a column of pseudonyms.
    pub(super) fn normaliser(&self) -> Option<Normaliser> {
        match self {
            Self::Leaf(transform) => transform.normaliser(),
            Self::Struct(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Whether pseudonyms are anywhere within it.
    pub(super) fn holds_pseudonyms(&self) -> bool {
        match self {
            Self::Leaf(transform) => transform.is_pseudonym(),
            Self::Struct(parts) => parts.iter().any(|part| part.node.holds_pseudonyms()),
            Self::List(node) | Self::Map(node) => node.holds_pseudonyms(),
        }
    }

    /// Whether it is the entries of a map, both halves of them.
    pub(super) fn is_pair(&self) -> bool {
        matches!(self, Self::Struct(parts) if parts.len() == 2)
    }

    /// The field that `field` becomes.
    fn field(&self, field: &Field) -> Result<Field, pseudonym::Error> {
        let rebuilt = |data_type| Field::new(field.name(), data_type, field.is_nullable());
        Ok(match (self, field.data_type()) {
            (Self::Leaf(transform), _) => transform.field(&field.clone().with_metadata(Default::default()))?,
            (Self::Struct(parts), DataType::Struct(children)) => {
                let fields = parts.iter().map(|part| part.field(children)).collect::<Result<Vec<_>, _>>()?;
                rebuilt(DataType::Struct(fields.into()))
            }
            (Self::List(node), DataType::List(item)) => rebuilt(DataType::List(node.item(item)?)),
            (Self::List(node), DataType::LargeList(item)) => rebuilt(DataType::LargeList(node.item(item)?)),
            (Self::List(node), DataType::FixedSizeList(item, n)) => {
                rebuilt(DataType::FixedSizeList(node.item(item)?, *n))
            }
            (Self::Map(node), DataType::Map(entries, _)) => {
                let entries = node.item(entries)?;
                if has_nullable_keys(&entries) {
                    let why = "a method that may make nulls cannot be used on the keys of a map";
                    return Err(ArrowError::InvalidArgumentError(why.to_owned()).into());
                }
                // Rewritten keys are not in order any more.
                rebuilt(DataType::Map(entries, false))
            }
            _ => return Err(other_rows()),
        })
    }

    fn item(&self, item: &Field) -> Result<FieldRef, pseudonym::Error> {
        Ok(Arc::new(self.field(item)?))
    }

    fn apply(&self, array: &ArrayRef, field: &Field) -> Result<ArrayRef, pseudonym::Error> {
        match (self, field.data_type()) {
            (Self::Leaf(transform), _) => transform.apply(array),
            (Self::Struct(parts), DataType::Struct(fields)) => {
                let array = array.as_struct();
                let columns = parts.iter().zip(fields).map(|(part, field)| part.apply(array.columns(), field));
                let columns = columns.collect::<Result<Vec<_>, _>>()?;
                Ok(Arc::new(StructArray::try_new(fields.clone(), columns, array.nulls().cloned())?))
            }
            (Self::List(node), DataType::List(item)) => list(array.as_list::<i32>(), node, item),
            (Self::List(node), DataType::LargeList(item)) => list(array.as_list::<i64>(), node, item),
            (Self::List(node), DataType::FixedSizeList(item, size)) => {
                let array = array.as_fixed_size_list();
                let values = node.apply(array.values(), item)?;
                Ok(Arc::new(FixedSizeListArray::try_new(item.clone(), *size, values, array.nulls().cloned())?))
            }
            (Self::Map(node), DataType::Map(entries, _)) => {
                let array = array.as_map();
                let rewritten = node.apply(&(Arc::new(array.entries().clone()) as ArrayRef), entries)?;
                let (offsets, nulls) = (array.offsets().clone(), array.nulls().cloned());
                let rewritten = rewritten.as_struct().clone();
                Ok(Arc::new(MapArray::try_new(entries.clone(), offsets, rewritten, nulls, false)?))
            }
            _ => Err(other_rows()),
        }
    }
}

/// Arrow allows no null among the keys of a map.
fn has_nullable_keys(entries: &Field) -> bool {
    matches!(entries.data_type(), DataType::Struct(pair) if pair.first().is_some_and(|key| key.is_nullable()))
}

fn list<O: OffsetSizeTrait>(
    array: &GenericListArray<O>,
    node: &Node,
    item: &FieldRef,
) -> Result<ArrayRef, pseudonym::Error> {
    let values = node.apply(array.values(), item)?;
    let list = GenericListArray::try_new(item.clone(), array.offsets().clone(), values, array.nulls().cloned())?;
    Ok(Arc::new(list))
}

/// A protection is made for one schema, and rows of another are refused before they come here.
fn other_rows() -> pseudonym::Error {
    ArrowError::SchemaError("rows of another shape than was decided on".to_owned()).into()
}
