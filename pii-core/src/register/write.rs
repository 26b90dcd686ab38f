use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::Transaction;
use uuid::Uuid;

use super::{Entry, Error, Mark, Prohibition, Register};
use crate::audit::Receipt;

impl Register {
    /// Enters what is forbidden from now on, all of it or nothing, and says how many marks are new or were lifted by it.
    /// An entry that is there already changes nothing, so entries of another copy can be entered again. The receipts are
    /// of what the log says about them.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn forbid(&self, entries: &[Entry], _recorded: &[Receipt]) -> Result<u64, Error> {
        self.database.write(|tx| {
            let mut scopes = BTreeMap::new();
            for entry in entries {
                if !scopes.contains_key(&entry.forbids) {
                    scopes.insert(&entry.forbids, (scope(tx, &entry.forbids)?, 0));
                }
            }
            let mut rows = Vec::with_capacity(entries.iter().map(|entry| entry.marks.len()).sum());
            for entry in entries {
                let scope = scopes.get(&entry.forbids).map(|(id, _)| *id).unwrap_or_default();
                rows.extend(
                    entry.marks.iter().map(|mark| (scope, mark.kind.as_str(), signed(mark.sieve), mark, entry)),
                );
            }
            // As they lie in the table, so that no page is written twice.
            rows.sort_unstable_by_key(|(scope, kind, sieve, ..)| (*scope, *kind, *sieve));
            let mut insert = tx.prepare_cached(
                "INSERT INTO register_entry VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (scope, kind, sieve, tag, request) DO UPDATE SET lifted = excluded.lifted
                 WHERE lifted IS NULL AND excluded.lifted IS NOT NULL",
            )?;
            let mut changed = BTreeMap::<i64, u64>::new();
            for (scope, kind, sieve, mark, entry) in rows {
                let lifted = entry.lifted.map(Timestamp::as_microsecond);
                let since = entry.since.as_microsecond();
                let row = (scope, kind, sieve, mark.tag, entry.request.as_bytes(), since, lifted);
                *changed.entry(scope).or_default() += insert.execute(row)? as u64;
            }
            for (scope, _) in changed.iter().filter(|(_, count)| **count > 0) {
                tx.execute("UPDATE register_scope SET generation = generation + 1 WHERE id = ?1", [scope])?;
            }
            Ok(changed.values().sum())
        })
    }

    /// Whoever is known by one of the first marks in what stands is known there by the second ones, too, and says how many
    /// are new. For people whose identifiers change. The receipt is of what the log says about it.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn also_known_by(&self, known: &[Mark], new: &[Mark], _recorded: &Receipt) -> Result<u64, Error> {
        self.database.write(|tx| {
            let mut select = tx.prepare_cached(
                "SELECT DISTINCT scope, request, since FROM register_entry
                 WHERE scope IN (SELECT id FROM register_scope)
                 AND kind = ?1 AND sieve = ?2 AND tag = ?3 AND lifted IS NULL",
            )?;
            let mut stands: BTreeSet<(i64, Vec<u8>, i64)> = BTreeSet::new();
            for mark in known {
                let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
                let rows = select.query_map((mark.kind.as_str(), signed(mark.sieve), mark.tag), row)?;
                stands.extend(rows.collect::<Result<Vec<_>, _>>()?);
            }
            let mut insert =
                tx.prepare_cached("INSERT OR IGNORE INTO register_entry VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL)")?;
            let mut changed = 0;
            for (scope, request, since) in stands {
                let mut here = 0;
                for mark in new {
                    here +=
                        insert.execute((scope, mark.kind.as_str(), signed(mark.sieve), mark.tag, &request, since))?;
                }
                if here > 0 {
                    tx.execute("UPDATE register_scope SET generation = generation + 1 WHERE id = ?1", [scope])?;
                }
                changed += here as u64;
            }
            Ok(changed)
        })
    }

    /// Lifts what these requests forbid, and says how many marks that were. The receipts are of what the log says
    /// about it.
    ///
    /// # Errors
    /// [`Error::NothingStands`] if nothing stands by one of them: then nothing is lifted; [`Error::State`].
    pub fn lift(&self, requests: &[Uuid], at: Timestamp, _recorded: &[Receipt]) -> Result<u64, Error> {
        self.database.write(|tx| {
            // One walk over the register, however many they are.
            tx.execute_batch(
                "CREATE TEMP TABLE IF NOT EXISTS lifting (request BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
                 DELETE FROM lifting;",
            )?;
            let mut insert = tx.prepare_cached("INSERT OR IGNORE INTO lifting VALUES (?1)")?;
            for request in requests {
                insert.execute([request.as_bytes()])?;
            }
            let mut nothing = tx.prepare_cached(
                "SELECT request FROM lifting
                 EXCEPT SELECT request FROM register_entry WHERE lifted IS NULL AND request IN lifting",
            )?;
            if let Some(row) = nothing.query([])?.next()? {
                return Err(Error::NothingStands { request: Uuid::from_bytes(row.get(0)?) });
            }
            let lifted = tx.execute(
                "UPDATE register_entry SET lifted = ?1 WHERE lifted IS NULL AND request IN lifting",
                [at.as_microsecond()],
            )?;
            Ok(lifted as u64)
        })
    }
}

fn scope(tx: &Transaction<'_>, forbids: &Prohibition) -> Result<i64, Error> {
    let (purpose, recipient) = forbids.stored();
    tx.prepare_cached("INSERT INTO register_scope VALUES (NULL, ?1, ?2, 0) ON CONFLICT DO NOTHING")?
        .execute((purpose, recipient))?;
    let mut select = tx.prepare_cached("SELECT id FROM register_scope WHERE purpose = ?1 AND recipient = ?2")?;
    Ok(select.query_row((purpose, recipient), |row| row.get(0))?)
}

impl Prohibition {
    /// Purpose and recipient, as they are stored.
    fn stored(&self) -> (&str, &str) {
        match self {
            Self::Restriction => ("", ""),
            Self::Objection { purpose, recipient } => {
                (purpose.as_str(), recipient.as_ref().map(|recipient| recipient.as_str()).unwrap_or_default())
            }
        }
    }
}

/// SQLite's integers are signed; the order stays.
pub(super) fn signed(sieve: u64) -> i64 {
    (sieve ^ 1 << 63).cast_signed()
}
