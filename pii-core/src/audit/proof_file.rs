use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Checkpoint, Error, Hash, VerifierKey, leaf_hash, verify_inclusion};

/// A proof that a log holds an entry, which needs neither the log nor a network (C2SP `tlog-proof`).
///
/// It is written to files that end in `.tlog-proof`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofFile {
    /// The number of the entry, from 0.
    pub index: u64,
    /// The hashes on the way from the entry to the root, the entry's sibling first; at most 64.
    pub path: Vec<Hash>,
    /// The signed root.
    pub checkpoint: Checkpoint,
    /// What else somebody wanted to say; nothing vouches for it.
    pub extra: Option<Vec<u8>>,
}

impl ProofFile {
    /// Reads the text of a proof. Nothing is checked yet.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let malformed = |why: &str| Error::malformed("proof", why);
        let (head, checkpoint) = text.split_once("\n\n").ok_or_else(|| malformed("it has no empty line"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(MAGIC) {
            return Err(malformed("its first line is another one"));
        }
        let extra = lines.next_if(|line| line.starts_with(EXTRA)).and_then(|line| line.strip_prefix(EXTRA));
        let extra = extra.map(|extra| STANDARD.decode(extra)).transpose();
        let index = lines.next().and_then(|line| line.strip_prefix(INDEX)).unwrap_or_default();
        let number: u64 = index.parse().map_err(|_| malformed("it has no `index`"))?;
        if number.to_string() != index {
            return Err(malformed("its `index` is not a plain number"));
        }
        let path = lines.map(hash).collect::<Option<Vec<_>>>().ok_or_else(|| malformed("a line is not a hash"))?;
        if path.len() > MAX_HASHES {
            return Err(malformed("it has too many hashes"));
        }
        Ok(Self {
            index: number,
            path,
            checkpoint: Checkpoint::parse(checkpoint)?,
            extra: extra.map_err(|_| malformed("its `extra` is not base64"))?,
        })
    }

    /// Checks that `entry`, its bytes as stored, is the entry of this number in the log that one of `keys` signed.
    ///
    /// # Errors
    /// [`Error::Unsigned`], [`Error::BadSignature`], [`Error::Proof`].
    pub fn verify(&self, entry: &[u8], keys: &[VerifierKey]) -> Result<(), Error> {
        let note = self.checkpoint.note();
        if note.signers(keys)?.is_empty() {
            return Err(Error::Unsigned { ids: note.key_ids().join(", ") });
        }
        let (size, root) = (self.checkpoint.size(), self.checkpoint.root());
        Ok(verify_inclusion(leaf_hash(entry), self.index, size, &self.path, root)?)
    }
}

impl fmt::Display for ProofFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{MAGIC}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "{EXTRA}{}", STANDARD.encode(extra))?;
        }
        writeln!(f, "{INDEX}{}", self.index)?;
        for hash in &self.path {
            writeln!(f, "{}", STANDARD.encode(hash.as_bytes()))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

fn hash(line: &str) -> Option<Hash> {
    let bytes = STANDARD.decode(line).ok()?;
    bytes.try_into().ok().map(Hash::from_bytes)
}

const MAGIC: &str = "c2sp.org/tlog-proof@v1";
const EXTRA: &str = "extra ";
const INDEX: &str = "index ";
/// No tree is deeper.
const MAX_HASHES: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audit::checkpoint::TreeHead;
    use crate::audit::inclusion_proof;
    use crate::audit::samples::{ORIGIN, signer};
    use crate::audit::{ProofError, Range, Signer};

    fn node(height: u32, index: u64) -> Result<Hash, ProofError> {
        let mut range = Range::default();
        (index << height..(index + 1) << height).for_each(|n| range.push(leaf_hash(&n.to_le_bytes())));
        Ok(range.root())
    }

    fn proof(index: u64, size: u64) -> ProofFile {
        let mut range = Range::default();
        (0..size).for_each(|n| range.push(leaf_hash(&n.to_le_bytes())));
        let head = TreeHead { origin: ORIGIN.to_owned(), size, root: range.root() };
        let path = inclusion_proof(index, size, node).unwrap();
        ProofFile { index, path, checkpoint: Checkpoint::sign(head, &signer()), extra: None }
    }

    proptest! {
        #[test]
        fn a_proof_reads_back_and_holds(size in 1u64..200, at in 0u64..200, extra: Option<Vec<u8>>) {
            let proof = ProofFile { extra, ..proof(at % size, size) };
            let read = ProofFile::parse(&proof.to_string()).unwrap();
            prop_assert_eq!(&read, &proof);
            prop_assert!(read.verify(&(at % size).to_le_bytes(), &[signer().verifier().clone()]).is_ok());
        }

        #[test]
        fn one_changed_character_proves_nothing(size in 2u64..100, at in 0u64..100, place: prop::sample::Index) {
            let index = at % size;
            let mut text = proof(index, size).to_string().into_bytes();
            let spoilt = place.index(text.len());
            text[spoilt] ^= 1;
            let key = [signer().verifier().clone()];
            let believed = String::from_utf8(text).ok().and_then(|text| ProofFile::parse(&text).ok());
            prop_assert!(believed.is_none_or(|proof| proof.verify(&index.to_le_bytes(), &key).is_err()));
        }
    }

    #[test]
    fn it_is_the_text_of_the_specification() {
        let text = ProofFile { extra: Some(b"abc".to_vec()), ..proof(1, 3) }.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[..3], ["c2sp.org/tlog-proof@v1", "extra YWJj", "index 1"]);
        assert_eq!(lines[5..8], ["", ORIGIN, "3"]);
        assert_eq!(lines[3], STANDARD.encode(leaf_hash(&0u64.to_le_bytes()).as_bytes()));
    }

    #[test]
    fn a_strangers_signature_and_another_entry_are_refused() {
        let proof = proof(1, 3);
        let stranger = Signer::from_seed(ORIGIN, &[8; 32]).unwrap();
        let entry = 1u64.to_le_bytes();
        let refused = proof.verify(&entry, &[stranger.verifier().clone()]).unwrap_err();
        assert!(matches!(refused, Error::Unsigned { .. }), "{refused}");
        let key = [signer().verifier().clone()];
        assert!(matches!(proof.verify(b"another", &key), Err(Error::Proof(ProofError::Wrong))));
    }

    #[test]
    fn what_is_not_a_proof_is_refused() {
        let text = proof(1, 3).to_string();
        for bad in [
            text.replace("v1", "v2"),
            text.replace("index 1", "index 01"),
            text.replace("index 1\n", ""),
            text.replace("\n\n", "\n"),
            text.replace("index 1", "extra *\nindex 1"),
        ] {
            assert!(ProofFile::parse(&bad).is_err(), "{bad}");
        }
    }
}
