use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Error;

/// How a Parquet file is encrypted: Parquet Modular Encryption, AES_GCM_V1 with keys of 256 bits. All of the file is,
/// its footer included, so that neither values nor names of columns nor statistics stand in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// One key for the whole file.
    Uniform,
    /// A key for each personal column, and one for the footer and the columns that are not personal.
    Columns,
}

impl FromStr for Encryption {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "uniform" => Ok(Self::Uniform),
            "columns" => Ok(Self::Columns),
            _ => Err(Error::UnknownEncryption { name: name.to_owned() }),
        }
    }
}

/// A key of one Parquet file, and what the file says of it, so that a reader can find it.
#[derive(Clone)]
pub struct ParquetKey {
    pub(super) key: Zeroizing<[u8; 32]>,
    pub(super) metadata: Vec<u8>,
}

impl ParquetKey {
    /// A key that was made for one file, and the key metadata that it is found by.
    pub fn new(key: Zeroizing<[u8; 32]>, metadata: Vec<u8>) -> Self {
        Self { key, metadata }
    }
}

impl fmt::Debug for ParquetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ParquetKey(…)")
    }
}

/// The keys of one Parquet file: used for one, and then never again.
#[derive(Debug)]
pub struct ParquetKeys {
    pub(super) footer: ParquetKey,
    /// For columns without a key of their own, where others have one: the footer's, as a column names it.
    pub(super) others: Option<ParquetKey>,
    /// By the name of a column of the table; all of its leaves have the same.
    pub(super) columns: Vec<(String, ParquetKey)>,
}

impl ParquetKeys {
    /// One key for the whole file.
    pub fn uniform(footer: ParquetKey) -> Self {
        Self { footer, others: None, columns: Vec::new() }
    }

    /// Keys for some columns of the table, by their names. Every other column has `others`, so that none is left in
    /// clear.
    pub fn columns(footer: ParquetKey, others: ParquetKey, columns: Vec<(String, ParquetKey)>) -> Self {
        Self { footer, others: Some(others), columns }
    }
}

/// Finds the keys of encrypted files by what those say of them.
#[derive(Clone)]
pub struct KeyFinder(Arc<Find>);

type Find = dyn Fn(&[u8]) -> Result<Zeroizing<[u8; 32]>, String> + Send + Sync;

impl KeyFinder {
    /// `find` gets the key metadata of a file or of a column, and gives the key, or says why there is none.
    pub fn new(find: impl Fn(&[u8]) -> Result<Zeroizing<[u8; 32]>, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(find))
    }

    /// The key that these metadata speak of, or why there is none.
    ///
    /// # Errors
    /// A sentence.
    pub fn find(&self, metadata: &[u8]) -> Result<Zeroizing<[u8; 32]>, String> {
        (self.0)(metadata)
    }
}

impl fmt::Debug for KeyFinder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyFinder(…)")
    }
}
