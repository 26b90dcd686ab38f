use std::path::Path;

use super::{Error, Register};
use crate::state::{Database, Migrations};

impl Register {
    /// Opens the register in the state database at `path`, or makes it.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { database: Database::open(path, &MIGRATIONS)? })
    }
}

/// A scope is a purpose, or none for restrictions, and a recipient, or none for all of them: `''` is none. Its generation
/// counts its changes. The entries of a scope and a kind lie in the order of their sieves, as they are looked for.
const MIGRATIONS: Migrations = Migrations {
    room: "register",
    steps: &["
    CREATE TABLE register_scope (
        id INTEGER PRIMARY KEY, purpose TEXT NOT NULL, recipient TEXT NOT NULL, generation INTEGER NOT NULL,
        UNIQUE (purpose, recipient)
    ) STRICT;
    CREATE TABLE register_entry (
        scope INTEGER NOT NULL REFERENCES register_scope, kind TEXT NOT NULL, sieve INTEGER NOT NULL, tag BLOB NOT NULL,
        request BLOB NOT NULL, since INTEGER NOT NULL, lifted INTEGER,
        PRIMARY KEY (scope, kind, sieve, tag, request)
    ) STRICT, WITHOUT ROWID;
    "],
};
