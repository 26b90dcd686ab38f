use std::collections::BTreeSet;

use jiff::civil::Date;
use uuid::Uuid;

use super::open::named_well;
use crate::audit::{Action, Event, Receipt};
use crate::error::Error;
use crate::request;
use crate::request::{HoldScope, LegalHold, Letters, PlannedHold, Sought, Wanted};
use crate::vocab::{DatasetId, Identifier};
use crate::workspace::Workspace;

/// What is to be held.
#[derive(Debug)]
pub enum HoldOn<'a> {
    /// A dataset of the policy.
    Dataset(&'a DatasetId),
    /// A person, by what names them.
    Person(&'a [Identifier]),
    /// Whoever made a request.
    Request(Uuid),
}

/// A hold, and whose requests it touches.
pub(super) struct InForce {
    pub(super) hold: LegalHold,
    /// Of those who ask, the ones it holds; nobody, if it holds a dataset.
    pub(super) theirs: Sought,
}

impl InForce {
    pub(super) fn dataset(&self) -> Option<&str> {
        match &self.hold.scope {
            HoldScope::Dataset { dataset } => Some(dataset),
            HoldScope::Person { .. } => None,
        }
    }

    fn requests(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.theirs.named().iter().map(|(id, _)| *id)
    }
}

/// The requests whose people are held.
pub(super) fn held(holds: &[InForce]) -> BTreeSet<Uuid> {
    holds.iter().flat_map(InForce::requests).collect()
}

/// As a plan has them: those that keep something of it.
pub(super) fn planned(holds: &[InForce]) -> Vec<PlannedHold> {
    let planned = |one: &InForce| PlannedHold {
        id: one.hold.id,
        ground: one.hold.ground.clone(),
        until: one.hold.until,
        requests: one.requests().collect(),
    };
    holds.iter().map(planned).collect()
}

impl Workspace {
    /// Holds a dataset or a person: whatever is asked, nothing of it is erased until the hold is released or its last day
    /// is over. On record first; what names the person lies in the vault.
    ///
    /// # Errors
    /// [`request::Error::Groundless`]; [`Error::UnknownDataset`]; as of [`open_requests`](Self::open_requests) for what
    /// names the person; [`request::Error::Forgotten`] of a request that was answered.
    pub fn set_hold(&self, on: &HoldOn<'_>, ground: &str, until: Option<Date>) -> Result<LegalHold, Error> {
        let ground = ground.trim();
        if ground.is_empty() {
            return Err(request::Error::Groundless.into());
        }
        let event = self.event(Action::RequestHold);
        let (scope, event, who) = match on {
            HoldOn::Dataset(dataset) => {
                if self.policy.dataset(dataset).is_none() {
                    return Err(Error::UnknownDataset((*dataset).clone()));
                }
                let scope = HoldScope::Dataset { dataset: dataset.to_string() };
                (scope, event.with_dataset((*dataset).clone()), Vec::new())
            }
            HoldOn::Person(who) => {
                named_well(0, who, &self.kinds())?;
                (HoldScope::Person { request: None }, event, who.to_vec())
            }
            HoldOn::Request(id) => {
                let event = event.with_request(id.to_string());
                let _known = self.requests.get(*id)?;
                (
                    HoldScope::Person { request: Some(*id) },
                    event,
                    self.named_by(&[*id])?.into_iter().flatten().collect(),
                )
            }
        };
        if let (HoldOn::Request(id), true) = (on, who.is_empty()) {
            return Err(request::Error::Forgotten { id: *id }.into());
        }
        // Set twice, it is one; whom identifiers name, only the vault knows.
        let same = |hold: &LegalHold| hold.scope == scope && hold.ground == ground && hold.until == until;
        let named = scope != HoldScope::Person { request: None };
        if let Some(hold) = self.holds_of_today()?.into_iter().find(|hold| named && same(hold)) {
            return Ok(hold);
        }
        let (id, now) = (Uuid::now_v7(), self.caller.clock.now());
        let letters = if who.is_empty() { None } else { Some(Letters::new(self.vault()?, &self.keys)) };
        let receipt = self.log.append(&event.with_ticket(id.to_string()))?;
        let hold = LegalHold {
            id,
            scope,
            ground: ground.to_owned(),
            until,
            set: now,
            by: self.caller.actor.id.clone(),
            audit_entry: receipt.index(),
            released: None,
        };
        self.requests.hold::<Error>(&hold, &receipt, || match &letters {
            Some(letters) => Ok(letters.keep(&[(id, who.as_slice())], now, &receipt)?),
            None => Ok(()),
        })?;
        Ok(hold)
    }

    /// Releases a hold, and forgets whom it was about. What it kept comes back when the requests are planned again.
    ///
    /// # Errors
    /// [`request::Error::UnknownHold`], [`Error::Vault`].
    pub fn release_hold(&self, id: Uuid) -> Result<(), Error> {
        let known = self.requests.holds(true)?;
        let hold = known.iter().find(|hold| hold.id == id).ok_or(request::Error::UnknownHold { id })?;
        let letter = match &hold.scope {
            HoldScope::Dataset { .. } => Vec::new(),
            HoldScope::Person { .. } => Letters::new(self.vault()?, &self.keys).of(&[id])?,
        };
        let event = self.event(Action::RequestHold).with_ticket(id.to_string()).denied("released");
        let receipt = self.log.append(&match &hold.scope {
            HoldScope::Dataset { dataset } => event.with_dataset(DatasetId::parse(dataset)?),
            HoldScope::Person { request: Some(request) } => event.with_request(request.to_string()),
            HoldScope::Person { request: None } => event,
        })?;
        self.requests.release(id, self.caller.clock.now(), &receipt)?;
        if !letter.is_empty() {
            self.vault()?.shred(&letter, self.caller.clock.now(), &receipt)?;
            self.vault()?.compact()?;
        }
        Ok(())
    }

    /// The holds of today that keep something of these people, or of the datasets that may hold them.
    pub(super) fn holds_over(&self, sought: &Sought) -> Result<Vec<InForce>, Error> {
        let holds = self.holds_of_today()?;
        let (people, datasets): (Vec<_>, Vec<_>) =
            holds.into_iter().partition(|hold| matches!(hold.scope, HoldScope::Person { .. }));
        let mut wanted = Vec::with_capacity(people.len());
        let ids: Vec<_> = people.iter().map(|hold| hold.id).collect();
        for identifiers in self.named_by(&ids)? {
            let found = self.vault()?.find_all(&self.keys, &identifiers.iter().collect::<Vec<_>>())?;
            wanted.push(Wanted { identifiers, people: found.into_iter().flatten().collect() });
        }
        let requests = sought.requests_of(&wanted.iter().collect::<Vec<_>>());
        let mut in_force: Vec<_> =
            datasets.into_iter().map(|hold| InForce { hold, theirs: Sought::default() }).collect();
        for (hold, requests) in people.into_iter().zip(requests) {
            if !requests.is_empty() {
                in_force.push(InForce { hold, theirs: sought.part(&requests, true) });
            }
        }
        Ok(in_force)
    }

    /// The numbers of the holds of today.
    pub(super) fn holds_in_force(&self) -> Result<BTreeSet<Uuid>, Error> {
        Ok(self.holds_of_today()?.into_iter().map(|hold| hold.id).collect())
    }

    fn holds_of_today(&self) -> Result<Vec<LegalHold>, Error> {
        let today = self.today();
        Ok(self.requests.holds(false)?.into_iter().filter(|hold| hold.holds(today)).collect())
    }

    /// Who is named by the letters of these requests or holds, in their order; each look is on record.
    fn named_by(&self, ids: &[Uuid]) -> Result<Vec<Vec<Identifier>>, Error> {
        let letters = Letters::new(self.vault()?, &self.keys);
        let look = |id: &Uuid| -> Event { self.event(Action::VaultRead).with_ticket(id.to_string()) };
        let receipts: Vec<Receipt> = self.log.append_all(ids.iter().map(look))?;
        Ok(letters.read(ids, &receipts)?)
    }

    /// The day that it is where the controller is.
    pub(super) fn today(&self) -> Date {
        self.caller.clock.now().to_zoned(self.policy.calendar().zone.clone()).date()
    }
}
