//! What happened?
//!
//! An append-only log that an auditor can verify without trusting whoever keeps it. [`AuditLog::append`]
//! returns a [`Receipt`] once the entry is on disk, and whatever releases or destroys personal data asks
//! for that receipt: no record, no act. [`AuditLog::checkpoint`] signs the Merkle root of everything so
//! far; [`verify()`] checks a log, or a copy of one, and reads the format without the code that writes it.
//!
//! The tree is that of RFC 6962, the folder follows C2SP `tlog-tiles`, the signatures are C2SP
//! `tlog-checkpoint`s. `docs/audit-format.md` gives every byte.
//!
//! No entry holds personal data of a data subject: people appear as an [`Alias`], free text as a salted
//! commitment, and a crowd as the root over its salted aliases. What they stand for lies in the [`Sidecar`], sealed,
//! from where it can be erased.

mod acted;
mod action;
mod anchor;
mod append;
mod checkpoint;
mod create;
mod disk;
mod durable;
mod entry;
mod error;
mod event;
mod events;
mod evidence;
pub mod export;
mod find;
mod frame;
mod hash;
mod kept;
mod layout;
mod live;
mod lock;
mod making;
mod membership;
mod merkle;
mod note;
mod proof;
mod proof_file;
mod prune;
mod query;
mod seal;
mod segment;
mod sidecar;
mod stretch;
mod subjects;
mod tile;
mod tiles;
mod tree;
mod verdict;
mod verify;
mod walk;

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod samples;

pub use acted::acted;
pub use action::{Action, UnknownAction};
pub use anchor::{keep_anchor, parse_anchors};
pub use append::{AuditLog, Receipt, Settings};
pub use checkpoint::Checkpoint;
pub use entry::Entry;
pub use error::Error;
pub use event::{Alias, Decision, Event};
pub use find::{Found, find};
pub use hash::Hash;
pub use layout::Place;
pub use membership::Membership;
pub use merkle::{Range, leaf_hash, node_hash};
pub use note::{Algorithm, Note, Signer, VerifierKey};
pub use proof::{ProofError, consistency_proof, inclusion_proof, verify_consistency, verify_inclusion};
pub use proof_file::ProofFile;
pub use prune::Prunable;
pub use query::{Entries, Filter, read};
pub use sidecar::{About, Detail, MAX_DETAIL, Sidecar};
pub use subjects::Subjects;
pub use tree::Tree;
pub use verdict::{Pruned, Report, Verdict};
pub use verify::{Trust, verify};
