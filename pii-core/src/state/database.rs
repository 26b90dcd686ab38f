use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::Error;

/// The tables of one room: step `n` is the `n`th statement list, run once, never changed afterwards.
pub struct Migrations {
    /// Whose tables.
    pub room: &'static str,
    /// The steps, oldest first.
    pub steps: &'static [&'static str],
}

/// One SQLite file, shared by processes.
#[derive(Debug)]
pub struct Database {
    connection: Connection,
    path: PathBuf,
}

impl Database {
    /// Opens the file, or makes it so that only its owner can read it.
    ///
    /// # Errors
    /// [`Error::Open`] if it cannot be made, [`Error::Newer`] if a later version wrote it.
    pub fn open(path: &Path, migrations: &Migrations) -> Result<Self, Error> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map_err(|source| Error::Open { path: path.to_owned(), source })?;

        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "secure_delete", "ON")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        // A bulk deposit touches indexes all over the file; the defaults (2 MiB, 1,000 pages) write pages many times.
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        connection.set_prepared_statement_cache_capacity(64);
        // One plan a statement, whatever is bound to it: else SQLite plans a look-up anew for every value.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        let database = Self { connection, path: path.to_owned() };
        database.migrate(migrations)?;
        Ok(database)
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// To read with.
    pub(crate) fn reader(&self) -> &Connection {
        &self.connection
    }

    /// Reads much, once, at one moment: what it passes does not stay in memory.
    pub(crate) fn pass<T, E: From<Error>>(&self, read: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E> {
        let keep = |kib: i64| self.connection.pragma_update(None, "cache_size", -kib).map_err(Error::from);
        keep(PASSING_KIB)?;
        let transaction = self.connection.unchecked_transaction().map_err(Error::from);
        let done = transaction.map_err(E::from).and_then(|transaction| read(&transaction));
        keep(CACHE_KIB)?;
        done
    }

    /// Runs `work` in one transaction that holds the write lock from its start; all of it, or nothing.
    pub(crate) fn write<T, E: From<Error>>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E> {
        let transaction = self.begin()?;
        let done = work(&transaction)?;
        transaction.commit().map_err(Error::from)?;
        Ok(done)
    }

    /// A transaction that holds the write lock from its start; undone unless it is committed.
    pub(crate) fn begin(&self) -> Result<Transaction<'_>, Error> {
        Ok(Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?)
    }

    /// One state of the file for many questions, unless a transaction has one already: else each question asks the
    /// operating system for a lock and gives it back, which costs as much as a row.
    pub(crate) fn snapshot(&self) -> Result<Option<Transaction<'_>>, Error> {
        snapshot(&self.connection)
    }

    /// Writes the log of changes into the file and empties it, so that what was deleted is in neither.
    ///
    /// # Errors
    /// [`Error::Locked`] if others read for longer than the time-out: then the log still holds it.
    pub(crate) fn settle(&self) -> Result<(), Error> {
        let begun = Instant::now();
        // SQLite waits for readers and writers by itself, and not for somebody else who does the same.
        while self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |r| r.get::<_, bool>(0))? {
            if begun.elapsed() > BUSY {
                return Err(Error::Locked);
            }
            std::thread::sleep(SHORTLY);
        }
        Ok(())
    }

    /// Writes the file anew. `secure_delete` overwrites what is deleted, but not the copies that a page may keep of rows
    /// that had moved to another page before. Takes as long as the file is large, and as much room again.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::Sqlite`].
    pub(crate) fn rebuild(&self) -> Result<(), Error> {
        self.connection.execute_batch("VACUUM")?;
        self.settle()
    }

    fn migrate(&self, migrations: &Migrations) -> Result<(), Error> {
        let known = i64::try_from(migrations.steps.len()).unwrap_or(i64::MAX);
        self.write(|tx| {
            tx.execute_batch(
                "CREATE TABLE IF NOT EXISTS migration (room TEXT PRIMARY KEY, step INTEGER NOT NULL) STRICT",
            )?;
            let found: i64 =
                tx.query_row("SELECT coalesce(max(step), 0) FROM migration WHERE room = ?1", [migrations.room], |r| {
                    r.get(0)
                })?;
            if found > known {
                return Err(Error::Newer { path: self.path.clone(), room: migrations.room, found, known });
            }
            for step in migrations.steps.iter().skip(usize::try_from(found).unwrap_or(usize::MAX)) {
                tx.execute_batch(step)?;
            }
            tx.execute(
                "INSERT INTO migration VALUES (?1, ?2) ON CONFLICT (room) DO UPDATE SET step = excluded.step",
                (migrations.room, known),
            )?;
            Ok(())
        })
    }
}

/// As of [`Database::snapshot`].
pub(crate) fn snapshot(connection: &Connection) -> Result<Option<Transaction<'_>>, Error> {
    let free = connection.is_autocommit();
    Ok(free.then(|| Transaction::new_unchecked(connection, TransactionBehavior::Deferred)).transpose()?)
}

const CACHE_KIB: i64 = 64 << 10;
const PASSING_KIB: i64 = 512;
const CHECKPOINT_PAGES: i64 = 64 << 10;
const BUSY: Duration = Duration::from_secs(30);
const SHORTLY: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Migrations = Migrations { room: "test", steps: &["CREATE TABLE a (n INTEGER) STRICT"] };
    const TWO: Migrations =
        Migrations { room: "test", steps: &["CREATE TABLE a (n INTEGER) STRICT", "ALTER TABLE a ADD COLUMN m TEXT"] };

    #[test]
    fn a_failed_write_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let db = Database::open(&dir.path().join("x.db"), &ONE).unwrap();
        let failed: Result<(), Error> = db.write(|tx| {
            tx.execute("INSERT INTO a VALUES (1)", [])?;
            tx.execute("INSERT INTO nowhere VALUES (1)", [])?;
            Ok(())
        });
        assert!(failed.is_err());
        let rows: i64 = db.reader().query_row("SELECT count(*) FROM a", [], |r| r.get(0)).unwrap();
        assert_eq!(rows, 0);
    }

    #[test]
    fn migrations_run_once_and_a_newer_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        drop(Database::open(&path, &ONE).unwrap());
        drop(Database::open(&path, &TWO).unwrap());
        drop(Database::open(&path, &TWO).unwrap());
        assert!(matches!(Database::open(&path, &ONE), Err(Error::Newer { found: 2, known: 1, .. })));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        let _db = Database::open(&path, &ONE).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
