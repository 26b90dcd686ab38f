use std::io::{self, Read};
use std::path::PathBuf;

use super::{Step, Watch, Workspace, go_on};
use crate::audit::{Action, Event, Hash};
use crate::error::Error;
use crate::seal::{self, Envelope, SealedWriter};
use crate::store::{self, Destination, FileWriter};
use crate::vocab::{DatasetId, PurposeId};

/// A whole file on its way in or out: where it comes from, as messages name it, and its bytes.
pub struct Incoming<R> {
    /// The file, or `-`.
    pub path: PathBuf,
    /// What is in it.
    pub bytes: R,
    /// How long it is, where that is known.
    pub size: Option<u64>,
}

/// What became of a whole file.
#[derive(Clone, Debug)]
pub struct Moved {
    /// Whose data they are.
    pub dataset: DatasetId,
    /// The id of the key that they rest under.
    pub key: String,
    /// Bytes written.
    pub bytes: u64,
    /// The SHA-256 of the sealed file's envelope, as the log has it: it names this file and no other.
    pub envelope: Hash,
    /// The audit entry that records it.
    pub audit_entry: u64,
}

/// Which sealed file to open, and why.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// For which purpose of the policy.
    pub purpose: &'a PurposeId,
    /// The request or ticket that occasioned it.
    pub ticket: Option<&'a str>,
}

impl Workspace {
    /// Seals a whole file of a dataset, of any type, under a key of its own. On record before its bytes are read; it
    /// appears under its name when it is whole.
    ///
    /// # Errors
    /// [`Error::UnknownDataset`], and that is recorded; [`Error::Store`], [`Error::Io`], [`Error::Interrupted`].
    pub fn put_file(
        &self,
        mut from: Incoming<impl Read + Send>,
        dataset: &DatasetId,
        to: &Destination,
        watch: Watch<'_>,
    ) -> Result<Moved, Error> {
        let event = self.event(Action::VaultDeposit).with_dataset(dataset.clone());
        let Some(known) = self.policy.dataset(dataset) else {
            return self.refuse(&event, Error::UnknownDataset(dataset.clone()));
        };
        let event = event.with_categories(known.columns().filter_map(|(_, rule)| rule.tag().category()));
        let out = FileWriter::create(to, false)?;
        let name = out.name().to_owned();
        let key = self.keys.data(dataset)?;
        let writing = |error: seal::Error| written(&name, error.into());
        let mut sealed = SealedWriter::create(out, &key).map_err(writing)?;
        let envelope = sealed.envelope().clone();
        let receipt = self.log.append(&about(event, &envelope))?;
        in_steps(from.size, watch, |most| {
            let mut bytes = Noted { inner: (&mut from.bytes).take(most), failed: None };
            let copied = sealed.copy_from(&mut bytes);
            match bytes.failed {
                Some(source) => Err(Error::Io { path: from.path.clone(), source }),
                None => copied.map_err(|source| written(&name, source)),
            }
        })?;
        let out = sealed.finish().map_err(|source| written(&name, source))?;
        Ok(moved(&envelope, out.publish()?, receipt.index()))
    }

