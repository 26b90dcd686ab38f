//! What do we hand to an auditor?
//!
//! An [`Export`] fills a folder with evidence that needs nothing but itself: the entries as they are stored, the tiles
//! that lead from each of them to the signed root, the checkpoint, the keys, a manifest that says of how many entries
//! these are the ones asked for, and a short program that checks it all. With a [`Format`] other than JSON lines it
//! also holds a view: our reading of the evidence, for people and for other systems.
//!
//! It streams: what it holds in memory does not grow with the log.

mod bundle;
mod cef;
mod csv;
mod format;
mod html;
mod listed;
mod look;
mod manifest;
mod ocsf;
mod parquet;
mod proofs;
mod row;
mod syslog;
mod tally;
mod view;
mod xlsx;

pub use bundle::{Export, Exported, Staged};
pub use format::{Format, UnknownFormat};
