use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeListArray, GenericListArray, MapArray, OffsetSizeTrait, StructArray,
};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::Error;
use crate::keyring::Keyring;
use crate::policy::{Dataset, Method, Policy, Recipient};
use crate::pseudonym::{self, Normaliser, Pseudonymiser, Transform};
use crate::vocab::{DatasetId, LawfulBasis, PurposeId, RecipientId, Tag};

/// What becomes of each column of a dataset on its way to one recipient: the policy's decisions, with keys.
#[derive(Debug)]
pub struct Protection {
    pub(super) dataset: DatasetId,
    pub(super) recipient: RecipientId,
    pub(super) input: SchemaRef,
    pub(super) output: SchemaRef,
    pub(super) nodes: Vec<Node>,
    purpose: PurposeId,
    lawful_basis: LawfulBasis,
    columns: Vec<ProtectedColumn>,
}

/// What becomes of one column.
#[derive(Clone, Debug)]
pub struct ProtectedColumn {
    /// Dotted path.
    pub path: String,
    /// What it holds.
    pub tag: Tag,
    /// What is done to it.
    pub method: Method,
    /// For pseudonyms: domain and epoch.
    pub key: Option<String>,
}

impl Protection {
    /// Decides for rows of shape `schema`.
    ///
    /// # Errors
    /// [`Error::Refused`] if the dataset may not go to the recipient, [`Error::Column`] if a method cannot be
    /// used on a column's type.
    pub fn new(
        policy: &Policy,
        dataset: &DatasetId,
        recipient: &RecipientId,
        keys: &Keyring,
        schema: &Schema,
    ) -> Result<Self, Error> {
        let (dataset, recipient, purpose) = policy.release(dataset, recipient)?;
        let mut plan = Plan { policy, dataset, recipient, keys, columns: Vec::new() };
        let nodes = schema.fields().iter().map(|f| plan.node(f, f.name())).collect::<Result<Vec<_>, _>>()?;
        let columns = plan.columns;
        let mut fields = Vec::new();
        for (node, field) in nodes.iter().zip(schema.fields()) {
            let output = node.field(field).map_err(|source| Error::Column {
                dataset: dataset.id().clone(),
                column: field.name().clone(),
                source,
            })?;
            fields.extend(output);
        }
        let metadata = [("pii.dataset", dataset.id().as_str()), ("pii.recipient", recipient.id().as_str())];
        let metadata = metadata.map(|(k, v)| (k.to_owned(), v.to_owned())).into_iter().collect();
        Ok(Self {
            dataset: dataset.id().clone(),
            recipient: recipient.id().clone(),
            purpose: purpose.id().clone(),
            lawful_basis: purpose.lawful_basis(),
            input: Arc::new(schema.clone()),
            output: Arc::new(Schema::new_with_metadata(fields, metadata)),
            nodes,
            columns,
        })
    }

    /// Of what.
    pub fn dataset(&self) -> &DatasetId {
        &self.dataset
    }

    /// For whom.
    pub fn recipient(&self) -> &RecipientId {
        &self.recipient
    }

    /// What they use it for.
    pub fn purpose(&self) -> &PurposeId {
        &self.purpose
    }

    /// On which basis (Art. 6(1)).
    pub fn lawful_basis(&self) -> LawfulBasis {
        self.lawful_basis
    }

    /// What the recipient's rows look like. Metadata of the source does not pass: it may hold anything.
    pub fn schema(&self) -> &SchemaRef {
        &self.output
    }

    /// What becomes of each column, dropped ones included.
    pub fn columns(&self) -> &[ProtectedColumn] {
        &self.columns
    }
}

/// What becomes of a column or of a part of one.
#[derive(Debug)]
pub(super) enum Node {
    Drop,
    Leaf(Box<Transform>),
    Struct(Vec<Node>),
    List(Box<Node>),
    /// A map leaves with keys and values, or not at all.
    Map(Box<Node>),
}

struct Plan<'a> {
    policy: &'a Policy,
    dataset: &'a Dataset,
    recipient: &'a Recipient,
    keys: &'a Keyring,
    columns: Vec<ProtectedColumn>,
}

