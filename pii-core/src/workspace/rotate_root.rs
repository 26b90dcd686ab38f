use super::Workspace;
use crate::audit::Action;
use crate::error::Error;
use crate::keyring::{KeyProvider, RootId};

/// Keys that another root key wraps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrapped {
    /// The root key that wrapped them.
    pub from: RootId,
    /// The root key that wraps them now.
    pub to: RootId,
    /// The audit entry that records it.
    pub audit_entry: u64,
}

impl Workspace {
    /// Wraps the master secret with another root key: on record first, and at once. No key below it changes, and no data
    /// is touched. Whoever has the old root key and a copy of the old file has the master secret still.
    ///
    /// Until it returns, the old root key opens the workspace; or the new one does, and nothing is left to do. Keep the
    /// new key safe before.
    ///
    /// # Errors
    /// [`Error::Keyring`] with [`crate::keyring::Error::Locked`] if keys are being changed, with
    /// [`crate::keyring::Error::Rewrapped`] if the root key was since this workspace was opened, and what the provider says;
    /// [`Error::Audit`].
    pub fn rotate_root(&self, root: &dyn KeyProvider) -> Result<Rewrapped, Error> {
        let lock = self.site.lock_keys()?;
        if let Some(how) = root.encryption() {
            self.record_plain(how)?;
        }
        let from = self.keys.root_id().clone();
        let (change, to) = self.keys.rewrapped(&lock, root)?;
        let keys = [&from, &to].map(RootId::to_string);
        // A run that died has left its entry and nothing else: then it is that one which comes to its end.
        let last = self.rotations()?.filter(|(_, event)| event.recipient.is_none()).last();
        let audit_entry = match last {
            Some((entry, event)) if event.keys == keys && from != to => entry,
            _ => self.log.append(&self.event(Action::KeyRotate).with_keys(keys))?.index(),
        };
        change.make()?;
        Ok(Rewrapped { from, to, audit_entry })
    }
}
