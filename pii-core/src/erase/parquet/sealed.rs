use std::fmt;
use std::io::Read;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::encryption::encrypt::FileEncryptionProperties;
use parquet::errors::ParquetError;
use parquet::file::column_crypto_metadata::ColumnCryptoMetaData;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{ChunkReader, Length};

use super::super::{Error, Input};
use super::fault::{Fault, Result, part};
use super::footer::chunk;
use super::thrift::{BINARY, Reader, STRUCT, TRUE};
use crate::seal;
use crate::store::{self, Asking, KeyFinder};

/// So many rows are decoded at once.
const ROWS: usize = 8 << 10;

/// An encrypted file (Parquet Modular Encryption, AES_GCM_V1), opened.
pub(super) struct Sealed<'i> {
    input: &'i dyn Input,
    asking: Arc<Asking>,
    keys: &'i KeyFinder,
    opened: ArrowReaderMetadata,
    said: Said,
    /// Where the footer begins: all columns lie before it.
    end: u64,
}

/// What the file says in clear of how it is encrypted.
#[derive(Default)]
struct Said {
    /// What every module is bound to.
    prefix: Option<Vec<u8>>,
    /// Of the footer's key.
    key: Option<Vec<u8>>,
    /// Whether the footer is in clear, and signed.
    is_clear: bool,
}

impl<'i> Sealed<'i> {
    pub(super) fn open(input: &'i dyn Input, keys: &'i KeyFinder) -> Result<Self> {
        let len = input.size()?;
        let mut tail = Vec::new();
        input.read(len.saturating_sub(8)..len, &mut tail)?;
        let size = match tail.as_slice() {
            [a, b, c, d, b'P', b'A', b'R', b'1' | b'E'] => u64::from(u32::from_le_bytes([*a, *b, *c, *d])),
            _ => return Err(Fault::damaged("it does not end as a Parquet file does")),
        };
        let end = len.checked_sub(8 + size).ok_or_else(|| Fault::damaged("its footer is larger than the file"))?;
        let mut bytes = Vec::new();
        input.read(end..len, &mut bytes)?;
        let said = Said::read(part(&bytes, 0, size as usize)?, tail.ends_with(b"PAR1"))?;
        let asking = Asking::new(keys.clone());
        let properties = asking.properties().map_err(|_| Fault::Sealed)?;
        // What the types of Arrow were is kept as it is written there; here, columns are what Parquet says.
        let options = ArrowReaderOptions::new()
            .with_skip_arrow_metadata(true)
            .with_encoding_stats_as_mask(false)
            .with_file_decryption_properties(properties);
        let footer = Parts { len, parts: vec![(end, Bytes::from(bytes))] };
        let opened = ArrowReaderMetadata::load(&footer, options);
        let opened = opened.map_err(|error| {
            // Whose key it was that could not be had, nobody says: it is the footer's, or a column's.
            let footer = said.key.as_deref().filter(|metadata| keys.find(metadata).is_err());
            refused(&asking, input, footer, &error)
        })?;
        let sealed = Self { input, asking, keys, opened, said, end };
        for column in sealed.data().row_groups().iter().flat_map(|group| group.columns()) {
            if column.file_path().is_some() {
                return Err(Fault::unsupported("columns in other files"));
            }
            if column.num_values() > 0 && chunk(column)?.end > end {
                return Err(Fault::damaged("a column lies beyond the file"));
            }
        }
        Ok(sealed)
    }

    pub(super) fn data(&self) -> &ParquetMetaData {
        self.opened.metadata()
    }

    pub(super) fn schema(&self) -> &arrow::datatypes::SchemaRef {
        self.opened.schema()
    }

    /// The rows of a row group, some at a time: one column of the table, or all.
    pub(super) fn rows(&self, group: usize, column: Option<usize>) -> Result<ParquetRecordBatchReader> {
        let schema = self.data().file_metadata().schema_descr();
        let mut parts = Vec::new();
        for (leaf, stored) in self.data().row_group(group).columns().iter().enumerate() {
            if column.is_some_and(|column| schema.get_column_root_idx(leaf) != column) {
                continue;
            }
            let range = chunk(stored)?;
            if range.end > self.end {
                return Err(Fault::damaged("a column lies beyond the file"));
            }
            let mut bytes = Vec::new();
            self.input.read(range.clone(), &mut bytes)?;
            if stored.crypto_metadata().is_some() && !modules_fit(&bytes) {
                return Err(Fault::damaged("it is encrypted, and was altered or cut short"));
            }
            parts.push((range.start, Bytes::from(bytes)));
        }
        let parts = Parts { len: self.end, parts };
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(parts, self.opened.clone())
            .with_row_groups(vec![group])
            .with_batch_size(ROWS);
        if let Some(column) = column {
            builder = builder.with_projection(ProjectionMask::roots(schema, [column]));
        }
        builder.build().map_err(|error| self.undecoded(&error))
    }

    /// Pages that do not decode.
    pub(super) fn undecoded(&self, error: &dyn fmt::Display) -> Fault {
        refused(&self.asking, self.input, None, error)
    }