    /// Opens a whole file that was sealed here, for a purpose that the policy allows its dataset. On record before a
    /// byte is released; what goes to a file appears under its name when all of it was verified.
    ///
    /// # Errors
    /// [`Error::UnknownPurpose`], [`Error::UnknownDataset`], [`Error::PurposeNotAllowed`], [`Error::Sealed`] with
    /// another workspace's key, and these are recorded; [`Error::Sealed`] where it is damaged, [`Error::Store`],
    /// [`Error::Interrupted`].
    pub fn read_file(
        &self,
        mut from: Incoming<impl Read + Send>,
        why: Reading<'_>,
        to: &Destination,
        watch: Watch<'_>,
    ) -> Result<Moved, Error> {
        let damaged = |source: seal::Error| match source {
            seal::Error::Io(source) => Error::Io { path: from.path.clone(), source },
            source => Error::Sealed { path: from.path.clone(), source },
        };
        let envelope = Envelope::read(&mut from.bytes).map_err(damaged)?;
        let mut event = about(self.event(Action::VaultRead), &envelope).with_dataset(envelope.dataset().clone());
        event.ticket = why.ticket.map(str::to_owned);
        event.purpose = Some(why.purpose.clone());
        let event = match self.may_read(envelope.dataset(), why.purpose, event.clone()) {
            Ok(event) => event,
            Err(error) => return self.refuse(&event, error),
        };
        let key = self.keys.data(envelope.dataset())?;
        let mut reader = match envelope.open(&mut from.bytes, &key) {
            Ok(reader) => reader,
            Err(error) => return self.refuse(&event, damaged(error)),
        };
        let mut out = FileWriter::create(to, true)?;
        let receipt = self.log.append(&event)?;
        in_steps(from.size, watch, |most| {
            let mut noted = Noted { inner: &mut out, failed: None };
            let copied = reader.copy_some(&mut noted, most);
            match noted.failed {
                Some(source) => Err(written(&to.to_string(), source)),
                None => copied.map_err(|error| damaged(error.into())),
            }
        })?;
        Ok(moved(&envelope, out.publish()?, receipt.index()))
    }

    /// The event, with the lawful basis, if a dataset may be looked at for a purpose (Art. 5(1)(b)).
    fn may_read(&self, dataset: &DatasetId, purpose: &PurposeId, event: Event) -> Result<Event, Error> {
        let Some(known) = self.policy.purpose(purpose) else { return Err(Error::UnknownPurpose(purpose.clone())) };
        let Some(dataset) = self.policy.dataset(dataset) else { return Err(Error::UnknownDataset(dataset.clone())) };
        if !dataset.purposes().any(|allowed| allowed == purpose) {
            return Err(Error::PurposeNotAllowed { dataset: dataset.id().clone(), purpose: purpose.clone() });
        }
        let categories = dataset.columns().filter_map(|(_, rule)| rule.tag().category());
        Ok(event.with_purpose(purpose.clone(), known.lawful_basis()).with_categories(categories))
    }
}

/// Passes bytes on, some megabytes at a time, until there are no more; asks in between whether to go on.
fn in_steps(
    of_bytes: Option<u64>,
    watch: Watch<'_>,
    mut pass: impl FnMut(u64) -> Result<u64, Error>,
) -> Result<(), Error> {
    let mut step = Step { of_bytes, ..Step::default() };
    loop {
        let passed = pass(AT_ONCE)?;
        if passed == 0 {
            return Ok(());
        }
        step.bytes += passed;
        go_on(watch, step)?;
    }
}

fn about(event: Event, envelope: &Envelope) -> Event {
    event.with_content(Hash::of(envelope.as_bytes()))
}

fn moved(envelope: &Envelope, bytes: u64, audit_entry: u64) -> Moved {
    Moved {
        dataset: envelope.dataset().clone(),
        key: envelope.key().to_string(),
        bytes,
        envelope: Hash::of(envelope.as_bytes()),
        audit_entry,
    }
}

fn written(file: &str, source: io::Error) -> Error {
    store::Error::Write { file: file.to_owned(), source }.into()
}

/// Remembers an error, so that it can be told which end of a copy it came from.
struct Noted<T> {
    inner: T,
    failed: Option<io::Error>,
}

impl<T> Noted<T> {
    fn note<V>(&mut self, result: io::Result<V>) -> io::Result<V> {
        result.map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                self.failed = Some(error);
            }
            kind.into()
        })
    }
}

impl<T: Read> Read for Noted<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer);
        self.note(read)
    }
}

impl<T: io::Write> io::Write for Noted<T> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer);
        self.note(written)
    }

    fn write_vectored(&mut self, buffers: &[io::IoSlice<'_>]) -> io::Result<usize> {
        let written = self.inner.write_vectored(buffers);
        self.note(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.inner.flush();
        self.note(flushed)
    }
}

const AT_ONCE: u64 = 16 << 20;
