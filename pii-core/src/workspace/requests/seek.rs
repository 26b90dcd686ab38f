use uuid::Uuid;

use crate::audit::{Action, Event};
use crate::error::Error;
use crate::request::{Letters, Sought};
use crate::workspace::Workspace;

impl Workspace {
    /// Whom these requests are about: reads who makes them, and what the vault holds of each; on record first.
    ///
    /// # Errors
    /// [`request::Error::Ambiguous`](crate::request::Error::Ambiguous) if one of them names several people;
    /// [`Error::Vault`], [`Error::Audit`].
    pub(super) fn seek(&self, ids: &[Uuid]) -> Result<Sought, Error> {
        let mut sought = Sought::default();
        for ids in ids.chunks(PAGE) {
            self.seek_some(ids, &mut sought)?;
        }
        Ok(sought)
    }

    fn seek_some(&self, ids: &[Uuid], sought: &mut Sought) -> Result<(), Error> {
        let vault = self.vault()?;
        let letters = Letters::new(vault, &self.keys);
        let look = |id: &Uuid| -> Event { self.event(Action::VaultRead).with_request(id.to_string()) };
        let receipts = self.log.append_all(ids.iter().map(look))?;
        let read = letters.read(ids, &receipts)?;
        let named: Vec<_> = ids.iter().copied().zip(read.iter().map(Vec::as_slice)).collect();
        let found = Sought::find(vault, &self.keys, &named)?;
        let known = ids.iter().zip(&found).filter_map(|(id, person)| Some((id, person.clone()?)));
        let (known, people): (Vec<_>, Vec<_>) = known.unzip();
        let looks = known.into_iter().zip(&people).map(|(id, person)| look(id).with_subjects([person.alias]));
        let receipts = self.log.append_all(looks)?;
        let mut values = vault.read_all(&people, &receipts)?.into_iter();
        for ((id, who), person) in ids.iter().zip(read).zip(found) {
            let known = person.and_then(|person| Some((person, values.next()?)));
            sought.add(&self.policy, *id, who, known);
        }
        Ok(())
    }
}

/// Requests whose people are in memory with all that is held of them.
const PAGE: usize = 4096;
