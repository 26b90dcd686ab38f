use super::Session;
use super::read::integer;
use crate::vault::Error;

/// The same tables as in SQLite; what is an INTEGER there is a BIGINT here, what is a BLOB a BYTEA. Blind tags and keys
/// are random, so they are not compressed.
const STEPS: &[&str] = &["
    CREATE TABLE vault (id BYTEA NOT NULL, moved TEXT);
    CREATE UNIQUE INDEX one_vault ON vault ((true));
    CREATE TABLE shard (shard BIGINT PRIMARY KEY, epoch BIGINT NOT NULL, next BIGINT NOT NULL);
    CREATE TABLE person (
        id BIGINT PRIMARY KEY, subject BYTEA NOT NULL, alias BYTEA NOT NULL, key BYTEA NOT NULL, created BIGINT NOT NULL
    );
    CREATE TABLE kind (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE field (
        id BIGINT PRIMARY KEY, dataset TEXT NOT NULL, path TEXT NOT NULL, category TEXT NOT NULL,
        region TEXT NOT NULL, kind BIGINT NOT NULL, UNIQUE (dataset, path, category, region, kind)
    );
    CREATE TABLE identifier (
        kind BIGINT NOT NULL, blind BYTEA NOT NULL, person BIGINT NOT NULL, is_subject BIGINT NOT NULL,
        PRIMARY KEY (kind, blind, person)
    );
    CREATE TABLE batch (id BIGINT PRIMARY KEY, at BIGINT NOT NULL);
    CREATE TABLE value (
        person BIGINT NOT NULL, field BIGINT NOT NULL, blind BYTEA NOT NULL, batch BIGINT NOT NULL,
        pointer BYTEA, sealed BYTEA NOT NULL, PRIMARY KEY (person, field, blind)
    );
    CREATE TABLE arrival (batch BIGINT NOT NULL, person BIGINT NOT NULL, PRIMARY KEY (batch, person));
    CREATE TABLE pseudonym (
        domain TEXT NOT NULL, epoch TEXT NOT NULL, tag BYTEA NOT NULL, person BIGINT NOT NULL,
        PRIMARY KEY (domain, epoch, tag, person)
    );
    CREATE INDEX pseudonym_by_person ON pseudonym (person);
    CREATE TABLE pseudonym_mark (
        domain TEXT NOT NULL, epoch TEXT NOT NULL, batch BIGINT NOT NULL, person BIGINT NOT NULL,
        PRIMARY KEY (domain, epoch)
    );
"];

/// Brings the tables up to date. A role that may not is needed only once a version: whoever finds them as it knows them
/// changes nothing.
pub(super) fn migrate(session: &mut Session<'_>, make: bool) -> Result<(), Error> {
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    match step(session)? {
        Some(step) if step == known => return Ok(()),
        Some(step) if step > known => return Err(newer(session, step, known)),
        None if !make => return Err(Error::NoVault { place: session.server.to_string() }),
        _ => {}
    }
    session.begin_alone()?;
    if session.query("SELECT 1 FROM pg_namespace WHERE nspname = 'pii'", &[])?.is_empty() {
        session.batch("CREATE SCHEMA pii")?;
    }
    // Another may have done it while we waited.
    let step = match step(session)? {
        Some(step) if step > known => return Err(newer(session, step, known)),
        Some(step) => step,
        None => {
            session.batch("CREATE TABLE migration (room TEXT PRIMARY KEY, step BIGINT NOT NULL)")?;
            0
        }
    };
    for sql in STEPS.iter().skip(usize::try_from(step).unwrap_or(usize::MAX)) {
        session.batch(sql)?;
    }
    session.execute(
        "INSERT INTO migration VALUES ('vault', $1) ON CONFLICT (room) DO UPDATE SET step = excluded.step",
        &[&known],
    )?;
    session.batch("COMMIT")?;
    session.open = false;
    Ok(())
}

/// How far the tables are; nothing, if there are none.
fn step(session: &mut Session<'_>) -> Result<Option<i64>, Error> {
    let there = session.query("SELECT 1 FROM pg_tables WHERE schemaname = 'pii' AND tablename = 'migration'", &[])?;
    if there.is_empty() {
        return Ok(None);
    }
    let row = session.one("SELECT coalesce(max(step), 0) FROM pii.migration WHERE room = 'vault'", &[])?;
    Ok(Some(integer(&row, 0)?))
}

fn newer(session: &Session<'_>, found: i64, known: i64) -> Error {
    let reason = format!("it holds tables of step {found}; this version knows {known}");
    Error::Server { place: session.server.to_string(), reason }
}
