//! Where does the person rest?
//!
//! The vault keeps what identifies people, apart from every other system. Each person has a random number,
//! a random alias (the only name of theirs that the audit log knows) and a random key of their own, wrapped
//! by the vault key; each value is sealed with the person's key, and its surroundings (person, dataset,
//! column, category) are bound to it, so a value cannot be moved to another person or column.
//!
//! Values are found by *blind* tags (keyed hashes that never leave the vault), never by their clear text:
//! whoever copies the file learns how many people, values and datasets there are and which rows share a person, and no value.
//!
//! Identifiers that stand in one row are linked to one person. A person is found by the dataset's subject
//! column; failing that, by another identifier of the row that points to one person only who has no
//! identifier of the subject's kind yet. Two people who share an e-mail address stay two people, and rows that
//! are about that address are a third one's: nobody is shown the data of another on a guess.

mod deposit;
mod error;
mod find;
mod forget;
mod index;
mod people;
mod read;
mod schema;
mod status;

pub use deposit::{Deposit, Deposited, Held};
pub use error::Error;
pub use forget::Forgotten;
pub use people::People;
pub use read::{Person, Value};
pub use schema::Vault;
pub use status::Status;
