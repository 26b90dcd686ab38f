use jiff::Timestamp;
use rayon::prelude::*;

use super::blind::Place;
use super::find::category;
use super::store::{Field, PersonId, ValueRow};
use super::{Error, Vault, time};
use crate::audit::{Alias, Receipt};
use crate::keyring::SealingKey;
use crate::vocab::{Category, Personal, SubjectId};

/// A person in the vault, before anything of theirs is released.
#[derive(Clone, Debug)]
pub struct Person {
    pub(super) id: PersonId,
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
    /// [`Error::State`], [`Error::Server`]; [`Error::Key`] if a value was altered or moved; [`Error::Gone`] if the person
    /// was forgotten meanwhile.
    pub fn read(&self, person: &Person, recorded: &Receipt) -> Result<Vec<Value>, Error> {
        let one = std::slice::from_ref(person);
        Ok(self.read_all(one, std::slice::from_ref(recorded))?.into_iter().flatten().collect())
    }

    /// The same of several people, in their order: a question for all of them. Each look has its receipt.
    ///
    /// # Errors
    /// As of [`read`](Self::read); [`Error::Gone`] too if there are fewer receipts than people.
    pub fn read_all(&self, people: &[Person], recorded: &[Receipt]) -> Result<Vec<Vec<Value>>, Error> {
        if recorded.len() < people.len() {
            return Err(Error::Gone);
        }
        let ids: Vec<PersonId> = people.iter().map(|person| person.id).collect();
        let keys = self.keys_of(&ids)?;
        let mut reader = self.store.read()?;
        let fields = reader.layout()?.fields;
        let rows = reader.values_of(&ids)?;
        let opened = people.par_iter().zip(&keys).zip(&rows).with_min_len(16);
        opened.map(|((person, key), rows)| open(person.subject, &SealingKey::new(key)?, &fields, rows)).collect()
    }

    /// The key for what is kept about a person elsewhere, such as a note in the log's side-car. It is derived from the
    /// person's own and opens no value of theirs. When the vault forgets the person, nobody can make it again.
    ///
    /// # Errors
    /// [`Error::Gone`] if the person is not there any more; [`Error::Key`].
    pub fn note_key(&self, person: &Person) -> Result<SealingKey, Error> {
        Ok(SealingKey::derived(&self.key_of(person.id)?, "pii/v1/note")?)
    }
}

fn open(subject: SubjectId, key: &SealingKey, fields: &[Field], rows: &[ValueRow]) -> Result<Vec<Value>, Error> {
    let mut values = Vec::with_capacity(rows.len());
    for row in rows {
        let field = fields.iter().find(|field| field.id == row.field);
        let field = field.ok_or(Error::Corrupt("a value of a column that there is not"))?;
        let category = category(&field.category)?;
        let mut place = Place::new(&field.dataset, &field.path, category);
        let opened = key.open(place.of(subject), &row.sealed)?;
        values.push(Value {
            dataset: field.dataset.clone(),
            column: field.path.clone(),
            category,
            value: Personal::new(text(&opened)?.to_owned()),
            seen: time(row.seen)?,
        });
    }
    values.sort_by(|a, b| (&a.dataset, &a.column).cmp(&(&b.dataset, &b.column)));
    Ok(values)
}

pub(super) fn text(opened: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(opened).map_err(|_| Error::Corrupt("a value that is not text"))
}
