use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use crate::audit::{Action, Alias};
use crate::error::Error;
use crate::request::Candidate;
use crate::vocab::IdentifierKind;
use crate::workspace::Workspace;

/// One of several people whom a request may mean, and how they differ; nothing of their data.
#[derive(Clone, Debug)]
pub struct Apart {
    /// By which name the log knows them.
    pub alias: Alias,
    /// Since when the vault knows them.
    pub since: Timestamp,
    /// Which of the kinds given name them.
    pub kinds: Vec<IdentifierKind>,
    /// In which datasets they are, with how many values.
    pub datasets: Vec<(String, u64)>,
}

impl Workspace {
    /// How the people differ whom a request may mean: what the vault holds of each is counted, on record first.
    ///
    /// # Errors
    /// [`Error::Vault`], [`Error::Audit`].
    pub fn tell_apart(&self, id: Uuid, candidates: &[Candidate]) -> Result<Vec<Apart>, Error> {
        let vault = self.vault()?;
        let look = |one: &Candidate| {
            self.event(Action::VaultRead).with_request(id.to_string()).with_subjects([one.person.alias])
        };
        let receipts = self.log.append_all(candidates.iter().map(look))?;
        let people: Vec<_> = candidates.iter().map(|one| one.person.clone()).collect();
        let values = vault.read_all(&people, &receipts)?;
        let apart = |(one, values): (&Candidate, Vec<crate::vault::Value>)| {
            let mut datasets = BTreeMap::new();
            for value in values {
                *datasets.entry(value.dataset).or_insert(0) += 1;
            }
            Apart {
                alias: one.person.alias,
                since: one.person.since,
                kinds: one.kinds.clone(),
                datasets: datasets.into_iter().collect(),
            }
        };
        Ok(candidates.iter().zip(values).map(apart).collect())
    }
}
