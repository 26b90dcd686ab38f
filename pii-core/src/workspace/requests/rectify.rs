use std::collections::BTreeSet;

use uuid::Uuid;

use crate::audit::Action;
use crate::catalog::{DisclosedColumn, Disclosure};
use crate::erase;
use crate::error::Error;
use crate::policy::{Method, Policy};
use crate::pseudonym::{Normaliser, Pseudonymiser, Transform};
use crate::register::Markers;
use crate::request;
use crate::request::{Amend, Correction, Intent, Letters, PlaceName, PlannedPlace, RightThere, Sought};
use crate::vault::Rectified;
use crate::vocab::{DatasetId, Identifier, Personal, RecipientId};
use crate::workspace::{Workspace, rotate};

/// What is right of one person, column by column of the policy (Art. 16).
pub(super) struct Rights {
    columns: Vec<RightColumn>,
}

struct RightColumn {
    dataset: DatasetId,
    path: String,
    value: Personal<String>,
}

impl Rights {
    /// Where each correction goes. Of two for one column, that which names the column counts.
    pub(super) fn of(policy: &Policy, mut corrections: Vec<Correction>) -> Result<Self, request::Error> {
        // Categories come before columns.
        corrections.sort_by(|a, b| a.of.cmp(&b.of));
        let mut columns: Vec<RightColumn> = Vec::new();
        for correction in &corrections {
            for (dataset, path) in correction.places(policy)? {
                columns.retain(|known| (&known.dataset, known.path.as_str()) != (dataset.id(), path));
                let (dataset, path) = (dataset.id().clone(), path.to_owned());
                columns.push(RightColumn { dataset, path, value: correction.value.clone() });
            }
        }
        Ok(Self { columns })
    }

    /// What becomes of a dataset's rows; nothing, if all in it is right.
    pub(super) fn in_dataset(&self, dataset: &DatasetId) -> Option<erase::Action> {
        let here = self.columns.iter().filter(|right| right.dataset == *dataset);
        let here = here.map(|right| erase::Correction { column: right.path.clone(), value: right.value.clone() });
        Some(here.collect::<Vec<_>>()).filter(|here| !here.is_empty()).map(erase::Action::Rectify)
    }

    /// Whether something that is corrected is in a release.
    pub(super) fn is_in(&self, disclosure: &Disclosure) -> bool {
        disclosure.columns.iter().any(|column| self.sent(disclosure, column).is_some())
    }

    fn sent(&self, disclosure: &Disclosure, column: &DisclosedColumn) -> Option<&RightColumn> {
        let path = column.bridges.as_deref().unwrap_or(&column.path);
        self.columns.iter().find(|right| right.dataset.as_str() == disclosure.dataset && right.path == path)
    }
}

impl Workspace {
    /// What a request says is right; on record first, as it is read in the vault.
    pub(super) fn rights_of(&self, id: Uuid) -> Result<Rights, Error> {
        let receipt = self.log.append(&self.event(Action::VaultRead).with_request(id.to_string()))?;
        let corrections = Letters::new(self.vault()?, &self.keys).corrections(id, &self.policy, &receipt)?;
        if corrections.is_empty() {
            return Err(request::Error::Forgotten { id }.into());
        }
        Ok(Rights::of(&self.policy, corrections)?)
    }

    /// What becomes of a copy's rows: what is right, as its recipient has it. In words, why that cannot be written.
    pub(super) fn in_copy(
        &self,
        disclosure: &Disclosure,
        rights: &Rights,
    ) -> Result<Option<Result<erase::Action, String>>, Error> {
        let mut corrections = Vec::new();
        for column in &disclosure.columns {
            let Some(right) = rights.sent(disclosure, column) else { continue };
            match self.as_sent(disclosure, column, right)? {
                Some(value) => corrections.push(erase::Correction { column: column.path.clone(), value }),
                None => {
                    let why = format!(
                        "what `{}` became for it cannot be made of one value: `pii protect` writes it anew",
                        column.path
                    );
                    return Ok(Some(Err(why)));
                }
            }
        }
        Ok((!corrections.is_empty()).then(|| Ok(erase::Action::Rectify(corrections))))
    }

