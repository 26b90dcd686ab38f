use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Error;
use super::ledger::{Requests, json, uuid};
use crate::audit::Receipt;

/// What must stay, whoever asks, until it is released or its day is over: a legal claim (Art. 17(3)(e)), a duty to keep
/// (Art. 17(3)(b)). Nothing here says whom it is about: that lies in the vault, as a letter under the hold's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalHold {
    /// Its number.
    pub id: Uuid,
    /// What it holds.
    pub scope: HoldScope,
    /// Why, in words that name nobody.
    pub ground: String,
    /// The last day of it, where the controller is.
    pub until: Option<Date>,
    /// Since when.
    pub set: Timestamp,
    /// By whom: the actor of the audit entry.
    pub by: String,
    /// The audit entry that was written before.
    pub audit_entry: u64,
    /// When it was released.
    pub released: Option<Timestamp>,
}

/// What a hold is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "scope", rename_all = "kebab-case")]
pub enum HoldScope {
    /// All rows of a dataset.
    Dataset {
        /// Which.
        dataset: String,
    },
    /// All that is held of a person, the vault too.
    Person {
        /// The request that named them, if one did.
        request: Option<Uuid>,
    },
}

impl LegalHold {
    /// Whether it holds on that day.
    pub fn holds(&self, today: Date) -> bool {
        self.released.is_none() && self.until.is_none_or(|until| today <= until)
    }
}

impl Requests {
    /// Sets a hold; `keep` lays down whom it is about.
    ///
    /// # Errors
    /// [`Error::State`]; those of `keep`.
    pub fn hold<E: From<Error>>(
        &self,
        hold: &LegalHold,
        _recorded: &Receipt,
        keep: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        self.write(|tx| {
            let entry = i64::try_from(hold.audit_entry).unwrap_or(i64::MAX);
            let (scope, until) = (json(&hold.scope)?, hold.until.map(|until| until.to_string()));
            tx.execute(
                "INSERT INTO request_hold VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL)",
                (hold.id.to_string(), scope, &hold.ground, until, hold.set.to_string(), &hold.by, entry),
            )
            .map_err(Error::from)?;
            keep()
        })
    }

    /// Every hold that was not released, or every one there was, by when it was set. Whether its day is over is to be
    /// asked of each.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn holds(&self, with_released: bool) -> Result<Vec<LegalHold>, Error> {
        select(self.reader(), with_released)
    }

    /// Releases a hold; the first time counts.
    ///
    /// # Errors
    /// [`Error::UnknownHold`], [`Error::State`].
    pub fn release(&self, id: Uuid, at: Timestamp, _recorded: &Receipt) -> Result<(), Error> {
        self.write(|tx| {
            let sql = "UPDATE request_hold SET released = coalesce(released, ?2) WHERE id = ?1";
            match tx.execute(sql, (id.to_string(), at.to_string()))? {
                0 => Err(Error::UnknownHold { id }),
                _ => Ok(()),
            }
        })
    }
}

fn select(connection: &Connection, with_released: bool) -> Result<Vec<LegalHold>, Error> {
    let mut select = connection.prepare_cached(
        "SELECT id, scope, ground, until, at, actor, audit_entry, released FROM request_hold
         WHERE released IS NULL OR ?1 ORDER BY at, id",
    )?;
    let mut rows = select.query([with_released])?;
    let mut holds = Vec::new();
    while let Some(row) = rows.next()? {
        holds.push(hold(row)?);
    }
    Ok(holds)
}

fn hold(row: &Row<'_>) -> Result<LegalHold, Error> {
    let (id, scope, until): (String, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(3)?);
    let (set, entry, released): (String, i64, Option<String>) = (row.get(4)?, row.get(6)?, row.get(7)?);
    let time = |text: String| text.parse::<Timestamp>().map_err(|_| Error::Corrupt("a time"));
    Ok(LegalHold {
        id: uuid(&id)?,
        scope: serde_json::from_str(&scope).map_err(|_| Error::Corrupt("a hold"))?,
        ground: row.get(2)?,
        until: until.map(|day| day.parse().map_err(|_| Error::Corrupt("a day"))).transpose()?,
        set: time(set)?,
        by: row.get(5)?,
        audit_entry: u64::try_from(entry).map_err(|_| Error::Corrupt("an entry"))?,
        released: released.map(time).transpose()?,
    })
}
