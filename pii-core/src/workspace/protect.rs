use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use arrow::array::RecordBatch;

use super::{Step, Watch, Workspace, go_on};
use crate::audit::Action;
use crate::batch::{self, Batch, Protection};
use crate::error::Error;
use crate::outbound::{Disclosure, Writer};
use crate::store::{self, Destination, Source, WriteOptions, refuse_overwrite};
use crate::vocab::{DatasetId, RecipientId};

impl Workspace {
    /// Decides what becomes of each column of `source` on its way to `recipient`; a refusal is recorded.
    ///
    /// # Errors
    /// [`batch::Error::Undecided`], [`batch::Error::Refused`], [`batch::Error::Column`].
    pub fn protection(
        &self,
        source: &Source,
        dataset: &DatasetId,
        recipient: &RecipientId,
    ) -> Result<Protection, Error> {
        let schema = source.schema();
        let decide = || -> Result<Protection, batch::Error> {
            Batch::raw(dataset.clone(), RecordBatch::new_empty(schema.clone())).tag(&self.policy)?;
            Protection::new(&self.policy, dataset, recipient, &self.keys, &schema)
        };
        decide().or_else(|error| {
            let event = self.event(Action::Protect).with_dataset(dataset.clone()).with_recipient(recipient.clone());
            self.refuse(&event, error.into())
        })
    }

    /// Writes rows to a recipient: every personal column rewritten for them, the release on record before the
    /// file appears under its name.
    ///
    /// # Errors
    /// As [`Self::protection`]; [`Error::Store`], [`Error::Interrupted`]. On an error nothing is left of the output.
    pub fn protect(
        &self,
        source: Source,
        dataset: &DatasetId,
        recipient: &RecipientId,
        destination: &Destination,
        options: &WriteOptions,
        watch: Watch<'_>,
    ) -> Result<Disclosure, Error> {
        let protection = self.protection(&source, dataset, recipient)?;
        refuse_overwrite(source.files(), destination)?;
        let personal = protection.columns().iter().filter(|c| c.tag.category().is_some()).map(|c| c.path.as_str());
        let sink = self.table(dataset, destination, protection.schema(), options, personal)?;
        let mut writer = Writer::open(&protection, &self.log, self.event(Action::Protect), sink)?;
        let mut step = Step { of_rows: source.rows_hint(), of_bytes: source.bytes(), ..Step::default() };

        let mut pass = |rows: Option<Result<RecordBatch, store::Error>>| -> Result<(), Error> {
            if let Some(rows) = rows {
                let tagged = Batch::raw(dataset.clone(), rows?).tag(&self.policy)?;
                step.rows += tagged.num_rows() as u64;
                writer.write(tagged.protect(&protection)?)?;
            }
            go_on(watch, step)
        };
        if rayon::current_num_threads() == 1 {
            source.batches().try_for_each(|rows| pass(Some(rows)))?;
        } else {
            ahead(source, pass)?;
        }
        Ok(writer.finish(
            self.event(Action::Disclose),
            &self.catalog,
            self.caller.clock.now(),
            destination.to_string(),
        )?)
    }
}

/// Reads the next rows while `pass` works on these, and gives it none where it waits. A few batches in flight bound
/// the memory. The reader is not waited for after an error: it may be at a pipe that nobody writes to.
fn ahead(
    source: Source,
    mut pass: impl FnMut(Option<Result<RecordBatch, store::Error>>) -> Result<(), Error>,
) -> Result<(), Error> {
    let (send, receive) = sync_channel(IN_FLIGHT);
    let reader = std::thread::spawn(move || {
        for rows in source.batches() {
            // The other end is gone: an error or an interruption there.
            if send.send(rows).is_err() {
                break;
            }
        }
    });
    loop {
        match receive.recv_timeout(PATIENCE) {
            Ok(rows) => pass(Some(rows))?,
            Err(RecvTimeoutError::Timeout) => pass(None)?,
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    // A reader that panicked has not read everything.
    reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    Ok(())
}

const IN_FLIGHT: usize = 4;
/// How long to wait for rows before asking whether to go on.
const PATIENCE: Duration = Duration::from_millis(100);
