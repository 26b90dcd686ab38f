use crate::state::Migrations;

/// Rows of one person lie together, and people of one shard follow each other: what a batch adds goes to the ends of
/// 256 stretches, and a shard is wrapped anew in a walk over its own pages. Nothing refers to another table by a
/// constraint: it would be a look-up a value, and all rows of a person go in one transaction.
pub(super) const MIGRATIONS: Migrations = Migrations {
    room: "vault",
    steps: &["
    CREATE TABLE vault (id BLOB NOT NULL, moved TEXT) STRICT;
    CREATE TABLE shard (shard INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, next INTEGER NOT NULL) STRICT;
    CREATE TABLE person (
        id INTEGER PRIMARY KEY, subject BLOB NOT NULL, alias BLOB NOT NULL, key BLOB NOT NULL, created INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE kind (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE field (
        id INTEGER PRIMARY KEY, dataset TEXT NOT NULL, path TEXT NOT NULL, category TEXT NOT NULL,
        region TEXT NOT NULL, kind INTEGER NOT NULL, UNIQUE (dataset, path, category, region, kind)
    ) STRICT;
    CREATE TABLE identifier (
        kind INTEGER NOT NULL, blind BLOB NOT NULL, person INTEGER NOT NULL, is_subject INTEGER NOT NULL,
        PRIMARY KEY (kind, blind, person)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE batch (id INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;
    CREATE TABLE value (
        person INTEGER NOT NULL, field INTEGER NOT NULL, blind BLOB NOT NULL, batch INTEGER NOT NULL,
        pointer BLOB, sealed BLOB NOT NULL, PRIMARY KEY (person, field, blind)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE arrival (
        batch INTEGER NOT NULL, person INTEGER NOT NULL, PRIMARY KEY (batch, person)
    ) STRICT, WITHOUT ROWID;
    -- Pseudonyms by which a recipient knows a person: made when first asked for, brought up to date then.
    CREATE TABLE pseudonym (
        domain TEXT NOT NULL, epoch TEXT NOT NULL, tag BLOB NOT NULL, person INTEGER NOT NULL,
        PRIMARY KEY (domain, epoch, tag, person)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX pseudonym_by_person ON pseudonym (person);
    CREATE TABLE pseudonym_mark (
        domain TEXT NOT NULL, epoch TEXT NOT NULL, batch INTEGER NOT NULL, person INTEGER NOT NULL,
        PRIMARY KEY (domain, epoch)
    ) STRICT, WITHOUT ROWID;
    "],
};

/// All of them.
pub(super) const TABLES: &[&str] = &[
    "vault",
    "shard",
    "person",
    "kind",
    "field",
    "identifier",
    "batch",
    "value",
    "arrival",
    "pseudonym",
    "pseudonym_mark",
];
