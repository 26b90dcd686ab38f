use std::path::Path;

use super::{Catalog, Error};
use crate::state::{Database, Migrations};

impl Catalog {
    /// Opens the catalog in the state database at `path`, or makes it.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { database: Database::open(path, &MIGRATIONS)? })
    }
}

const MIGRATIONS: Migrations = Migrations {
    room: "catalog",
    steps: &[
        "
    CREATE TABLE dataset (
        id TEXT PRIMARY KEY, location TEXT NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL,
        rows INTEGER NOT NULL, new_subjects INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE dataset_column (
        dataset TEXT NOT NULL REFERENCES dataset, path TEXT NOT NULL, data_type TEXT NOT NULL, tag TEXT NOT NULL,
        detector TEXT, proposed TEXT, confidence REAL, evidence TEXT, seen TEXT NOT NULL,
        PRIMARY KEY (dataset, path)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE disclosure (
        id TEXT PRIMARY KEY, at TEXT NOT NULL, dataset TEXT NOT NULL, recipient TEXT NOT NULL, purpose TEXT NOT NULL,
        destination TEXT NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
        columns TEXT NOT NULL, audit_entry INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX disclosure_by_recipient ON disclosure (recipient, dataset, at);
    ",
        "
    ALTER TABLE disclosure ADD COLUMN dropped_objections INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE disclosure ADD COLUMN dropped_restrictions INTEGER NOT NULL DEFAULT 0;
    ",
    ],
};
