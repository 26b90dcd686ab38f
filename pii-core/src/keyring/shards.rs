use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{Error, Keyring, SealingKey};

/// How many shards a vault has. A person's is the first byte of their random number.
pub const SHARDS: usize = 256;

/// The epoch keys of a vault: one random key for each shard, which wraps the keys of that shard's persons.
///
/// They lie in a file of fixed size with two slots for each shard, apart from the vault's database, so that copies of
/// the database hold dead ciphertext once a key is overwritten here. The database says which epoch is current; a slot
/// of any other epoch is what an interruption left, and is overwritten with zeros. `docs/design.md` has every byte.
pub struct EpochKeys {
    path: PathBuf,
    file: File,
    vault: [u8; 16],
    wrapping: SealingKey,
}

/// What may be known of an epoch key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardKey {
    /// Whose persons it wraps the keys of.
    pub shard: u8,
    /// Which generation, counted from 1.
    pub epoch: u32,
    /// When it was made, to the second.
    pub made: Timestamp,
}

impl EpochKeys {
    /// Makes the file at `path`, with a key of the first epoch for each shard of the vault with this id.
    ///
    /// # Errors
    /// [`Error::Shards`] if there is one already, or it cannot be written.
    pub fn create(path: &Path, keys: &Keyring, vault: [u8; 16], at: Timestamp) -> Result<(), Error> {
        let wrapping = keys.vault()?;
        let mut bytes = Vec::with_capacity(SIZE);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&vault);
        for shard in 0..=u8::MAX {
            bytes.extend_from_slice(&slot(&wrapping, vault, shard, 1, at)?);
            bytes.extend_from_slice(&[0; SLOT]);
        }
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
            file.write_all(&bytes)?;
            file.as_file().sync_all()?;
            file.persist_noclobber(path)?;
            File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
        };
        write().map_err(unusable(path))
    }

    /// Opens the file at `path`.
    ///
    /// # Errors
    /// [`Error::Shards`] if it is missing, or is no file of epoch keys.
    pub fn open(path: &Path, keys: &Keyring) -> Result<Self, Error> {
        let mut file = File::open(path).map_err(unusable(path))?;
        let malformed = |reason: &str| Error::Shards { path: path.to_owned(), reason: reason.to_owned() };
        if file.metadata().map_err(unusable(path))?.len() != SIZE as u64 {
            return Err(malformed("it has another size"));
        }
        let (mut magic, mut vault) = ([0; MAGIC.len()], [0; 16]);
        file.read_exact(&mut magic).and_then(|()| file.read_exact(&mut vault)).map_err(unusable(path))?;
        if magic != *MAGIC {
            return Err(malformed("it does not begin as a file of epoch keys does"));
        }
        Ok(Self { path: path.to_owned(), file, vault, wrapping: keys.vault()? })
    }

    /// Which vault these keys belong to.
    pub fn vault(&self) -> [u8; 16] {
        self.vault
    }

    /// The key of a shard in an epoch, read anew: another process may have overwritten it.
    ///
    /// # Errors
    /// [`Error::NoEpoch`] if it is not there; [`Error::Shards`] if it was altered.
    pub fn key(&self, shard: u8, epoch: u32) -> Result<SealingKey, Error> {
        for slot in self.slots_of(shard)? {
            let Some((key, sealed)) = read_slot(shard, &slot).filter(|(key, _)| key.epoch == epoch) else { continue };
            let opened = self.wrapping.open(&surroundings(self.vault, key), sealed);
            let bytes = opened.map_err(|_| Error::Shards {
                path: self.path.clone(),
                reason: format!("the key of shard {shard} was altered, or another key ring sealed it"),
            })?;
            return SealingKey::new(&bytes);
        }
        Err(Error::NoEpoch { path: self.path.clone(), shard, epoch })
    }

    /// Which keys are there: one for each shard, and a second where a shred has not ended.
    ///
    /// # Errors
    /// [`Error::Shards`].
    pub fn list(&self) -> Result<Vec<ShardKey>, Error> {
        let mut keys = Vec::with_capacity(SHARDS);
        for shard in 0..=u8::MAX {
            keys.extend(self.slots_of(shard)?.iter().filter_map(|slot| Some(read_slot(shard, slot)?.0)));
        }
        Ok(keys)
    }

    /// Waits for whoever overwrites keys, and keeps others from it.
    ///
    /// # Errors
    /// [`Error::Shards`].
    pub fn overwrite(&self) -> Result<Overwriting<'_>, Error> {
        let file = self.writable()?;
        file.lock().map_err(unusable(&self.path))?;
        Ok(Overwriting { keys: self, file })
    }

    /// The same, unless somebody is at it.
    ///
    /// # Errors
    /// [`Error::Shards`].
    pub fn try_overwrite(&self) -> Result<Option<Overwriting<'_>>, Error> {
        let file = self.writable()?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Overwriting { keys: self, file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(unusable(&self.path)(error)),
        }
    }

    /// Whoever only reads and writes people needs no right to change this file.
    fn writable(&self) -> Result<File, Error> {
        OpenOptions::new().read(true).write(true).open(&self.path).map_err(unusable(&self.path))
    }

    fn slots_of(&self, shard: u8) -> Result<[[u8; SLOT]; 2], Error> {
        let mut both = [[0; SLOT]; 2];
        let mut file = &self.file;
        let read = file.seek(SeekFrom::Start(place(shard, 0))).and_then(|_| file.read_exact(both.as_flattened_mut()));
        read.map_err(unusable(&self.path))?;
        Ok(both)
    }
}

