use std::path::Path;

use jiff::Timestamp;

use super::replace::Replacement;
use super::{Epoch, Epochs, Error, KeyProvider, Keyring, Lock, RootId};
use crate::vocab::Domain;

impl Keyring {
    /// The epochs of every domain, as they stand in the folder `keys` now.
    ///
    /// # Errors
    /// [`Error::Domains`] if the file is unusable.
    pub fn epochs_in(keys: &Path) -> Result<Epochs, Error> {
        Epochs::read(keys)
    }

    /// The master secret wrapped anew, by `root`, and which key that is. No key that is derived from the master changes,
    /// and no data is touched.
    ///
    /// # Errors
    /// [`Error::Rewrapped`] if another root key wraps it since these keys were opened; [`Error::Write`]; what the provider
    /// says.
    pub fn rewrapped(&self, lock: &Lock, root: &dyn KeyProvider) -> Result<(Replacement, RootId), Error> {
        let current = Self::root_of(lock.keys())?;
        if current != *self.root_id() {
            return Err(Error::Rewrapped { current });
        }
        self.replacement(lock.keys(), root)
    }

    /// A new epoch of a domain's keys. `from` is the one that it follows, as the caller knows it, and `to` the one that
    /// begins `at`.
    ///
    /// # Errors
    /// [`Error::Moved`] if the domain is not in `from` any more; [`Error::Write`].
    pub fn epoch_begun(
        lock: &Lock,
        domain: &Domain,
        from: Epoch,
        to: Epoch,
        at: Timestamp,
    ) -> Result<Replacement, Error> {
        let epochs = Epochs::read(lock.keys())?;
        let current = epochs.current(domain);
        if current != from {
            return Err(Error::Moved { domain: domain.clone(), current });
        }
        epochs.advanced(domain, to, at).replacement(lock.keys())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::RootKey;

    fn tag(keys: &Keyring, domain: &Domain, epoch: Epoch) -> [u8; 32] {
        keys.pseudonym(domain, "email/v1", epoch).unwrap().sign(b"x")
    }

    #[test]
    fn another_root_key_opens_the_same_keys_and_the_old_one_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (RootKey::generate().unwrap(), RootKey::generate().unwrap());
        let domain = Domain::parse("warehouse").unwrap();
        let before = Keyring::create(dir.path(), &old).unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        drop(before.rewrapped(&lock, &new).unwrap());
        assert_eq!(Keyring::root_of(dir.path()).unwrap(), old.id().into(), "it was taken back");
        let (change, to) = before.rewrapped(&lock, &new).unwrap();
        change.make().unwrap();
        assert_eq!((Keyring::root_of(dir.path()).unwrap(), to), (new.id().into(), new.id().into()));
        let after = Keyring::open(dir.path(), &new).unwrap();
        assert_eq!(tag(&after, &domain, Epoch::FIRST), tag(&before, &domain, Epoch::FIRST));
        assert_eq!(*after.audit_seed().unwrap(), *before.audit_seed().unwrap());
        assert!(matches!(Keyring::open(dir.path(), &old), Err(Error::WrongKey { .. })));
        // Whoever opened it before cannot put another root key in the place of that one.
        assert!(matches!(before.rewrapped(&lock, &old), Err(Error::Rewrapped { .. })));
    }

    #[test]
    fn another_epoch_is_another_key_and_only_of_that_domain() {
        let dir = tempfile::tempdir().unwrap();
        let root = RootKey::generate().unwrap();
        let (warehouse, partner) = (Domain::parse("warehouse").unwrap(), Domain::parse("partner").unwrap());
        let before = Keyring::create(dir.path(), &root).unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        let second = Epoch::FIRST.next();
        Keyring::epoch_begun(&lock, &warehouse, Epoch::FIRST, second, Timestamp::UNIX_EPOCH).unwrap().make().unwrap();
        let after = Keyring::open(dir.path(), &root).unwrap();
        assert_eq!((after.current_epoch(&warehouse), after.current_epoch(&partner)), (second, Epoch::FIRST));
        assert_ne!(tag(&after, &warehouse, second), tag(&before, &warehouse, Epoch::FIRST));
        assert_eq!(tag(&after, &warehouse, Epoch::FIRST), tag(&before, &warehouse, Epoch::FIRST));
        // Whoever opened the keys before goes on with what they opened.
        assert_eq!(before.current_epoch(&warehouse), Epoch::FIRST);
        let late = Keyring::epoch_begun(&lock, &warehouse, Epoch::FIRST, second, Timestamp::UNIX_EPOCH);
        assert!(matches!(late, Err(Error::Moved { .. })));
    }
}
