use std::path::PathBuf;

/// What can go wrong with a database file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be made or opened.
    #[error("cannot open `{}`", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process has held the write lock for longer than the time-out.
    #[error("the workspace is locked by another process")]
    Locked,
    /// The file was written by a later version.
    #[error("`{}` holds `{room}` tables of step {found}; this version knows {known}", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Whose tables.
        room: &'static str,
        /// The step the file is at.
        found: i64,
        /// The step this program knows.
        known: i64,
    },
    /// SQLite refuses.
    #[error("the database failed")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Self::Locked,
            _ => Self::Sqlite(error),
        }
    }
}
