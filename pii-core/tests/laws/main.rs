//! The laws of the house, for whatever values proptest thinks of: what a pseudonym is, what may leave, what the
//! vault keeps to itself. All through the public interface.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod contract;
mod door;
mod forbidden;
mod forgotten;
#[path = "../../../tests/postgres.rs"]
#[allow(dead_code, reason = "the journeys use the rest of it")]
mod postgres;
mod pseudonym;
mod requests;
mod sealed;
mod shred;
mod sieve;
mod vault;
mod workspace;
mod world;
