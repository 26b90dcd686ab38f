use uuid::Uuid;

use super::Workspace;
use crate::audit::{Action, Alias, Event};
use crate::error::Error;
use crate::register::{Entry, Mark, Markers, Prohibition, Restriction};
use crate::vault::Person;
use crate::vocab::Identifier;

/// What a person forbids by one request.
#[derive(Clone, Debug)]
pub struct Forbidding<'a> {
    /// What names the person.
    pub identifiers: &'a [Identifier],
    /// What they forbid.
    pub forbids: Prohibition,
    /// By which request.
    pub request: Uuid,
}

/// What is forbidden from now on.
#[derive(Clone, Debug)]
pub struct Forbade {
    /// Whom of the vault it concerns; nobody, if the vault does not know the person.
    pub people: Vec<Alias>,
    /// By how many marks the person is known.
    pub marks: u64,
    /// The audit entry that records it.
    pub audit_entry: u64,
}

impl Workspace {
    /// Has objections and restrictions take effect, all or none: from the next run on, rows of these people do not leave
    /// for what they object to, and what is restricted neither leaves nor is read. Each is on record first. They are known
    /// by what they gave, and by what the vault holds of whoever it names; but not by an identifier that others share,
    /// unless they gave that. Whom the vault does not know can object all the same.
    ///
    /// # Errors
    /// [`Error::UnknownPurpose`], [`Error::UnknownRecipient`], [`Error::OtherPurpose`], and that is recorded;
    /// [`Error::Register`] with [`Blank`](crate::register::Error::Blank); [`Error::Vault`].
    pub fn forbid(&self, what: &[Forbidding<'_>]) -> Result<Vec<Forbade>, Error> {
        let markers = Markers::new(&self.keys, &self.policy)?;
        let (mut events, mut entries) = (Vec::with_capacity(what.len()), Vec::with_capacity(what.len()));
        for forbidding in what {
            let event = self.forbidding(forbidding)?;
            let (people, marks) = self.marks(&markers, forbidding.identifiers)?;
            events.push(event.with_subjects(people));
            entries.push(Entry {
                forbids: forbidding.forbids.clone(),
                request: forbidding.request,
                since: self.caller.clock.now(),
                lifted: None,
                marks,
            });
        }
        let receipts = self.log.append_all(&events)?;
        self.register.forbid(&entries, &receipts)?;
        let done = events.into_iter().zip(&entries).zip(&receipts).map(|((event, entry), receipt)| Forbade {
            people: event.subjects,
            marks: entry.marks.len() as u64,
            audit_entry: receipt.index(),
        });
        Ok(done.collect())
    }

    /// Ends what these requests forbid, all or none; on record first. What was erased or not sent meanwhile stays so.
    ///
    /// # Errors
    /// [`Error::Register`] with [`NothingStands`](crate::register::Error::NothingStands) if one of them forbids nothing,
    /// or was lifted before.
    pub fn lift(&self, requests: &[Uuid]) -> Result<Vec<u64>, Error> {
        let standing = self.register.standing(requests)?;
        let events: Vec<_> =
            standing.iter().map(|(request, forbids)| self.about(Action::Lift, forbids, *request)).collect();
        let receipts = self.log.append_all(&events)?;
        self.register.lift(requests, self.caller.clock.now(), &receipts)?;
        Ok(receipts.iter().map(crate::audit::Receipt::index).collect())
    }

    /// Since when the data of a person are restricted, if they are.
    ///
    /// # Errors
    /// [`Error::Register`], [`Error::Vault`].
    pub fn restriction(&self, person: &Person) -> Result<Option<Restriction>, Error> {
        if !self.register.has_restrictions()? {
            return Ok(None);
        }
        let markers = Markers::new(&self.keys, &self.policy)?;
        let held = self.vault()?.marks(person, &self.keys, &markers)?;
        let marks: Vec<Mark> = held.into_iter().map(|held| held.mark).collect();
        Ok(self.register.restriction(&marks)?)
    }

    /// Restricted data are kept until the restriction is lifted: the person may need them (Art. 18(1)(b), (c)).
    pub(super) fn refuse_restricted(&self, event: &Event, people: &[Person]) -> Result<(), Error> {
        for person in people {
            if let Some(restriction) = self.restriction(person)? {
                let event = event.clone().with_subjects([person.alias]).with_request(restriction.request.to_string());
                return self.refuse(&event, Error::Restricted(restriction));
            }
        }
        Ok(())
    }

    /// The event of an objection or a restriction, if there can be such a one.
    fn forbidding(&self, forbidding: &Forbidding<'_>) -> Result<Event, Error> {
        let action = match &forbidding.forbids {
            Prohibition::Objection { .. } => Action::Object,
            Prohibition::Restriction => Action::Restrict,
        };
        let event = self.about(action, &forbidding.forbids, forbidding.request);
        let Prohibition::Objection { purpose, recipient } = &forbidding.forbids else { return Ok(event) };
        if self.policy.purpose(purpose).is_none() {
            return self.refuse(&event, Error::UnknownPurpose(purpose.clone()));
        }
        match recipient.as_ref().map(|id| (id, self.policy.recipient(id))) {
            Some((id, None)) => self.refuse(&event, Error::UnknownRecipient(id.clone())),
            Some((id, Some(known))) if known.purpose() != purpose => {
                self.refuse(&event, Error::OtherPurpose { recipient: id.clone(), purpose: purpose.clone() })
            }
            _ => Ok(event),
        }
    }

    pub(super) fn about(&self, action: Action, forbids: &Prohibition, request: Uuid) -> Event {
        let mut event = self.event(action).with_request(request.to_string());
        if let Prohibition::Objection { purpose, recipient } = forbids {
            event.lawful_basis = self.policy.purpose(purpose).map(|known| known.lawful_basis());
            event.purpose = Some(purpose.clone());
            event.recipient.clone_from(recipient);
        }
        event
    }

    /// By what a person is known, and who of the vault they are.
    fn marks(&self, markers: &Markers<'_>, identifiers: &[Identifier]) -> Result<(Vec<Alias>, Vec<Mark>), Error> {
        let (mut people, mut marks) = (Vec::new(), Vec::new());
        for identifier in identifiers {
            marks.extend(markers.of(identifier)?);
            // An identifier that several share says of none of them what else is theirs.
            if let [person] = self.vault()?.find(&self.keys, identifier)?.as_slice()
                && !people.contains(&person.alias)
            {
                people.push(person.alias);
                let held = self.vault()?.marks(person, &self.keys, markers)?;
                marks.extend(held.into_iter().filter(|held| !held.is_shared).map(|held| held.mark));
            }
        }
        marks.sort_unstable();
        marks.dedup();
        Ok((people, marks))
    }
}
