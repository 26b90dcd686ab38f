//! The keys of persons, and the epoch keys that wrap them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::blind::person_surroundings;
use super::store::{PersonId, PersonRow, shard_of};
use super::{Error, Vault};
use crate::keyring::{EpochKeys, Nonces, SHARDS, SealingKey};
use crate::vocab::SubjectId;

/// Epoch keys that were unwrapped already; another process may have moved on, so each is known by its epoch.
pub(super) struct Unwrapped {
    pub(super) file: EpochKeys,
    /// By shard.
    known: RefCell<Vec<Option<Known>>>,
}

type Known = (u32, Arc<SealingKey>);

impl Unwrapped {
    pub(super) fn new(file: EpochKeys) -> Self {
        Self { file, known: RefCell::new(vec![None; SHARDS]) }
    }

    /// The key of a shard in the epoch that the database says it is in.
    pub(super) fn key(&self, shard: u8, epoch: u32) -> Result<Arc<SealingKey>, Error> {
        let mut known = self.known.borrow_mut();
        let place = known.get_mut(usize::from(shard)).ok_or(Error::Corrupt("a shard that there is not"))?;
        match place {
            Some((of, key)) if *of == epoch => Ok(key.clone()),
            _ => {
                let key = Arc::new(self.file.key(shard, epoch)?);
                *place = Some((epoch, key.clone()));
                Ok(key)
            }
        }
    }

    /// The keys that these people's are wrapped by, for many threads.
    pub(super) fn keys_of(&self, people: &[PersonRow]) -> Result<EpochsOf, Error> {
        let mut keys = EpochsOf::default();
        for person in people {
            keys.0.resize(SHARDS, None);
            let shard = shard_of(person.id);
            if let Some(place) = keys.0.get_mut(usize::from(shard)).filter(|place| place.is_none()) {
                *place = Some(self.key(shard, person.epoch)?);
            }
        }
        Ok(keys)
    }
}

/// Epoch keys of some shards.
#[derive(Default)]
pub(super) struct EpochsOf(Vec<Option<Arc<SealingKey>>>);

impl EpochsOf {
    /// The key that wraps this person's.
    pub(super) fn key(&self, person: &PersonRow) -> Result<&SealingKey, Error> {
        let key = self.0.get(usize::from(shard_of(person.id))).and_then(Option::as_deref);
        key.ok_or(Error::Corrupt("a shard that there is not"))
    }

    /// The bytes of this person's key.
    pub(super) fn open(&self, person: &PersonRow) -> Result<Zeroizing<Vec<u8>>, Error> {
        unwrap(self.key(person)?, person.subject, &person.key)
    }
}

/// The bytes of a person's key.
pub(super) fn unwrap(epoch: &SealingKey, subject: [u8; 16], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    Ok(epoch.open(&person_surroundings(SubjectId::from_bytes(subject)), wrapped)?)
}

/// A person's key, wrapped.
pub(super) fn wrap(epoch: &SealingKey, nonces: &mut Nonces, subject: [u8; 16], key: &[u8]) -> Result<Vec<u8>, Error> {
    Ok(epoch.seal_with(nonces, &person_surroundings(SubjectId::from_bytes(subject)), key)?)
}

impl Vault {
    /// The bytes of a person's key, as it is now.
    pub(super) fn key_of(&self, person: PersonId) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.keys_of(&[person])?.pop().ok_or(Error::Gone)
    }

    /// The same of several people, in their order.
    pub(super) fn keys_of(&self, people: &[PersonId]) -> Result<Vec<Zeroizing<Vec<u8>>>, Error> {
        let mut tries = 0;
        loop {
            let found = self.store.read()?.people(people)?;
            let by_id: HashMap<PersonId, &PersonRow> = found.iter().map(|row| (row.id, row)).collect();
            match self.epochs.keys_of(&found) {
                // Another process has moved a shard on since the rows were read.
                Err(Error::Key(crate::keyring::Error::NoEpoch { .. })) if tries < TRIES => tries += 1,
                epochs => {
                    let epochs = epochs?;
                    return people.iter().map(|id| epochs.open(by_id.get(id).ok_or(Error::Gone)?)).collect();
                }
            }
        }
    }
}

const TRIES: u32 = 3;
