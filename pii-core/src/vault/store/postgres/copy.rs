//! Rows in PostgreSQL's binary format for COPY: <https://www.postgresql.org/docs/current/sql-copy.html>.

use std::io::Write;

use super::Session;
use crate::vault::Error;

/// Rows on their way into a table.
pub(super) struct Rows(Vec<u8>);

impl Rows {
    pub(super) fn new() -> Self {
        // A signature, flags, and the length of an extension that is not there.
        Self([b"PGCOPY\n\xff\r\n\0".as_slice(), &[0; 8]].concat())
    }

    /// Begins a row of so many fields.
    pub(super) fn row(&mut self, fields: i16) {
        self.0.extend_from_slice(&fields.to_be_bytes());
    }

    pub(super) fn integer(&mut self, number: i64) {
        self.bytes(&number.to_be_bytes());
    }

    /// Also text, which is its bytes in UTF-8.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        // A field of 2 GiB would not be ours.
        self.0.extend_from_slice(&i32::try_from(bytes.len()).unwrap_or(i32::MAX).to_be_bytes());
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn null(&mut self) {
        self.0.extend_from_slice(&(-1_i32).to_be_bytes());
    }
}

impl Session<'_> {
    /// Lays rows into `table (columns)`.
    pub(super) fn copy(&mut self, table: &str, mut rows: Rows) -> Result<(), Error> {
        rows.row(-1);
        let statement = self.statement(&format!("COPY {table} FROM STDIN BINARY"))?;
        let server = self.server;
        let mut writer = match self.connection.client.copy_in(&statement) {
            Ok(writer) => writer,
            Err(error) => return Err(super::connect::broken(server, &error)),
        };
        // What the server says against the rows comes at the end; that the connection is gone may come here.
        let written = writer.write_all(&rows.0);
        match writer.finish() {
            Ok(_) => written.map_err(|_| super::connect::gone(server)),
            Err(error) => Err(super::connect::broken(server, &error)),
        }
    }
}
