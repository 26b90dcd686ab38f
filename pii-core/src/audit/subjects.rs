use zeroize::Zeroizing;

use super::sidecar::random;
use super::{Alias, Error, Hash, Range, Sidecar, leaf_hash};

/// The people whom a bulk entry concerns, as they are counted. Memory does not grow with their number.
///
/// Made by [`Sidecar::subjects`]. If it is dropped unfinished, what it kept is under no root and harmless.
#[derive(Debug)]
pub struct Subjects<'a> {
    sidecar: &'a Sidecar,
    salt: [u8; SALT],
    tree: Range,
    list: Option<i64>,
    number: i64,
    chunk: Zeroizing<Vec<u8>>,
}

impl Sidecar {
    /// Begins a list of people.
    ///
    /// # Errors
    /// [`Error::Key`] if there are no random numbers.
    pub fn subjects(&self) -> Result<Subjects<'_>, Error> {
        let chunk = Zeroizing::new(Vec::with_capacity(CHUNK * ALIAS));
        Ok(Subjects { sidecar: self, salt: random()?, tree: Range::default(), list: None, number: 0, chunk })
    }
}

impl Subjects<'_> {
    /// Adds a person. Each is to come once.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Key`].
    pub fn push(&mut self, alias: Alias) -> Result<(), Error> {
        self.tree.push(leaf(&self.salt, alias.as_bytes()));
        self.chunk.extend_from_slice(alias.as_bytes());
        if self.chunk.len() == CHUNK * ALIAS { self.flush() } else { Ok(()) }
    }

    /// What an entry says of them: the RFC 6962 root over their salted aliases, and how many there are. The list is
    /// on disk then. Of nobody, nothing is kept.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Key`].
    pub fn finish(mut self) -> Result<(Hash, u64), Error> {
        if !self.chunk.is_empty() {
            self.flush()?;
        }
        let (root, count) = (self.tree.root(), self.tree.size());
        if let Some(list) = self.list {
            let stored = i64::try_from(count).unwrap_or(i64::MAX);
            self.sidecar.database.write(|tx| -> Result<(), Error> {
                tx.execute("UPDATE list SET root = ?2, count = ?3 WHERE id = ?1", (list, root.as_bytes(), stored))?;
                Ok(())
            })?;
        }
        Ok((root, count))
    }

    fn flush(&mut self) -> Result<(), Error> {
        let (key, salt, number, chunk) = (&self.sidecar.key, &self.salt, self.number, &self.chunk);
        let begun = self.list;
        let list = self.sidecar.database.write(|tx| -> Result<i64, Error> {
            let list = match begun {
                Some(list) => list,
                None => {
                    tx.execute("INSERT INTO list (count, salt) VALUES (0, x'')", [])?;
                    let list = tx.last_insert_rowid();
                    let sealed = key.seal(&surroundings(list, SALT_NUMBER), salt)?;
                    tx.execute("UPDATE list SET salt = ?2 WHERE id = ?1", (list, sealed))?;
                    list
                }
            };
            let sealed = key.seal(&surroundings(list, number), chunk)?;
            tx.execute("INSERT INTO chunk VALUES (?1, ?2, ?3)", (list, number, sealed))?;
            Ok(list)
        })?;
        self.list = Some(list);
        self.number += 1;
        self.chunk.clear();
        Ok(())
    }
}

pub(super) fn leaf(salt: &[u8; SALT], alias: &[u8; ALIAS]) -> Hash {
    let mut salted = [0; SALT + ALIAS];
    salted.iter_mut().zip(salt.iter().chain(alias)).for_each(|(to, from)| *to = *from);
    leaf_hash(&salted)
}

/// What a sealed chunk is bound to: its list, and its number there.
pub(super) fn surroundings(list: i64, number: i64) -> Vec<u8> {
    [b"pii/v1/subjects\0".as_slice(), &list.to_be_bytes(), &number.to_be_bytes()].concat()
}

/// Aliases a chunk.
pub(super) const CHUNK: usize = 4_096;
pub(super) const ALIAS: usize = 16;
pub(super) const SALT: usize = 16;
/// In place of a chunk's number.
pub(super) const SALT_NUMBER: i64 = -1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::{Keyring, RootKey};

    #[test]
    fn equal_people_do_not_look_equal_in_the_log() {
        let home = tempfile::tempdir().unwrap();
        let keys = Keyring::create(home.path(), &RootKey::generate().unwrap()).unwrap();
        let sidecar = Sidecar::open(&home.path().join("sidecar.db"), &keys).unwrap();
        let alias = Alias::random();
        let root = || {
            let mut subjects = sidecar.subjects().unwrap();
            subjects.push(alias).unwrap();
            subjects.finish().unwrap().0
        };
        assert_ne!(root(), root());
    }
}
