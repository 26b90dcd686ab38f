//! How do bytes rest?
//!
//! A sealed file is an [`Envelope`], in clear, that names the dataset, the key and the algorithm, and then the bytes in
//! the C2SP [`chunked-encryption`] format with SHA-512 and AES-256-GCM: segments of 16 KiB, each authenticated, the last
//! one always shorter, so that a file that was cut short, or whose segments were changed, swapped, repeated or taken
//! from another file, is found out. Every file has a random key of its own, wrapped by the dataset's
//! ([`DataKey`](crate::keyring::DataKey)), and commits to it: no file opens under two keys.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::io::{Read, Write};
//!
//! use pii_core::keyring::{Keyring, RootKey};
//! use pii_core::seal::{Envelope, SealedWriter};
//! use pii_core::vocab::DatasetId;
//!
//! # let folder = tempfile::tempdir()?;
//! # let keys = Keyring::create(folder.path(), &RootKey::generate()?)?;
//! let key = keys.data(&DatasetId::parse("hr.scans")?)?;
//! let mut sealed = SealedWriter::create(Vec::new(), &key)?;
//! sealed.write_all(b"a passport")?;
//! let file = sealed.finish()?;
//!
//! let mut input = file.as_slice();
//! let envelope = Envelope::read(&mut input)?; // says which key: that of `hr.scans`
//! let key = keys.data(envelope.dataset())?;
//! let mut plain = Vec::new();
//! envelope.open(input, &key)?.read_to_end(&mut plain)?;
//! assert_eq!(plain, b"a passport");
//! # Ok(())
//! # }
//! ```
//!
//! Tables in Parquet are encrypted by the format's own means instead, so that other readers can be given the key: the
//! keys of such a file come from [`parquet_keys`], and are found again by [`find_parquet_key`].
//!
//! Memory is constant, some 1.5 MiB a file. What a [`SealedReader`] hands out was verified; whoever must not act on the
//! beginning of a file that turns out to be damaged further on waits for its end.
//!
//! [`chunked-encryption`]: https://c2sp.org/chunked-encryption

mod envelope;
mod error;
mod parquet;
mod read;
mod seek;
mod segment;
mod write;

pub use envelope::Envelope;
pub use error::Error;
pub(crate) use parquet::asked_for;
pub use parquet::{KeyName, KeyPart, find_parquet_key, parquet_keys};
pub use read::SealedReader;
pub use write::SealedWriter;

#[cfg(test)]
mod tests;
