//! What do we remember between runs?
//!
//! A [`Database`] is one SQLite file that several processes share: ETL jobs, the command line and an
//! auditor's export work on one workspace at once. Write-ahead log, every writer takes its lock at
//! once (`BEGIN IMMEDIATE`: a reader that turns writer would fail whatever the time-out), freed pages
//! are overwritten (`secure_delete`). Rooms above bring their own tables as numbered migrations.

mod database;
mod error;

pub(crate) use database::snapshot;
pub use database::{Database, Migrations};
pub use error::Error;
