use jiff::Timestamp;

use super::schema::value_surroundings;
use super::{Error, Vault};
use crate::audit::{Alias, Receipt};
use crate::vocab::{Category, Personal, SubjectId};

/// A person in the vault, before anything of theirs is released.
#[derive(Clone, Debug)]
pub struct Person {
    pub(super) id: i64,
    /// Their number; never leaves the controller.
    pub subject: SubjectId,
    /// The random name by which the audit log knows them.
    pub alias: Alias,
    /// When they were first met.
    pub since: Timestamp,
}

/// One value of a person.
#[derive(Debug)]
pub struct Value {
    /// The dataset it came from.
    pub dataset: String,
    /// Its column there.
    pub column: String,
    /// What it is.
    pub category: Category,
    /// The value.
    pub value: Personal<String>,
    /// When it was first seen.
    pub seen: Timestamp,
}

impl Vault {
    /// Releases what the vault holds of a person. The receipt proves that the look is on record.
    ///
    /// # Errors
    /// [`Error::State`]; [`Error::Key`] if a value was altered or moved.
    pub fn read(&self, person: &Person, _recorded: &Receipt) -> Result<Vec<Value>, Error> {
        let reader = self.database.reader();
        let wrapped: Vec<u8> = reader.query_row("SELECT key FROM person WHERE id = ?1", [person.id], |r| r.get(0))?;
        let key = self.person_key(person.subject, &wrapped)?;
        let mut query = reader.prepare_cached(
            "SELECT dataset, path, category, sealed, seen FROM value JOIN field ON field.id = value.field
             WHERE person = ?1 ORDER BY dataset, path, seen, value.id",
        )?;
        query
            .query_and_then([person.id], |row| {
                let (dataset, column): (String, String) = (row.get(0)?, row.get(1)?);
                let category = Category::parse(&row.get::<_, String>(2)?)
                    .map_err(|_| Error::Corrupt("a category of a later version"))?;
                let surroundings = value_surroundings(person.subject, &dataset, &column, category);
                let opened = key.open(&surroundings, &row.get::<_, Vec<u8>>(3)?)?;
                let text = std::str::from_utf8(&opened).map_err(|_| Error::Corrupt("a value that is not text"))?;
                let seen: String = row.get(4)?;
                Ok(Value {
                    dataset,
                    column,
                    category,
                    value: Personal::new(text.to_owned()),
                    seen: seen.parse().map_err(|_| Error::Corrupt("a malformed time"))?,
                })
            })?
            .collect()
    }
}
