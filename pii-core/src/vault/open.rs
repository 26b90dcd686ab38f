use std::fmt;
use std::path::Path;

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};

use super::keys::Unwrapped;
use super::store::postgres::PostgresStore;
use super::store::sqlite::SqliteStore;
use super::store::{VaultStore, Writer};
use super::{Error, Login, VaultLocation};
use crate::keyring::{self, EpochKeys, Keyring, PseudonymKey, SHARDS};

/// The vault, opened with its keys.
pub struct Vault {
    pub(super) store: Box<dyn VaultStore>,
    pub(super) location: VaultLocation,
    pub(super) epochs: Unwrapped,
    /// Tags stored values, so that a value is kept once a person and column.
    pub(super) value_tags: PseudonymKey,
}

impl Vault {
    /// Begins a vault at `location`, and its epoch keys in the file `epochs`; if there is one already, opens it.
    ///
    /// # Errors
    /// As of [`open`](Self::open).
    pub fn create(
        location: &VaultLocation,
        login: &Login,
        epochs: &Path,
        keys: &Keyring,
        at: Timestamp,
    ) -> Result<Self, Error> {
        let store = connect(location, login, true)?;
        let mut begun = store.write()?;
        if begun.identity()?.is_none() {
            let id = match EpochKeys::open(epochs, keys) {
                // Whoever made the file was stopped before the vault was there.
                Ok(file) => file.vault(),
                Err(_) if !epochs.exists() => {
                    let id = random_id()?;
                    EpochKeys::create(epochs, keys, id, at)?;
                    id
                }
                Err(error) => return Err(error.into()),
            };
            begun.begin(id)?;
            begun.add_shards(1)?;
            begun.commit()?;
        } else {
            drop(begun);
        }
        Self::with(store, location, epochs, keys)
    }

    /// Opens the vault at `location` with the epoch keys in the file `epochs`. What a shred that was stopped left of
    /// older keys is overwritten.
    ///
    /// # Errors
    /// [`Error::NoVault`] if there is none, [`Error::OtherVault`] if the epoch keys are another's, [`Error::Moved`] if
    /// it is somewhere else now; [`Error::State`] and [`Error::Server`]; [`Error::Key`].
    pub fn open(location: &VaultLocation, login: &Login, epochs: &Path, keys: &Keyring) -> Result<Self, Error> {
        Self::with(connect(location, login, false)?, location, epochs, keys)
    }

    fn with(
        store: Box<dyn VaultStore>,
        location: &VaultLocation,
        epochs: &Path,
        keys: &Keyring,
    ) -> Result<Self, Error> {
        let identity = store.read()?.identity()?;
        let identity = identity.ok_or_else(|| Error::NoVault { place: location.to_string() })?;
        if let Some(to) = identity.moved {
            return Err(Error::Moved { to });
        }
        let file = EpochKeys::open(epochs, keys)?;
        if file.vault() != identity.id {
            return Err(Error::OtherVault { place: location.to_string(), epochs: epochs.to_owned() });
        }
        let vault =
            Self { store, location: location.clone(), epochs: Unwrapped::new(file), value_tags: keys.blind("value")? };
        vault.resume()?;
        Ok(vault)
    }

    /// Overwrites the keys that an interrupted shred left, unless somebody is at it right now; whoever may not change
    /// the file leaves it to others.
    fn resume(&self) -> Result<(), Error> {
        if self.epochs.file.list()?.len() > SHARDS
            && let Ok(Some(overwriting)) = self.epochs.file.try_overwrite()
        {
            let current = self.current_epochs()?;
            overwriting.retire(&current)?;
        }
        Ok(())
    }

    /// The epoch that the database says each shard is in.
    pub(super) fn current_epochs(&self) -> Result<Vec<u32>, Error> {
        Ok(self.store.read()?.shards()?.iter().map(|shard| shard.epoch).collect())
    }

    /// The only writer, in a vault that is still here.
    pub(super) fn write(&self) -> Result<Box<dyn Writer + '_>, Error> {
        let mut writer = self.store.write()?;
        match writer.identity()? {
            Some(identity) if identity.moved.is_none() => Ok(writer),
            Some(identity) => Err(Error::Moved { to: identity.moved.unwrap_or_default() }),
            None => Err(Error::NoVault { place: self.location.to_string() }),
        }
    }

    /// Where it is.
    pub fn location(&self) -> &VaultLocation {
        &self.location
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({})", self.location)
    }
}

/// The database, with its tables; they are made if there are none and `make` says so.
pub(super) fn connect(location: &VaultLocation, login: &Login, make: bool) -> Result<Box<dyn VaultStore>, Error> {
    Ok(match location {
        // A vault that is gone must not be replaced by an empty one in silence.
        VaultLocation::File(file) if !make && !file.exists() => {
            return Err(Error::NoVault { place: location.to_string() });
        }
        VaultLocation::File(file) => Box::new(SqliteStore::open(file)?),
        VaultLocation::Server(server) => Box::new(PostgresStore::connect(server, login, make)?),
    })
}

fn random_id() -> Result<[u8; 16], Error> {
    let mut id = [0; 16];
    SystemRandom::new().fill(&mut id).map_err(|_| keyring::Error::NoRandomness)?;
    Ok(id)
}
