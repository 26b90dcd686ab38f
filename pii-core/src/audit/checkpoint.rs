use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Error, Hash, Note, Signer};

/// A signed statement that the log called `origin` has `size` entries with this Merkle root
/// (C2SP `tlog-checkpoint`). Kept elsewhere, it is an anchor: it shows what was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    head: TreeHead,
    note: Note,
}

/// What a checkpoint says, unsigned: three lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TreeHead {
    pub(super) origin: String,
    pub(super) size: u64,
    pub(super) root: Hash,
}

impl Checkpoint {
    pub(super) fn sign(head: TreeHead, signer: &Signer) -> Self {
        let note = Note::sign(head.to_string(), signer);
        Self { head, note }
    }

    /// Reads a checkpoint. Signatures are not checked yet.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let note = Note::parse(text)?;
        let head = TreeHead::parse(note.text())?;
        Ok(Self { head, note })
    }

    /// Which log.
    pub fn origin(&self) -> &str {
        &self.head.origin
    }

    /// How many entries.
    pub fn size(&self) -> u64 {
        self.head.size
    }

    /// Their Merkle tree hash.
    pub fn root(&self) -> Hash {
        self.head.root
    }

    /// The signed note it is.
    pub fn note(&self) -> &Note {
        &self.note
    }

    pub(super) fn head(&self) -> &TreeHead {
        &self.head
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}

impl TreeHead {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let malformed = |why: &str| Error::malformed("checkpoint", why);
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(malformed("it has three lines: origin, size, root"));
        };
        let count: u64 = size.parse().map_err(|_| malformed("its second line is not a number"))?;
        if count.to_string() != size {
            return Err(malformed("its second line is not a plain number"));
        }
        let root = STANDARD.decode(root).ok().and_then(|root| <[u8; 32]>::try_from(root).ok());
        let root = root.ok_or_else(|| malformed("its third line is not a hash in base64"))?;
        if !text.ends_with('\n') || text.contains("\n\n") || origin.is_empty() {
            return Err(malformed("a line is empty or has no end"));
        }
        Ok(Self { origin: origin.to_owned(), size: count, root: Hash::from_bytes(root) })
    }
}

impl fmt::Display for TreeHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, size, root } = self;
        write!(f, "{origin}\n{size}\n{}\n", STANDARD.encode(root.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_reads_back() {
        let signer = Signer::from_seed("acme.example/audit", &[7; 32]).unwrap();
        let head = TreeHead { origin: "acme.example/audit".to_owned(), size: 12, root: Hash::of(b"root") };
        let checkpoint = Checkpoint::sign(head, &signer);
        assert_eq!(Checkpoint::parse(&checkpoint.to_string()).unwrap(), checkpoint);
        assert!(checkpoint.to_string().starts_with("acme.example/audit\n12\nSBNJTRN"), "{checkpoint}");
    }

    #[test]
    fn a_head_has_one_spelling() {
        let head = TreeHead { origin: "a".to_owned(), size: 12, root: Hash::of(b"root") }.to_string();
        assert!(TreeHead::parse(&head).is_ok());
        for bad in
            [head.replace("12", "012"), head.replace("12", "+12"), head.trim_end().to_owned(), head.clone() + "\n"]
        {
            assert!(TreeHead::parse(&bad).is_err(), "{bad:?}");
        }
    }
}