impl fmt::Debug for EpochKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EpochKeys({})", self.path.display())
    }
}

/// The right to overwrite epoch keys, until dropped: one process at a time has it.
#[derive(Debug)]
pub struct Overwriting<'a> {
    keys: &'a EpochKeys,
    /// Locked until it is closed.
    file: File,
}

impl Overwriting<'_> {
    /// Lays a new key beside the current one of each of these shards: `(shard, current epoch)`. On disk when it returns.
    ///
    /// # Errors
    /// [`Error::NoEpoch`] if the current key is not there: another would then be lost. [`Error::Shards`].
    pub fn prepare(&self, shards: &[(u8, u32)], at: Timestamp) -> Result<(), Error> {
        let keys = self.keys;
        for &(shard, epoch) in shards {
            let slots = keys.slots_of(shard)?;
            let current =
                slots.iter().position(|slot| read_slot(shard, slot).is_some_and(|(key, _)| key.epoch == epoch));
            let missing = || Error::NoEpoch { path: keys.path.clone(), shard, epoch };
            let spare = 1 - current.ok_or_else(missing)?;
            self.write(shard, spare, &slot(&keys.wrapping, keys.vault, shard, epoch.saturating_add(1), at)?)?;
        }
        self.file.sync_all().map_err(unusable(&keys.path))
    }

    /// Overwrites every key with zeros that is not of its shard's current epoch. On disk when it returns; says how many.
    /// A shard whose current key is missing is left as it is.
    ///
    /// # Errors
    /// [`Error::Shards`].
    pub fn retire(&self, current: &[u32]) -> Result<u64, Error> {
        let mut gone = 0;
        for (shard, epoch) in (0..=u8::MAX).zip(current) {
            let slots = self.keys.slots_of(shard)?;
            let is_current = |slot: &[u8; SLOT]| read_slot(shard, slot).is_some_and(|(key, _)| key.epoch == *epoch);
            if !slots.iter().any(is_current) {
                continue;
            }
            for (number, slot) in slots.iter().enumerate() {
                if !is_current(slot) && slot.iter().any(|byte| *byte != 0) {
                    self.write(shard, number, &[0; SLOT])?;
                    gone += 1;
                }
            }
        }
        if gone > 0 {
            self.file.sync_all().map_err(unusable(&self.keys.path))?;
        }
        Ok(gone)
    }

    fn write(&self, shard: u8, number: usize, slot: &[u8; SLOT]) -> Result<(), Error> {
        let mut file = &self.file;
        let written = file.seek(SeekFrom::Start(place(shard, number))).and_then(|_| file.write_all(slot));
        written.map_err(unusable(&self.keys.path))
    }
}

/// A new key in its slot: epoch, time, sealed key.
fn slot(wrapping: &SealingKey, vault: [u8; 16], shard: u8, epoch: u32, at: Timestamp) -> Result<[u8; SLOT], Error> {
    let made = Timestamp::from_second(at.as_second()).unwrap_or(Timestamp::UNIX_EPOCH);
    let (_, bytes): (_, Zeroizing<[u8; 32]>) = SealingKey::random()?;
    let sealed = wrapping.seal(&surroundings(vault, ShardKey { shard, epoch, made }), bytes.as_ref())?;
    let slot = [epoch.to_be_bytes().as_slice(), &made.as_second().to_be_bytes(), &sealed].concat();
    slot.try_into().map_err(|_| Error::Unsealable)
}

fn read_slot(shard: u8, slot: &[u8; SLOT]) -> Option<(ShardKey, &[u8])> {
    let (epoch, rest) = slot.split_first_chunk()?;
    let (made, sealed) = rest.split_first_chunk()?;
    let epoch = u32::from_be_bytes(*epoch);
    let made = Timestamp::from_second(i64::from_be_bytes(*made)).ok()?;
    (epoch > 0).then_some((ShardKey { shard, epoch, made }, sealed))
}

/// What a sealed epoch key is bound to.
fn surroundings(vault: [u8; 16], key: ShardKey) -> Vec<u8> {
    let (epoch, made) = (key.epoch.to_be_bytes(), key.made.as_second().to_be_bytes());
    [b"pii/v1/epoch\0".as_slice(), &vault, &[key.shard], &epoch, &made].concat()
}

