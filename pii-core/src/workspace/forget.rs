use super::Workspace;
use crate::audit::{Action, Alias};
use crate::error::Error;
use crate::vault;
use crate::vocab::Identifier;

/// A person who is forgotten here.
#[derive(Clone, Copy, Debug)]
pub struct Forgotten {
    /// Their alias, which stands in the log and leads nowhere any more.
    pub alias: Alias,
    /// What the vault held.
    pub held: vault::Forgotten,
    /// Notes about them, beside the log.
    pub notes: u64,
    /// The audit entry that records it.
    pub audit_entry: u64,
}

impl Workspace {
    /// Destroys all that the vault and the log's side-car hold of the people whom the identifiers name. It is on record
    /// first; afterwards that entry, like every other that names them, leads nowhere. The vault's file is written anew at
    /// the end, so forget many people at once rather than one by one. If that alone fails, say of a full disk, they are
    /// forgotten, and [`vault::Vault::compact`] finishes the work. Copies of the data elsewhere, and
    /// backups of the vault, are not touched.
    ///
    /// # Errors
    /// [`Error::UnknownSubject`], and that is recorded; [`Error::Vault`], [`Error::Audit`].
    pub fn forget(&self, identifiers: &[Identifier], request: Option<&str>) -> Result<Vec<Forgotten>, Error> {
        let mut event = self.event(Action::Erase);
        event.request = request.map(str::to_owned);
        let people = self.resolve(identifiers)?;
        if people.is_empty() {
            return self.refuse(&event, Error::nobody(identifiers));
        }
        let mut forgotten = Vec::new();
        for person in people {
            let alias = person.alias;
            let receipt = self.log.append(&event.clone().with_subjects([alias]))?;
            // The vault comes last: until it has forgotten the alias, what a crash left undone can be done again.
            let notes = self.sidecar.forget(alias, &receipt)?;
            let held = self.vault.forget(&person, &receipt)?;
            forgotten.push(Forgotten { alias, held, notes, audit_entry: receipt.index() });
        }
        self.vault.compact()?;
        Ok(forgotten)
    }
}
