use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::audit::Action;
use crate::error::Error;
use crate::register::{Entry, Prohibition};
use crate::request;
use crate::request::{ForbiddenOne, KeptLedger, KeptLine, Ran};
use crate::workspace::Workspace;

impl Workspace {
    /// Gives the lines of a ledger that is to be kept apart from the backups: who was erased since then, and what was
    /// forbidden or lifted since then. How many of each.
    ///
    /// # Errors
    /// [`Error::Request`], [`Error::Register`]; those of `take`.
    pub fn each_kept<E: From<Error>>(
        &self,
        since: Timestamp,
        mut take: impl FnMut(&KeptLine) -> Result<(), E>,
    ) -> Result<(u64, u64), E> {
        /// An error of ours, or of who takes the lines.
        enum Failed<E> {
            Ours(request::Error),
            Theirs(E),
        }
        impl<E> From<request::Error> for Failed<E> {
            fn from(error: request::Error) -> Self {
                Self::Ours(error)
            }
        }
        let erased = self
            .requests
            .each_erased(&self.keys, since, |one| take(&KeptLine::Erased(one.clone())).map_err(Failed::Theirs));
        let erased = erased.map_err(|failed| match failed {
            Failed::Ours(error) => Error::from(error).into(),
            Failed::Theirs(error) => error,
        })?;
        let kcv = request::kcv(&self.keys).map_err(Error::from)?;
        let entries = self.register.entries(since).map_err(Error::from)?;
        for entry in &entries {
            take(&KeptLine::Forbidden(ForbiddenOne::of(entry, kcv.clone())))?;
        }
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
