use crate::error::Error;
use crate::request;
use crate::request::OpenDsr;
use crate::vocab::{Identifier, IdentifierKind};
use crate::workspace::{Asked, Opened, Workspace};

impl Workspace {
    /// Takes in a request that another system wrote as OpenDSR. Come again, under the same name, it is the same request,
    /// even when it is over. `kinds` says which identity type is which kind here, beyond those that are called the same.
    ///
    /// # Errors
    /// [`request::Error::OpenDsr`] for an identity type that is no kind here, or a hash; as of
    /// [`open_requests`](Self::open_requests).
    pub fn import_request(&self, dsr: &OpenDsr, kinds: &[(String, IdentifierKind)]) -> Result<Opened, Error> {
        let (claim, identities) = (dsr.claim()?, dsr.identities()?);
        let before = self.requests.list(true)?;
        let same =
            |known: &&request::Request| known.reference.as_deref() == Some(dsr.reference()) && known.claim == claim;
        if let Some(known) = before.iter().find(same) {
            let deadline = known.deadline(self.policy.calendar(), self.caller.clock.now())?;
            return Ok(Opened { id: known.id, again: true, deadline });
        }
        let known = self.kinds();
        let mut identifiers = Vec::new();
        for (identity_type, value) in identities {
            let own = kinds.iter().find(|(name, _)| name == identity_type).map(|(_, kind)| kind.clone());
            let usual = || match identity_type {
                "phone_number" => IdentifierKind::parse("phone").ok(),
                "controller_customer_id" => IdentifierKind::parse("customer_id").ok(),
                same => IdentifierKind::parse(same).ok(),
            };
            let kind = own.or_else(usual).filter(|kind| known.contains(kind)).ok_or_else(|| {
                let known: Vec<_> = known.iter().map(ToString::to_string).collect();
                request::Error::OpenDsr(format!("one of its identity types is none of {}", known.join(", ")))
            })?;
            identifiers.push(Identifier { kind, value: value.clone() });
        }
        let asked = Asked {
            claim,
            identifiers,
            corrections: Vec::new(),
            received: Some(dsr.submitted()),
            reference: Some(dsr.reference().to_owned()),
        };
        let opened = self.open_requests(&[asked])?;
        opened.into_iter().next().ok_or_else(|| request::Error::Nameless { place: 0 }.into())
    }
}
