use super::Workspace;
use crate::audit::{Action, Alias, Event, Receipt};
use crate::error::Error;
use crate::vault::{Person, Shredded};
use crate::vocab::Identifier;

/// People who are forgotten here.
#[derive(Clone, Debug)]
pub struct Forgotten {
    /// Their aliases, which stand in the log and lead nowhere any more.
    pub aliases: Vec<Alias>,
    /// What the vault held.
    pub held: Shredded,
    /// Notes about them, beside the log.
    pub notes: u64,
    /// The audit entries that record it, one a person.
    pub audit_entries: Vec<u64>,
}

impl Workspace {
    /// Destroys all that the vault and the log's side-car hold of the people whom the identifiers name. It is on record
    /// first; afterwards that entry, like every other that names them, leads nowhere. The vault's file is written anew at
    /// the end, so forget many people at once rather than one by one. If that alone fails, say of a full disk, they are
    /// forgotten, and [`crate::vault::Vault::compact`] finishes the work. Copies of the data elsewhere are not touched;
    /// copies of the vault cannot be opened for these people any more, as [`shred`](Self::shred) says.
    ///
    /// # Errors
    /// [`Error::UnknownSubject`], and [`Error::Restricted`] if their data are restricted: lift that first; both are recorded.
    /// [`Error::Vault`], [`Error::Audit`].
    pub fn forget(&self, identifiers: &[Identifier], request: Option<&str>) -> Result<Forgotten, Error> {
        let mut event = self.event(Action::Erase);
        event.request = request.map(str::to_owned);
        let (vault, people) = (self.vault()?, self.resolve(identifiers)?);
        if people.is_empty() {
            return self.refuse(&event, Error::nobody(identifiers));
        }
        self.refuse_restricted(&event, &people)?;
        let receipts = self.record_each(&event, &people)?;
        // The vault comes last: until it has forgotten the aliases, what a crash left undone can be done again.
        let mut notes = 0;
        for (person, receipt) in people.iter().zip(&receipts) {
            notes += self.sidecar.forget(person.alias, receipt)?;
        }
        let held = match receipts.last() {
            Some(receipt) => vault.shred(&people, self.caller.clock.now(), receipt)?,
            None => Shredded::default(),
        };
        vault.compact()?;
        let audit_entries = receipts.iter().map(Receipt::index).collect();
        Ok(Forgotten { aliases: people.iter().map(|person| person.alias).collect(), held, notes, audit_entries })
    }

    /// An entry for each of these people.
    pub(super) fn record_each(&self, event: &Event, people: &[Person]) -> Result<Vec<Receipt>, Error> {
        let events: Vec<_> = people.iter().map(|person| event.clone().with_subjects([person.alias])).collect();
        Ok(self.log.append_all(&events)?)
    }
}
