use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::Workspace;
use super::reveal::write_new;
use crate::audit::{Action, Hash};
use crate::error::Error;
use crate::keyring::Keyring;
use crate::seal::{self, KeyName, KeyPart, find_parquet_key};
use crate::store::{
    Destination, Encryption, Format, KeyFinder, Location, ReadOptions, Source, TableWriter, WriteOptions,
};
use crate::vocab::DatasetId;

impl Workspace {
    /// The keys of files that were encrypted here, for reading them: see [`ReadOptions::keys`].
    pub fn file_keys(&self) -> KeyFinder {
        file_keys(Arc::clone(&self.keys))
    }

    /// How tables are to be encrypted if nobody says otherwise.
    pub fn encryption(&self) -> Option<Encryption> {
        self.site.settings().encrypt
    }

    /// Opens a table for rows of a dataset, encrypted if this run or the workspace says so. A workspace that says so
    /// writes no table in clear.
    pub(super) fn table<'c>(
        &self,
        dataset: &DatasetId,
        destination: &Destination,
        schema: &SchemaRef,
        options: &WriteOptions,
        personal: impl Iterator<Item = &'c str>,
    ) -> Result<TableWriter, Error> {
        let Some(encryption) = options.encryption.or(self.encryption()) else {
            let subject = self.policy.dataset(dataset).and_then(|known| known.subject());
            let subject = options.subject.clone().or(subject.map(|subject| subject.column.clone()));
            return Ok(TableWriter::create(destination, schema, &WriteOptions { subject, ..options.clone() })?);
        };
        // A column is personal if anything in it is.
        let mut columns: Vec<String> = personal.filter_map(|path| root_of(schema, path)).collect();
        columns.dedup();
        let key = self.keys.data(dataset)?;
        let keys = seal::parquet_keys(&key, encryption, &columns)
            .map_err(|source| Error::Sealed { path: destination.to_string().into(), source })?;
        Ok(TableWriter::create_encrypted(destination, schema, options, &keys)?)
    }

    /// The names of the keys that an encrypted Parquet file needs, in order; none of the keys.
    ///
    /// # Errors
    /// [`Error::Store`], also if the file is not encrypted.
    pub fn names_of_file_keys(&self, path: &Path) -> Result<Vec<String>, Error> {
        Ok(self.keys_of(path)?.found.into_keys().collect())
    }

    /// Writes the keys of an encrypted Parquet file to a new file of mode 0600, as JSON: `footer_key` for readers that
    /// take one key, `keys` by name for those that ask a key service; all in base64. `footer_only` leaves out those of
    /// personal columns. On record, with the columns that they open, before the file is made. They open this one file.
    ///
    /// # Errors
    /// [`Error::Store`], also if the file is not encrypted; [`Error::Io`] if `to` exists or cannot be written.
    pub fn reveal_file_keys(&self, path: &Path, to: &Path, footer_only: bool) -> Result<(), Error> {
        let FileKeys { footer, mut found } = self.keys_of(path)?;
        if footer_only {
            found.retain(|name, _| KeyName::parse(name).is_some_and(|name| name.part == KeyPart::Footer));
        }
        let columns = found.keys().filter_map(|name| match KeyName::parse(name)?.part {
            KeyPart::Column(column) => Some(column),
            KeyPart::Footer => None,
        });
        let mut event = self.event(Action::KeyShow).with_columns(columns).with_content(Hash::of(&footer));
        if let Ok((name, _)) = find_parquet_key(&self.keys, &footer) {
            event = event.with_dataset(name.dataset);
        }
        let text = json(&found);
        self.record(&event)?;
        write_new(to, &text)
    }

    /// Opens the metadata of a file, and notes each key on the way.
    fn keys_of(&self, path: &Path) -> Result<FileKeys, Error> {
        let noted = Arc::new(Mutex::new(FileKeys::default()));
        let (keys, notes) = (Arc::clone(&self.keys), Arc::clone(&noted));
        let finder = KeyFinder::new(move |metadata| {
            let (name, key) = find_parquet_key(&keys, metadata).map_err(|error| error.to_string())?;
            let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
            if notes.footer.is_empty() {
                notes.footer = metadata.to_vec();
            }
            notes.found.insert(name.to_string(), key.clone());
            Ok(key)
        });
        let options = ReadOptions { format: Some(Format::Parquet), keys: Some(finder), ..ReadOptions::default() };
        Source::open(&[Location::from(path.to_owned())], &options)?;
        let noted = std::mem::take(&mut *noted.lock().unwrap_or_else(PoisonError::into_inner));
        if noted.found.is_empty() {
            return Err(Error::NotEncrypted(path.to_owned()));
        }
        Ok(noted)
    }
}

/// The keys of files that were encrypted in the workspace of this keyring.
pub fn file_keys(keys: Arc<Keyring>) -> KeyFinder {
    KeyFinder::new(move |metadata| match find_parquet_key(&keys, metadata) {
        Ok((_, key)) => Ok(key),
        Err(error) => Err(error.to_string()),
    })
}

/// What was asked for while a file was opened.
#[derive(Default)]
struct FileKeys {
    /// The key metadata of the footer. No two files have the same.
    footer: Vec<u8>,
    found: BTreeMap<String, Zeroizing<[u8; 32]>>,
}

/// Written by hand: no copy of a key is left behind in a tree of JSON values.
fn json(found: &BTreeMap<String, Zeroizing<[u8; 32]>>) -> Zeroizing<String> {
    let encoded = |key: &Zeroizing<[u8; 32]>| Zeroizing::new(STANDARD.encode(key.as_ref()));
    let mut text = Zeroizing::new(String::from("{\n"));
    for (name, key) in found {
        if KeyName::parse(name).is_some_and(|name| name.part == KeyPart::Footer) {
            text.push_str(&format!("  \"footer_key\": \"{}\",\n", *encoded(key)));
        }
    }
    text.push_str("  \"keys\": {");
    for (n, (name, key)) in found.iter().enumerate() {
        let comma = if n == 0 { "" } else { "," };
        let name = serde_json::Value::from(name.as_str());
        text.push_str(&format!("{comma}\n    {name}: \"{}\"", *encoded(key)));
    }
    text.push_str("\n  }\n}\n");
    text
}

/// The column of the table that a dotted path leads into; a column may have dots in its name.
fn root_of(schema: &SchemaRef, path: &str) -> Option<String> {
    let within = |name: &str| path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    schema.fields().iter().map(|field| field.name()).filter(|name| within(name)).max_by_key(|name| name.len()).cloned()
}
