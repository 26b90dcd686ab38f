use std::fmt;
use std::path::Path;

use super::{Error, Person};
use crate::keyring::{Keyring, PseudonymKey, SealingKey};
use crate::pseudonym::Normaliser;
use crate::state::{Database, Migrations};
use crate::vocab::{Category, SubjectId};

/// The vault, in a SQLite file.
pub struct Vault {
    pub(super) database: Database,
    /// Wraps the keys of persons.
    pub(super) wrapping: SealingKey,
    /// Tags stored values, so that a value is kept once a person and column.
    pub(super) value_tags: PseudonymKey,
}

impl Vault {
    /// Opens the vault at `path`, or makes it, readable by its owner only.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Key`].
    pub fn open(path: &Path, keys: &Keyring) -> Result<Self, Error> {
        Ok(Self {
            database: Database::open(path, &MIGRATIONS)?,
            wrapping: keys.vault()?,
            value_tags: keys.blind("value")?,
        })
    }

    /// The key of a person, unwrapped.
    pub(super) fn person_key(&self, subject: SubjectId, wrapped: &[u8]) -> Result<SealingKey, Error> {
        Ok(SealingKey::new(&self.wrapping.open(&person_surroundings(subject), wrapped)?)?)
    }

    /// The key for what is kept about a person elsewhere, such as a note in the log's side-car. It is derived from the
    /// person's own and opens no value of theirs. When the vault forgets the person, nobody can make it again.
    ///
    /// # Errors
    /// [`Error::State`] if the person is not there any more; [`Error::Key`].
    pub fn note_key(&self, person: &Person) -> Result<SealingKey, Error> {
        let wrapped: Vec<u8> =
            self.database.reader().query_row("SELECT key FROM person WHERE id = ?1", [person.id], |r| r.get(0))?;
        let key = self.wrapping.open(&person_surroundings(person.subject), &wrapped)?;
        Ok(SealingKey::derived(&key, "pii/v1/note")?)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({})", self.database.path().display())
    }
}

/// What the wrapped key of a person is bound to.
pub(super) fn person_surroundings(subject: SubjectId) -> Vec<u8> {
    [b"pii/v1/person\0".as_slice(), subject.as_bytes()].concat()
}

/// What a sealed value is bound to.
pub(super) fn value_surroundings(subject: SubjectId, dataset: &str, column: &str, category: Category) -> Vec<u8> {
    let place = ["", dataset, column, category.name()].join("\0");
    [b"pii/v1/value\0".as_slice(), subject.as_bytes(), place.as_bytes()].concat()
}

/// A tag for equality look-ups: the first 128 bits.
pub(super) fn blind(key: &PseudonymKey, parts: &[&[u8]]) -> [u8; 16] {
    let tag = key.sign(&parts.concat());
    tag.first_chunk().copied().unwrap_or_default()
}

/// The blind key for identifiers written in a normal form.
pub(super) fn identifier_key(keys: &Keyring, normaliser: Normaliser) -> Result<PseudonymKey, Error> {
    Ok(keys.blind(normaliser.name())?)
}

const MIGRATIONS: Migrations = Migrations {
    room: "vault",
    steps: &[
        "
    CREATE TABLE person (
        id INTEGER PRIMARY KEY, subject BLOB NOT NULL UNIQUE, alias BLOB NOT NULL UNIQUE, key BLOB NOT NULL,
        created TEXT NOT NULL
    ) STRICT;
    -- How identifiers of a kind are written: their category decides the normal form.
    CREATE TABLE kind (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE spelling (
        kind INTEGER NOT NULL REFERENCES kind, category TEXT NOT NULL, region TEXT NOT NULL,
        PRIMARY KEY (kind, category, region)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE identifier (
        kind INTEGER NOT NULL REFERENCES kind, blind BLOB NOT NULL, person INTEGER NOT NULL REFERENCES person,
        PRIMARY KEY (kind, blind, person)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX identifier_by_person ON identifier (person);
    CREATE TABLE field (
        id INTEGER PRIMARY KEY, dataset TEXT NOT NULL, path TEXT NOT NULL, category TEXT NOT NULL,
        region TEXT NOT NULL, UNIQUE (dataset, path, category, region)
    ) STRICT;
    CREATE TABLE value (
        id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES person, field INTEGER NOT NULL REFERENCES field,
        blind BLOB NOT NULL, sealed BLOB NOT NULL, seen TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX value_once ON value (person, field, blind);
    -- Pseudonyms by which a recipient knows a person: made when first asked for, brought up to date then.
    CREATE TABLE pseudonym (
        domain TEXT NOT NULL, epoch TEXT NOT NULL, tag BLOB NOT NULL, person INTEGER NOT NULL REFERENCES person,
        PRIMARY KEY (domain, epoch, tag, person)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE pseudonym_mark (
        domain TEXT NOT NULL, epoch TEXT NOT NULL, last_value INTEGER NOT NULL, PRIMARY KEY (domain, epoch)
    ) STRICT, WITHOUT ROWID;
    ",
        // Whether rows of some dataset are about the person by this identifier; if not, it only stands beside one that is.
        "ALTER TABLE identifier ADD COLUMN is_subject INTEGER NOT NULL DEFAULT 0",
        // To forget a person without reading everybody's.
        "CREATE INDEX pseudonym_by_person ON pseudonym (person)",
    ],
};
