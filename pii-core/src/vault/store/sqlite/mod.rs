//! A vault in a SQLite file.

mod read;
mod schema;
mod write;

use std::path::Path;

use rusqlite::{Connection, Transaction};

use super::{Reader, VaultStore, Writer};
use crate::state::Database;
use crate::vault::Error;

/// The file.
pub(in crate::vault) struct SqliteStore {
    database: Database,
}

impl SqliteStore {
    /// Opens the file at `path`, or makes it, readable by its owner only.
    pub(in crate::vault) fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { database: Database::open(path, &schema::MIGRATIONS)? })
    }
}

impl VaultStore for SqliteStore {
    fn read(&self) -> Result<Box<dyn Reader + '_>, Error> {
        Ok(Box::new(Session { connection: self.database.reader(), transaction: None }))
    }

    fn write(&self) -> Result<Box<dyn Writer + '_>, Error> {
        let transaction = Some(self.database.begin()?);
        Ok(Box::new(Session { connection: self.database.reader(), transaction }))
    }

    fn bytes(&self) -> Result<u64, Error> {
        let sql = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
        super::super::unsigned(self.database.reader().query_row(sql, [], |r| r.get(0))?)
    }

    fn settle(&self) -> Result<(), Error> {
        Ok(self.database.settle()?)
    }

    fn compact(&self) -> Result<(), Error> {
        Ok(self.database.rebuild()?)
    }

    fn wipe(&self) -> Result<(), Error> {
        // `secure_delete` overwrites what it frees; the file then has nothing in it but its header.
        self.database.write(|tx| -> Result<(), Error> {
            for table in schema::TABLES {
                tx.execute_batch(&format!("DELETE FROM {table}"))?;
            }
            Ok(())
        })?;
        self.compact()
    }
}

/// One connection; a writer's has a transaction open.
struct Session<'a> {
    connection: &'a Connection,
    transaction: Option<Transaction<'a>>,
}
