use std::collections::BTreeSet;
use std::ops::ControlFlow;

use rusqlite::OptionalExtension;

use super::subjects::{ALIAS, CHUNK, SALT, SALT_NUMBER, leaf, surroundings};
use super::{Alias, Error, Hash, ProofError, Range, Sidecar, inclusion_proof, verify_inclusion};

/// Proof to a person that they are among those whom an entry concerns: `SHA-256(0x00 || salt || alias)` is a leaf of
/// the tree whose root is in the entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The salt of that entry.
    pub salt: [u8; SALT],
    /// Their place in the tree, from 0.
    pub index: u64,
    /// How many people.
    pub count: u64,
    /// The audit path (RFC 6962 section 2.1.1).
    pub path: Vec<Hash>,
}

impl Membership {
    /// Checks it against the root in the entry.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn verify(&self, alias: Alias, root: Hash) -> Result<(), ProofError> {
        verify_inclusion(leaf(&self.salt, alias.as_bytes()), self.index, self.count, &self.path, root)
    }
}

impl Sidecar {
    /// The roots of the lists that name one of these people. Reads every list: 16 bytes a person.
    ///
    /// # Errors
    /// [`Error::State`]; [`Error::Key`] if a list was altered.
    pub fn lists_naming(&self, people: &BTreeSet<Alias>) -> Result<BTreeSet<Hash>, Error> {
        let mut query = self.database.reader().prepare_cached("SELECT id, root FROM list WHERE root IS NOT NULL")?;
        let lists: Vec<(i64, [u8; 32])> =
            query.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Result<_, _>>()?;
        let mut naming = BTreeSet::new();
        for (list, root) in lists {
            self.each(list, 0, |_, alias| {
                if !people.contains(&Alias::from_bytes(*alias)) {
                    return ControlFlow::Continue(());
                }
                naming.insert(Hash::from_bytes(root));
                ControlFlow::Break(())
            })?;
        }
        Ok(naming)
    }

    /// Whether there is a list with this root.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn has_list(&self, root: Hash) -> Result<bool, Error> {
        Ok(self.list(root)?.is_some())
    }

    /// Whether the list with this root names a person; `None` if there is no such list.
    ///
    /// # Errors
    /// [`Error::State`]; [`Error::Key`] if the list was altered.
    pub fn contains(&self, root: Hash, alias: Alias) -> Result<Option<bool>, Error> {
        self.list(root)?.map(|list| Ok(self.position(list.id, alias)?.is_some())).transpose()
    }

    /// Proof that the list with this root names a person; `None` if it does not, or if there is no such list.
    ///
    /// # Errors
    /// [`Error::State`]; [`Error::Key`] if the list was altered.
    pub fn membership(&self, root: Hash, alias: Alias) -> Result<Option<Membership>, Error> {
        let Some(List { id, count, salt }) = self.list(root)? else { return Ok(None) };
        let Some(index) = self.position(id, alias)? else { return Ok(None) };
        let path = inclusion_proof(index, count, |height, at| -> Result<Hash, Failed> {
            let (from, to) = (at << height, (at + 1) << height);
            let mut tree = Range::default();
            self.each(id, from, |index, alias| {
                if index >= to {
                    return ControlFlow::Break(());
                }
                tree.push(leaf(&salt, alias));
                ControlFlow::Continue(())
            })?;
            Ok(tree.root())
        });
        match path {
            Ok(path) => Ok(Some(Membership { salt, index, count, path })),
            Err(Failed::Log(error)) => Err(error),
            Err(Failed::Proof) => Ok(None),
        }
    }

    fn position(&self, list: i64, alias: Alias) -> Result<Option<u64>, Error> {
        let mut position = None;
        self.each(list, 0, |index, found| {
            if found != alias.as_bytes() {
                return ControlFlow::Continue(());
            }
            position = Some(index);
            ControlFlow::Break(())
        })?;
        Ok(position)
    }

    fn list(&self, root: Hash) -> Result<Option<List>, Error> {
        let mut query = self.database.reader().prepare_cached("SELECT id, count, salt FROM list WHERE root = ?1")?;
        let found = query.query_row([root.as_bytes()], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).optional()?;
        let Some((id, count, sealed)): Option<(i64, i64, Vec<u8>)> = found else { return Ok(None) };
        let opened = self.key.open(&surroundings(id, SALT_NUMBER), &sealed)?;
        let mut salt = [0; SALT];
        salt.iter_mut().zip(opened.iter()).for_each(|(to, from)| *to = *from);
        Ok(Some(List { id, count: count.unsigned_abs(), salt }))
    }

    /// Shows the aliases of a list in order, from the `from`th on, until told to stop.
    fn each(
        &self,
        list: i64,
        from: u64,
        mut see: impl FnMut(u64, &[u8; ALIAS]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let mut query =
            self.database.reader().prepare_cached("SELECT sealed FROM chunk WHERE list = ?1 AND number = ?2")?;
        for number in from / CHUNK as u64.. {
            let at = i64::try_from(number).unwrap_or(i64::MAX);
            let sealed: Option<Vec<u8>> = query.query_row((list, at), |r| r.get(0)).optional()?;
            let Some(sealed) = sealed else { break };
            let opened = self.key.open(&surroundings(list, at), &sealed)?;
            let aliases = (number * CHUNK as u64..).zip(opened.as_chunks::<ALIAS>().0);
            for (index, alias) in aliases.skip_while(|(index, _)| *index < from) {
                if see(index, alias).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

struct List {
    id: i64,
    count: u64,
    salt: [u8; SALT],
}

enum Failed {
    Log(Error),
    Proof,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Log(error)
    }
}

impl From<ProofError> for Failed {
    fn from(_: ProofError) -> Self {
        Self::Proof
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::{Keyring, RootKey};

    #[test]
    fn a_person_is_found_in_a_list_and_can_be_shown_that_they_are() {
        let home = tempfile::tempdir().unwrap();
        let keys = Keyring::create(home.path(), &RootKey::generate().unwrap()).unwrap();
        let sidecar = Sidecar::open(&home.path().join("sidecar.db"), &keys).unwrap();
        for size in [1, 2, 5, CHUNK, CHUNK + 1, 3 * CHUNK - 7] {
            let people: Vec<_> = (0..size).map(|_| Alias::random()).collect();
            let mut subjects = sidecar.subjects().unwrap();
            people.iter().for_each(|alias| subjects.push(*alias).unwrap());
            let (root, count) = subjects.finish().unwrap();
            assert_eq!(count, size as u64);
            for at in [0, size / 2, size - 1] {
                let alias = people[at];
                assert_eq!(sidecar.contains(root, alias).unwrap(), Some(true));
                let shown = sidecar.membership(root, alias).unwrap().unwrap();
                assert_eq!((shown.index, shown.count), (at as u64, count));
                assert_eq!(shown.verify(alias, root), Ok(()));
                assert!(shown.verify(Alias::random(), root).is_err());
                assert!(sidecar.lists_naming(&BTreeSet::from([alias])).unwrap().contains(&root));
            }
            let stranger = Alias::random();
            assert_eq!(sidecar.contains(root, stranger).unwrap(), Some(false));
            assert_eq!(sidecar.membership(root, stranger).unwrap(), None);
            assert!(sidecar.lists_naming(&BTreeSet::from([stranger])).unwrap().is_empty());
        }
        assert_eq!(sidecar.contains(Hash::of(b"no list"), Alias::random()).unwrap(), None);
    }
}
