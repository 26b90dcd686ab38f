use jiff::Timestamp;

use super::{Error, Vault};
use crate::keyring::SHARDS;

/// How much the vault holds, and under which keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Where it is: a path, or `postgres://…`.
    pub place: String,
    /// People.
    pub subjects: u64,
    /// Identifiers that point to them.
    pub identifiers: u64,
    /// Sealed values.
    pub values: u64,
    /// Size in the database, in bytes.
    pub bytes: u64,
    /// The datasets that values came from.
    pub datasets: Vec<String>,
    /// How many shards are in which epoch, oldest first.
    pub epochs: Vec<EpochCount>,
    /// When the oldest epoch key that is in use was made.
    pub oldest_key: Option<Timestamp>,
    /// Keys that are no shard's current one, and are not destroyed: 0 unless a shred was stopped, or is at work.
    pub unspent: u64,
}

/// Shards in one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochCount {
    /// Which.
    pub epoch: u32,
    /// How many.
    pub shards: u64,
}

impl Vault {
    /// Counts, without opening a value.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Server`]; [`Error::Key`] if the file of epoch keys cannot be read.
    pub fn status(&self) -> Result<Status, Error> {
        let mut reader = self.store.read()?;
        let counts = reader.counts()?;
        let mut datasets: Vec<_> = reader.layout()?.fields.into_iter().map(|field| field.dataset).collect();
        datasets.sort_unstable();
        datasets.dedup();
        let current: Vec<u32> = reader.shards()?.iter().map(|shard| shard.epoch).collect();
        drop(reader);
        let mut epochs: Vec<EpochCount> = Vec::new();
        for epoch in &current {
            match epochs.iter_mut().find(|known| known.epoch == *epoch) {
                Some(known) => known.shards += 1,
                None => epochs.push(EpochCount { epoch: *epoch, shards: 1 }),
            }
        }
        epochs.sort_unstable_by_key(|count| count.epoch);
        let keys = self.epochs.file.list()?;
        let is_current = |shard: u8, epoch: u32| current.get(usize::from(shard)) == Some(&epoch);
        let in_use = keys.iter().filter(|key| is_current(key.shard, key.epoch));
        Ok(Status {
            place: self.location.to_string(),
            subjects: counts.people,
            identifiers: counts.identifiers,
            values: counts.values,
            bytes: self.store.bytes()?,
            datasets,
            epochs,
            oldest_key: in_use.clone().map(|key| key.made).min(),
            unspent: keys.len().saturating_sub(in_use.count().min(SHARDS)) as u64,
        })
    }
}
