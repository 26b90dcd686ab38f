use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Rows};
use uuid::Uuid;

use super::course::course;
use super::ledger::{Requests, uuid};
use super::{Claim, Course, Error, Request, State, Step};

/// Which requests a question is about.
#[derive(Clone, Copy, Debug)]
pub enum Asking<'a> {
    /// All there ever were.
    All,
    /// Those that are not over.
    Open,
    /// Those that are not over and have this reference.
    OpenOf(&'a str),
    /// Those that have this reference; and, if it has four letters or more, those whose number ends so.
    Called(&'a str),
}

/// A request without its history: enough to tell many of them apart.
#[derive(Clone, Debug)]
pub struct Head {
    /// Its number.
    pub id: Uuid,
    /// What is asked.
    pub claim: Claim,
    /// How far it has come.
    pub state: State,
}

impl Requests {
    /// A request, with all that was done to it.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::State`].
    pub fn get(&self, id: Uuid) -> Result<Request, Error> {
        one(self.reader(), id)
    }

    /// Gives each of these requests, with all that was done to it, by number; one after the other, however many there are.
    ///
    /// # Errors
    /// [`Error::State`]; those of `take`.
    pub fn each<E: From<Error>>(&self, which: Asking<'_>, take: impl FnMut(Request) -> Result<(), E>) -> Result<(), E> {
        let (which, name) = match which {
            Asking::All => ("?1 IS NULL", None),
            Asking::Open => ("over = 0 AND ?1 IS NULL", None),
            Asking::OpenOf(reference) => ("over = 0 AND reference = ?1", Some(reference)),
            Asking::Called(name) => {
                ("(reference = ?1 OR length(?1) >= 4 AND substr(id, -length(?1)) = lower(?1))", Some(name))
            }
        };
        let sql = format!("{SELECT} WHERE {which} ORDER BY id, n");
        let mut select = self.reader().prepare_cached(&sql).map_err(Error::from)?;
        let mut rows = select.query([name]).map_err(Error::from)?;
        read(&mut rows, take)
    }

    /// The same of these requests, in their order.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::State`]; those of `take`.
    pub fn each_of<E: From<Error>>(
        &self,
        ids: &[Uuid],
        mut take: impl FnMut(Request) -> Result<(), E>,
    ) -> Result<(), E> {
        let _moment = self.snapshot()?;
        ids.iter().try_for_each(|id| take(one(self.reader(), *id)?))
    }

    /// Every request, or every one that is not over, by when it arrived.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn list(&self, with_over: bool) -> Result<Vec<Request>, Error> {
        let mut requests = Vec::new();
        let which = if with_over { Asking::All } else { Asking::Open };
        self.each::<Error>(which, |request| {
            requests.push(request);
            Ok(())
        })?;
        requests.sort_by_key(|request| (request.received, request.id));
        Ok(requests)
    }

    /// The heads of these requests, in their order.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::State`].
    pub fn heads(&self, ids: &[Uuid]) -> Result<Vec<Head>, Error> {
        let _moment = self.snapshot()?;
        let mut select = self.reader().prepare_cached("SELECT claim, state FROM request WHERE id = ?1")?;
        let mut heads = Vec::with_capacity(ids.len());
        for id in ids {
            let mut rows = select.query([id.to_string()])?;
            let row = rows.next()?.ok_or(Error::Unknown { id: *id })?;
            heads.push(Head { id: *id, claim: claim(text(row, 0)?)?, state: state(text(row, 1)?)? });
        }
        Ok(heads)
    }
}

pub(super) fn one(connection: &Connection, id: Uuid) -> Result<Request, Error> {
    let mut select = connection.prepare_cached(&format!("{SELECT} WHERE id = ?1 ORDER BY n"))?;
    let mut found = None;
    read(&mut select.query([id.to_string()])?, |request| -> Result<(), Error> {
        found = Some(request);
        Ok(())
    })?;
    found.ok_or(Error::Unknown { id })
}

/// Requests from rows of [`SELECT`], a step each: those of one request follow each other.
fn read<E: From<Error>>(rows: &mut Rows<'_>, mut take: impl FnMut(Request) -> Result<(), E>) -> Result<(), E> {
    let mut open: Option<Request> = None;
    while let Some(row) = rows.next().map_err(Error::from)? {
        let id = uuid(text(row, 0)?)?;
        if open.as_ref().is_none_or(|open| open.id != id)
            && let Some(last) = open.replace(request(id, row)?)
        {
            take(whole(last))?;
        }
        if let (Some(open), Some(step)) = (&mut open, step(row)?) {
            open.steps.push(step);
        }
    }
    match open {
        Some(last) => take(whole(last)),
        None => Ok(()),
    }
}

/// A request of which no step is known yet.
fn request(id: Uuid, row: &Row<'_>) -> Result<Request, Error> {
    let received = time(text(row, 2)?)?;
    Ok(Request {
        id,
        claim: claim(text(row, 1)?)?,
        received,
        state: state(text(row, 3)?)?,
        reference: row.get(4)?,
        course: Course::default(),
        steps: Vec::new(),
    })
}

/// A request of which all steps are known.
fn whole(request: Request) -> Request {
    Request { course: course(request.received, &request.steps), ..request }
}

/// The step of a row; a request to which nothing was done has one row without.
fn step(row: &Row<'_>) -> Result<Option<Step>, Error> {
    if row.get_ref(5)? == ValueRef::Null {
        return Ok(None);
    }
    Ok(Some(Step {
        at: time(text(row, 5)?)?,
        deed: serde_json::from_str(text(row, 6)?).map_err(|_| Error::Corrupt("a deed"))?,
        by: row.get(7)?,
        audit_entry: u64::try_from(row.get::<_, i64>(8)?).map_err(|_| Error::Corrupt("an entry"))?,
    }))
}

fn claim(json: &str) -> Result<Claim, Error> {
    serde_json::from_str(json).map_err(|_| Error::Corrupt("a claim"))
}

fn state(name: &str) -> Result<State, Error> {
    State::parse(name).ok_or(Error::Corrupt("a state"))
}

fn time(text: &str) -> Result<Timestamp, Error> {
    text.parse().map_err(|_| Error::Corrupt("a time"))
}

fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, Error> {
    row.get_ref(column)?.as_str().map_err(|_| Error::Corrupt("a text"))
}

/// Requests, a row for each of their steps.
const SELECT: &str = "SELECT id, claim, received, state, reference, at, deed, actor, audit_entry
    FROM request LEFT JOIN request_step ON request_step.request = request.id";
