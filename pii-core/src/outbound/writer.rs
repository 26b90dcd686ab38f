use jiff::Timestamp;

use super::{DisclosedColumn, Disclosure, Error, Sink};
use crate::audit::{AuditLog, Event, Hash, Receipt};
use crate::batch::{Batch, Dropped, Protected, ProtectedColumn, Protection};
use crate::catalog::Catalog;
use crate::policy::Method;
use crate::register::Register;

/// The door to one recipient.
#[must_use = "a writer must be finished, or nothing leaves"]
pub struct Writer<'a, S: Sink> {
    protection: &'a Protection,
    log: &'a AuditLog,
    sink: S,
    receipt: Receipt,
    rows: u64,
    dropped: Dropped,
}

impl<'a, S: Sink> Writer<'a, S> {
    /// Records that rows are about to be released, then opens. `event` says who acts.
    ///
    /// # Errors
    /// [`Error::Audit`] if it cannot be recorded: then the door stays shut.
    pub fn open(protection: &'a Protection, log: &'a AuditLog, event: Event, sink: S) -> Result<Self, Error> {
        let receipt = log.append(&describe(event, protection))?;
        Ok(Self { protection, log, sink, receipt, rows: 0, dropped: Dropped::default() })
    }

    /// Takes rows that were protected for this recipient, with the keys and methods that the record names.
    ///
    /// # Errors
    /// [`Error::WrongRecipient`], [`Error::WrongRows`], [`Error::Store`].
    pub fn write(&mut self, batch: Batch<Protected>) -> Result<(), Error> {
        if batch.recipient() != self.protection.recipient() {
            return Err(Error::WrongRecipient {
                protected: batch.recipient().clone(),
                recipient: self.protection.recipient().clone(),
            });
        }
        // The schema names dataset, methods' types and keys: rows of another one would leave under a false record.
        if batch.dataset() != self.protection.dataset() || batch.rows().schema_ref() != self.protection.schema() {
            return Err(Error::WrongRows {
                expected: self.protection.dataset().clone(),
                found: batch.dataset().clone(),
            });
        }
        self.rows += batch.num_rows() as u64;
        self.dropped += batch.dropped();
        self.sink.put(batch.rows(), &self.receipt)
    }

    /// Asks the register again; records what left, with its digest; then lets it be seen; then remembers the disclosure.
    ///
    /// # Errors
    /// [`Error::Register`] if somebody has objected since the protection was made: nothing is seen, unless it is a stream,
    /// of which they stay away the next time; [`Error::Audit`] before anything is seen, [`Error::Store`], [`Error::Catalog`].
    pub fn finish(
        self,
        event: Event,
        register: &Register,
        catalog: &Catalog,
        at: Timestamp,
        destination: String,
    ) -> Result<Disclosure, Error> {
        let protection = self.protection;
        let (content, staged) = self.sink.stage()?;
        let sha256: String = content.sha256.iter().map(|b| format!("{b:02x}")).collect();
        if S::waits(&staged) {
            register.confirm(protection.forbidden())?;
        }
        let event = describe(event, protection)
            .with_rows(self.rows)
            .with_dropped(self.dropped.objections, self.dropped.restrictions)
            .with_content(Hash::from_bytes(content.sha256));
        let receipt = self.log.append(&event)?;
        S::publish(staged, &receipt)?;
        let disclosure = Disclosure {
            id: uuid::Uuid::now_v7().to_string(),
            at,
            dataset: protection.dataset().to_string(),
            recipient: protection.recipient().to_string(),
            purpose: protection.purpose().to_string(),
            destination,
            rows: self.rows,
            dropped_objections: self.dropped.objections,
            dropped_restrictions: self.dropped.restrictions,
            bytes: content.bytes,
            sha256,
            columns: columns(protection),
            audit_entry: receipt.index(),
        };
        catalog.record_disclosure(&disclosure)?;
        Ok(disclosure)
    }
}

fn describe(event: Event, protection: &Protection) -> Event {
    event
        .with_dataset(protection.dataset().clone())
        .with_recipient(protection.recipient().clone())
        .with_purpose(protection.purpose().clone(), protection.lawful_basis())
        .with_categories(left(protection).filter(|c| c.bridges.is_none()).filter_map(|c| c.tag.category()))
        .with_keys(keys(protection))
}

/// What leaves; dropped columns do not.
fn left(protection: &Protection) -> impl Iterator<Item = &ProtectedColumn> {
    protection.columns().iter().filter(|c| c.method != Method::Drop)
}

/// The keys that pseudonyms were made with, each once. Two epochs of one domain are a bridge.
fn keys(protection: &Protection) -> Vec<&str> {
    let mut keys: Vec<_> = left(protection).filter_map(|c| c.key.as_deref()).collect();
    keys.sort_by_key(|key| (key.len(), *key));
    keys.dedup();
    keys
}

fn columns(protection: &Protection) -> Vec<DisclosedColumn> {
    left(protection)
        .map(|c| DisclosedColumn {
            path: c.path.clone(),
            tag: c.tag.to_string(),
            method: c.method.to_string(),
            key: c.key.clone(),
            bridges: c.bridges.clone(),
        })
        .collect()
}
