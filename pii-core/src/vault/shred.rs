use std::collections::BTreeMap;
use std::ops::AddAssign;

use jiff::Timestamp;
use rayon::prelude::*;

use super::keys::{unwrap, wrap};
use super::store::{PersonId, PersonRow, Removed, Writer, first_of, shard_of};
use super::{Error, Person, Vault};
use crate::audit::Receipt;
use crate::keyring::{Nonces, SealingKey};

/// What went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shredded {
    /// Keys of persons, and so people.
    pub keys: u64,
    /// Identifiers that pointed to them.
    pub identifiers: u64,
    /// Sealed values.
    pub values: u64,
    /// Pseudonyms in the index.
    pub pseudonyms: u64,
    /// People whose keys were wrapped anew.
    pub rewrapped: u64,
    /// The epoch keys that were destroyed.
    pub spent: Vec<Spent>,
}

impl AddAssign for Shredded {
    fn add_assign(&mut self, other: Self) {
        self.keys += other.keys;
        self.identifiers += other.identifiers;
        self.values += other.values;
        self.pseudonyms += other.pseudonyms;
        self.rewrapped += other.rewrapped;
        self.spent.extend(other.spent);
    }
}

/// An epoch key that is destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Whose persons' keys it wrapped.
    pub shard: u8,
    /// Which generation it was.
    pub epoch: u32,
}

impl Vault {
    /// Destroys all that the vault holds of these people, so that no copy of the database brings it back: their rows and
    /// keys go, the keys of the others in their shards are wrapped under a next epoch key, and the epoch key before is
    /// overwritten. However many people, a shard is wrapped once. The receipt proves that it is on record; their
    /// aliases stand in the log and lead nowhere from now on.
    ///
    /// A transaction is about whole shards, several where they are small. Whoever is stopped in between does it again; what is half done ends when the vault is
    /// next opened. Backups of the file of epoch keys are not touched.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Server`], [`Error::Key`]; [`Error::Moved`]. If it is [`crate::state::Error::Locked`],
    /// the keys may be gone while others read an older state of the file: blind tags are written over when they end and
    /// anybody writes.
    pub fn shred(&self, people: &[Person], at: Timestamp, _recorded: &Receipt) -> Result<Shredded, Error> {
        let mut shards: BTreeMap<u8, Vec<PersonId>> = BTreeMap::new();
        for person in people {
            shards.entry(shard_of(person.id)).or_default().push(person.id);
        }
        self.renew(&shards, at)
    }

    /// Wraps the keys of all people under next epoch keys, and destroys those before: copies of the database that were
    /// made until now cannot be opened any more.
    ///
    /// # Errors
    /// As of [`shred`](Self::shred).
    pub fn rewrap(&self, at: Timestamp, _recorded: &Receipt) -> Result<Shredded, Error> {
        self.renew(&(0..=u8::MAX).map(|shard| (shard, Vec::new())).collect(), at)
    }

    /// Ends the epoch of these shards, and these people with it.
    fn renew(&self, shards: &BTreeMap<u8, Vec<PersonId>>, at: Timestamp) -> Result<Shredded, Error> {
        let mut done = Shredded::default();
        if shards.is_empty() {
            return Ok(done);
        }
        // One at a time: between the next key and the end of the one before, nobody else may touch the slots.
        let overwriting = self.epochs.file.overwrite()?;
        let epochs = self.current_epochs()?;
        // An older interruption may have left a slot that is needed now.
        overwriting.retire(&epochs)?;
        let of = |shard: u8| epochs.get(usize::from(shard)).copied().ok_or(Error::Corrupt("a shard that there is not"));
        let current = shards.keys().map(|shard| Ok((*shard, of(*shard)?))).collect::<Result<Vec<_>, Error>>()?;
        overwriting.prepare(&current, at)?;
        let renewed = self.renew_in_turn(&current, shards, &mut done);
        // Whatever stopped it, the keys that nobody needs any more go.
        let retired = self.current_epochs().and_then(|epochs| Ok(overwriting.retire(&epochs)?));
        drop(overwriting);
        renewed.and(retired)?;
        self.store.settle()?;
        Ok(done)
    }

    /// Some shards a transaction: their people's identifiers lie all over the file, and every transaction writes the pages
    /// that it touched.
    fn renew_in_turn(
        &self,
        current: &[(u8, u32)],
        people: &BTreeMap<u8, Vec<PersonId>>,
        done: &mut Shredded,
    ) -> Result<(), Error> {
        let mut shards = current.iter().peekable();
        while shards.peek().is_some() {
            let mut writer = self.write()?;
            let mut together = Shredded::default();
            while together.keys + together.rewrapped < TOGETHER
                && let Some((shard, epoch)) = shards.next()
            {
                let gone = people.get(shard).map(Vec::as_slice).unwrap_or_default();
                self.renew_shard(writer.as_mut(), *shard, *epoch, gone, &mut together)?;
                together.spent.push(Spent { shard: *shard, epoch: *epoch });
            }
            writer.commit()?;
            *done += together;
        }
        Ok(())
    }

    fn renew_shard(
        &self,
        writer: &mut dyn Writer,
        shard: u8,
        epoch: u32,
        gone: &[PersonId],
        done: &mut Shredded,
    ) -> Result<(), Error> {
        let next = epoch.saturating_add(1);
        let (from, to) = (self.epochs.key(shard, epoch)?, self.epochs.key(shard, next)?);
        for gone in gone.chunks(CHUNK) {
            let Removed { people, identifiers, values, pseudonyms } = writer.remove(gone)?;
            done.keys += people;
            done.identifiers += identifiers;
            done.values += values;
            done.pseudonyms += pseudonyms;
        }
        let mut after = first_of(shard) - 1;
        loop {
            let people = writer.people_of(shard, after, PAGE)?;
            let Some(last) = people.last() else { break };
            after = last.id;
            writer.rewrap(&rewrapped(&from, &to, &people)?)?;
            done.rewrapped += people.len() as u64;
        }
        writer.set_epoch(shard, next)
    }

    /// Writes the vault's file anew, so that no page keeps a copy of a row that was deleted later: an old page may hold a
    /// blind tag that has moved on before it was destroyed. To be done after people were forgotten; once for many is
    /// enough. Takes as long as the file is large, and as much room again.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Server`].
    pub fn compact(&self) -> Result<(), Error> {
        self.store.compact()
    }
}

fn rewrapped(from: &SealingKey, to: &SealingKey, people: &[PersonRow]) -> Result<Vec<(PersonId, Vec<u8>)>, Error> {
    let rewrapped = people.par_chunks(CHUNK).map(|people| {
        let mut nonces = Nonces::new();
        let rewrapped = people.iter().map(|person| {
            let key = unwrap(from, person.subject, &person.key)?;
            Ok((person.id, wrap(to, &mut nonces, person.subject, &key)?))
        });
        rewrapped.collect::<Result<Vec<_>, Error>>()
    });
    Ok(rewrapped.collect::<Result<Vec<_>, Error>>()?.into_iter().flatten().collect())
}

/// People of whom a transaction is, if shards are small: others who write wait for it.
const TOGETHER: u64 = 50_000;
/// People whose keys are in memory at once.
const PAGE: i64 = 10_000;
const CHUNK: usize = 512;
