use super::Workspace;
use crate::audit::{self, Action, Entry, Filter};
use crate::error::Error;

impl Workspace {
    /// Reads the log; the reading is an entry of its own, and the last that it finds.
    ///
    /// # Errors
    /// [`Error::Audit`].
    pub fn query_log<'f>(
        &self,
        filter: &'f Filter,
    ) -> Result<impl Iterator<Item = Result<(u64, Entry), audit::Error>> + use<'f>, Error> {
        self.record(&self.event(Action::LogQuery))?;
        let entries = audit::read(&self.site.audit())?;
        Ok(entries.filter(|found| found.as_ref().map_or(true, |(_, entry)| filter.matches(entry))))
    }
}
