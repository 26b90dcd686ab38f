use std::collections::HashMap;

use arrow::array::{Array, StringArray};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction};

use super::schema::{blind, identifier_key, person_surroundings, value_surroundings};
use super::{Error, People, Vault};
use crate::audit::{Alias, Receipt};
use crate::keyring::{Keyring, PseudonymKey, SealingKey};
use crate::pseudonym::Normaliser;
use crate::vocab::{Category, DatasetId, IdentifierKind, SubjectId};

/// Rows of one dataset, to be laid into the vault.
#[derive(Debug)]
pub struct Deposit<'a> {
    /// Where they come from.
    pub dataset: &'a DatasetId,
    /// Which of `columns` says who each row is about; it must be an identifier.
    pub subject: usize,
    /// The personal columns, each as long as the others.
    pub columns: &'a [Held],
    /// When they were seen.
    pub at: Timestamp,
}

/// One personal column.
#[derive(Debug)]
pub struct Held {
    /// Dotted path.
    pub path: String,
    /// What it holds.
    pub category: Category,
    /// Where national telephone numbers belong.
    pub region: Option<String>,
    /// If its values point to a person: what kind of identifier they are.
    pub identifier: Option<IdentifierKind>,
    /// The values as text.
    pub values: StringArray,
}

/// What a deposit changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deposited {
    /// People met for the first time.
    pub new_subjects: u64,
    /// Values not known of their person before.
    pub new_values: u64,
    /// Rows that name nobody: their subject column is null.
    pub anonymous_rows: u64,
}

impl std::ops::AddAssign for Deposited {
    fn add_assign(&mut self, other: Self) {
        self.new_subjects += other.new_subjects;
        self.new_values += other.new_values;
        self.anonymous_rows += other.anonymous_rows;
    }
}

impl Vault {
    /// Lays rows into the vault, in one transaction, and adds whom they are about to `met`. Doing it again changes
    /// nothing.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Key`].
    pub fn deposit(
        &self,
        keys: &Keyring,
        deposit: &Deposit<'_>,
        met: &mut People,
        _recorded: &Receipt,
    ) -> Result<Deposited, Error> {
        self.database.write(|tx| {
            let columns = deposit.columns.iter().map(|held| Column::new(tx, keys, deposit.dataset, held));
            let columns = columns.collect::<Result<Vec<_>, Error>>()?;
            let subject = columns.get(deposit.subject).ok_or(Error::Corrupt("a deposit without a subject column"))?;
            let mut depositor = Depositor {
                vault: self,
                tx,
                at: deposit.at.to_string(),
                people: HashMap::new(),
                done: Deposited::default(),
            };
            for row in 0..subject.held.values.len() {
                depositor.row(row, subject, &columns, deposit.dataset)?;
            }
            depositor.people.values().for_each(|known| met.insert(known.id));
            Ok(depositor.done)
        })
    }
}

/// A column with its keys and its numbers in the database.
struct Column<'a> {
    held: &'a Held,
    field: i64,
    identifier: Option<IdentifierColumn>,
}

struct IdentifierColumn {
    kind: i64,
    key: PseudonymKey,
    normaliser: Normaliser,
}

impl<'a> Column<'a> {
    fn new(tx: &Transaction<'_>, keys: &Keyring, dataset: &DatasetId, held: &'a Held) -> Result<Self, Error> {
        let region = held.region.as_deref().unwrap_or_default();
        let place = (dataset.as_str(), &held.path, held.category.name(), region);
        tx.execute(
            "INSERT INTO field (dataset, path, category, region) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            place,
        )?;
        let field = tx.query_row(
            "SELECT id FROM field WHERE dataset = ?1 AND path = ?2 AND category = ?3 AND region = ?4",
            place,
            |r| r.get(0),
        )?;
        let identifier = match &held.identifier {
            None => None,
            Some(kind) => {
                tx.execute("INSERT INTO kind (name) VALUES (?1) ON CONFLICT DO NOTHING", [kind.as_str()])?;
                let kind = tx.query_row("SELECT id FROM kind WHERE name = ?1", [kind.as_str()], |r| r.get(0))?;
                tx.execute(
                    "INSERT INTO spelling VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                    (kind, held.category.name(), region),
                )?;
                let normaliser = Normaliser::for_category(held.category, held.region.as_deref());
                Some(IdentifierColumn { kind, key: identifier_key(keys, normaliser)?, normaliser })
            }
        };
        Ok(Self { held, field, identifier })
    }

    fn value(&self, row: usize) -> Option<&str> {
        let values = &self.held.values;
        (row < values.len() && values.is_valid(row)).then(|| values.value(row)).filter(|v| !v.trim().is_empty())
    }

    /// The identifier in this row: its kind and blind tag.
    fn pointer(&self, row: usize) -> Option<(i64, [u8; 16])> {
        let IdentifierColumn { kind, key, normaliser } = self.identifier.as_ref()?;
        Some((*kind, blind(key, &[normaliser.normalise(self.value(row)?).as_bytes()])))
    }
}

/// A person of this deposit.
struct Known {
    id: i64,
    subject: SubjectId,
    key: SealingKey,
    new: bool,
}

