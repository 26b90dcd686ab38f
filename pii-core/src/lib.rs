//! Find, protect and account for personal data.
#![forbid(unsafe_code)]

pub mod audit;
pub mod batch;
pub mod catalog;
pub mod clock;
pub mod error;
pub mod keyring;
pub mod outbound;
pub mod policy;
pub mod pseudonym;
pub mod state;
pub mod store;
pub mod tag;
pub mod vault;
pub mod vocab;
pub mod workspace;
