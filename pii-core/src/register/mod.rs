//! What did the person forbid?
//!
//! The register remembers objections (Art. 21), each to a purpose and perhaps to one recipient only, and restrictions
//! (Art. 18), each of a person as a whole, until they are lifted. It outlives the erasure of the person, so it does not
//! know them: an [`Entry`] holds [`Mark`]s, keyed hashes of the normal forms of what names the person, and nothing of
//! the vault's. Whoever comes again, under any spelling, is known by them.
//!
//! A mark is two hashes. SipHash is quick enough for every value of every row that leaves, and a match of it is decided
//! by HMAC-SHA-256. [`Forbidden`] is what there is to look for on the way to one recipient, in memory: about 18 bytes a
//! mark.

mod entry;
mod error;
mod forbidden;
mod known;
mod mark;
mod read;
mod schema;
mod write;

pub use entry::{Entry, Listed, Prohibition, Restriction};
pub use error::Error;
pub use forbidden::{Bar, Forbidden};
pub use mark::{Mark, Marker, Markers};

use crate::state::Database;

/// The register of a workspace.
#[derive(Debug)]
pub struct Register {
    database: Database,
}
