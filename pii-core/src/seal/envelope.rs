use std::io::{self, Read};

use super::{Error, SealedReader};
use crate::keyring::{DataKey, KeyId};
use crate::vocab::DatasetId;

/// What stands in clear before the sealed bytes: which dataset they belong to, and which key opens them.
///
/// | bytes | |
/// |---|---|
/// | 8 | `pii-seal` |
/// | 1 | the format, 1 |
/// | 1 | the algorithm, 1: C2SP chunked-encryption with SHA-512 and AES-256-GCM |
/// | 8 | the id of the dataset's key |
/// | 1 | how long the name of the dataset is |
/// | 1 … 128 | the name of the dataset |
/// | 60 | the file's key, wrapped, bound to all of the above |
///
/// All of it is the context of what follows.
#[derive(Clone)]
pub struct Envelope {
    dataset: DatasetId,
    key: KeyId,
    /// All of it, as it stands in the file.
    bytes: Vec<u8>,
}

impl Envelope {
    /// The envelope of a new file, and the file's key.
    pub(super) fn new(key: &DataKey) -> Result<(Self, zeroize::Zeroizing<[u8; 32]>), Error> {
        let name = key.dataset().as_str();
        let length = u8::try_from(name.len()).map_err(|_| Error::MalformedDataset)?;
        let mut bytes =
            [MAGIC.as_slice(), &[FORMAT, ALGORITHM], &key.id().to_bytes(), &[length], name.as_bytes()].concat();
        let file = key.fresh(&bytes)?;
        bytes.extend_from_slice(&file.wrapped);
        Ok((Self { dataset: key.dataset().clone(), key: key.id(), bytes }, file.key))
    }

    /// Reads the envelope at the beginning of a sealed file, and no further.
    ///
    /// # Errors
    /// [`Error::NotSealed`], [`Error::LaterVersion`], [`Error::UnknownAlgorithm`], [`Error::MalformedDataset`],
    /// [`Error::HeaderCutShort`], [`Error::Io`].
    pub fn read(input: &mut impl Read) -> Result<Self, Error> {
        let mut fixed = [0; FIXED_BYTES];
        let (magic, rest) = fixed.split_at_mut(MAGIC.len());
        fill(input, magic)
            .map_err(|error| if matches!(error, Error::HeaderCutShort) { Error::NotSealed } else { error })?;
        if magic != MAGIC {
            return Err(Error::NotSealed);
        }
        fill(input, rest)?;
        let mut key = [0; 8];
        let &mut [format, algorithm, ref id @ .., length] = rest else { return Err(Error::HeaderCutShort) };
        if format != FORMAT {
            return Err(Error::LaterVersion { version: format });
        }
        if algorithm != ALGORITHM {
            return Err(Error::UnknownAlgorithm { algorithm });
        }
        key.copy_from_slice(id);
        let mut rest = vec![0; usize::from(length) + DataKey::WRAPPED_BYTES];
        fill(input, &mut rest)?;
        let name = rest.get(..usize::from(length)).and_then(|name| std::str::from_utf8(name).ok());
        let dataset = name.and_then(|name| DatasetId::parse(name).ok()).ok_or(Error::MalformedDataset)?;
        Ok(Self { dataset, key: KeyId::from_bytes(key), bytes: [fixed.as_slice(), &rest].concat() })
    }

    /// Whose bytes these are.
    pub fn dataset(&self) -> &DatasetId {
        &self.dataset
    }

    /// The id of the dataset's key that they were sealed with.
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// The envelope as it stands in the file. No two files have the same: its SHA-256 names one.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Opens what follows the envelope in `input`.
    ///
    /// # Errors
    /// [`Error::OtherDataset`], [`Error::OtherKey`], [`Error::Header`], [`Error::Commitment`],
    /// [`Error::HeaderCutShort`], [`Error::Io`].
    pub fn open<R: Read>(&self, input: R, key: &DataKey) -> Result<SealedReader<R>, Error> {
        SealedReader::new(input, &*self.unwrap(key)?, &self.bytes)
    }

    /// The file's key.
    fn unwrap(&self, key: &DataKey) -> Result<zeroize::Zeroizing<[u8; 32]>, Error> {
        if *key.dataset() != self.dataset {
            return Err(Error::OtherDataset { expected: key.dataset().clone(), found: self.dataset.clone() });
        }
        if key.id() != self.key {
            return Err(Error::OtherKey { dataset: self.dataset.clone(), file: self.key, here: key.id() });
        }
        let split = self.bytes.len().saturating_sub(DataKey::WRAPPED_BYTES);
        let (place, wrapped) = self.bytes.split_at(split);
        key.unwrap(place, wrapped).map_err(|_| Error::Header)
    }
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Envelope(key {} of {})", self.key, self.dataset)
    }
}

/// Fills `buffer`, or says that the file ends.
pub(super) fn fill(input: &mut impl Read, buffer: &mut [u8]) -> Result<(), Error> {
    input.read_exact(buffer).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::HeaderCutShort,
        _ => Error::Io(error),
    })
}

const MAGIC: &[u8; 8] = b"pii-seal";
const FORMAT: u8 = 1;
const ALGORITHM: u8 = 1;
/// Up to the name of the dataset.
const FIXED_BYTES: usize = MAGIC.len() + 1 + 1 + 8 + 1;
