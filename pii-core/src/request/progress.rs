use jiff::Timestamp;

use super::ledger::{Requests, json};
use super::{Error, PlaceName, Ran};
use crate::audit::Receipt;

/// A place of a plan that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceDone {
    /// Which.
    pub place: PlaceName,
    /// What was done.
    pub ran: Ran,
    /// When.
    pub at: Timestamp,
    /// The entry that was written before.
    pub audit_entry: u64,
}

impl Requests {
    /// Remembers that a place of a plan is done, for whoever takes up a run that was killed.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn place_done(
        &self,
        plan: &str,
        place: &PlaceName,
        ran: &Ran,
        at: Timestamp,
        recorded: &Receipt,
    ) -> Result<(), Error> {
        self.write(|tx| {
            tx.execute(
                "INSERT OR IGNORE INTO request_place VALUES (?1, ?2, ?3, ?4, ?5)",
                (plan, json(place)?, json(ran)?, at.to_string(), i64::try_from(recorded.index()).unwrap_or(i64::MAX)),
            )?;
            Ok(())
        })
    }

    /// The places of a plan that are done.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn places_done(&self, plan: &str) -> Result<Vec<PlaceDone>, Error> {
        let sql = "SELECT place, ran, at, audit_entry FROM request_place WHERE plan = ?1 ORDER BY at, place";
        let mut select = self.reader().prepare_cached(sql)?;
        let mut rows = select.query([plan])?;
        let mut done = Vec::new();
        while let Some(row) = rows.next()? {
            let (place, ran, at, entry): (String, String, String, i64) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            done.push(PlaceDone {
                place: serde_json::from_str(&place).map_err(|_| Error::Corrupt("a place"))?,
                ran: serde_json::from_str(&ran).map_err(|_| Error::Corrupt("a result"))?,
                at: at.parse().map_err(|_| Error::Corrupt("a time"))?,
                audit_entry: u64::try_from(entry).map_err(|_| Error::Corrupt("an entry"))?,
            });
        }
        Ok(done)
    }
}
