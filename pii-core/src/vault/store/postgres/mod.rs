//! A vault on a PostgreSQL server, in the schema `pii` of its database, over TLS.

mod connect;
mod copy;
mod passfile;
mod read;
mod schema;
mod write;

use std::cell::{RefCell, RefMut};
use std::collections::HashMap;

use postgres::types::ToSql;
use postgres::{Client, Row, Statement};

use super::{Reader, VaultStore, Writer};
use crate::vault::{Error, Login, Server};

/// One connection to the server. Its questions come one after the other, so it is lent, not shared.
pub(in crate::vault) struct PostgresStore {
    server: Server,
    connection: RefCell<Connection>,
}

struct Connection {
    client: Client,
    statements: HashMap<String, Statement>,
}

impl PostgresStore {
    /// Connects, and brings the tables up to date; makes them if there are none and `make` says so.
    pub(in crate::vault) fn connect(server: &Server, login: &Login, make: bool) -> Result<Self, Error> {
        let client = connect::connect(server, login)?;
        let this = Self {
            server: server.clone(),
            connection: RefCell::new(Connection { client, statements: HashMap::new() }),
        };
        schema::migrate(&mut this.session()?, make)?;
        Ok(this)
    }

    fn session(&self) -> Result<Session<'_>, Error> {
        let busy = |_| Error::Corrupt("a question within a question");
        let connection = self.connection.try_borrow_mut().map_err(busy)?;
        Ok(Session { connection, server: &self.server, open: false })
    }
}

impl VaultStore for PostgresStore {
    fn read(&self) -> Result<Box<dyn Reader + '_>, Error> {
        Ok(Box::new(self.session()?))
    }

    fn write(&self) -> Result<Box<dyn Writer + '_>, Error> {
        let mut session = self.session()?;
        session.begin_alone()?;
        Ok(Box::new(session))
    }

    fn bytes(&self) -> Result<u64, Error> {
        let sql = "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
                   WHERE relnamespace = 'pii'::regnamespace AND relkind = 'r'";
        let row = self.session()?.one(sql, &[])?;
        super::super::unsigned(read::integer(&row, 0)?)
    }

    /// Nothing to be done: what is in the server's log and its pages is dead ciphertext.
    fn settle(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Frees what dead rows take. A role that does not own the tables leaves it to the server's own vacuum.
    fn compact(&self) -> Result<(), Error> {
        self.session()?.batch("VACUUM person, identifier, value, arrival, pseudonym")
    }

    fn wipe(&self) -> Result<(), Error> {
        self.session()?.batch("DROP SCHEMA pii CASCADE")
    }
}

/// The connection, for a while; a writer's has a transaction open.
struct Session<'a> {
    connection: RefMut<'a, Connection>,
    server: &'a Server,
    open: bool,
}

impl Session<'_> {
    /// A transaction with the right to write, which one session at a time has.
    fn begin_alone(&mut self) -> Result<(), Error> {
        self.open = true;
        self.batch(&format!("BEGIN; {BY_INDEX}; SELECT pg_advisory_xact_lock({WRITERS})"))
    }

    fn query(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        let statement = self.statement(sql)?;
        let rows = self.connection.client.query(&statement, values);
        rows.map_err(|error| self.failed(&error))
    }

    fn one(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Row, Error> {
        self.query(sql, values)?.into_iter().next().ok_or(Error::Corrupt("a question without an answer"))
    }

    fn execute(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<u64, Error> {
        let statement = self.statement(sql)?;
        let done = self.connection.client.execute(&statement, values);
        done.map_err(|error| self.failed(&error))
    }

    fn batch(&mut self, sql: &str) -> Result<(), Error> {
        let done = self.connection.client.batch_execute(sql);
        done.map_err(|error| self.failed(&error))
    }

    fn statement(&mut self, sql: &str) -> Result<Statement, Error> {
        if let Some(statement) = self.connection.statements.get(sql) {
            return Ok(statement.clone());
        }
        let prepared = self.connection.client.prepare(sql);
        let statement = prepared.map_err(|error| self.failed(&error))?;
        self.connection.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn failed(&self, error: &postgres::Error) -> Error {
        connect::broken(self.server, error)
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        if self.open {
            // A connection that is gone is rolled back by the server.
            let _ = self.connection.client.batch_execute("ROLLBACK");
        }
    }
}

/// The number of the lock that a writer holds: `pii` and a 1.
const WRITERS: i64 = 0x7069_6901;

/// Whoever writes touches a few rows of large tables, by their keys. Until statistics are made, after a large deposit, the
/// planner reads tables whole.
const BY_INDEX: &str =
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";
