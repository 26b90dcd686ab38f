use super::Workspace;
use crate::audit::{Action, Alias};
use crate::error::Error;
use crate::vault::{Person, Shredded};
use crate::vocab::Identifier;

/// People whose keys are to be destroyed.
#[derive(Clone, Debug)]
pub struct Shreddable {
    /// Who, once each.
    pub people: Vec<Person>,
    /// How many of the identifiers name nobody.
    pub unknown: u64,
}

/// Keys that are destroyed.
#[derive(Clone, Debug)]
pub struct ShredReceipt {
    /// Whose: their aliases stand in the log and lead nowhere any more.
    pub aliases: Vec<Alias>,
    /// What went from the vault.
    pub shredded: Shredded,
    /// The entries that record it, one a person, in the order of the aliases.
    pub audit_entries: Vec<u64>,
}

impl Workspace {
    /// Whose keys [`shred`](Self::shred) would destroy. Changes nothing.
    ///
    /// # Errors
    /// [`Error::UnknownSubject`] if the identifiers name nobody at all, and that is recorded; [`Error::Vault`].
    pub fn shreddable(&self, identifiers: &[Identifier]) -> Result<Shreddable, Error> {
        let mut unknown = 0;
        for identifier in identifiers {
            unknown += u64::from(self.vault()?.find(&self.keys, identifier)?.is_empty());
        }
        let people = self.resolve(identifiers)?;
        if people.is_empty() {
            return self.refuse(&self.event(Action::KeyShred), Error::nobody(identifiers));
        }
        Ok(Shreddable { people, unknown })
    }

    /// Destroys the keys of these people and what only they open, in the vault and in every copy of its database. On
    /// record first, an entry each. It is one step of an erasure: what other systems hold, and notes beside the log,
    /// are not touched, though nobody can open those notes any more.
    ///
    /// # Errors
    /// [`Error::Restricted`] if their data are restricted, and that is recorded; [`Error::Vault`], [`Error::Audit`].
    pub fn shred(&self, people: &[Person]) -> Result<ShredReceipt, Error> {
        let (event, vault) = (self.event(Action::KeyShred), self.vault()?);
        self.refuse_restricted(&event, people)?;
        let receipts = self.record_each(&event, people)?;
        let shredded = match receipts.last() {
            Some(receipt) => vault.shred(people, self.caller.clock.now(), receipt)?,
            None => Shredded::default(),
        };
        Ok(ShredReceipt {
            aliases: people.iter().map(|person| person.alias).collect(),
            shredded,
            audit_entries: receipts.iter().map(crate::audit::Receipt::index).collect(),
        })
    }

    /// Wraps every person's key under a next epoch key, and destroys those before: copies of the vault's database that
    /// were made until now cannot be opened any more. On record first.
    ///
    /// # Errors
    /// [`Error::Vault`], [`Error::Audit`].
    pub fn rewrap_vault(&self) -> Result<(Shredded, u64), Error> {
        let vault = self.vault()?;
        let receipt = self.log.append(&self.event(Action::VaultRewrap))?;
        Ok((vault.rewrap(self.caller.clock.now(), &receipt)?, receipt.index()))
    }
}
