use std::fmt;
use std::path::Path;

use ring::rand::{SecureRandom, SystemRandom};
use rusqlite::OptionalExtension;
use zeroize::Zeroizing;

use crate::keyring;
use crate::keyring::{Keyring, SealingKey};
use crate::state::{Database, Migrations};
use crate::vocab::Personal;

use super::{Alias, Error, Hash, Receipt};

/// What may have to be forgotten of what happened: notes, and lists of the people whom bulk entries concern.
///
/// An entry holds a commitment alone, and is never changed. What it commits to lies here, sealed: a note about a person
/// under a key of that person's, everything else under a key of the log's. It is written before its entry, so that a
/// commitment in the log always opens, unless what it commits to was erased; a row here without an entry is harmless.
pub struct Sidecar {
    pub(super) database: Database,
    /// Seals what concerns no one person.
    pub(super) key: SealingKey,
}

/// The person whom a note is about.
#[derive(Clone, Copy)]
pub struct About<'a> {
    /// Under which alias it is filed.
    pub alias: Alias,
    /// The key of theirs that it is sealed with. Whoever destroys it destroys the note in every copy.
    pub key: &'a SealingKey,
}

/// What a commitment leads to.
#[derive(Debug)]
pub enum Detail {
    /// The note, as it was written.
    Kept(Personal<String>),
    /// Nothing: it was erased, or the side-car was lost.
    Erased,
    /// Something that is not what was committed to.
    Altered,
}

impl Sidecar {
    /// Opens the file, or makes it, readable by its owner only.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Key`].
    pub fn open(path: &Path, keys: &Keyring) -> Result<Self, Error> {
        Ok(Self { database: Database::open(path, &MIGRATIONS)?, key: keys.sidecar()? })
    }

    /// Keeps a note, about a person or about nobody, and returns what an entry may say of it: SHA-256 of 32 random
    /// bytes and the note. It is on disk then.
    ///
    /// # Errors
    /// [`Error::DetailTooLarge`] beyond [`MAX_DETAIL`] bytes; [`Error::State`], [`Error::Key`].
    pub fn keep(&self, note: &Personal<String>, about: Option<About<'_>>) -> Result<Hash, Error> {
        let note = note.expose().as_bytes();
        if note.len() > MAX_DETAIL {
            return Err(Error::DetailTooLarge { bytes: note.len(), limit: MAX_DETAIL });
        }
        let mut opening = Zeroizing::new(Vec::with_capacity(SALT + note.len()));
        opening.extend_from_slice(&random::<SALT>()?);
        opening.extend_from_slice(note);
        let commitment = Hash::of(&opening);
        let key = about.map_or(&self.key, |about| about.key);
        let sealed = key.seal(&surroundings(commitment), &opening)?;
        let alias = about.map(|about| *about.alias.as_bytes());
        self.database.write(|tx| -> Result<(), Error> {
            tx.execute("INSERT INTO detail VALUES (?1, ?2, ?3)", (commitment.as_bytes(), alias, sealed))?;
            Ok(())
        })?;
        Ok(commitment)
    }

    /// Whom the note behind a commitment is about: `Some(None)` for nobody, `None` if there is no note.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn filed(&self, commitment: Hash) -> Result<Option<Option<Alias>>, Error> {
        let mut query = self.database.reader().prepare_cached("SELECT alias FROM detail WHERE commitment = ?1")?;
        let found: Option<Option<[u8; 16]>> = query.query_row([commitment.as_bytes()], |r| r.get(0)).optional()?;
        Ok(found.map(|alias| alias.map(Alias::from_bytes)))
    }

    /// Opens the note behind a commitment, and checks that it is what was committed to. `key` is that of the person
    /// whom it is about. The receipt proves that the look is on record.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn reveal(&self, commitment: Hash, key: Option<&SealingKey>, _recorded: &Receipt) -> Result<Detail, Error> {
        let mut query = self.database.reader().prepare_cached("SELECT sealed FROM detail WHERE commitment = ?1")?;
        let sealed: Option<Vec<u8>> = query.query_row([commitment.as_bytes()], |r| r.get(0)).optional()?;
        let Some(sealed) = sealed else { return Ok(Detail::Erased) };
        let opened = key.unwrap_or(&self.key).open(&surroundings(commitment), &sealed);
        let opened = opened.ok().filter(|opening| Hash::of(opening) == commitment);
        let note = opened.and_then(|opening| String::from_utf8(opening.get(SALT..)?.to_vec()).ok());
        Ok(note.map_or(Detail::Altered, |note| Detail::Kept(Personal::new(note))))
    }

    /// Deletes every note about a person, in the file and in its log of changes, and says how many there were. The
    /// receipt proves that the erasure is on record.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn forget(&self, alias: Alias, recorded: &Receipt) -> Result<u64, Error> {
        self.forget_all([alias], recorded)
    }

    /// The same of several people, all or none.
    ///
    /// # Errors
    /// As of [`forget`](Self::forget).
    pub fn forget_all(&self, people: impl IntoIterator<Item = Alias>, _recorded: &Receipt) -> Result<u64, Error> {
        let gone = self.database.write(|tx| -> Result<usize, Error> {
            let mut delete = tx.prepare_cached("DELETE FROM detail WHERE alias = ?1")?;
            let mut gone = 0;
            for alias in people {
                gone += delete.execute([alias.as_bytes()])?;
            }
            Ok(gone)
        })?;
        self.database.settle()?;
        Ok(gone as u64)
    }
}

