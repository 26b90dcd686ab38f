use std::path::Path;

use super::{Step, Watch, Workspace, go_on};
use crate::audit::export::{Export, Exported, Format};
use crate::audit::{Action, Filter, ProofFile, Tree};
use crate::error::Error;

impl Workspace {
    /// Exports what `filter` wants of the log to the folder `to`, which must be empty or absent: evidence that can be
    /// checked with nothing else. On record, with its digest, and sealed, before the folder is there.
    ///
    /// Returns what was exported and the number of the entry that records it.
    ///
    /// # Errors
    /// [`Error::Audit`]; [`Error::Interrupted`], and then nothing is there.
    pub fn export_log(
        &self,
        filter: &Filter,
        format: Format,
        to: &Path,
        watch: Watch<'_>,
    ) -> Result<(Exported, u64), Error> {
        self.seal()?;
        let mut export = Export::begin(&self.site.audit(), to, filter.clone(), format)?;
        let of_rows = Some(export.size());
        while let Some(rows) = export.step()? {
            go_on(watch, Step { rows, of_rows, ..Step::default() })?;
        }
        let staged = export.finish(&self.caller.actor, self.caller.clock.now())?;
        let event = self.event(Action::LogExport);
        let event = event.with_rows(staged.exported().matched).with_content(staged.exported().manifest);
        let receipt = self.log.append(&event)?;
        self.seal()?;
        Ok((staged.publish(&receipt)?, receipt.index()))
    }

    /// The proof that the log holds entry `index`, pruned or not; what is not sealed yet is sealed for it. Asking for it
    /// is an entry of its own.
    ///
    /// # Errors
    /// [`Error::Audit`].
    pub fn prove_entry(&self, index: u64) -> Result<ProofFile, Error> {
        self.record(&self.event(Action::LogQuery))?;
        self.seal()?;
        Ok(Tree::open(&self.site.audit())?.prove(index)?)
    }
}
