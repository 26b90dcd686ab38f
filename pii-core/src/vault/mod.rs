//! Where does the person rest?
//!
//! The vault keeps what identifies people, apart from every other system, in a SQLite file or on a PostgreSQL server.
//! Each person has a random number, a random alias (the only name of theirs that the audit log knows) and a random key
//! of their own. Each value is sealed with the person's key, and its surroundings (person, dataset, column, category)
//! are bound to it, so a value cannot be moved to another person or column.
//!
//! A person's key is wrapped by the *epoch key* of their shard, one of 256, which lies in `.pii/keys` and not in the
//! database. To shred a person is to wrap the others of the shard under the next epoch key, and to overwrite the one
//! before: then every copy of the database that was made until then, and its log of changes, holds dead ciphertext.
//!
//! Values are found by *blind* tags (keyed hashes that never leave the vault), never by their clear text:
//! whoever copies the database learns how many people, values and datasets there are and which rows share a person, and
//! no value.
//!
//! Identifiers that stand in one row are linked to one person. A person is found by the dataset's subject
//! column; failing that, by another identifier of the row that points to one person only who has no
//! identifier of the subject's kind yet. Two people who share an e-mail address stay two people, and rows that
//! are about that address are a third one's: nobody is shown the data of another on a guess.

mod blind;
mod deposit;
mod error;
mod find;
mod index;
mod keys;
mod link;
mod location;
mod marks;
mod open;
mod people;
mod read;
mod rectify;
mod relocate;
mod shred;
mod status;
mod store;

pub use deposit::{Deposit, Deposited, Held};
pub use error::Error;
pub use location::{Login, Server, VaultLocation};
pub use marks::HeldMark;
pub use open::Vault;
pub use people::People;
pub use read::{Person, Value};
pub use rectify::Rectified;
pub use relocate::{Copying, Relocated};
pub use shred::{Shredded, Spent};
pub use status::{EpochCount, Status};

use jiff::Timestamp;

/// A time as it is stored: microseconds since 1970.
fn time(microseconds: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(microseconds).map_err(|_| Error::Corrupt("a time outside of time"))
}

/// A number that cannot be negative.
fn unsigned(number: i64) -> Result<u64, Error> {
    u64::try_from(number).map_err(|_| Error::Corrupt("a negative count"))
}