impl fmt::Debug for Sidecar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sidecar({})", self.database.path().display())
    }
}

impl fmt::Debug for About<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "About({})", self.alias)
    }
}

/// Bytes from the operating system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| keyring::Error::NoRandomness)?;
    Ok(bytes)
}

/// What a sealed note is bound to.
fn surroundings(commitment: Hash) -> Vec<u8> {
    [b"pii/v1/note\0".as_slice(), commitment.as_bytes()].concat()
}

/// The most bytes a note may have.
pub const MAX_DETAIL: usize = 64 << 10;

const SALT: usize = 32;

const MIGRATIONS: Migrations = Migrations {
    room: "audit",
    steps: &["
    -- A note: what the entry says of it, under whose alias it is filed, and salt and text, sealed.
    CREATE TABLE detail (commitment BLOB PRIMARY KEY, alias BLOB, sealed BLOB NOT NULL) STRICT;
    CREATE INDEX detail_by_alias ON detail (alias);
    -- The people of a bulk entry: what it says of them, and the salt, sealed. Without a root it is being written.
    CREATE TABLE list (id INTEGER PRIMARY KEY, root BLOB UNIQUE, count INTEGER NOT NULL, salt BLOB NOT NULL) STRICT;
    CREATE TABLE chunk (
        list INTEGER NOT NULL REFERENCES list, number INTEGER NOT NULL, sealed BLOB NOT NULL,
        PRIMARY KEY (list, number)
    ) STRICT, WITHOUT ROWID;
    "],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::samples::{empty, event};
    use crate::keyring::RootKey;

    #[test]
    fn a_commitment_opens_to_the_note_and_to_nothing_else() {
        let (home, _dir, log) = empty();
        let recorded = log.append(&event(0)).unwrap();
        let sidecar = sidecar(home.path());
        let note = |text: &str| Personal::new(text.to_owned());
        let (anna, hers) = (Alias::random(), SealingKey::random().unwrap().0);
        let about = Some(About { alias: anna, key: &hers });
        let one = sidecar.keep(&note("she called twice"), about).unwrap();
        let two = sidecar.keep(&note("she called twice"), about).unwrap();
        let nobodys = sidecar.keep(&note("the yearly audit"), None).unwrap();
        assert_ne!(one, two, "salted: equal notes do not look equal in the log");
        assert_eq!(sidecar.filed(one).unwrap(), Some(Some(anna)));
        assert_eq!(sidecar.filed(nobodys).unwrap(), Some(None));

        let text = |found: Detail| match found {
            Detail::Kept(note) => note.expose().clone(),
            other => format!("{other:?}"),
        };
        assert_eq!(text(sidecar.reveal(one, Some(&hers), &recorded).unwrap()), "she called twice");
        assert_eq!(text(sidecar.reveal(nobodys, None, &recorded).unwrap()), "the yearly audit");
        assert_eq!(text(sidecar.reveal(one, None, &recorded).unwrap()), "Altered", "the log's key opens no person's");

        // A note that was moved under another commitment is not what that entry meant.
        let swap = "UPDATE detail SET sealed = (SELECT sealed FROM detail AS other WHERE other.commitment = ?2)
                    WHERE commitment = ?1";
        sidecar.database.reader().execute(swap, [two.as_bytes(), one.as_bytes()]).unwrap();
        assert_eq!(text(sidecar.reveal(two, Some(&hers), &recorded).unwrap()), "Altered");

        assert_eq!(sidecar.forget(anna, &recorded).unwrap(), 2);
        assert_eq!(text(sidecar.reveal(one, Some(&hers), &recorded).unwrap()), "Erased");
        assert_eq!(text(sidecar.reveal(nobodys, None, &recorded).unwrap()), "the yearly audit");
    }

    #[test]
    fn a_note_has_a_limit() {
        let home = tempfile::tempdir().unwrap();
        let long = Personal::new("x".repeat(MAX_DETAIL + 1));
        assert!(matches!(sidecar(home.path()).keep(&long, None), Err(Error::DetailTooLarge { .. })));
    }

    fn sidecar(home: &Path) -> Sidecar {
        let keys = home.join("keys");
        std::fs::create_dir(&keys).unwrap();
        let keys = Keyring::create(&keys, &RootKey::generate().unwrap()).unwrap();
        Sidecar::open(&home.join("sidecar.db"), &keys).unwrap()
    }
}