    /// What is right in what a recipient has: pseudonyms of their own domain; of other columns, that they change.
    pub(super) fn right_there(&self, disclosure: &Disclosure, rights: &Rights) -> Result<Vec<RightThere>, Error> {
        let mut there = Vec::new();
        for column in &disclosure.columns {
            let Some(right) = rights.sent(disclosure, column) else { continue };
            let value = if column.key.is_some() { self.as_sent(disclosure, column, right)? } else { None };
            there.push(RightThere {
                dataset: disclosure.dataset.clone(),
                column: column.path.clone(),
                value: value.map(|value| value.expose().clone()),
            });
        }
        Ok(there)
    }

    /// A value, as a recipient gets it.
    fn as_sent(
        &self,
        disclosure: &Disclosure,
        column: &DisclosedColumn,
        right: &RightColumn,
    ) -> Result<Option<Personal<String>>, Error> {
        let recipient = RecipientId::parse(&disclosure.recipient).ok().and_then(|id| self.policy.recipient(&id));
        let rule = self.policy.dataset(&right.dataset).and_then(|dataset| dataset.column(&right.path));
        let (Some(recipient), Some(rule)) = (recipient, rule) else { return Ok(None) };
        let (Ok(method), Some(category)) = (Method::parse(&column.method), rule.tag().category()) else {
            return Ok(None);
        };
        if let Some(key) = &column.key {
            let domain = recipient.domain();
            let Some(epoch) = rotate::epoch(key, &domain) else { return Ok(None) };
            let normaliser = Normaliser::for_category(category, rule.region());
            let hash = Pseudonymiser::of_epoch(&self.keys, &domain, epoch, normaliser, recipient.pseudonym_form())?;
            return Ok(Some(Personal::new(hash.written(right.value.expose()))));
        }
        Ok(Transform::of_text(&method, right.value.expose())?.map(Personal::new))
    }

    /// The vault, where what is wrong is put right.
    pub(super) fn amended<'a>(&'a self, sought: &Sought, rights: &'a Rights) -> Result<Amend<'a>, Error> {
        let mut identifiers = Vec::new();
        for right in &rights.columns {
            let kind = self.policy.dataset(&right.dataset).and_then(|dataset| dataset.identifier(&right.path));
            identifiers.extend(kind.map(|kind| Identifier { kind, value: right.value.clone() }));
        }
        let rectified = rights.columns.iter().map(|right| Rectified {
            dataset: right.dataset.as_str(),
            column: &right.path,
            value: &right.value,
        });
        Ok(Amend {
            vault: self.vault()?,
            register: &self.register,
            keys: &self.keys,
            markers: Markers::new(&self.keys, &self.policy)?,
            person: sought.people().into_iter().next(),
            rectified: rectified.collect(),
            identifiers,
        })
    }

    /// To whom what is corrected went (Art. 19).
    pub(super) fn told_of_rights(&self, rights: &Rights, places: &[PlannedPlace]) -> Result<Vec<String>, Error> {
        let acts = |dataset: &str| {
            let is_of = |planned: &&PlannedPlace| matches!(&planned.place, PlaceName::Dataset(of) if of == dataset);
            places.iter().find(is_of).is_some_and(|planned| !matches!(planned.intent, Intent::Absent))
        };
        let disclosures = self.catalog.disclosures(None)?.into_iter();
        let told = disclosures.filter(|disclosure| rights.is_in(disclosure) && acts(&disclosure.dataset));
        let told: BTreeSet<_> = told.map(|disclosure| disclosure.recipient).collect();
        Ok(told.into_iter().collect())
    }
}
