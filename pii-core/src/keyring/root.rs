use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::Error;

/// The root key: 32 random bytes that wrap everything else. Wiped when dropped, never printed.
pub struct RootKey(Zeroizing<[u8; 32]>);

impl RootKey {
    /// A new key from the operating system's generator.
    ///
    /// # Errors
    /// [`Error::NoRandomness`].
    pub fn generate() -> Result<Self, Error> {
        random().map(Self)
    }

    /// Reads base64 (RFC 4648, padded), white space around it ignored.
    ///
    /// # Errors
    /// [`Error::Malformed`] unless it is 32 bytes.
    pub fn from_base64(text: &str) -> Result<Self, Error> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| Error::Malformed)?);
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return Err(Error::Malformed);
        }
        key.copy_from_slice(&bytes);
        Ok(Self(key))
    }

    /// As base64, for the file that keeps it.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.as_ref()))
    }

    /// A name for the key that gives nothing of it away.
    pub fn id(&self) -> KeyId {
        KeyId::of(self.0.as_ref())
    }

    pub(super) fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootKey({})", self.id())
    }
}

/// `HMAC(key, "pii/v1/key-id")`, its first 64 bits, in hex: which key, without the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 8]);

impl KeyId {
    pub(super) fn of(key: &[u8]) -> Self {
        Self(check_value(&hmac::Key::new(hmac::HMAC_SHA256, key), b"pii/v1/key-id"))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The first 8 bytes of `HMAC(key, label)`.
pub(super) fn check_value(key: &hmac::Key, label: &[u8]) -> [u8; 8] {
    let tag = hmac::sign(key, label);
    let mut short = [0; 8];
    short.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
    short
}

/// 32 bytes from the operating system.
pub(super) fn random() -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut bytes = Zeroizing::new([0; 32]);
    SystemRandom::new().fill(bytes.as_mut()).map_err(|_| Error::NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_round_trips_and_nothing_else_is_a_key() {
        let key = RootKey::generate().unwrap();
        assert_eq!(RootKey::from_base64(&format!(" {}\n", *key.to_base64())).unwrap().id(), key.id());
        for bad in ["", "short", &STANDARD.encode([0; 31]), &STANDARD.encode([0; 33])] {
            assert!(matches!(RootKey::from_base64(bad), Err(Error::Malformed)), "{bad}");
        }
    }

    #[test]
    fn debug_shows_the_id_only() {
        let key = RootKey::generate().unwrap();
        assert_eq!(format!("{key:?}"), format!("RootKey({})", key.id()));
    }
}
