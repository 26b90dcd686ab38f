use std::fmt;

use ring::hmac;
use siphasher::sip::SipHasher24;

use super::derive::derive;
use super::{Error, Keyring};

/// What identifiers of one kind, written in one normal form, are marked with in the register of objections and
/// restrictions: `HKDF(master, "pii/v1/register" ‖ kind ‖ norm)`, and the same ‖ `"sieve"`.
pub struct RegisterKey {
    hmac: hmac::Key,
    sieve: SipHasher24,
}

impl Keyring {
    /// The key for marks of one kind of identifier; `norm` is the name of the normalisation, such as `email/v1`.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn register(&self, kind: &str, norm: &str) -> Result<RegisterKey, Error> {
        let tag = derive(self.master(), &["pii/v1/register", kind, norm])?;
        let sieve = derive(self.master(), &["pii/v1/register", kind, norm, "sieve"])?;
        Ok(RegisterKey {
            hmac: hmac::Key::new(hmac::HMAC_SHA256, tag.as_ref()),
            sieve: SipHasher24::new_with_key(sieve.first_chunk().unwrap_or(&[0; 16])),
        })
    }
}

impl RegisterKey {
    /// SipHash-2-4: quick enough for every value of every row, and says who it cannot be.
    pub fn sieve(&self, value: &[u8]) -> u64 {
        self.sieve.hash(value)
    }

    /// The first 128 bits of `HMAC-SHA-256(key, value)`: says who it is.
    pub fn tag(&self, value: &[u8]) -> [u8; 16] {
        hmac::sign(&self.hmac, value).as_ref().first_chunk().copied().unwrap_or_default()
    }
}

impl fmt::Debug for RegisterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegisterKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::RootKey;

    #[test]
    fn marks_of_one_kind_say_nothing_of_another() {
        let dir = tempfile::tempdir().unwrap();
        let ring = Keyring::create(dir.path(), &RootKey::generate().unwrap()).unwrap();
        let marks = [("email", "email/v1"), ("username", "email/v1"), ("email", "text/v1")].map(|(kind, norm)| {
            let key = ring.register(kind, norm).unwrap();
            (key.sieve(b"anna@example.org"), key.tag(b"anna@example.org"))
        });
        assert_eq!(marks.iter().collect::<std::collections::BTreeSet<_>>().len(), marks.len());
        let again = ring.register("email", "email/v1").unwrap();
        assert_eq!((again.sieve(b"anna@example.org"), again.tag(b"anna@example.org")), marks[0]);
        assert_ne!(marks[0].1, ring.blind("email/v1").unwrap().sign(b"anna@example.org")[..16]);
    }
}