struct Depositor<'a> {
    vault: &'a Vault,
    tx: &'a Transaction<'a>,
    at: String,
    people: HashMap<[u8; 16], Known>,
    done: Deposited,
}

impl Depositor<'_> {
    fn row(
        &mut self,
        row: usize,
        subject: &Column<'_>,
        columns: &[Column<'_>],
        dataset: &DatasetId,
    ) -> Result<(), Error> {
        let Some((kind, tag)) = subject.pointer(row) else {
            self.done.anonymous_rows += 1;
            return Ok(());
        };
        if !self.people.contains_key(&tag) {
            let person = self.person(kind, &tag, row, columns)?;
            self.people.insert(tag, person);
        }
        let Some(Known { id: person, subject: subject_id, key, new }) = self.people.get_mut(&tag) else {
            return Ok(());
        };
        // Whoever was met in this row had no values before it.
        let (person, met_here) = (*person, std::mem::take(new));

        let mut link = self.tx.prepare_cached(
            "INSERT INTO identifier VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET is_subject = 1 WHERE excluded.is_subject > identifier.is_subject",
        )?;
        let mut known =
            self.tx.prepare_cached("SELECT 1 FROM value WHERE person = ?1 AND field = ?2 AND blind = ?3")?;
        let mut keep = self
            .tx
            .prepare_cached("INSERT INTO value (person, field, blind, sealed, seen) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for column in columns {
            let Some(value) = column.value(row) else { continue };
            if let Some((kind, tag)) = column.pointer(row) {
                link.execute((kind, tag.as_slice(), person, std::ptr::eq(column, subject)))?;
            }
            let tag =
                blind(&self.vault.value_tags, &[&person.to_be_bytes(), &column.field.to_be_bytes(), value.as_bytes()]);
            if !met_here && known.exists((person, column.field, tag.as_slice()))? {
                continue;
            }
            let surroundings =
                value_surroundings(*subject_id, dataset.as_str(), &column.held.path, column.held.category);
            let sealed = key.seal(&surroundings, value.as_bytes())?;
            keep.execute((person, column.field, tag.as_slice(), sealed, &self.at))?;
            self.done.new_values += 1;
        }
        Ok(())
    }

    /// The person that the subject column names, or whom the row's other identifiers name, or a new one.
    fn person(&mut self, kind: i64, tag: &[u8; 16], row: usize, columns: &[Column<'_>]) -> Result<Known, Error> {
        let mut by_pointer = self.tx.prepare_cached(
            "SELECT person, is_subject FROM identifier WHERE kind = ?1 AND blind = ?2
             ORDER BY is_subject DESC, person LIMIT 2",
        )?;
        let named = by_pointer.query_map((kind, tag.as_slice()), |r| Ok((r.get(0)?, r.get(1)?)))?;
        let named: Vec<(i64, bool)> = named.collect::<Result<_, _>>()?;
        let mut found = match named.as_slice() {
            [(person, true), ..] | [(person, _)] => Some(*person),
            // Nobody; or several people who share it, and a guess would show one the data of another.
            _ => None,
        };
        for (other, tag) in columns.iter().filter_map(|c| c.pointer(row)).filter(|(k, _)| *k != kind) {
            if found.is_some() {
                break;
            }
            found = self.lone_person(kind, other, &tag)?;
        }
        match found {
            Some(id) => {
                let mut by_id = self.tx.prepare_cached("SELECT subject, key FROM person WHERE id = ?1")?;
                let (subject, wrapped): ([u8; 16], Vec<u8>) = by_id.query_row([id], |r| Ok((r.get(0)?, r.get(1)?)))?;
                let subject = SubjectId::from_bytes(subject);
                let key = self.vault.person_key(subject, &wrapped)?;
                Ok(Known { id, subject, key, new: false })
            }
            None => self.new_person(),
        }
    }

    /// The one person whom `(other, tag)` names, if they have no identifier of `kind` yet.
    fn lone_person(&self, kind: i64, other: i64, tag: &[u8; 16]) -> Result<Option<i64>, Error> {
        let mut query = self.tx.prepare_cached(
            "SELECT min(person) FROM identifier WHERE kind = ?2 AND blind = ?3 HAVING count(*) = 1
             AND NOT EXISTS (SELECT 1 FROM identifier AS own JOIN identifier AS shared ON own.person = shared.person
                             WHERE shared.kind = ?2 AND shared.blind = ?3 AND own.kind = ?1)",
        )?;
        Ok(query.query_row((kind, other, tag.as_slice()), |r| r.get(0)).optional()?)
    }

    fn new_person(&mut self) -> Result<Known, Error> {
        let (subject, alias) = (SubjectId::random(), Alias::random());
        let (key, bytes) = SealingKey::random()?;
        let wrapped = self.vault.wrapping.seal(&person_surroundings(subject), bytes.as_ref())?;
        let mut insert =
            self.tx.prepare_cached("INSERT INTO person (subject, alias, key, created) VALUES (?1, ?2, ?3, ?4)")?;
        let id = insert.insert((subject.as_bytes().as_slice(), alias.as_bytes().as_slice(), wrapped, &self.at))?;
        self.done.new_subjects += 1;
        Ok(Known { id, subject, key, new: true })
    }
}
