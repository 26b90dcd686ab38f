use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use super::Error;

/// How a key signs, as a C2SP `signed-note` signature type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// `0x01`: Ed25519, RFC 8032, over the text.
    Ed25519,
    /// Another, which this program cannot check: its signatures are passed over.
    Unknown(u8),
}

impl Algorithm {
    fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::Unknown(byte) => byte,
        }
    }

    fn of(byte: u8) -> Self {
        if byte == 1 { Self::Ed25519 } else { Self::Unknown(byte) }
    }
}

/// A public key, written `<name>+<id>+<base64(type || key)>` (C2SP `signed-note`, verifier key).
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    algorithm: Algorithm,
    key: Vec<u8>,
}

impl VerifierKey {
    fn new(name: String, algorithm: Algorithm, key: Vec<u8>) -> Self {
        let id = key_id(&name, algorithm.byte(), &key);
        Self { name, id, algorithm, key }
    }

    /// Reads the text of a verifier key, without a line end.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is not one, or if its id does not fit.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let malformed = |why: &str| Error::malformed("verifier key", why);
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed("it has three parts, joined by `+`"));
        };
        check_name(name)?;
        let key = STANDARD.decode(key).map_err(|_| malformed("its third part is not base64"))?;
        let Some((byte, key)) = key.split_first() else { return Err(malformed("it has no key")) };
        let expected = key_id(name, *byte, key);
        if id != hex(expected) {
            return Err(malformed(&format!("its id is `{id}`, and the key's is `{}`", hex(expected))));
        }
        Ok(Self { name: name.to_owned(), id: expected, algorithm: Algorithm::of(*byte), key: key.to_owned() })
    }

    /// Whose key it is: the origin of a log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its id, eight hexadecimal digits.
    pub fn id(&self) -> String {
        hex(self.id)
    }

    /// How it signs.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn made(&self, signature: &Signature) -> bool {
        !matches!(self.algorithm, Algorithm::Unknown(_)) && self.name == signature.name && self.id == signature.id
    }

    fn fits(&self, text: &str, signature: &Signature) -> bool {
        match self.algorithm {
            Algorithm::Ed25519 => {
                UnparsedPublicKey::new(&ED25519, &self.key).verify(text.as_bytes(), &signature.bytes).is_ok()
            }
            Algorithm::Unknown(_) => false,
        }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut typed = vec![self.algorithm.byte()];
        typed.extend_from_slice(&self.key);
        write!(f, "{}+{}+{}", self.name, self.id(), STANDARD.encode(typed))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A private key that signs checkpoints. Its `Debug` shows the public half.
pub struct Signer {
    pair: Ed25519KeyPair,
    verifier: VerifierKey,
}

impl Signer {
    /// The Ed25519 key (RFC 8032) of `seed`, for the log called `name`.
    ///
    /// # Errors
    /// [`Error::MalformedName`] unless `name` is such as `acme.example/audit`.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, Error> {
        check_name(name)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)
            .map_err(|rejected| Error::malformed("seed of a key", rejected.to_string()))?;
        let verifier = VerifierKey::new(name.to_owned(), Algorithm::Ed25519, pair.public_key().as_ref().to_owned());
        Ok(Self { pair, verifier })
    }

    /// The public half, to be given to auditors.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    fn sign(&self, text: &str) -> Signature {
        Signature {
            name: self.verifier.name.clone(),
            id: self.verifier.id,
            bytes: self.pair.sign(text.as_bytes()).as_ref().to_owned(),
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.verifier)
    }
}

/// A text and signatures of it (C2SP `signed-note`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Signature {
    name: String,
    id: [u8; 4],
    bytes: Vec<u8>,
}

impl Note {
    /// Signs `text`, which must end in a line end and have no empty line.
    pub(super) fn sign(text: String, signer: &Signer) -> Self {
        let signatures = vec![signer.sign(&text)];
        Self { text, signatures }
    }

