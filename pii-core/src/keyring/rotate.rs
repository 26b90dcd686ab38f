use std::path::Path;

use jiff::Timestamp;

use super::replace::Replacement;
use super::ring_of_keys::Wrapped;
use super::{Epoch, Epochs, Error, KeyId, Keyring, Lock, RootKey};
use crate::vocab::Domain;

impl Keyring {
    /// Which root key wraps the master secret in the folder `keys`. Takes no key to tell.
    ///
    /// # Errors
    /// [`Error::Master`] if the file is unusable.
    pub fn wrapped_by(keys: &Path) -> Result<KeyId, Error> {
        Wrapped::read(keys)?.root(keys)
    }

    /// The epochs of every domain, as they stand in the folder `keys` now.
    ///
    /// # Errors
    /// [`Error::Epochs`] if the file is unusable.
    pub fn epochs_in(keys: &Path) -> Result<Epochs, Error> {
        Epochs::read(keys)
    }

    /// The master secret wrapped anew, by `root`. No key that is derived from it changes, and no data is touched.
    ///
    /// # Errors
    /// [`Error::Rewrapped`] if another root key wraps it since these keys were opened; [`Error::Write`].
    pub fn rewrapped(&self, lock: &Lock, root: &RootKey) -> Result<Replacement, Error> {
        let current = Self::wrapped_by(lock.keys())?;
        if current != self.root_id() {
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
        assert_eq!(Keyring::wrapped_by(dir.path()).unwrap(), old.id(), "it was taken back");
        before.rewrapped(&lock, &new).unwrap().make().unwrap();
        assert_eq!(Keyring::wrapped_by(dir.path()).unwrap(), new.id());
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
