use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction};
use uuid::Uuid;

use super::asking::one;
use super::{Claim, Deed, Error, State};
use crate::audit::Receipt;
use crate::policy::Calendar;
use crate::state::{Database, Migrations};

/// Every request there was. It does not know of whom.
#[derive(Debug)]
pub struct Requests {
    database: Database,
}

/// A request that arrives.
#[derive(Clone, Debug)]
pub struct Filing {
    /// Its number.
    pub id: Uuid,
    /// What is asked.
    pub claim: Claim,
    /// When it arrived.
    pub received: Timestamp,
    /// A keyed hash of the claim and of who asks: the same request, come twice, is one request.
    pub content: [u8; 32],
    /// The name that another system has for it: a ticket. Not personal.
    pub reference: Option<String>,
}

/// What became of a filing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filed {
    /// The request's number: that of the first, if it had come before.
    pub id: Uuid,
    /// Whether it had come before and is open still.
    pub again: bool,
}

impl Requests {
    /// Opens the ledger in the state database at `path`, or makes it.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { database: Database::open(path, &MIGRATIONS)? })
    }

    /// Which open request has this content.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn open_with(&self, content: &[u8; 32]) -> Result<Option<Uuid>, Error> {
        open_with(self.database.reader(), content)
    }

    /// Files requests, all or none; `keep` lays down what names the people, for those that are new. The receipts are of
    /// the entries that say that they arrived.
    ///
    /// # Errors
    /// [`Error::State`]; those of `keep`.
    pub fn file<E: From<Error>>(
        &self,
        filings: &[Filing],
        _recorded: &[Receipt],
        keep: impl FnOnce(&[&Filing]) -> Result<(), E>,
    ) -> Result<Vec<Filed>, E> {
        self.write(|tx| {
            let (mut filed, mut new) = (Vec::with_capacity(filings.len()), Vec::new());
            for filing in filings {
                match open_with(tx, &filing.content)? {
                    Some(id) => filed.push(Filed { id, again: true }),
                    None => {
                        insert(tx, filing)?;
                        new.push(filing);
                        filed.push(Filed { id: filing.id, again: false });
                    }
                }
            }
            keep(&new)?;
            Ok(filed)
        })
    }

    /// Does the same to requests, to all or to none. `record` writes an entry for each into the log, in their order: once
    /// it is known that all of them may be done, and before any is.
    ///
    /// # Errors
    /// [`Error::OutOfTurn`] and the other reasons of [`Request::may`]; [`Error::State`]; those of `record`.
    pub fn step<E: From<Error>>(
        &self,
        ids: &[Uuid],
        deed: &Deed,
        at: Timestamp,
        by: &str,
        calendar: &Calendar,
        record: impl FnOnce() -> Result<Vec<Receipt>, E>,
    ) -> Result<Vec<Receipt>, E> {
        self.write(|tx| {
            let next = |id: &Uuid| -> Result<_, Error> {
                let request = one(tx, *id)?;
                Ok((request.may(deed, calendar, at)?, request.steps.len()))
            };
            let next = ids.iter().map(next).collect::<Result<Vec<_>, _>>()?;
            let recorded = record()?;
            let steps = ids.iter().zip(next).zip(&recorded).map(|((id, (state, n)), receipt)| (id, state, n, receipt));
            add_steps(tx, steps, deed, at, by)?;
            Ok(recorded)
        })
    }

    pub(super) fn reader(&self) -> &Connection {
        self.database.reader()
    }

    /// One state of the ledger for many questions.
    pub(super) fn snapshot(&self) -> Result<Option<Transaction<'_>>, Error> {
        Ok(self.database.snapshot()?)
    }

    pub(super) fn write<T, E: From<Error>>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E> {
        let tx = self.database.begin().map_err(Error::from)?;
        let done = work(&tx)?;
        tx.commit().map_err(Error::from)?;
        Ok(done)
    }
}

fn open_with(connection: &Connection, content: &[u8; 32]) -> Result<Option<Uuid>, Error> {
    let mut select = connection.prepare_cached("SELECT id FROM request WHERE content = ?1 AND over = 0")?;
    let id: Option<String> = select.query_row([content], |row| row.get(0)).optional()?;
    id.as_deref().map(uuid).transpose()
}

fn insert(tx: &Transaction<'_>, filing: &Filing) -> Result<(), Error> {
    tx.prepare_cached("INSERT INTO request VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)")?.execute((
        filing.id.to_string(),
        json(&filing.claim)?,
        filing.received.to_string(),
        State::Received.name(),
        filing.content,
        &filing.reference,
    ))?;
    Ok(())
}

fn add_steps<'s>(
    tx: &Transaction<'_>,
    steps: impl Iterator<Item = (&'s Uuid, State, usize, &'s Receipt)>,
    deed: &Deed,
    at: Timestamp,
    by: &str,
) -> Result<(), Error> {
    let mut update = tx.prepare_cached("UPDATE request SET state = ?2, over = ?3 WHERE id = ?1")?;
    let mut insert = tx.prepare_cached("INSERT INTO request_step VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    let (deed, at) = (json(deed)?, at.to_string());
    for (id, state, n, receipt) in steps {
        let (id, n) = (id.to_string(), i64::try_from(n).unwrap_or(i64::MAX));
        update.execute((&id, state.name(), state.is_over()))?;
        insert.execute((&id, n, &at, &deed, by, i64::try_from(receipt.index()).unwrap_or(i64::MAX)))?;
    }
    Ok(())
}

pub(super) fn uuid(text: &str) -> Result<Uuid, Error> {
    Uuid::try_parse(text).map_err(|_| Error::Corrupt("a number"))
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::Corrupt("what is to be stored"))
}

const MIGRATIONS: Migrations = Migrations {
    room: "request",
    steps: &["
    CREATE TABLE request (
        id TEXT PRIMARY KEY, claim TEXT NOT NULL, received TEXT NOT NULL, state TEXT NOT NULL, over INTEGER NOT NULL,
        content BLOB NOT NULL, reference TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX request_once ON request (content) WHERE over = 0;
    CREATE TABLE request_step (
        request TEXT NOT NULL REFERENCES request, n INTEGER NOT NULL, at TEXT NOT NULL, deed TEXT NOT NULL,
        actor TEXT NOT NULL, audit_entry INTEGER NOT NULL, PRIMARY KEY (request, n)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE request_place (
        plan TEXT NOT NULL, place TEXT NOT NULL, ran TEXT NOT NULL, at TEXT NOT NULL, audit_entry INTEGER NOT NULL,
        PRIMARY KEY (plan, place)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE request_notice (
        request TEXT NOT NULL, recipient TEXT NOT NULL, sent TEXT, acknowledged TEXT, PRIMARY KEY (request, recipient)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE request_erased (
        request TEXT NOT NULL, kind TEXT NOT NULL, norm TEXT NOT NULL, tag BLOB NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (request, kind, norm, tag)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE request_hold (
        id TEXT PRIMARY KEY, scope TEXT NOT NULL, ground TEXT NOT NULL, until TEXT, at TEXT NOT NULL,
        actor TEXT NOT NULL, audit_entry INTEGER NOT NULL, released TEXT
    ) STRICT, WITHOUT ROWID;
    "],
};
