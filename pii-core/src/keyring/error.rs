use std::path::PathBuf;

use super::{Epoch, RootId};
use crate::vocab::Domain;
use crate::wire;

/// What can go wrong with keys. No message holds key material.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The root key, or the token that it is asked for with, cannot be read.
    #[error("cannot read the key file `{}`", .path.display())]
    Unreadable {
        /// The key file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others than its owner can read the key file.
    #[error("the key file `{}` can be read by others (mode {mode:03o})", .path.display())]
    Exposed {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not 32 bytes of base64.
    #[error("the root key is not 32 bytes of base64")]
    Malformed,
    /// The key command failed.
    #[error("the key command failed: {reason}")]
    Command {
        /// How.
        reason: String,
    },
    /// The workspace belongs to another root key.
    #[error("wrong root key: the workspace needs key `{expected}`, this is key `{found}`")]
    WrongKey {
        /// The key the workspace was wrapped with.
        expected: RootId,
        /// The key that was given.
        found: RootId,
    },
    /// The wrapped master secret is missing, damaged or of a later version.
    #[error("the wrapped master key `{}` is unusable: {reason}", .path.display())]
    Master {
        /// The file.
        path: PathBuf,
        /// How.
        reason: String,
    },
    /// The epochs of the domains are missing, damaged or of a later version.
    #[error("the epochs of the keys, `{}`, are unusable: {reason}", .path.display())]
    Domains {
        /// The file.
        path: PathBuf,
        /// How.
        reason: String,
    },
    /// The file of epoch keys cannot be used.
    #[error("the epoch keys `{}` are unusable: {reason}", .path.display())]
    Shards {
        /// The file.
        path: PathBuf,
        /// How.
        reason: String,
    },
    /// Another process changes keys.
    #[error("another process changes the keys: it holds `{}`", .path.display())]
    Locked {
        /// The lock.
        path: PathBuf,
    },
    /// Another process has changed the epoch.
    #[error("`{domain}` is in epoch {current} meanwhile: somebody else was faster")]
    Moved {
        /// Whose keys.
        domain: Domain,
        /// Where they are now.
        current: Epoch,
    },
    /// Another process has changed the root key.
    #[error("the root key is `{current}` meanwhile: somebody else was faster")]
    Rewrapped {
        /// The key that wraps the workspace's now.
        current: RootId,
    },
    /// A file of keys cannot be written.
    #[error("cannot write `{}`", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An epoch key that is needed is not there: it was destroyed, or an older copy of the file was put in its place.
    #[error("`{}` has no key of shard {shard} for epoch {epoch}", .path.display())]
    NoEpoch {
        /// The file.
        path: PathBuf,
        /// The shard.
        shard: u8,
        /// The epoch that the vault says it is in.
        epoch: u32,
    },
    /// The provider of the root key cannot be reached.
    #[error("cannot reach {provider}")]
    Unreachable {
        /// Who.
        provider: &'static str,
        /// Why.
        source: wire::Error,
    },
    /// The provider of the root key refuses.
    #[error("{provider} refuses: {reason}")]
    Refused {
        /// Who.
        provider: &'static str,
        /// In its own words.
        reason: String,
    },
    /// What answers is not the provider of the root key, or a later version of it.
    #[error("{provider} gives an answer that cannot be understood")]
    Answer {
        /// Who.
        provider: &'static str,
    },
    /// Nobody said who asks.
    #[error("no credentials for {provider} were given")]
    NoCredentials {
        /// Who.
        provider: &'static str,
    },
    /// A setting leads nowhere.
    #[error("the setting `{setting}` cannot be used: {reason}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// Why.
        reason: String,
    },
    /// Something was wrapped in a way that this program does not know.
    #[error("a later version wrapped it")]
    Newer,
    /// Sealed bytes do not open: another key, other surroundings, or altered.
    #[error("sealed data do not open: they were altered, moved, or sealed with another key")]
    Unsealable,
    /// The operating system gives no randomness.
    #[error("the operating system gives no random bytes")]
    NoRandomness,
}
