use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Workspace;
use crate::audit::{self, Action, Decision, Event};
use crate::catalog::Disclosure;
use crate::error::Error;
use crate::keyring::{Epoch, Keyring};
use crate::vocab::{Domain, RecipientId};

/// What it would mean if a recipient's keys went to their next epoch.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// Whose.
    pub recipient: RecipientId,
    /// Where their pseudonyms are made.
    pub domain: Domain,
    /// Everybody whose pseudonyms are made there, that recipient with them.
    pub shared_by: Vec<RecipientId>,
    /// The epoch that is current.
    pub from: Epoch,
    /// The epoch that would be.
    pub to: Epoch,
    /// What was released with pseudonyms of that domain, and cannot be joined with what comes after.
    pub outputs: Vec<Output>,
    /// The entry of a rotation that has not come to its end: this one completes it.
    pub resumes: Option<u64>,
}

/// What was released to one place with pseudonyms of one epoch, however often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The epoch that it holds.
    pub epoch: Epoch,
    /// Of what.
    pub dataset: String,
    /// To whom.
    pub recipient: String,
    /// Where to.
    pub destination: String,
    /// How many times.
    pub releases: u64,
    /// The last time.
    pub at: Timestamp,
    /// How many rows then.
    pub rows: u64,
}

/// A domain that is in its next epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Since when.
    pub since: Timestamp,
    /// The audit entry that records it.
    pub audit_entry: u64,
}

impl Workspace {
    /// What [`Self::rotate`] would do for `recipient`. Changes nothing.
    ///
    /// # Errors
    /// [`Error::UnknownRecipient`], and that is recorded; [`Error::Catalog`], [`Error::Audit`].
    pub fn rotation(&self, recipient: &RecipientId) -> Result<Rotation, Error> {
        let Some(known) = self.policy.recipient(recipient) else {
            return self.refuse(&self.event(Action::KeyRotate), Error::UnknownRecipient(recipient.clone()));
        };
        let domain = known.domain();
        let sharing = self.policy.recipients().iter().filter(|other| other.domain() == domain);
        let from = self.keys.current_epoch(&domain);
        let outputs = outputs(&domain, &self.catalog.disclosures(None)?);
        let recorded = self.recorded(&domain)?;
        // Keys that were restored from an older copy have forgotten epochs that others have seen.
        let seen = outputs.iter().map(|output| output.epoch).chain(recorded.map(|(epoch, _)| epoch)).max();
        let to = seen.filter(|seen| *seen > from).unwrap_or(from.next());
        let resumes = recorded.filter(|(epoch, _)| *epoch == to).map(|(_, entry)| entry);
        let shared_by = sharing.map(|other| other.id().clone()).collect();
        Ok(Rotation { recipient: recipient.clone(), domain, shared_by, from, to, outputs, resumes })
    }

    /// Lets a domain go to its next epoch, for everybody who shares it: on record first. Nothing that was released changes;
    /// new pseudonyms differ. A rotation whose entry stands already is completed under that entry.
    ///
    /// A workspace that was opened before, this one too, keeps to the epoch that it was opened with.
    ///
    /// # Errors
    /// [`Error::Keyring`] with [`crate::keyring::Error::Locked`] if keys are being changed, with
    /// [`crate::keyring::Error::Moved`] if they were since the plan was made; [`Error::Audit`].
    pub fn rotate(&self, plan: &Rotation) -> Result<Rotated, Error> {
        let lock = self.site.lock_keys()?;
        let since = self.caller.clock.now();
        let change = Keyring::epoch_begun(&lock, &plan.domain, plan.from, plan.to, since)?;
        let audit_entry = match self.recorded(&plan.domain)? {
            Some((epoch, entry)) if epoch == plan.to => entry,
            _ => {
                let keys = [plan.from, plan.to].map(|epoch| format!("{}/{epoch}", plan.domain));
                let event = self.event(Action::KeyRotate).with_recipient(plan.recipient.clone()).with_keys(keys);
                self.log.append(&event)?.index()
            }
        };
        change.make()?;
        Ok(Rotated { since, audit_entry })
    }

    /// The newest epoch that the log lets `domain` go to, and the entry that says so.
    fn recorded(&self, domain: &Domain) -> Result<Option<(Epoch, u64)>, Error> {
        let new = |event: &Event| epoch(event.keys.get(1)?, domain);
        Ok(self.rotations()?.filter_map(|(entry, event)| Some((new(&event)?, entry))).max())
    }

    /// Every rotation that the log has, oldest first.
    pub(super) fn rotations(&self) -> Result<impl Iterator<Item = (u64, Event)>, Error> {
        let mut rotations = Vec::new();
        for found in audit::read(&self.site.audit())? {
            let (index, entry) = found?;
            if entry.event.action == Action::KeyRotate && entry.event.decision == Decision::Allowed {
                rotations.push((index, entry.event));
            }
        }
        Ok(rotations.into_iter())
    }
}

/// By epoch, dataset, recipient and place.
fn outputs(domain: &Domain, disclosures: &[Disclosure]) -> Vec<Output> {
    let mut outputs: BTreeMap<_, Output> = BTreeMap::new();
    for disclosed in disclosures {
        let mut epochs: Vec<_> =
            disclosed.columns.iter().filter_map(|column| epoch(column.key.as_ref()?, domain)).collect();
        epochs.sort_unstable();
        epochs.dedup();
        for epoch in epochs {
            let place = (epoch, &disclosed.dataset, &disclosed.recipient, &disclosed.destination);
            let output = outputs.entry(place).or_insert_with(|| Output {
                epoch,
                dataset: disclosed.dataset.clone(),
                recipient: disclosed.recipient.clone(),
                destination: disclosed.destination.clone(),
                releases: 0,
                at: disclosed.at,
                rows: 0,
            });
            output.releases += 1;
            (output.at, output.rows) = (disclosed.at, disclosed.rows);
        }
    }
    outputs.into_values().collect()
}

/// The epoch in the name of a key, `warehouse/2`, if it is one of `domain`.
pub(super) fn epoch(key: &str, domain: &Domain) -> Option<Epoch> {
    let (of, number) = key.split_once('/')?;
    (of == domain.as_str()).then(|| number.parse().ok().and_then(Epoch::new)).flatten()
}