    /// The same keys, under the same names, for the file that takes its place.
    pub(super) fn encryption(&self) -> Result<Arc<FileEncryptionProperties>> {
        let footer = self.key(self.said.key.as_deref())?;
        let mut new = FileEncryptionProperties::builder(footer.clone()).with_plaintext_footer(self.said.is_clear);
        if let Some(metadata) = &self.said.key {
            new = new.with_footer_key_metadata(metadata.clone());
        }
        if let Some(prefix) = &self.said.prefix {
            new = new.with_aad_prefix(prefix.clone()).with_aad_prefix_storage(true);
        }
        let columns = self.data().row_groups().first().map_or(&[][..], |group| group.columns());
        let is_uniform = |column: &parquet::file::metadata::ColumnChunkMetaData| {
            matches!(column.crypto_metadata(), Some(ColumnCryptoMetaData::ENCRYPTION_WITH_FOOTER_KEY))
        };
        if columns.iter().all(is_uniform) {
            return new.build().map_err(|_| Fault::unsupported("keys of another length"));
        }
        for column in columns {
            let (metadata, key) = match column.crypto_metadata() {
                None => continue,
                Some(ColumnCryptoMetaData::ENCRYPTION_WITH_FOOTER_KEY) => (self.said.key.as_ref(), footer.clone()),
                Some(ColumnCryptoMetaData::ENCRYPTION_WITH_COLUMN_KEY(own)) => {
                    (own.key_metadata.as_ref(), self.key(own.key_metadata.as_deref())?)
                }
            };
            let path = column.column_path().string();
            new = match metadata {
                Some(metadata) => new.with_column_key_and_metadata(&path, key, metadata.clone()),
                None => new.with_column_key(&path, key),
            };
        }
        new.build().map_err(|_| Fault::unsupported("keys of another length"))
    }

    fn key(&self, metadata: Option<&[u8]>) -> Result<Vec<u8>> {
        match self.keys.find(metadata.unwrap_or_default()) {
            Ok(key) => Ok(key.to_vec()),
            Err(reason) => Err(no_key(self.input, metadata, &reason)),
        }
    }
}

impl Said {
    /// From the crypto metadata before an encrypted footer, or else out of a footer in clear.
    fn read(bytes: &[u8], is_clear: bool) -> Result<Self> {
        let mut said = Self { is_clear, ..Self::default() };
        // `FileCryptoMetaData` has these as its first fields, `FileMetaData` as its last.
        let (algorithm, key) = if is_clear { (8, 9) } else { (1, 2) };
        let mut reader = Reader::new(bytes);
        let mut last = 0;
        while let Some((id, kind)) = reader.field(&mut last)? {
            match kind {
                STRUCT if id == algorithm => said.algorithm(&mut reader)?,
                BINARY if id == key => said.key = Some(reader.binary()?.to_vec()),
                _ => reader.skip(kind)?,
            }
        }
        // The decoder takes for granted that one module follows, as long as it says.
        if !is_clear && !modules_fit(bytes.get(reader.at()..).unwrap_or_default()) {
            return Err(Fault::damaged("it is encrypted, and was altered or cut short"));
        }
        Ok(said)
    }

    /// A union of structures: `AesGcmV1`, `AesGcmCtrV1`.
    fn algorithm(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        let mut last = 0;
        while let Some((id, kind)) = reader.field(&mut last)? {
            if (id, kind) != (1, STRUCT) {
                return Err(Fault::unsupported("the encryption AES_GCM_CTR_V1"));
            }
            let mut last = 0;
            while let Some((id, kind)) = reader.field(&mut last)? {
                match (id, kind) {
                    (1, BINARY) => self.prefix = Some(reader.binary()?.to_vec()),
                    (3, TRUE) => return Err(Fault::unsupported("an AAD prefix that does not stand in the file")),
                    _ => reader.skip(kind)?,
                }
            }
        }
        Ok(())
    }
}

/// Why it does not open: a key that could not be had, or else damage.
fn refused(asking: &Asking, input: &dyn Input, metadata: Option<&[u8]>, error: &dyn fmt::Display) -> Fault {
    let file = input.name();
    match asking.explain(file, store::Error::Encrypted { file: file.to_owned() }) {
        store::Error::KeyRefused { reason, .. } => no_key(input, metadata, &reason),
        // Not what the decoder says: it may repeat a value.
        _ if error.to_string().contains("decrypt") => Fault::damaged("it does not open with its key: it was altered"),
        _ => Fault::damaged("it is encrypted, and what is in it cannot be decoded"),
    }
}

fn no_key(input: &dyn Input, metadata: Option<&[u8]>, reason: &str) -> Fault {
    let reason = match metadata.and_then(seal::asked_for) {
        Some(name) => format!("{reason}; it asks for the key `{name}`"),
        None => reason.to_owned(),
    };
    Fault::Other(Error::Store(store::Error::KeyRefused { file: input.name().to_owned(), reason }))
}

/// Whether the bytes are modules, one after the other: length, nonce, ciphertext, tag. The decoder would believe any length.
fn modules_fit(mut bytes: &[u8]) -> bool {
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let length = u32::from_le_bytes(*length) as usize;
        match rest.split_at_checked(length) {
            Some((module, rest)) if module.len() >= 12 + 16 => bytes = rest,
            _ => return false,
        }
    }
    bytes.is_empty()
}

/// Some parts of a file, in memory.
struct Parts {
    len: u64,
    parts: Vec<(u64, Bytes)>,
}

impl Parts {
    fn from(&self, start: u64) -> std::result::Result<Bytes, ParquetError> {
        let lies = |(at, bytes): &&(u64, Bytes)| (*at..at + bytes.len() as u64).contains(&start);
        let (at, bytes) =
            self.parts.iter().find(lies).ok_or_else(|| ParquetError::EOF("beyond what was read".to_owned()))?;
        Ok(bytes.slice(usize::try_from(start - at).unwrap_or(bytes.len())..))
    }
}

impl Length for Parts {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Parts {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> std::result::Result<Self::T, ParquetError> {
        Ok(Box::new(self.from(start)?.reader()))
    }

    fn get_bytes(&self, start: u64, length: usize) -> std::result::Result<Bytes, ParquetError> {
        let bytes = self.from(start)?;
        let cut = || ParquetError::EOF("beyond what was read".to_owned());
        if length > bytes.len() { Err(cut()) } else { Ok(bytes.slice(..length)) }
    }
}
