use std::collections::HashSet;

use uuid::Uuid;

use crate::audit::{Action, Event, Hash, Receipt};
use crate::error::Error;
use crate::request::{Deadline, Deed, Request, Requests};
use crate::workspace::Workspace;

impl Workspace {
    /// The ledger of requests.
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// By when a request is to be answered, and how many days are left.
    ///
    /// # Errors
    /// [`Error::Request`].
    pub fn deadline(&self, request: &Request) -> Result<(Deadline, i32), Error> {
        let (calendar, now) = (self.policy.calendar(), self.caller.clock.now());
        let deadline = request.deadline(calendar, now)?;
        Ok((deadline, deadline.days_left(calendar, now)))
    }

    /// Does the same to requests, to all or to none: each on record first. What cannot be done is not recorded: it changes
    /// nothing, and the ledger says why. A request that is named twice is done once, and has one receipt.
    ///
    /// # Errors
    /// [`Error::Request`], with the reasons of [`Request::may`]; [`Error::Audit`].
    pub fn step_requests(&self, ids: &[Uuid], deed: &Deed) -> Result<Vec<Receipt>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut met = HashSet::with_capacity(ids.len());
        let ids: Vec<Uuid> = ids.iter().filter(|id| met.insert(**id)).copied().collect();
        let (now, calendar, event) = (self.caller.clock.now(), self.policy.calendar(), self.of_deed(deed));
        self.requests.step(&ids, deed, now, &self.caller.actor.id, calendar, || {
            Ok(self.log.append_all(ids.iter().map(|id| event.clone().with_request(id.to_string())))?)
        })
    }

    /// Does it to one.
    ///
    /// # Errors
    /// As [`step_requests`](Self::step_requests).
    pub fn step_request(&self, id: Uuid, deed: &Deed) -> Result<Request, Error> {
        let _receipts = self.step_requests(&[id], deed)?;
        Ok(self.requests.get(id)?)
    }

    /// What the log says of a deed.
    fn of_deed(&self, deed: &Deed) -> Event {
        let digest = |event: Event, digest: &str| match Hash::parse(digest) {
            Some(hash) => event.with_content(hash),
            None => event,
        };
        match deed {
            Deed::AskIdentity => self.event(Action::RequestAskIdentity),
            Deed::ProveIdentity { .. } => self.event(Action::RequestVerifyIdentity),
            Deed::Plan { digest: plan, .. } => digest(self.event(Action::RequestPlan), plan),
            Deed::Approve { digest: plan } => digest(self.event(Action::RequestApprove), plan),
            Deed::Run { digest: plan } => digest(self.event(Action::RequestRun), plan),
            Deed::Fulfil => self.event(Action::RequestEnd),
            Deed::Part { places } => self.event(Action::RequestEnd).denied(match places {
                1 => "1 place is not done".to_owned(),
                places => format!("{places} places are not done"),
            }),
            Deed::Hold { .. } => self.event(Action::RequestEnd).denied("a ground keeps some of it"),
            Deed::Tell { recipients } => self.event(Action::Notify).with_rows(*recipients),
            Deed::Close | Deed::Answer => self.event(Action::RequestClose),
            Deed::Refuse { ground } => self.event(Action::RequestReject).denied(ground.name()),
            Deed::Withdraw => self.event(Action::RequestWithdraw),
            Deed::Extend { .. } => self.event(Action::RequestExtend),
        }
    }
}
