use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

use super::Error;
use super::heed::Heed;
use super::node::{Node, Part, bridge};
use crate::keyring::{Epoch, Keyring};
use crate::policy::{Dataset, Method, Policy, Recipient};
use crate::pseudonym::{Normaliser, Pseudonymiser, Transform};
use crate::register::{Forbidden, Register};
use crate::vocab::{DatasetId, Domain, LawfulBasis, PurposeId, RecipientId, Tag};

/// What becomes of each column of a dataset on its way to one recipient: the policy's decisions, with keys.
#[derive(Debug)]
pub struct Protection {
    pub(super) dataset: DatasetId,
    pub(super) recipient: RecipientId,
    pub(super) input: SchemaRef,
    pub(super) output: SchemaRef,
    /// One for each field of `output`.
    pub(super) parts: Vec<Part>,
    /// Whose rows stay behind.
    pub(super) heed: Heed,
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
    /// Of a bridge: the column beside which it stands, whose pseudonyms are of the current epoch.
    pub bridges: Option<String>,
}

/// Who is to get rows, and how far back they must be able to join them.
#[derive(Clone, Copy, Debug)]
pub struct Addressee<'a> {
    recipient: &'a RecipientId,
    since: Option<Epoch>,
}

impl<'a> Addressee<'a> {
    /// A bridge from what they got before: beside each column of pseudonyms stands one of each older epoch from `epoch`
    /// on, so that rows can be joined with theirs of those epochs. It undoes for them what a rotation did.
    #[must_use]
    pub fn bridged_since(self, epoch: Epoch) -> Self {
        Self { since: Some(epoch), ..self }
    }

    /// Who.
    pub fn recipient(&self) -> &'a RecipientId {
        self.recipient
    }
}

impl<'a> From<&'a RecipientId> for Addressee<'a> {
    /// With pseudonyms of the current epoch and no others.
    fn from(recipient: &'a RecipientId) -> Self {
        Self { recipient, since: None }
    }
}

