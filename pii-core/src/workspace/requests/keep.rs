use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::Timestamp;

use crate::audit::Action;
use crate::error::Error;
use crate::register::{Entry, Prohibition};
use crate::request;
use crate::request::{ForbiddenOne, KeptLedger, KeptLine, Ran};
use crate::workspace::Workspace;

impl Workspace {
    /// Writes a ledger that is to be kept apart from the backups to a new file of mode 0600, a JSON line each: who was erased
    /// since then, and what was forbidden or lifted since then. Gives how many of each.
    ///
    /// # Errors
    /// [`Error::Io`] if `to` exists or cannot be written; [`Error::Request`], [`Error::Register`].
    pub fn keep_ledger(&self, since: Timestamp, to: &Path) -> Result<(u64, u64), Error> {
        let io = |source| Error::Io { path: to.to_owned(), source };
        let out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(io)?;
        let mut out = BufWriter::new(out);
        let mut put = |line: &KeptLine| -> Result<(), Error> {
            let line = serde_json::to_string(line).map_err(|error| io(error.into()))?;
            writeln!(out, "{line}").map_err(io)
        };
        let erased =
            self.requests.each_erased::<Error>(&self.keys, since, |one| put(&KeptLine::Erased(one.clone())))?;
        let (kcv, entries) = (request::kcv(&self.keys)?, self.register.entries(since)?);
        for entry in &entries {
            put(&KeptLine::Forbidden(ForbiddenOne::of(entry, kcv.clone())))?;
        }
        out.into_inner().map_err(|error| io(error.into_error()))?.sync_all().map_err(io)?;
        Ok((erased, entries.len() as u64))
    }

    /// What a ledger says is forbidden, or was lifted, and the register does not know.
    pub(super) fn forgotten_prohibitions(&self, ledger: &KeptLedger) -> Result<Vec<Entry>, Error> {
        let mut entries = ledger.entries(&self.keys)?;
        if entries.is_empty() {
            return Ok(entries);
        }
        let mut known = BTreeMap::new();
        for entry in self.register.entries(Timestamp::MIN)? {
            let of = |mark| ((entry.forbids.clone(), entry.request, mark), entry.lifted.is_some());
            known.extend(entry.marks.iter().cloned().map(of));
        }
        entries.retain(|entry| {
            entry.marks.iter().any(|mark| match known.get(&(entry.forbids.clone(), entry.request, mark.clone())) {
                Some(is_lifted) => entry.lifted.is_some() && !is_lifted,
                None => true,
            })
        });
        Ok(entries)
    }

    /// Enters into the register what it forgot: each entry on record first.
    pub(super) fn forbid_again(&self, forgotten: &[Entry]) -> Result<Ran, Error> {
        let action = |entry: &Entry| match (&entry.forbids, entry.lifted) {
            (_, Some(_)) => Action::Lift,
            (Prohibition::Objection { .. }, None) => Action::Object,
            (Prohibition::Restriction, None) => Action::Restrict,
        };
        let events: Vec<_> =
            forgotten.iter().map(|entry| self.about(action(entry), &entry.forbids, entry.request)).collect();
        let receipts = self.log.append_all(&events)?;
        self.register.forbid(forgotten, &receipts)?;
        Ok(Ran { rows: forgotten.len() as u64, ..Ran::default() })
    }
}
