use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf;
use zeroize::Zeroizing;

use super::Error;

/// Seals and opens the segments of one message: the C2SP scheme with SHA-512 and AES-256-GCM.
pub(super) struct Segments {
    key: LessSafeKey,
    base_nonce: [u8; NONCE_LEN],
}

impl Segments {
    /// Derives what a message is sealed with, and the commitment to it:
    /// `key ‖ base nonce ‖ commitment = HKDF-Expand(input key, label ‖ aead ‖ 0 ‖ salt ‖ context)`.
    pub(super) fn derive(
        input_key: &[u8; 32],
        salt: &[u8; SALT_BYTES],
        context: &[u8],
    ) -> Result<(Self, [u8; COMMITMENT_BYTES]), Error> {
        let mut derived = Zeroizing::new([0; 32 + NONCE_LEN + COMMITMENT_BYTES]);
        hkdf::Prk::new_less_safe(hkdf::HKDF_SHA512, input_key)
            .expand(&[LABEL, salt, context], Length(derived.len()))
            .and_then(|okm| okm.fill(derived.as_mut()))
            .map_err(|_| Error::Header)?;
        let (key, rest) = derived.split_at(32);
        let (nonce, rest) = rest.split_at(NONCE_LEN);
        let (mut base_nonce, mut commitment) = ([0; NONCE_LEN], [0; COMMITMENT_BYTES]);
        base_nonce.copy_from_slice(nonce);
        commitment.copy_from_slice(rest);
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| Error::Header)?;
        Ok((Self { key: LessSafeKey::new(key), base_nonce }, commitment))
    }

    /// Seals a segment where it stands: its bytes, and then room for the tag.
    pub(super) fn seal(&self, index: u64, segment: &mut [u8]) -> Result<(), Error> {
        let plain = segment.len().checked_sub(TAG_BYTES).ok_or(Error::TooLong)?;
        let (plain, room) = segment.split_at_mut(plain);
        let tag =
            self.key.seal_in_place_separate_tag(self.nonce(index)?, Aad::empty(), plain).map_err(|_| Error::TooLong)?;
        room.copy_from_slice(tag.as_ref());
        Ok(())
    }

    /// Opens a segment where it stands, and says how many bytes it holds.
    pub(super) fn open(&self, index: u64, segment: &mut [u8]) -> Result<usize, Error> {
        let plain = self.key.open_in_place(self.nonce(index)?, Aad::empty(), segment);
        plain.map(|plain| plain.len()).map_err(|_| Error::Altered { segment: index })
    }

    /// The base nonce XOR the number of the segment, big-endian.
    fn nonce(&self, index: u64) -> Result<Nonce, Error> {
        if index >= MOST_SEGMENTS {
            return Err(Error::TooLong);
        }
        let mut nonce = self.base_nonce;
        nonce.iter_mut().rev().zip(index.to_le_bytes()).for_each(|(byte, of_index)| *byte ^= of_index);
        Ok(Nonce::assume_unique_for_key(nonce))
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

const LABEL: &[u8] = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";
/// Of a message; after the envelope.
pub(super) const SALT_BYTES: usize = 24;
/// After the salt.
pub(super) const COMMITMENT_BYTES: usize = 32;
pub(super) const TAG_BYTES: usize = 16;
/// What a segment holds; the last one holds less.
pub(super) const PLAIN_BYTES: usize = 16 << 10;
/// What it takes in the file.
pub(super) const SEALED_BYTES: usize = PLAIN_BYTES + TAG_BYTES;
const MOST_SEGMENTS: u64 = 1 << 38;
