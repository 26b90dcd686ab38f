use uuid::Uuid;

use crate::audit::Action;
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
        let letters = Letters::new(self.vault(), &self.keys);
        let events: Vec<_> = ids.iter().map(|id| self.event(Action::VaultRead).with_request(id.to_string())).collect();
        let receipts = self.log.append_all(&events)?;
        let mut named = Vec::with_capacity(ids.len());
        for (id, receipt) in ids.iter().zip(&receipts) {
            let who = letters.read(*id, receipt)?;
            let person = Sought::find(self.vault(), &self.keys, *id, &who)?;
            named.push((*id, who, person));
        }
        let found = named.iter().filter_map(|(id, _, person)| Some((id, person.as_ref()?)));
        let events: Vec<_> = found
            .map(|(id, person)| {
                self.event(Action::VaultRead).with_request(id.to_string()).with_subjects([person.alias])
            })
            .collect();
        let mut receipts = self.log.append_all(&events)?.into_iter();
        let mut sought = Sought::default();
        for (id, who, person) in named {
            let known = match person {
                Some(person) => receipts.next().map(|receipt| (person, receipt)),
                None => None,
            };
            match known {
                Some((person, receipt)) => {
                    let values = self.vault().read(&person, &receipt)?;
                    sought.add(&self.policy, id, who, Some((person, values)));
                }
                None => sought.add(&self.policy, id, who, None),
            }
        }
        Ok(sought)
    }
}