impl Plan<'_> {
    fn node(&mut self, field: &Field, path: &str) -> Result<Node, Error> {
        match field.data_type() {
            DataType::Struct(children) => {
                let nodes = children.iter().map(|c| self.node(c, &format!("{path}.{}", c.name())));
                Ok(Node::Struct(nodes.collect::<Result<_, _>>()?))
            }
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                Ok(Node::List(Box::new(self.node(item, path)?)))
            }
            DataType::Map(entries, _) => {
                let entries = self.node(entries, path)?;
                let whole = matches!(&entries, Node::Struct(nodes) if nodes.iter().all(Node::leaves));
                Ok(if whole { Node::Map(Box::new(entries)) } else { Node::Drop })
            }
            _ => self.leaf(path),
        }
    }

    fn leaf(&mut self, path: &str) -> Result<Node, Error> {
        let rule = self.policy.rule(self.dataset, path, self.recipient)?;
        let domain = self.recipient.domain();
        let region = self.dataset.column(path).and_then(|c| c.region());
        let transform = Transform::new(&rule.method, || {
            let normaliser = rule.tag.category().map_or(Normaliser::Text, |c| Normaliser::for_category(c, region));
            Pseudonymiser::new(self.keys, &domain, normaliser, self.recipient.pseudonym_form())
        })
        .map_err(|source| Error::Column {
            dataset: self.dataset.id().clone(),
            column: path.to_owned(),
            source,
        })?;
        let key =
            (rule.method == Method::Pseudonymise).then(|| format!("{domain}/{}", self.keys.current_epoch(&domain)));
        self.columns.push(ProtectedColumn { path: path.to_owned(), tag: rule.tag, method: rule.method, key });
        Ok(transform.map_or(Node::Drop, |t| Node::Leaf(Box::new(t))))
    }
}

impl Node {
    /// The field that `field` becomes, if anything of it leaves.
    fn field(&self, field: &Field) -> Result<Option<Field>, pseudonym::Error> {
        let rebuilt = |data_type| Field::new(field.name(), data_type, field.is_nullable());
        Ok(match (self, field.data_type()) {
            (Self::Leaf(transform), _) => Some(transform.field(&field.clone().with_metadata(Default::default()))?),
            (Self::Struct(nodes), DataType::Struct(children)) => {
                let mut kept = Vec::new();
                for (node, child) in nodes.iter().zip(children) {
                    kept.extend(node.field(child)?);
                }
                (!kept.is_empty()).then(|| rebuilt(DataType::Struct(kept.into())))
            }
            (Self::List(node), DataType::List(item)) => node.item(item)?.map(|i| rebuilt(DataType::List(i))),
            (Self::List(node), DataType::LargeList(item)) => node.item(item)?.map(|i| rebuilt(DataType::LargeList(i))),
            (Self::List(node), DataType::FixedSizeList(item, n)) => {
                node.item(item)?.map(|i| rebuilt(DataType::FixedSizeList(i, *n)))
            }
            (Self::Map(node), DataType::Map(entries, _)) => {
                let entries = node.item(entries)?;
                if entries.as_ref().is_some_and(|e| has_nullable_keys(e)) {
                    let why = "a method that may make nulls cannot be used on the keys of a map";
                    return Err(ArrowError::InvalidArgumentError(why.to_owned()).into());
                }
                // Rewritten keys are not in order any more.
                entries.map(|e| rebuilt(DataType::Map(e, false)))
            }
            _ => None,
        })
    }

    fn item(&self, item: &Field) -> Result<Option<FieldRef>, pseudonym::Error> {
        Ok(self.field(item)?.map(Arc::new))
    }

    /// Rewrites a column into `field`, which [`Self::field`] made.
    pub(super) fn apply(&self, array: &ArrayRef, field: &Field) -> Result<ArrayRef, pseudonym::Error> {
        match (self, field.data_type()) {
            (Self::Leaf(transform), _) => transform.apply(array),
            (Self::Struct(nodes), DataType::Struct(fields)) => {
                let array = array.as_struct();
                let kept = nodes.iter().zip(array.columns()).filter(|(node, _)| node.leaves());
                let columns = kept.zip(fields).map(|((node, column), field)| node.apply(column, field));
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
            (_, data_type) => Ok(arrow::array::new_null_array(data_type, array.len())),
        }
    }

    /// Whether anything of the column leaves.
    pub(super) fn leaves(&self) -> bool {
        match self {
            Self::Drop => false,
            Self::Leaf(_) => true,
            Self::Struct(nodes) => nodes.iter().any(Self::leaves),
            Self::List(node) | Self::Map(node) => node.leaves(),
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

#[cfg(test)]
mod tests;
