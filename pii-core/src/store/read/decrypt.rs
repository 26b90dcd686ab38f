use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use parquet::encryption::decrypt::{FileDecryptionProperties, KeyRetriever};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ParquetMetaData;

use crate::store::{Error, KeyFinder};

/// Asks for keys, and remembers the first that could not be had: the decoder wraps the reason beyond recognition.
pub(crate) struct Asking {
    finder: KeyFinder,
    refused: Mutex<Option<String>>,
}

impl Asking {
    pub(crate) fn new(finder: KeyFinder) -> Arc<Self> {
        Arc::new(Self { finder, refused: Mutex::new(None) })
    }

    /// What a reader needs to open an encrypted file.
    pub(crate) fn properties(self: &Arc<Self>) -> Result<Arc<FileDecryptionProperties>> {
        FileDecryptionProperties::with_key_retriever(Arc::clone(self) as Arc<dyn KeyRetriever>).build()
    }

    /// The error of a key that could not be had, or else `error`.
    pub(crate) fn explain(&self, file: &str, error: Error) -> Error {
        match self.refused.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(reason) => Error::KeyRefused { file: file.to_owned(), reason },
            None => error,
        }
    }
}

impl KeyRetriever for Asking {
    fn retrieve_key(&self, metadata: &[u8]) -> Result<Vec<u8>> {
        match self.finder.find(metadata) {
            Ok(key) => Ok(key.to_vec()),
            Err(reason) => {
                let refused = ParquetError::General(reason.clone());
                self.refused.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(reason);
                Err(refused)
            }
        }
    }
}

/// What stands in clear before the encrypted footer of a file that ends with `PARE`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Before {
    /// AES_GCM_V1, and a footer that can be one.
    Gcm,
    /// AES_GCM_CTR_V1.
    Ctr,
    /// It cannot be read. The decoder would take this for granted, and end the process.
    Broken,
}

/// Reads the crypto metadata before an encrypted footer (Thrift compact protocol): a structure of the algorithm, a union
/// of structures, and of the footer's key metadata.
pub(super) fn before_footer(file: &mut File) -> io::Result<Before> {
    let end = file.seek(SeekFrom::End(-8))?;
    let mut length = [0; 4];
    file.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    let Some(start) = end.checked_sub(length.into()) else { return Ok(Before::Broken) };
    file.seek(SeekFrom::Start(start))?;
    let mut footer = Vec::new();
    file.take(length.into()).read_to_end(&mut footer)?;
    let mut rest = footer.as_slice();
    let ctr = footer.first_chunk() == Some(&[FIRST_STRUCT, SECOND_STRUCT]);
    Ok(match skip_struct(&mut rest, 0) {
        Some(()) if ctr => Before::Ctr,
        Some(()) if is_module(rest) => Before::Gcm,
        _ => Before::Broken,
    })
}

/// Whether these bytes are one module, as long as it says.
fn is_module(bytes: &[u8]) -> bool {
    let Some((length, module)) = bytes.split_first_chunk() else { return false };
    bytes.len() >= SMALLEST_MODULE && u32::from_le_bytes(*length) as usize == module.len()
}

/// Passes over a structure; none if it does not end, or holds what crypto metadata do not.
fn skip_struct(rest: &mut &[u8], depth: usize) -> Option<()> {
    loop {
        let header = byte(rest)?;
        match header & 0x0f {
            0 if header == 0 => return Some(()),
            // True and false are types of their own.
            1 | 2 => {}
            8 => {
                let length = varint(rest)?;
                *rest = rest.get(length..)?;
            }
            12 if depth < 3 => skip_struct(rest, depth + 1)?,
            _ => return None,
        }
        // The number of a field stands in the upper half, as a difference, or else after it.
        if header >> 4 == 0 {
            return None;
        }
    }
}

fn varint(rest: &mut &[u8]) -> Option<usize> {
    let mut value = 0;
    for shift in (0..32).step_by(7) {
        let byte = byte(rest)?;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, others) = rest.split_first()?;
    *rest = others;
    Some(*first)
}

/// Whether the encrypted modules of each column stand one after the other and fill it, each as long as it says. The
/// decoder would believe any length, and end the process for one that is too short.
pub(super) fn modules_fit(file: &mut File, metadata: &ParquetMetaData) -> io::Result<bool> {
    let end = file.seek(SeekFrom::End(0))?;
    for column in metadata.row_groups().iter().flat_map(|group| group.columns()) {
        // Columns whose key is not known have no range either.
        if column.crypto_metadata().is_none() || column.num_values() == 0 && column.compressed_size() == 0 {
            continue;
        }
        let (mut at, length) = column.byte_range();
        let Some(stop) = at.checked_add(length).filter(|stop| *stop <= end) else { return Ok(false) };
        while at < stop {
            let mut length = [0; 4];
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(&mut length)?;
            let length = u32::from_le_bytes(length);
            if (length as usize) < SMALLEST_MODULE - LENGTH_BYTES {
                return Ok(false);
            }
            at += LENGTH_BYTES as u64 + u64::from(length);
        }
        if at != stop {
            return Ok(false);
        }
    }
    Ok(true)
}

const FIRST_STRUCT: u8 = 0x1c;
const SECOND_STRUCT: u8 = 0x2c;
const LENGTH_BYTES: usize = 4;
/// Length, nonce, tag.
const SMALLEST_MODULE: usize = LENGTH_BYTES + 12 + 16;
