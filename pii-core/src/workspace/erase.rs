use std::path::Path;

use super::Workspace;
use crate::audit::{Action, Hash};
use crate::erase::{Eraser, Go, OnRecord, Outcome, Plan};
use crate::error::Error;
use crate::vocab::DatasetId;

/// What became of a plan, and where it is on record.
#[derive(Debug)]
pub struct Erased {
    /// Each file.
    pub outcome: Outcome,
    /// The entry that was written before the first byte changed: rows and `content`, the SHA-256 of the plan.
    pub planned_entry: u64,
    /// The entry that was written when all was done: the rows that went, the same `content`; denied, with how many files
    /// are not done, if some are.
    pub done_entry: u64,
}

/// What a run goes by, apart from its plan.
#[derive(Clone, Copy, Debug, Default)]
pub struct Erasing<'a> {
    /// Whose data the files are.
    pub dataset: Option<&'a DatasetId>,
    /// Where the steps are written, so that a run that is killed can be taken up.
    pub journal: Option<&'a Path>,
    /// Search every byte of each new file before it takes its name.
    pub everything: bool,
}

impl Workspace {
    /// Runs a plan of an erasure: on record before a byte changes, and again when it is done. The log has counts, columns
    /// and the digest of the plan; no value, no path.
    ///
    /// # Errors
    /// [`Error::UnknownDataset`], and that is recorded; [`Error::Audit`], [`Error::Erase`] before anything was changed.
    /// What went wrong with a file is in the [`Outcome`].
    pub fn erase(&self, eraser: &Eraser, plan: &Plan, how: Erasing<'_>, go: Go<'_>) -> Result<Erased, Error> {
        let (column, action) = eraser.action();
        let columns = match action.columns().as_slice() {
            [] => vec![column.to_owned()],
            columns => columns.iter().map(|column| (*column).to_owned()).collect(),
        };
        let content: Hash = plan.digest()?;
        let mut event = self.event(Action::Erase).with_columns(columns).with_content(content).with_rows(plan.rows());
        if let Some(dataset) = how.dataset {
            event = event.with_dataset(dataset.clone());
            if self.policy.dataset(dataset).is_none() {
                return self.refuse(&event, Error::UnknownDataset(dataset.clone()));
            }
        }
        let receipt = self.log.append(&event)?;
        let outcome = eraser.run(plan, &OnRecord::By(&receipt), how.journal, how.everything, go);
        let ended = match &outcome {
            Ok(outcome) => {
                let event = event.with_rows(outcome.rows());
                match outcome.failed().count() {
                    0 => event,
                    failed => event.denied(format!("{failed} of {} files are not done", outcome.files.len())),
                }
            }
            Err(_) => event.with_rows(0).denied("nothing was done"),
        };
        let done = self.log.append(&ended)?;
        Ok(Erased { outcome: outcome?, planned_entry: receipt.index(), done_entry: done.index() })
    }
}