impl Protection {
    /// Decides for rows of shape `schema`. What people forbid is what the register says now.
    ///
    /// # Errors
    /// [`Error::Register`], [`Error::Unheedable`]; [`Error::Refused`] if the dataset may not go to the recipient, [`Error::Column`] if a method cannot be
    /// used on a column's type; [`Error::NoSuchEpoch`] and [`Error::Bridge`] if a bridge cannot be made.
    pub fn new<'a>(
        policy: &Policy,
        dataset: &DatasetId,
        to: impl Into<Addressee<'a>>,
        keys: &Keyring,
        register: &Register,
        schema: &Schema,
    ) -> Result<Self, Error> {
        let to = to.into();
        let (dataset, recipient, purpose) = policy.release(dataset, to.recipient)?;
        let domain = recipient.domain();
        let older = older(keys, &domain, to.since)?;
        let mut heed = Heed::new(register, keys, dataset, schema, (purpose.id(), recipient.id()))?;
        let mut plan = Plan { policy, dataset, recipient, domain, keys, older, columns: Vec::new() };
        let parts = plan.parts(schema.fields(), None)?;
        let columns = plan.columns;
        heed.hand_on(schema, |at| parts.iter().find(|part| part.from == at)?.node.normaliser());
        let mut fields = Vec::new();
        for part in &parts {
            fields.push(part.field(schema.fields()).map_err(|source| Error::Column {
                dataset: dataset.id().clone(),
                column: schema.fields().get(part.from).map(|f| f.name().clone()).unwrap_or_default(),
                source,
            })?);
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
            parts,
            heed,
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

    /// Whose rows stay behind, as the register was when this was made.
    pub fn forbidden(&self) -> &Forbidden {
        self.heed.forbidden()
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

/// The epochs that a bridge leads to, oldest first.
fn older(keys: &Keyring, domain: &Domain, since: Option<Epoch>) -> Result<Vec<Epoch>, Error> {
    let current = keys.current_epoch(domain);
    match since {
        None => Ok(Vec::new()),
        Some(epoch) if epoch > current => Err(Error::NoSuchEpoch { domain: domain.clone(), epoch, current }),
        Some(epoch) => Ok(epoch.until(current).collect()),
    }
}

struct Plan<'a> {
    policy: &'a Policy,
    dataset: &'a Dataset,
    recipient: &'a Recipient,
    domain: Domain,
    keys: &'a Keyring,
    /// The epochs that a bridge leads to.
    older: Vec<Epoch>,
    columns: Vec<ProtectedColumn>,
}

impl Plan<'_> {
    /// What leaves of `fields`, which lie side by side: each with its bridges behind it.
    fn parts(&mut self, fields: &Fields, within: Option<&str>) -> Result<Vec<Part>, Error> {
        let mut parts = Vec::new();
        for (from, field) in fields.iter().enumerate() {
            let path = within.map_or_else(|| field.name().clone(), |within| format!("{within}.{}", field.name()));
            let Some(node) = self.node(field, &path, None)? else { continue };
            let older = if node.is_pseudonyms() { self.older.clone() } else { Vec::new() };
            parts.push(Part { from, node, bridge: None });
            for epoch in older {
                let node = self.node(field, &path, Some(epoch))?;
                parts.extend(node.map(|node| Part { from, node, bridge: Some(epoch) }));
            }
        }
        self.refuse_namesakes(fields, within, &parts)?;
        Ok(parts)
    }

    /// What becomes of a column; nothing, if it is dropped. `epoch`: that of its pseudonyms, unless it is the current one.
    fn node(&mut self, field: &Field, path: &str, epoch: Option<Epoch>) -> Result<Option<Node>, Error> {
        Ok(match field.data_type() {
            DataType::Struct(children) => {
                let parts = self.parts(children, Some(path))?;
                (!parts.is_empty()).then_some(Node::Struct(parts))
            }
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                self.node(item, path, epoch)?.map(|item| Node::List(Box::new(item)))
            }
            DataType::Map(entries, _) => self.map(entries, path)?,
            _ => self.leaf(path, epoch)?,
        })
    }

    /// A map leaves with keys and values, or not at all; it has no room for a third.
    fn map(&mut self, entries: &Field, path: &str) -> Result<Option<Node>, Error> {
        let older = std::mem::take(&mut self.older);
        let entries = self.node(entries, path, None);
        self.older = older;
        let Some(entries) = entries?.filter(Node::is_pair) else { return Ok(None) };
        if !self.older.is_empty() && entries.holds_pseudonyms() {
            return Err(self.no_bridge(path, "it is a map, which has no room beside its keys and values".to_owned()));
        }
        Ok(Some(Node::Map(Box::new(entries))))
    }

    fn leaf(&mut self, path: &str, epoch: Option<Epoch>) -> Result<Option<Node>, Error> {
        let rule = self.policy.rule(self.dataset, path, self.recipient)?;
        let region = self.dataset.column(path).and_then(|c| c.region());
        let of = epoch.unwrap_or(self.keys.current_epoch(&self.domain));
        let transform = Transform::new(&rule.method, || {
            let normaliser = rule.tag.category().map_or(Normaliser::Text, |c| Normaliser::for_category(c, region));
            Pseudonymiser::of_epoch(self.keys, &self.domain, of, normaliser, self.recipient.pseudonym_form())
        })
        .map_err(|source| Error::Column {
            dataset: self.dataset.id().clone(),
            column: path.to_owned(),
            source,
        })?;
        self.columns.push(ProtectedColumn {
            path: epoch.map_or_else(|| path.to_owned(), |epoch| bridge(path, epoch)),
            tag: rule.tag,
            key: (rule.method == Method::Pseudonymise).then(|| format!("{}/{of}", self.domain)),
            method: rule.method,
            bridges: epoch.map(|_| path.to_owned()),
        });
        Ok(transform.map(|t| Node::Leaf(Box::new(t))))
    }

    /// A bridge must not have the name of a column that leaves; case aside, as databases read names.
    fn refuse_namesakes(&self, fields: &Fields, within: Option<&str>, parts: &[Part]) -> Result<(), Error> {
        let name = |part: &Part| fields.get(part.from).map(|field| field.name().as_str()).unwrap_or_default();
        for part in parts {
            let Some(epoch) = part.bridge else { continue };
            let called = bridge(name(part), epoch);
            if parts.iter().any(|other| other.bridge.is_none() && name(other).eq_ignore_ascii_case(&called)) {
                let path = within.map_or_else(|| name(part).to_owned(), |within| format!("{within}.{}", name(part)));
                return Err(self.no_bridge(&path, format!("there is a column `{called}` already")));
            }
        }
        Ok(())
    }

    fn no_bridge(&self, path: &str, reason: String) -> Error {
        Error::Bridge { dataset: self.dataset.id().clone(), column: path.to_owned(), reason }
    }
}

#[cfg(test)]
mod tests;
