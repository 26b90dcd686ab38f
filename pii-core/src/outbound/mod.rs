//! May it leave, to whom?
//!
//! One door, [`Writer`], takes [`Batch<Protected>`](crate::batch::Protected) and nothing else, for the one
//! recipient they were protected for. It opens with an entry in the audit log and closes with another that
//! holds the digest of what left; only then does the output appear under its name. A [`Sink`] is never
//! called without the receipt.

mod error;
mod sink;
mod writer;

pub use crate::catalog::{DisclosedColumn, Disclosure};
pub use error::Error;
pub use sink::Sink;
pub use writer::Writer;