    /// Reads a signed note. Signatures are not checked yet.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn parse(note: &str) -> Result<Self, Error> {
        let malformed = |why: &str| Error::malformed("signed note", why);
        if note.chars().any(|c| c.is_ascii_control() && c != '\n') {
            return Err(malformed("it has control characters"));
        }
        let Some((text, lines)) = note.rsplit_once("\n\n") else {
            return Err(malformed("no empty line stands before the signatures"));
        };
        let Some(lines) = lines.strip_suffix('\n') else { return Err(malformed("the last line has no end")) };
        let signatures = lines.split('\n').map(parse_signature).collect::<Option<Vec<_>>>();
        let signatures = signatures.ok_or_else(|| malformed("a signature line is not one"))?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(malformed("it has too many signatures"));
        }
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    /// The text, with its last line end.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Checks the signatures made with `keys`, passes over others, and returns which of `keys` have signed.
    ///
    /// # Errors
    /// [`Error::BadSignature`] if one of `keys` is said to have signed and has not.
    pub fn signers<'a>(&self, keys: &'a [VerifierKey]) -> Result<Vec<&'a VerifierKey>, Error> {
        let mut signers = Vec::new();
        for signature in &self.signatures {
            for key in keys.iter().filter(|key| key.made(signature)) {
                if !key.fits(&self.text, signature) {
                    return Err(Error::BadSignature { id: key.id() });
                }
                signers.push(key);
            }
        }
        Ok(signers)
    }

    /// The ids of all keys that are said to have signed.
    pub fn key_ids(&self) -> Vec<String> {
        self.signatures.iter().map(|signature| hex(signature.id)).collect()
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for Signature { name, id, bytes } in &self.signatures {
            writeln!(f, "\u{2014} {name} {}", STANDARD.encode([id.as_slice(), bytes].concat()))?;
        }
        Ok(())
    }
}

fn parse_signature(line: &str) -> Option<Signature> {
    let (name, signature) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    check_name(name).ok()?;
    let signature = STANDARD.decode(signature).ok()?;
    let (id, bytes) = signature.split_first_chunk()?;
    Some(Signature { name: name.to_owned(), id: *id, bytes: bytes.to_owned() })
}

/// `SHA-256(name || 0x0A || type || key)[:4]`
fn key_id(name: &str, algorithm: u8, key: &[u8]) -> [u8; 4] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(name.as_bytes());
    context.update(&[b'\n', algorithm]);
    context.update(key);
    let mut id = [0; 4];
    id.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    id
}

fn hex(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

/// Names end up in file names, so they are kept short and plain.
fn check_name(name: &str) -> Result<(), Error> {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '+' && c != '\\';
    if !name.is_empty() && name.len() <= 200 && name.chars().all(plain) {
        Ok(())
    } else {
        Err(Error::MalformedName { name: name.to_owned() })
    }
}

const MAX_SIGNATURES: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    // The example of c2sp.org/signed-note's Go implementation.
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn a_published_note_verifies() {
        let key = VerifierKey::parse(KEY).unwrap();
        assert_eq!(key.to_string(), KEY);
        let note = Note::parse(NOTE).unwrap();
        assert_eq!(note.to_string(), NOTE);
        assert_eq!(note.signers(std::slice::from_ref(&key)).unwrap(), [&key]);
        let changed = Note::parse(&NOTE.replace("think", "thunk")).unwrap();
        assert!(matches!(changed.signers(&[key]), Err(Error::BadSignature { .. })));
    }

    #[test]
    fn what_one_signs_the_other_verifies() {
        let signer = Signer::from_seed("acme.example/audit", &[7; 32]).unwrap();
        let note = Note::sign("a\nb\n".to_owned(), &signer);
        let read = Note::parse(&note.to_string()).unwrap();
        assert_eq!(read, note);
        let key = VerifierKey::parse(&signer.verifier().to_string()).unwrap();
        assert_eq!(read.signers(&[key]).unwrap().len(), 1);
        let stranger = Signer::from_seed("acme.example/audit", &[8; 32]).unwrap();
        assert!(read.signers(&[stranger.verifier().clone()]).unwrap().is_empty());
    }

    #[test]
    fn a_key_whose_id_does_not_fit_is_refused() {
        for bad in [KEY.replace("c74f", "c74e"), KEY.replace("ARpc", "ARpd"), KEY.replace("Peter", "Peta")] {
            assert!(VerifierKey::parse(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_signer_never_prints_its_seed() {
        let shown = format!("{:?}", Signer::from_seed("a.example", &[7; 32]).unwrap());
        assert!(shown.starts_with("Signer(a.example+") && !shown.contains("07070707"), "{shown}");
    }
}
