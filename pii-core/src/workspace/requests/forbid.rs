use std::collections::BTreeSet;

use uuid::Uuid;

use super::run::Ended;
use crate::audit::{Action, Hash};
use crate::error::Error;
use crate::register::Prohibition;
use crate::request;
use crate::request::{Claim, Deed, Intent, Letters, PlaceName, Plan, PlannedPlace, Ran, Request, Right};
use crate::vocab::PurposeId;
use crate::workspace::{Forbidding, Workspace};

impl Workspace {
    /// What having objections or restrictions take effect would do: an entry in the register each, and word to the
    /// recipients who use the data for it.
    pub(super) fn plan_forbidding(&self, ids: &[Uuid], right: Right) -> Result<Plan, Error> {
        let requests = ids.iter().map(|id| self.requests.get(*id)).collect::<Result<Vec<_>, _>>()?;
        let sought = self.seek(ids)?;
        let intent = Intent::Forbid { people: ids.len() as u64 };
        let plan = Plan {
            v: 1,
            right,
            requests: ids.to_vec(),
            made: self.caller.clock.now(),
            policy: Hash::from_bytes(self.policy.digest()).to_string(),
            known: (ids.len() - sought.unknown().len()) as u64,
            recipients: self.concerned(&requests)?,
            holds: Vec::new(),
            places: vec![PlannedPlace { place: PlaceName::Register, intent }],
        };
        let digest = plan.digest()?.to_string();
        self.keep(&self.plan_file(&digest, "json"), &plan.to_json()?)?;
        self.step_requests(ids, &Deed::Plan { digest, unsearched: 0 })?;
        Ok(plan)
    }

    /// Has them take effect.
    pub(super) fn run_forbidding(&self, plan: &Plan, digest: &str) -> Result<Ended, Error> {
        self.begin(&plan.requests, digest)?;
        let [planned] = plan.places.as_slice() else { return Err(request::Error::OtherPolicy.into()) };
        let letters = Letters::new(self.vault()?, &self.keys);
        let read = |id: &Uuid| self.event(Action::VaultRead).with_request(id.to_string());
        let receipts = self.log.append_all(plan.requests.iter().map(read))?;
        let named = letters.read(&plan.requests, &receipts)?;
        let asked = plan.requests.iter().map(|id| self.requests.get(*id)).collect::<Result<Vec<_>, _>>()?;
        self.make_notices(plan, digest, &self.seek(&plan.requests)?, None)?;
        let mut forbids = Vec::with_capacity(asked.len());
        for (request, who) in asked.iter().zip(&named) {
            forbids.push(Forbidding { identifiers: who, forbids: prohibition(request)?, request: request.id });
        }
        self.forbid(&forbids)?;
        let ran = Ran { rows: forbids.len() as u64, ..Ran::default() };
        let receipt = self.log.append(&self.event(Action::RequestEnd).with_rows(ran.rows))?;
        self.requests.place_done(digest, &planned.place, &ran, self.caller.clock.now(), &receipt)?;
        self.step_requests(&plan.requests, &Deed::Fulfil)?;
        self.tell(&plan.requests)?;
        let state = match plan.requests.first() {
            Some(first) => self.requests.get(*first)?.state,
            None => request::State::RecipientsTold,
        };
        Ok(Ended { places: vec![(planned.clone(), Ok(ran))], state })
    }

    /// Whoever got data and uses them for what is forbidden.
    fn concerned(&self, requests: &[Request]) -> Result<Vec<String>, Error> {
        let mut purposes = BTreeSet::new();
        let mut all = false;
        for request in requests {
            match &request.claim {
                Claim::Objection { purpose, .. } => _ = purposes.insert(purpose.clone()),
                _ => all = true,
            }
        }
        let got: BTreeSet<_> =
            self.catalog.disclosures(None)?.into_iter().map(|disclosed| disclosed.recipient).collect();
        let recipients = self.policy.recipients().iter().filter(|recipient| {
            (all || purposes.contains(recipient.purpose().as_str())) && got.contains(recipient.id().as_str())
        });
        Ok(recipients.map(|recipient| recipient.id().to_string()).collect())
    }
}

fn prohibition(request: &Request) -> Result<Prohibition, Error> {
    match &request.claim {
        Claim::Objection { purpose, .. } => {
            Ok(Prohibition::Objection { purpose: PurposeId::parse(purpose)?, recipient: None })
        }
        Claim::Restriction { .. } => Ok(Prohibition::Restriction),
        claim => Err(request::Error::OtherRight { id: request.id, right: claim.right() }.into()),
    }
}
