use jiff::Timestamp;

use super::Workspace;
use crate::audit::Prunable;
use crate::error::Error;

impl Workspace {
    /// What [`Workspace::prune_log`] would drop.
    ///
    /// # Errors
    /// [`Error::Audit`].
    pub fn prunable_log(&self, before: Timestamp) -> Result<Prunable, Error> {
        Ok(self.log.prunable(before)?)
    }

    /// Drops segments of the log of which every entry is older than `before`, and says so in the log. Hashes and
    /// signatures stay.
    ///
    /// # Errors
    /// [`Error::Audit`].
    pub fn prune_log(&self, before: Timestamp) -> Result<Prunable, Error> {
        Ok(self.log.prune(before, self.caller.actor.clone())?)
    }
}
