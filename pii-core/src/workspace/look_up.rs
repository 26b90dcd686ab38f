use std::collections::BTreeMap;

use super::Workspace;
use crate::audit::{About, Action, Event};
use crate::error::Error;
use crate::vault::{Person, Value};
use crate::vocab::{Identifier, Personal, PurposeId, RecipientId, RestrictedUse};

/// Who is asked for, and why.
#[derive(Debug)]
pub struct Question<'a> {
    /// What names the person. Of the kind `pseudonym`: a pseudonym that `recipient` has.
    pub identifiers: &'a [Identifier],
    /// In whose domain a pseudonym was made.
    pub recipient: Option<&'a RecipientId>,
    /// For which purpose of the policy.
    pub purpose: &'a PurposeId,
    /// The request or ticket that occasioned it.
    pub ticket: Option<&'a str>,
    /// For which use restricted data are read all the same (Art. 18(2)).
    pub despite_restriction: Option<RestrictedUse>,
    /// What there is to say about the person and the look, in free words. It is kept beside the log, sealed with the
    /// person's key; nothing of it is kept if nobody is found.
    pub note: Option<&'a Personal<String>>,
}

/// A person found, with all that the vault holds of them.
#[derive(Debug)]
pub struct Looked {
    /// Who.
    pub person: Person,
    /// What the vault holds.
    pub values: Vec<Value>,
    /// The audit entry that the look left.
    pub audit_entry: u64,
}

impl Workspace {
    /// Opens what the vault holds of the people that the identifiers name. The look is on record, with the
    /// aliases of those people, before any value is released. A purpose that the policy does not know is
    /// refused, and so are an identifier that names nobody, and a person whose data are restricted, unless it is for a use
    /// that the law allows all the same; refusals are recorded.
    ///
    /// # Errors
    /// [`Error::UnknownPurpose`], [`Error::UnknownSubject`], [`Error::Restricted`], [`Error::Vault`].
    pub fn look_up(&self, question: &Question<'_>) -> Result<Vec<Looked>, Error> {
        let mut event = self.event(Action::VaultRead);
        event.purpose = Some(question.purpose.clone());
        event.ticket = question.ticket.map(str::to_owned);
        let Some(purpose) = self.policy.purpose(question.purpose) else {
            return self.refuse(&event, Error::UnknownPurpose(question.purpose.clone()));
        };
        event.lawful_basis = Some(purpose.lawful_basis());
        let people = self.people(question, &event)?;
        if people.is_empty() {
            return self.refuse(&event, Error::nobody(question.identifiers));
        }
        let mut restricted = vec![false; people.len()];
        if question.despite_restriction.is_none() {
            self.refuse_restricted(&event, &people)?;
        } else {
            for (restricted, person) in restricted.iter_mut().zip(&people) {
                *restricted = self.restriction(person)?.is_some();
            }
        }
        let mut looked = Vec::new();
        for (person, restricted) in people.into_iter().zip(restricted) {
            let mut event = event.clone().with_subjects([person.alias]);
            event.despite_restriction = question.despite_restriction.filter(|_| restricted);
            if let Some(note) = question.note {
                let key = self.vault()?.note_key(&person)?;
                event.detail = Some(self.sidecar.keep(note, Some(About { alias: person.alias, key: &key }))?);
            }
            let receipt = self.log.append(&event)?;
            let values = self.vault()?.read(&person, &receipt)?;
            looked.push(Looked { person, values, audit_entry: receipt.index() });
        }
        Ok(looked)
    }

    /// Everybody whom one of the identifiers names.
    pub(super) fn resolve(&self, identifiers: &[Identifier]) -> Result<Vec<Person>, Error> {
        let mut people = BTreeMap::new();
        for identifier in identifiers {
            let found = self.vault()?.find(&self.keys, identifier)?;
            people.extend(found.into_iter().map(|person| (person.subject, person)));
        }
        Ok(people.into_values().collect())
    }

    fn people(&self, question: &Question<'_>, event: &Event) -> Result<Vec<Person>, Error> {
        let (vault, mut people) = (self.vault()?, BTreeMap::new());
        for identifier in question.identifiers {
            let recipient = question.recipient.and_then(|r| self.policy.recipient(r));
            let found = match (identifier.kind.as_str(), recipient) {
                (PSEUDONYM, Some(recipient)) => {
                    // Looking in the index opens values inside the vault, so it is recorded too.
                    let receipt = self.log.append(&event.clone().with_recipient(recipient.id().clone()))?;
                    vault.find_pseudonym(&self.keys, &recipient.domain(), identifier.value.expose(), &receipt)?
                }
                _ => vault.find(&self.keys, identifier)?,
            };
            people.extend(found.into_iter().map(|person| (person.subject, person)));
        }
        Ok(people.into_values().collect())
    }
}

const PSEUDONYM: &str = "pseudonym";
