use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use uuid::Uuid;

use crate::audit::Action;
use crate::error::Error;
use crate::request;
use crate::request::{Claim, Correction, Course, Deadline, Filed, Filing, Letters};
use crate::vocab::{Identifier, IdentifierKind};
use crate::workspace::Workspace;

/// A request as it comes in.
#[derive(Debug)]
pub struct Asked {
    /// What is asked.
    pub claim: Claim,
    /// By whom, in their own words.
    pub identifiers: Vec<Identifier>,
    /// Of a rectification: what is right.
    pub corrections: Vec<Correction>,
    /// When it arrived, if not now.
    pub received: Option<Timestamp>,
    /// The name that another system has for it: a ticket. Not personal.
    pub reference: Option<String>,
}

/// A request that is in the ledger.
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    /// Its number.
    pub id: Uuid,
    /// Whether it had come before, and is open still: then it is that one.
    pub again: bool,
    /// By when it is to be answered.
    pub deadline: Deadline,
}

impl Workspace {
    /// Takes requests in, all or none: each on record, who asks in the vault, the rest in the ledger. The same request,
    /// come again while it is open, is the same.
    ///
    /// # Errors
    /// [`Error::Request`] with [`request::Error::UnknownKind`] or [`request::Error::Malformed`], which name the request by
    /// its place among `asked`; [`request::Error::Future`]; [`Error::UnknownPurpose`] of an objection;
    /// [`request::Error::Correctionless`] of a rectification, and as of [`Correction::places`]; [`Error::Vault`].
    pub fn open_requests(&self, asked: &[Asked]) -> Result<Vec<Opened>, Error> {
        let now = self.caller.clock.now();
        let kinds = self.kinds();
        for (place, asked) in asked.iter().enumerate() {
            well_formed(place, asked, &kinds, now)?;
            self.refuse_unknown_purpose(&asked.claim)?;
            self.refuse_no_correction(place, asked)?;
        }
        let letters = Letters::new(self.vault()?, &self.keys);
        let (mut filings, mut new) = (Vec::with_capacity(asked.len()), HashSet::new());
        let written = |asked| {
            let Asked { claim, identifiers, corrections, .. }: &Asked = asked;
            (claim, identifiers.as_slice(), corrections.as_slice())
        };
        let contents = letters.contents(asked.iter().map(written))?;
        for (asked, content) in asked.iter().zip(contents) {
            if self.requests.open_with(&content)?.is_none() {
                new.insert(content);
            }
            filings.push(Filing {
                id: Uuid::now_v7(),
                claim: asked.claim.clone(),
                received: asked.received.unwrap_or(now),
                content,
                reference: asked.reference.clone(),
            });
        }
        let arrived = filings.iter().filter(|filing| new.remove(&filing.content));
        let event = self.event(Action::RequestOpen);
        let receipts = self.log.append_all(arrived.map(|filing| event.clone().with_request(filing.id.to_string())))?;
        let filed = self.requests.file::<Error>(&filings, &receipts, |kept| {
            let kept: HashSet<Uuid> = kept.iter().map(|filing| filing.id).collect();
            let kept = filings.iter().zip(asked).filter(|(filing, _)| kept.contains(&filing.id));
            let Some(receipt) = receipts.last() else { return Ok(()) };
            let right = kept.clone().filter(|(_, asked)| !asked.corrections.is_empty());
            let kept: Vec<_> = kept.map(|(filing, asked)| (filing.id, asked.identifiers.as_slice())).collect();
            // A batch has what many people wrote in memory, sealed and in clear.
            kept.chunks(BATCH).try_for_each(|kept| letters.keep(kept, now, receipt))?;
            for (filing, asked) in right {
                letters.keep_corrections(filing.id, &asked.corrections, now, receipt)?;
            }
            Ok(())
        })?;
        filed.into_iter().zip(&filings).map(|(filed, filing)| self.opened(filed, filing, now)).collect()
    }

    fn opened(&self, filed: Filed, filing: &Filing, now: Timestamp) -> Result<Opened, Error> {
        let course = match filed.again {
            true => self.requests.get(filed.id)?.course,
            false => Course { received: filing.received, ..Course::default() },
        };
        let deadline = Deadline::of(&course, self.policy.calendar(), now)?;
        Ok(Opened { id: filed.id, again: filed.again, deadline })
    }

    /// Adds identifiers that were learnt since a request came in: while the person proved who they are, or to tell them
    /// from another. A plan that was made is to be made again.
    ///
    /// # Errors
    /// As of [`open_requests`](Self::open_requests); [`request::Error::Forgotten`] if the request was answered.
    pub fn name_further(&self, id: Uuid, identifiers: &[Identifier]) -> Result<(), Error> {
        if self.requests.get(id)?.state.is_over() {
            return Err(request::Error::Forgotten { id }.into());
        }
        named_well(0, identifiers, &self.kinds())?;
        let letters = Letters::new(self.vault()?, &self.keys);
        let receipt = self.log.append(&self.event(Action::VaultDeposit).with_request(id.to_string()))?;
        Ok(letters.keep(&[(id, identifiers)], self.caller.clock.now(), &receipt)?)
    }

    /// By which kinds of identifiers somebody can be found here: those of subjects, and those of columns.
    pub(super) fn kinds(&self) -> BTreeSet<IdentifierKind> {
        let mut kinds = BTreeSet::new();
        for dataset in self.policy.datasets() {
            kinds.extend(dataset.subject().map(|subject| subject.kind.clone()));
            let columns = dataset.columns();
            kinds.extend(columns.filter_map(|(path, rule)| IdentifierKind::of_column(rule.tag().category()?, path)));
        }
        kinds
    }

    fn refuse_no_correction(&self, place: usize, asked: &Asked) -> Result<(), Error> {
        if asked.corrections.is_empty() == (asked.claim == Claim::Rectification) {
            return Err(request::Error::Correctionless { place }.into());
        }
        Ok(asked.corrections.iter().try_for_each(|correction| correction.places(&self.policy).map(drop))?)
    }

    fn refuse_unknown_purpose(&self, claim: &Claim) -> Result<(), Error> {
        let Claim::Objection { purpose, .. } = claim else { return Ok(()) };
        match self.policy.purposes().iter().find(|known| known.id().as_str() == purpose) {
            Some(_) => Ok(()),
            None => Err(Error::UnknownPurpose(crate::vocab::PurposeId::parse(purpose)?)),
        }
    }
}

fn well_formed(place: usize, asked: &Asked, kinds: &BTreeSet<IdentifierKind>, now: Timestamp) -> Result<(), Error> {
    if asked.received.is_some_and(|received| received > now) {
        return Err(request::Error::Future { place }.into());
    }
    named_well(place, &asked.identifiers, kinds)
}

/// What names somebody is of kinds that are known here, in the form of its kind.
pub(super) fn named_well(
    place: usize,
    identifiers: &[Identifier],
    kinds: &BTreeSet<IdentifierKind>,
) -> Result<(), Error> {
    if identifiers.is_empty() {
        return Err(request::Error::Nameless { place }.into());
    }
    for who in identifiers {
        if !kinds.contains(&who.kind) || request::is_reserved(&who.kind) {
            let known = kinds.iter().map(ToString::to_string).collect();
            return Err(request::Error::UnknownKind { place, kind: who.kind.clone(), known }.into());
        }
        if !request::is_well_formed(who) {
            return Err(request::Error::Malformed { place, kind: who.kind.clone() }.into());
        }
    }
    Ok(())
}

/// Letters that are laid down together.
const BATCH: usize = 8192;
