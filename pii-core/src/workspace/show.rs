use super::Workspace;
use crate::audit::{self, Action, Detail, Found};
use crate::error::Error;

/// One entry of the log in full.
#[derive(Debug)]
pub struct Shown {
    /// The entry, and what vouches for it.
    pub found: Found,
    /// The note that it commits to, if it commits to one.
    pub detail: Option<Detail>,
    /// For an entry about many people: whether the list of them is still there.
    pub listed: Option<bool>,
    /// The audit entry that this look left.
    pub audit_entry: u64,
}

impl Workspace {
    /// Reads one entry, and opens the note that it commits to. The look is an entry of its own, before anything is
    /// opened: its `content` is the leaf hash of the entry that was read, its `subjects` are that entry's.
    ///
    /// # Errors
    /// [`audit::Error::NoSuchEntry`], [`audit::Error::Pruned`], and they are recorded; [`Error::Vault`].
    pub fn show_entry(&self, index: u64) -> Result<Shown, Error> {
        let event = self.event(Action::LogQuery);
        let found = match audit::find(&self.site.audit(), index) {
            Ok(found) => found,
            Err(error) => return self.refuse(&event, error.into()),
        };
        let said = &found.entry.event;
        let event = event.with_content(found.leaf).with_subjects(said.subjects.iter().copied());
        let receipt = self.log.append(&event)?;
        let detail = match said.detail {
            None => None,
            Some(commitment) => Some(match self.sidecar.filed(commitment)? {
                None => Detail::Erased,
                Some(None) => self.sidecar.reveal(commitment, None, &receipt)?,
                Some(Some(alias)) => match self.vault()?.find_alias(alias)? {
                    // Their key is gone, and nobody can open it again.
                    None => Detail::Erased,
                    Some(person) => {
                        let key = self.vault()?.note_key(&person)?;
                        self.sidecar.reveal(commitment, Some(&key), &receipt)?
                    }
                },
            }),
        };
        let listed = said.subjects_root.map(|root| self.sidecar.has_list(root)).transpose()?;
        Ok(Shown { found, detail, listed, audit_entry: receipt.index() })
    }
}
