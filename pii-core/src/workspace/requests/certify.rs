use uuid::Uuid;

use crate::audit;
use crate::audit::{Action, Tree};
use crate::error::Error;
use crate::request;
use crate::request::{Certificate, CertifiedEntry, CertifiedNotice, CertifiedPlace, DocumentKey, SignedCertificate};
use crate::workspace::Workspace;

impl Workspace {
    /// The key that signs what leaves for a person or an authority.
    ///
    /// # Errors
    /// [`Error::Keyring`].
    pub fn document_key(&self) -> Result<DocumentKey, Error> {
        Ok(DocumentKey::from_seed(&*self.keys.document_seed()?)?)
    }

    /// What was asked, and what was done, signed; with the proof that the log holds it. On record.
    ///
    /// # Errors
    /// [`request::Error::NoPlan`] if nothing was done yet; [`Error::Request`], [`Error::Audit`].
    pub fn certify(&self, id: Uuid) -> Result<SignedCertificate, Error> {
        let request = self.requests.get(id)?;
        let (digest, _) = request.plan().ok_or(request::Error::NoPlan { id })?;
        let plan = self.kept_plan(digest)?;
        let receipt = self.log.append(&self.event(Action::Certificate).with_request(id.to_string()))?;
        self.seal()?;
        let now = self.caller.clock.now();
        let done = self.requests.places_done(digest)?;
        let places = plan.places.iter().map(|planned| {
            let ran = done.iter().find(|done| done.place == planned.place);
            CertifiedPlace::of(&planned.place, &planned.intent, ran.map(|done| (&done.ran, done.at)))
        });
        let places = places.collect();
        let mut indexes: Vec<u64> = request.steps.iter().map(|step| step.audit_entry).collect();
        indexes.extend(done.iter().map(|done| done.audit_entry));
        indexes.push(receipt.index());
        indexes.sort_unstable();
        indexes.dedup();
        let calendar = self.policy.calendar();
        let ran = done.iter().map(|done| done.at).max();
        let certificate = Certificate {
            v: 1,
            controller: self.policy.controller().name().to_owned(),
            contact: self.policy.controller().contact().map(str::to_owned),
            request: id,
            right: request.claim.right(),
            article: request.claim.right().article().to_owned(),
            received: request.received,
            due: request.deadline(calendar, now)?.due,
            state: request.state,
            made: now,
            plan: digest.to_owned(),
            together: plan.requests.len() as u64,
            places,
            recipients: self.requests.notices(id)?.into_iter().map(certified).collect(),
            copies_gone_by: ran.and_then(|ran| calendar.copies_gone_by(ran)),
            entries: self.prove(&indexes)?,
        };
        Ok(certificate.sign(&self.document_key()?)?)
    }

    fn prove(&self, indexes: &[u64]) -> Result<Vec<CertifiedEntry>, Error> {
        let dir = self.site.audit();
        let mut tree = Tree::open(&dir)?;
        let entry = |index: &u64| {
            let found = audit::find(&dir, *index)?;
            Ok(CertifiedEntry {
                index: *index,
                action: found.entry.event.action.name().to_owned(),
                leaf: found.leaf.to_string(),
                proof: tree.prove(*index)?.to_string(),
            })
        };
        indexes.iter().map(entry).collect()
    }
}

fn certified(told: request::Told) -> CertifiedNotice {
    CertifiedNotice { recipient: told.recipient, sent: told.sent, acknowledged: told.acknowledged }
}