fn place(shard: u8, number: usize) -> u64 {
    (MAGIC.len() + 16 + (usize::from(shard) * 2 + number) * SLOT) as u64
}

fn unusable(path: &Path) -> impl Fn(io::Error) -> Error {
    move |error| Error::Shards { path: path.to_owned(), reason: error.to_string() }
}

const MAGIC: &[u8; 16] = b"pii/v1/epochs\n\0\0";
const SLOT: usize = 4 + 8 + 60;
const SIZE: usize = MAGIC.len() + 16 + 2 * SHARDS * SLOT;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::RootKey;

    fn made() -> (tempfile::TempDir, Keyring, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keyring::create(dir.path(), &RootKey::generate().unwrap()).unwrap();
        let path = dir.path().join("shards");
        EpochKeys::create(&path, &keys, [7; 16], Timestamp::UNIX_EPOCH).unwrap();
        (dir, keys, path)
    }

    /// Every shard in the first epoch, but this one.
    fn epochs(shard: u8, epoch: u32) -> Vec<u32> {
        (0..=u8::MAX).map(|n| if n == shard { epoch } else { 1 }).collect()
    }

    #[test]
    fn a_retired_key_is_overwritten_and_the_next_one_stays() {
        let (_dir, keys, path) = made();
        let epochs_file = EpochKeys::open(&path, &keys).unwrap();
        let sealed = epochs_file.key(9, 1).unwrap().seal(b"", b"x").unwrap();
        let before = std::fs::read(&path).unwrap();
        let writing = epochs_file.overwrite().unwrap();
        writing.prepare(&[(9, 1)], Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(epochs_file.list().unwrap().len(), SHARDS + 1);
        assert!(epochs_file.key(9, 1).unwrap().open(b"", &sealed).is_ok());
        assert_eq!(writing.retire(&epochs(9, 2)).unwrap(), 1);
        assert_eq!(writing.retire(&epochs(9, 2)).unwrap(), 0);
        assert!(matches!(epochs_file.key(9, 1), Err(Error::NoEpoch { shard: 9, epoch: 1, .. })));
        assert!(epochs_file.key(9, 2).unwrap().open(b"", &sealed).is_err());
        assert!(epochs_file.key(8, 1).is_ok());
        // The bytes are gone from the file, and it has the size that it had.
        let after = std::fs::read(&path).unwrap();
        let old = &before[place(9, 0) as usize..][..SLOT];
        assert!(!after.windows(16).any(|window| window == &old[SLOT - 16..]));
        assert_eq!((before.len(), after.len()), (SIZE, SIZE));
    }

    #[test]
    fn what_was_prepared_and_never_used_goes() {
        let (_dir, keys, path) = made();
        let file = EpochKeys::open(&path, &keys).unwrap();
        let writing = file.overwrite().unwrap();
        writing.prepare(&[(0, 1), (255, 1)], Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(writing.retire(&epochs(0, 1)).unwrap(), 2);
        assert!(file.key(0, 1).is_ok() && file.key(0, 2).is_err());
        // A file that does not have the current key is older than the vault: nothing of it is destroyed.
        assert_eq!(writing.retire(&epochs(0, 3)).unwrap(), 0);
        assert!(matches!(writing.prepare(&[(0, 3)], Timestamp::UNIX_EPOCH), Err(Error::NoEpoch { .. })));
    }

    #[test]
    fn one_at_a_time_overwrites() {
        let (_dir, keys, path) = made();
        let (one, other) = (EpochKeys::open(&path, &keys).unwrap(), EpochKeys::open(&path, &keys).unwrap());
        let held = one.overwrite().unwrap();
        assert!(other.try_overwrite().unwrap().is_none());
        drop(held);
        assert!(other.try_overwrite().unwrap().is_some());
    }

    #[test]
    fn an_altered_slot_and_the_file_of_another_are_refused() {
        let (dir, keys, path) = made();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[place(3, 0) as usize + 40] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let file = EpochKeys::open(&path, &keys).unwrap();
        assert!(matches!(file.key(3, 1), Err(Error::Shards { .. })));
        assert!(file.key(4, 1).is_ok());
        let other = tempfile::tempdir().unwrap();
        let others = Keyring::create(other.path(), &RootKey::generate().unwrap()).unwrap();
        assert!(matches!(EpochKeys::open(&path, &others).unwrap().key(4, 1), Err(Error::Shards { .. })));
        std::fs::write(&path, &bytes[..100]).unwrap();
        assert!(matches!(EpochKeys::open(&path, &keys), Err(Error::Shards { .. })));
        assert!(matches!(EpochKeys::open(dir.path(), &keys), Err(Error::Shards { .. })));
    }
}
