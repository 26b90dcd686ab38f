use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::Error;
use super::derive::derive;
use super::root::random;

/// Seals small values: AES-256-GCM, random nonce, `nonce ‖ ciphertext ‖ tag`.
///
/// One key must not seal more than 2^30 values (random 96-bit nonces); a person's key seals dozens.
pub struct SealingKey(LessSafeKey);

impl SealingKey {
    /// A random key and its bytes, to be wrapped by another.
    ///
    /// # Errors
    /// [`Error::NoRandomness`].
    pub fn random() -> Result<(Self, Zeroizing<[u8; 32]>), Error> {
        let bytes = random()?;
        Ok((Self::new(bytes.as_ref())?, bytes))
    }

    /// From 32 bytes.
    ///
    /// # Errors
    /// [`Error::Unsealable`] if they are not 32.
    pub fn new(bytes: &[u8]) -> Result<Self, Error> {
        UnboundKey::new(&AES_256_GCM, bytes).map(|key| Self(LessSafeKey::new(key))).map_err(|_| Error::Unsealable)
    }

    /// The key for one usage of a 32-byte key, `HKDF-SHA-256(salt = "pii/v1", key, info = usage)`: whoever gets it can
    /// open what was sealed for it, and nothing else.
    ///
    /// # Errors
    /// [`Error::Unsealable`] if they are not 32 bytes.
    pub fn derived(key: &[u8], usage: &str) -> Result<Self, Error> {
        let key = key.try_into().map_err(|_| Error::Unsealable)?;
        Self::new(derive(key, &[usage])?.as_ref())
    }

    /// Seals `plain`; `aad` names the surroundings it may be opened in.
    ///
    /// # Errors
    /// [`Error::NoRandomness`].
    pub fn seal(&self, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, Error> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| Error::NoRandomness)?;
        self.seal_under(nonce, aad, plain)
    }

    /// The same, for whoever seals many: the system is asked for nonces once in a while.
    ///
    /// # Errors
    /// [`Error::NoRandomness`].
    pub fn seal_with(&self, nonces: &mut Nonces, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, Error> {
        self.seal_under(nonces.next()?, aad, plain)
    }

    fn seal_under(&self, nonce: [u8; NONCE_LEN], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, Error> {
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let (_, body) = sealed.split_at_mut(NONCE_LEN);
        let tag = self
            .0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), body)
            .map_err(|_| Error::Unsealable)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`seal`](Self::seal) sealed with the same `aad`.
    ///
    /// # Errors
    /// [`Error::Unsealable`] if a bit, the key or the surroundings differ.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Error::Unsealable)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(aad), &mut body)
            .map_err(|_| Error::Unsealable)?
            .len();
        body.truncate(length);
        Ok(body)
    }
}

/// Random nonces, each given out once. A few hundred come with one question to the operating system.
pub struct Nonces {
    random: [u8; NONCE_LEN * NONCES],
    used: usize,
}

impl Nonces {
    /// None yet.
    pub fn new() -> Self {
        Self { random: [0; NONCE_LEN * NONCES], used: NONCES }
    }

    fn next(&mut self) -> Result<[u8; NONCE_LEN], Error> {
        if self.used == NONCES {
            SystemRandom::new().fill(&mut self.random).map_err(|_| Error::NoRandomness)?;
            self.used = 0;
        }
        let (nonces, _) = self.random.as_chunks();
        let nonce = nonces.get(self.used).ok_or(Error::NoRandomness)?;
        self.used += 1;
        Ok(*nonce)
    }
}

impl Default for Nonces {
    fn default() -> Self {
        Self::new()
    }
}

const NONCES: usize = 256;

#[cfg(test)]
mod tests {
    use aes_gcm::aead::{Aead, KeyInit, Payload};

    use super::*;

    #[test]
    fn an_independent_implementation_opens_it() {
        let (key, bytes) = SealingKey::random().unwrap();
        let sealed = key.seal(b"crm.customers", b"anna@example.org").unwrap();
        let (nonce, body) = sealed.split_at(NONCE_LEN);
        let other = aes_gcm::Aes256Gcm::new_from_slice(bytes.as_ref()).unwrap();
        let plain = other.decrypt(&nonce.try_into().unwrap(), Payload { msg: body, aad: b"crm.customers" }).unwrap();
        assert_eq!(plain, b"anna@example.org");
    }

    #[test]
    fn no_nonce_is_given_twice() {
        let mut nonces = Nonces::new();
        let given: Vec<_> = (0..3 * NONCES).map(|_| nonces.next().unwrap()).collect();
        let distinct: std::collections::BTreeSet<_> = given.iter().collect();
        assert_eq!(distinct.len(), given.len());
    }

    #[test]
    fn a_flipped_bit_or_another_place_does_not_open() {
        let (key, _) = SealingKey::random().unwrap();
        let sealed = key.seal(b"here", b"secret").unwrap();
        assert_eq!(*key.open(b"here", &sealed).unwrap(), b"secret");
        assert!(key.open(b"there", &sealed).is_err());
        for i in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[i] ^= 1;
            assert!(key.open(b"here", &bent).is_err(), "byte {i}");
        }
        assert!(key.open(b"here", &sealed[..5]).is_err());
    }
}
