//! With which key?
//!
//! ```text
//! root key (KEK)           a file, a command, AWS KMS, HashiCorp Vault; never inside the workspace
//!  └─ master secret        random, in `.pii/keys/master.json`, wrapped by the root key
//!      ├─ pseudonym key    HKDF, one for each domain, epoch and normalisation
//!      ├─ blind key        HKDF, for look-ups inside the vault; never equal to a pseudonym
//!      ├─ register key     HKDF, one for each kind of identifier and normalisation, for objections and restrictions
//!      ├─ vault key        HKDF, wraps the random key of each person
//!      ├─ data key         HKDF, one a dataset, wraps the random key of each encrypted file
//!      ├─ vault key        HKDF, wraps the epoch keys in `.pii/keys/shards`: random, one for each of 256 shards
//!      │   └─ epoch key    wraps the random key of each person of its shard; destroyed when one of them is shredded
//!      ├─ audit key        HKDF, seed of the Ed25519 key that signs checkpoints
//!      ├─ document key     HKDF, seed of the Ed25519 key that signs packages and certificates
//!      └─ side-car key     HKDF, seals what the log keeps beside its entries
//! ```
//!
//! Changing the root key rewraps the master secret and touches nothing else. Which epoch each domain is in stands in
//! `.pii/keys/domains.json`. HKDF is RFC 5869 with SHA-256, HMAC is RFC 2104, wrapping is AES-256-GCM (NIST SP 800-38D)
//! with a random 96-bit nonce.

mod data;
mod derive;
mod domains;
mod error;
mod provider;
mod register;
mod replace;
mod ring_of_keys;
mod root;
mod rotate;
mod seal;
mod shards;

pub use data::{DataKey, FileKey};
pub use derive::PseudonymKey;
pub use domains::{Epoch, Epochs, Generation};
pub use error::Error;
pub use provider::{
    KeyAccess, KeyCommand, KeyFile, KeyProvider, Kms, KmsSettings, RootId, Transit, TransitSettings, Wrapped,
};
pub use register::RegisterKey;
pub use replace::{Lock, Replacement};
pub use ring_of_keys::Keyring;
pub use root::{KeyId, RootKey};
pub use seal::{Nonces, SealingKey};
pub use shards::{EpochKeys, Overwriting, SHARDS, ShardKey};
