use std::fmt;

use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use super::root::check_value;
use super::{Epoch, Error};

/// The key of one domain, epoch and normalisation: `HKDF(master, "pii/v1/pseudonym" ‖ domain ‖ norm ‖ epoch)`.
pub struct PseudonymKey {
    hmac: hmac::Key,
    epoch: Epoch,
    check: [u8; 8],
}

impl PseudonymKey {
    pub(super) fn new(bytes: &[u8; 32], epoch: Epoch) -> Self {
        let hmac = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        Self { check: check_value(&hmac, b"kcv"), hmac, epoch }
    }

    /// `HMAC-SHA-256(key, value)` (RFC 2104): 32 bytes.
    pub fn sign(&self, value: &[u8]) -> [u8; 32] {
        let mut tag = [0; 32];
        tag.copy_from_slice(hmac::sign(&self.hmac, value).as_ref());
        tag
    }

    /// Which generation of the domain's key.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Key check value: the first 8 bytes of `HMAC(key, "kcv")`, in hex. Two columns can be joined if
    /// theirs are equal, and one can tell without the key.
    pub fn check_value(&self) -> String {
        format!("{:016x}", u64::from_be_bytes(self.check))
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PseudonymKey(kcv {})", self.check_value())
    }
}

/// `HKDF-SHA-256(salt = "pii/v1", master, info = parts joined by NUL)`: 32 bytes (RFC 5869).
pub(super) fn derive(master: &[u8; 32], parts: &[&str]) -> Result<Zeroizing<[u8; 32]>, Error> {
    let info = parts.join("\0");
    let mut key = Zeroizing::new([0; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"pii/v1")
        .extract(master)
        .expand(&[info.as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(key.as_mut()))
        .map_err(|_| Error::Unsealable)?;
    Ok(key)
}
