//! What does a value become?
//!
//! A pseudonym is `HMAC-SHA-256(key(domain, epoch, norm), normalise(category, value))`: keyed, one-way,
//! equal for equal values within one domain and unrelated across domains (Art. 4(5), EDPB 01/2025). It is
//! printed as the epoch followed by base64url of the first 128 bits (22 characters), or in hex, or raw.
//! Plain RFC 2104 on the bytes of [`Normaliser`]'s output, so PostgreSQL, Spark or Python can check a sample.
//!
//! The other methods generalise (`year`, `bucket`, `network-24`), hide (`mask`, `null`, `constant`) or keep.
//! A value that a method cannot read becomes null: what is not understood does not leave. Nulls stay null.

mod dates;
mod error;
mod generalise;
mod hash;
mod normalise;
mod phone;
mod transform;

pub use error::Error;
pub use hash::Pseudonymiser;
pub use normalise::Normaliser;
pub use transform::Transform;
