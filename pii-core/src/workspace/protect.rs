use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use arrow::array::RecordBatch;

use super::rotate::epoch;
use super::{Step, Watch, Workspace, go_on};
use crate::audit::Action;
use crate::batch::{Addressee, Batch, Protection};
use crate::error::Error;
use crate::outbound::{self, Disclosure, Writer};
use crate::register;
use crate::store::{self, Destination, Source, WriteOptions, refuse_overwrite};
use crate::vocab::{DatasetId, RecipientId};

impl Workspace {
    /// Decides what becomes of each column of `source` on its way to a recipient; a refusal is recorded.
    ///
    /// # Errors
    /// [`Error::Batch`] with [`Undecided`](crate::batch::Error::Undecided), [`Refused`](crate::batch::Error::Refused) or
    /// [`Column`](crate::batch::Error::Column); if no bridge can be made, with
    /// [`NoSuchEpoch`](crate::batch::Error::NoSuchEpoch) or [`Bridge`](crate::batch::Error::Bridge);
    /// [`Error::OlderKeys`].
    pub fn protection<'a>(
        &self,
        source: &Source,
        dataset: &DatasetId,
        to: impl Into<Addressee<'a>>,
    ) -> Result<Protection, Error> {
        let to = to.into();
        let schema = source.schema();
        let decide = || -> Result<Protection, Error> {
            Batch::raw(dataset.clone(), RecordBatch::new_empty(schema.clone())).tag(&self.policy)?;
            let protection = Protection::new(&self.policy, dataset, to, &self.keys, &self.register, &schema)?;
            self.refuse_older_keys(dataset, to.recipient())?;
            Ok(protection)
        };
        decide().or_else(|error| {
            let event = self.event(Action::Protect).with_dataset(dataset.clone());
            self.refuse(&event.with_recipient(to.recipient().clone()), error)
        })
    }

    /// Keys that were restored from an older copy, or opened before a rotation, would make pseudonyms of a retired epoch.
    fn refuse_older_keys(&self, dataset: &DatasetId, recipient: &RecipientId) -> Result<(), Error> {
        let Some(domain) = self.policy.recipient(recipient).map(|known| known.domain()) else { return Ok(()) };
        let current = self.keys.current_epoch(&domain);
        let newest = self.catalog.newest_disclosure(dataset.as_str(), recipient.as_str())?;
        let keys = newest.iter().flat_map(|disclosed| &disclosed.columns).filter_map(|column| column.key.as_ref());
        match keys.filter_map(|key| epoch(key, &domain)).max() {
            Some(released) if released > current => {
                Err(Error::OlderKeys { domain, dataset: dataset.clone(), current, released })
            }
            _ => Ok(()),
        }
    }

    /// Writes rows to a recipient: every personal column rewritten for them, the release on record before the
    /// file appears under its name. The rows of people who object to the recipient's purpose stay behind, and so do those
    /// of people whose data are restricted.
    ///
    /// # Errors
    /// As [`Self::protection`]; [`Error::Outbound`] with [`Changed`](register::Error::Changed) if somebody objects while it
    /// runs, and that is recorded; [`Error::Store`], [`Error::Interrupted`]. On an error nothing is left of the output.
    pub fn protect<'a>(
        &self,
        source: Source,
        dataset: &DatasetId,
        to: impl Into<Addressee<'a>>,
        destination: &Destination,
        options: &WriteOptions,
        watch: Watch<'_>,
    ) -> Result<Disclosure, Error> {
        let protection = self.protection(&source, dataset, to)?;
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
        let (disclose, now) = (self.event(Action::Disclose), self.caller.clock.now());
        match writer.finish(disclose.clone(), &self.register, &self.catalog, now, lasting(destination)) {
            Err(outbound::Error::Register(changed @ register::Error::Changed { .. })) => {
                let event = disclose.with_dataset(dataset.clone()).with_recipient(protection.recipient().clone());
                self.refuse(&event, outbound::Error::from(changed).into())
            }
            done => Ok(done?),
        }
    }
}

/// Where a release lies, whatever folder whoever looks for it stands in.
fn lasting(destination: &Destination) -> String {
    match destination {
        Destination::Path(path) => std::path::absolute(path).unwrap_or_else(|_| path.clone()).display().to_string(),
        Destination::Stdout => destination.to_string(),
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
