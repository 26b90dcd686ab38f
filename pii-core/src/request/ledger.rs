use std::collections::HashMap;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use uuid::Uuid;

use super::course::course;
use super::{Claim, Deed, Error, Request, State, Step};
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

    /// A request, with all that was done to it.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::State`].
    pub fn get(&self, id: Uuid) -> Result<Request, Error> {
        get(self.database.reader(), id)
    }

    /// Every request, or every one that is not over, by when it arrived.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn list(&self, with_over: bool) -> Result<Vec<Request>, Error> {
        let connection = self.database.reader();
        let mut steps: HashMap<String, Vec<Step>> = HashMap::new();
        let which = "FROM request WHERE over = 0 OR ?1";
        let mut select = connection.prepare_cached(&format!(
            "SELECT request, at, deed, actor, audit_entry FROM request_step WHERE request IN (SELECT id {which})
             ORDER BY request, n"
        ))?;
        let mut rows = select.query([with_over])?;
        while let Some(row) = rows.next()? {
            steps.entry(row.get(0)?).or_default().push(step(row)?);
        }
        let mut select = connection
            .prepare_cached(&format!("SELECT id, claim, received, state, reference {which} ORDER BY received, id"))?;
        let mut rows = select.query([with_over])?;
        let mut requests = Vec::new();
        while let Some(row) = rows.next()? {
            let id: String = row.get(0)?;
            let steps = steps.remove(&id).unwrap_or_default();
            requests.push(request(row, steps)?);
        }
        Ok(requests)
    }

    /// Does the same to requests, to all or to none. Each has an entry in the log, whose receipt it takes; in the same
    /// order.
    ///
    /// # Errors
    /// [`Error::OutOfTurn`] and the other reasons of [`Request::may`]; [`Error::State`].
    pub fn step(
        &self,
        ids: &[Uuid],
        deed: &Deed,
        at: Timestamp,
        by: &str,
        calendar: &Calendar,
        recorded: &[Receipt],
    ) -> Result<(), Error> {
        self.write(|tx| {
            for (id, receipt) in ids.iter().zip(recorded) {
                let request = get(tx, *id)?;
                let state = request.may(deed, calendar, at)?;
                tx.prepare_cached("UPDATE request SET state = ?2, over = ?3 WHERE id = ?1")?.execute((
                    id.to_string(),
                    state.name(),
                    state.is_over(),
                ))?;
                tx.prepare_cached("INSERT INTO request_step VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute((
                    id.to_string(),
                    i64::try_from(request.steps.len()).unwrap_or(i64::MAX),
                    at.to_string(),
                    json(deed)?,
                    by,
                    i64::try_from(receipt.index()).unwrap_or(i64::MAX),
                ))?;
            }
            Ok(())
        })
    }

    pub(super) fn reader(&self) -> &Connection {
        self.database.reader()
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

fn get(connection: &Connection, id: Uuid) -> Result<Request, Error> {
    let mut select = connection.prepare_cached(
        "SELECT request, at, deed, actor, audit_entry FROM request_step WHERE request = ?1 ORDER BY n",
    )?;
    let mut rows = select.query([id.to_string()])?;
    let mut steps = Vec::new();
    while let Some(row) = rows.next()? {
        steps.push(step(row)?);
    }
    let mut select =
        connection.prepare_cached("SELECT id, claim, received, state, reference FROM request WHERE id = ?1")?;
    let mut rows = select.query([id.to_string()])?;
    request(rows.next()?.ok_or(Error::Unknown { id })?, steps)
}

fn request(row: &Row<'_>, steps: Vec<Step>) -> Result<Request, Error> {
    let (id, claim, received, state): (String, String, String, String) =
        (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    let received = received.parse().map_err(|_| Error::Corrupt("a time"))?;
    Ok(Request {
        id: uuid(&id)?,
        claim: serde_json::from_str(&claim).map_err(|_| Error::Corrupt("a claim"))?,
        received,
        state: State::parse(&state).ok_or(Error::Corrupt("a state"))?,
        reference: row.get(4)?,
        course: course(received, &steps),
        steps,
    })
}

fn step(row: &Row<'_>) -> Result<Step, Error> {
    let (at, deed, entry): (String, String, i64) = (row.get(1)?, row.get(2)?, row.get(4)?);
    Ok(Step {
        at: at.parse().map_err(|_| Error::Corrupt("a time"))?,
        deed: serde_json::from_str(&deed).map_err(|_| Error::Corrupt("a deed"))?,
        by: row.get(3)?,
        audit_entry: u64::try_from(entry).map_err(|_| Error::Corrupt("an entry"))?,
    })
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
