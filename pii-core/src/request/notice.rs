use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ledger::{Requests, uuid};
use super::{Error, Right};

/// What a recipient is told (Art. 19): which of the people whom they know by pseudonyms of their own are concerned, and what
/// they are to do. It names nobody to anybody else: the pseudonyms are of the recipient's own domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// The version of this form: 1.
    pub v: u32,
    /// Who tells.
    pub controller: String,
    /// How to reach them.
    pub contact: Option<String>,
    /// Who is told.
    pub recipient: String,
    /// What was asked.
    pub right: Right,
    /// Which requests.
    pub requests: Vec<Uuid>,
    /// When it was made.
    pub made: Timestamp,
    /// What to look for.
    pub concerned: Vec<Concerned>,
    /// Of a rectification: what becomes of it there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rectified: Vec<RightThere>,
}

/// What is right in a column that a recipient has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RightThere {
    /// The dataset.
    pub dataset: String,
    /// The column.
    pub column: String,
    /// The pseudonym that is to stand there. None: what is right is personal, and comes with the next delivery.
    pub value: Option<String>,
}

/// Values by which a recipient finds the rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concerned {
    /// Of which dataset they were given rows.
    pub dataset: String,
    /// In which column they find them.
    pub column: String,
    /// With which key the pseudonyms were made: `ad-partner/1`. None: the values left as they are.
    pub key: Option<String>,
    /// The values there.
    pub values: Vec<String>,
}

/// How far a recipient has been told of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Who.
    pub recipient: String,
    /// When the notice went out.
    pub sent: Option<Timestamp>,
    /// When they said that it is done.
    pub acknowledged: Option<Timestamp>,
}

impl Requests {
    /// Remembers who is to be told of these requests.
    ///
    /// # Errors
    /// [`Error::State`].
    pub(crate) fn owe_notices(&self, ids: &[Uuid], recipients: &[String]) -> Result<(), Error> {
        self.write(|tx| {
            let mut insert = tx.prepare_cached("INSERT OR IGNORE INTO request_notice VALUES (?1, ?2, NULL, NULL)")?;
            for id in ids {
                for recipient in recipients {
                    insert.execute((id.to_string(), recipient))?;
                }
            }
            Ok(())
        })
    }

    /// How far each recipient has been told of a request.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn notices(&self, id: Uuid) -> Result<Vec<Told>, Error> {
        Ok(self.notices_of(&[id])?.pop().unwrap_or_default())
    }

    /// The same of several, in their order.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn notices_of(&self, ids: &[Uuid]) -> Result<Vec<Vec<Told>>, Error> {
        let sql = "SELECT recipient, sent, acknowledged FROM request_notice WHERE request = ?1 ORDER BY recipient";
        let _moment = self.snapshot()?;
        let mut select = self.reader().prepare_cached(sql)?;
        let time = |text: Option<String>| -> Result<Option<Timestamp>, Error> {
            text.map(|text| text.parse().map_err(|_| Error::Corrupt("a time"))).transpose()
        };
        let mut all = Vec::with_capacity(ids.len());
        for id in ids {
            let mut rows = select.query([id.to_string()])?;
            let mut told = Vec::new();
            while let Some(row) = rows.next()? {
                told.push(Told { recipient: row.get(0)?, sent: time(row.get(1)?)?, acknowledged: time(row.get(2)?)? });
            }
            all.push(told);
        }
        Ok(all)
    }

    /// Which notices went out before that time, or never, and are not acknowledged; of requests that are over, too. The
    /// oldest come first.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn unanswered(&self, since: Timestamp) -> Result<Vec<(Uuid, Told)>, Error> {
        let sql = "SELECT request FROM request_notice WHERE acknowledged IS NULL GROUP BY request";
        let mut select = self.reader().prepare_cached(sql)?;
        let ids = select.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        let mut unanswered = Vec::new();
        for id in ids {
            let id = uuid(&id)?;
            let told = self.notices(id)?.into_iter();
            let late = told.filter(|told| told.acknowledged.is_none() && told.sent.is_none_or(|sent| sent < since));
            unanswered.extend(late.map(|told| (id, told)));
        }
        unanswered.sort_by_key(|(id, told)| (told.sent, *id));
        Ok(unanswered)
    }

    /// Remembers that a notice of these requests went out, or was acknowledged; the first time counts.
    ///
    /// # Errors
    /// [`Error::NotTold`] if the recipient is not to be told of one of them; [`Error::State`].
    pub fn noticed(&self, ids: &[Uuid], recipient: &str, acknowledged: bool, at: Timestamp) -> Result<(), Error> {
        let sql = if acknowledged {
            "UPDATE request_notice SET sent = coalesce(sent, ?3), acknowledged = coalesce(acknowledged, ?3)
             WHERE request = ?1 AND recipient = ?2"
        } else {
            "UPDATE request_notice SET sent = coalesce(sent, ?3) WHERE request = ?1 AND recipient = ?2"
        };
        self.write(|tx| {
            for id in ids {
                let changed = tx.prepare_cached(sql)?.execute((id.to_string(), recipient, at.to_string()))?;
                if changed == 0 {
                    return Err(Error::NotTold { id: *id, recipient: recipient.to_owned() });
                }
            }
            Ok(())
        })
    }
}
