//! The laws of the house, for whatever values proptest thinks of: what a pseudonym is, what may leave, what the
//! vault keeps to itself. All through the public interface.

mod door;
mod pseudonym;
mod vault;
mod workspace;
mod world;
