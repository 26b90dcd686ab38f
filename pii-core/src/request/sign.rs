//! Signatures in the form of minisign (<https://jedisct1.github.io/minisign/>), so that nobody needs this program to check
//! one: Ed25519 (RFC 8032) over the BLAKE2b-512 (RFC 7693) of a file, and over that signature with a trusted comment.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use blake2::{Blake2b512, Digest};
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use super::Error;

/// Signs what leaves for a person or an authority: packages, certificates. Its `Debug` shows the public half.
pub struct DocumentKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

/// Its public half, to be given away. `Display` writes the base64 line that `minisign -P` takes.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    number: [u8; 8],
    key: [u8; 32],
}

impl DocumentKey {
    /// The Ed25519 key of a seed: [`Keyring::document_seed`](crate::keyring::Keyring::document_seed).
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, Error> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| Error::Seed)?;
        let key: [u8; 32] = pair.public_key().as_ref().try_into().map_err(|_| Error::Seed)?;
        // minisign's numbers are random; ours follow from the key, so that one key has one.
        let mut number = [0; 8];
        number.iter_mut().zip(digest(&SHA256, &key).as_ref()).for_each(|(to, from)| *to = *from);
        Ok(Self { pair, public: PublicKey { number, key } })
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The text of a signature file for `message`, a file called `name`. The same always: Ed25519 draws no lots.
    pub fn sign(&self, message: &[u8], name: &str, at: Timestamp) -> String {
        let signature = self.pair.sign(Blake2b512::digest(message).as_slice());
        let trusted = format!("timestamp:{}\tfile:{name}\thashed", at.as_second());
        let whole = self.pair.sign(&[signature.as_ref(), trusted.as_bytes()].concat());
        let signed = [HASHED.as_slice(), &self.public.number, signature.as_ref()].concat();
        format!(
            "{UNTRUSTED}signature by the document key {}\n{}\n{TRUSTED}{trusted}\n{}\n",
            self.public.number(),
            STANDARD.encode(signed),
            STANDARD.encode(whole)
        )
    }
}

impl PublicKey {
    /// Reads a public key: the two lines of a `.pub` file, or the second alone.
    ///
    /// # Errors
    /// [`Error::MalformedKey`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with(UNTRUSTED.trim_end()));
        let (Some(line), None) = (lines.next(), lines.next()) else {
            return Err(Error::MalformedKey("it has one line of base64, and a comment before it"));
        };
        let bytes = STANDARD.decode(line.trim()).map_err(|_| Error::MalformedKey("its line is not base64"))?;
        let (algorithm, rest) = bytes.split_first_chunk().ok_or(Error::MalformedKey("it is too short"))?;
        let (number, key) = rest.split_first_chunk().ok_or(Error::MalformedKey("it is too short"))?;
        if algorithm != KEY {
            return Err(Error::MalformedKey("it is not for Ed25519"));
        }
        let key = key.try_into().map_err(|_| Error::MalformedKey("it is not 42 bytes"))?;
        Ok(Self { number: *number, key })
    }

    /// The key's number, 16 hexadecimal digits, as minisign shows it.
    pub fn number(&self) -> String {
        format!("{:016X}", u64::from_le_bytes(self.number))
    }

    /// The text of a `.pub` file.
    pub fn file(&self) -> String {
        format!("{UNTRUSTED}minisign public key {}\n{self}\n", self.number())
    }

    /// Whether `text` is a signature of `message` by this key, of both comment and message. In words, why not.
    pub(super) fn check(&self, message: &[u8], text: &str) -> Result<(), &'static str> {
        let mut lines = text.lines();
        let (Some(untrusted), Some(signed), Some(trusted), Some(whole), None) =
            (lines.next(), lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err("it has not four lines");
        };
        let trusted = trusted.strip_prefix(TRUSTED).ok_or("its third line is no trusted comment")?;
        if !untrusted.starts_with(UNTRUSTED) {
            return Err("its first line is no comment");
        }
        let signed = STANDARD.decode(signed).map_err(|_| "its second line is not base64")?;
        let whole = STANDARD.decode(whole).map_err(|_| "its fourth line is not base64")?;
        let (algorithm, rest) = signed.split_first_chunk().ok_or("it is too short")?;
        let (number, signature) = rest.split_first_chunk::<8>().ok_or("it is too short")?;
        if algorithm != HASHED {
            return Err("it is not Ed25519 over BLAKE2b");
        }
        if *number != self.number {
            return Err("another key made it");
        }
        let key = UnparsedPublicKey::new(&ED25519, &self.key);
        let made = |of: &[u8], signature: &[u8]| key.verify(of, signature).is_ok();
        if !made(Blake2b512::digest(message).as_slice(), signature) {
            return Err("it does not fit");
        }
        if !made(&[signature, trusted.as_bytes()].concat(), &whole) {
            return Err("its trusted comment does not fit");
        }
        Ok(())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode([KEY.as_slice(), &self.number, &self.key].concat()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.number())
    }
}

impl fmt::Debug for DocumentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocumentKey({})", self.public.number())
    }
}

/// What a key begins with, and a signature over a hash.
const KEY: &[u8; 2] = b"Ed";
const HASHED: &[u8; 2] = b"ED";
const UNTRUSTED: &str = "untrusted comment: ";
const TRUSTED: &str = "trusted comment: ";

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> DocumentKey {
        DocumentKey::from_seed(&[seed; 32]).unwrap()
    }

    fn signed() -> String {
        key(7).sign(b"a document", "manifest.json", "2026-11-21T08:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_signature_is_of_one_key_and_one_message() {
        let (text, key) = (signed(), key(7));
        assert_eq!(key.public().check(b"a document", &text), Ok(()));
        assert_eq!(key.public().check(b"A document", &text), Err("it does not fit"));
        assert_eq!(self::key(8).public().check(b"a document", &text), Err("another key made it"));
        assert_eq!(text, signed(), "the same, byte for byte");
    }

    #[test]
    fn a_comment_that_is_trusted_cannot_be_changed() {
        let later = signed().replace("timestamp:17", "timestamp:18");
        assert_eq!(key(7).public().check(b"a document", &later), Err("its trusted comment does not fit"));
    }

    #[test]
    fn a_public_key_is_read_with_and_without_its_comment() {
        let key = key(7).public().clone();
        assert_eq!(PublicKey::parse(&key.file()).unwrap(), key);
        assert_eq!(PublicKey::parse(&format!("{key}\n")).unwrap(), key);
        for bad in ["", "RWQ", "hello world", &key.file().repeat(2)] {
            assert!(PublicKey::parse(bad).is_err(), "{bad}");
        }
    }

    /// From the documentation of the crate `minisign-verify`: a file with the one word `test`.
    #[test]
    fn a_signature_of_minisigns_own_is_read() {
        let key = PublicKey::parse("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3").unwrap();
        let text = "untrusted comment: signature from minisign secret key\n\
            RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=\n\
            trusted comment: timestamp:1556193335\tfile:test\n\
            y/rUw2y8/hOUYjZU71eHp/Wo1KZ40fGy2VJEDl34XMJM+TX48Ss/17u3IvIfbVR1FkZZSNCisQbuQY+bHwhEBg==\n";
        assert_eq!(key.check(b"test", text), Ok(()));
    }
}
