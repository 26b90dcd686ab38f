use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Error;
use crate::keyring::{DataKey, KeyId, Keyring};
use crate::store::{Encryption, ParquetKey, ParquetKeys};
use crate::vocab::DatasetId;

/// New keys for one Parquet file of a dataset, wrapped in its key metadata. `personal`: the columns of the table that
/// get a key of their own with [`Encryption::Columns`].
///
/// # Errors
/// [`Error::Keyring`].
pub fn parquet_keys(key: &DataKey, encryption: Encryption, personal: &[String]) -> Result<ParquetKeys, Error> {
    let name = |part| KeyName { dataset: key.dataset().clone(), key: key.id(), part };
    let footer_name = name(KeyPart::Footer);
    let footer = key.fresh(footer_name.to_string().as_bytes())?;
    let named = |is_footer| {
        let metadata = KeyMaterial::new(&footer_name, &footer.wrapped, is_footer).to_bytes()?;
        Ok::<_, Error>(ParquetKey::new(footer.key.clone(), metadata))
    };
    if encryption == Encryption::Uniform {
        return Ok(ParquetKeys::uniform(named(true)?));
    }
    let mut columns = Vec::new();
    for column in personal {
        let name = name(KeyPart::Column(column.clone()));
        let own = key.fresh(name.to_string().as_bytes())?;
        let metadata = KeyMaterial::new(&name, &own.wrapped, false).to_bytes()?;
        columns.push((column.clone(), ParquetKey::new(own.key, metadata)));
    }
    Ok(ParquetKeys::columns(named(true)?, named(false)?, columns))
}

/// The key that the key metadata of an encrypted Parquet file speak of, and its name.
///
/// # Errors
/// [`Error::ForeignKey`] if they are not ours, [`Error::OtherKey`] if they are another workspace's, [`Error::Header`] if
/// they were altered.
pub fn find_parquet_key(keys: &Keyring, metadata: &[u8]) -> Result<(KeyName, Zeroizing<[u8; 32]>), Error> {
    let material: KeyMaterial = serde_json::from_slice(metadata).map_err(|_| Error::ForeignKey)?;
    let name = KeyName::parse(&material.master_key_id).ok_or(Error::ForeignKey)?;
    let wrapped = STANDARD.decode(&material.wrapped_dek).map_err(|_| Error::ForeignKey)?;
    let key = keys.data(&name.dataset)?;
    if key.id() != name.key {
        return Err(Error::OtherKey { dataset: name.dataset, file: name.key, here: key.id() });
    }
    let opened = key.unwrap(name.to_string().as_bytes(), &wrapped).map_err(|_| Error::Header)?;
    Ok((name, opened))
}

/// The name by which a key service is asked for the key of these key metadata, whoever wrote them; none if they do not say.
pub(crate) fn asked_for(metadata: &[u8]) -> Option<String> {
    Some(serde_json::from_slice::<KeyMaterial>(metadata).ok()?.master_key_id)
}

/// The name of a key of a Parquet file, as its key metadata have it and as a key service is asked for it:
/// `crm.customers/6d8568756ffacc9c/footer`, `crm.customers/6d8568756ffacc9c/column/email`. It names the dataset's key that
/// wraps it, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName {
    /// The dataset.
    pub dataset: DatasetId,
    /// The id of the dataset's key.
    pub key: KeyId,
    /// What it is for.
    pub part: KeyPart,
}

/// What a key of a Parquet file opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPart {
    /// The footer, and the columns that have no key of their own.
    Footer,
    /// A column of the table.
    Column(String),
}

impl KeyName {
    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/');
        let (dataset, key, part) = (parts.next()?, parts.next()?, parts.next()?);
        let part = match part.strip_prefix("column/") {
            Some(column) => KeyPart::Column(column.to_owned()),
            None if part == "footer" => KeyPart::Footer,
            None => return None,
        };
        Some(Self { dataset: DatasetId::parse(dataset).ok()?, key: KeyId::parse(key)?, part })
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/", self.dataset, self.key)?;
        match &self.part {
            KeyPart::Footer => f.write_str("footer"),
            KeyPart::Column(column) => write!(f, "column/{column}"),
        }
    }
}

/// Key metadata as the key tools of Parquet write and read them, in Java, Spark and PyArrow: `PKMT1`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyMaterial {
    key_material_type: String,
    internal_storage: bool,
    is_footer_key: bool,
    #[serde(rename = "kmsInstanceID", default, skip_serializing_if = "Option::is_none")]
    kms_instance_id: Option<String>,
    #[serde(rename = "kmsInstanceURL", default, skip_serializing_if = "Option::is_none")]
    kms_instance_url: Option<String>,
    #[serde(rename = "masterKeyID")]
    master_key_id: String,
    #[serde(rename = "wrappedDEK")]
    wrapped_dek: String,
    double_wrapping: bool,
}

impl KeyMaterial {
    fn new(name: &KeyName, wrapped: &[u8], is_footer_key: bool) -> Self {
        // There is no key service to find: its names are the ones that stand for none.
        let kms = is_footer_key.then(|| "DEFAULT".to_owned());
        Self {
            key_material_type: "PKMT1".to_owned(),
            internal_storage: true,
            is_footer_key,
            kms_instance_id: kms.clone(),
            kms_instance_url: kms,
            master_key_id: name.to_string(),
            wrapped_dek: STANDARD.encode(wrapped),
            double_wrapping: false,
        }
    }

    fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        serde_json::to_vec(self).map_err(|_| Error::ForeignKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::RootKey;

    fn keyring() -> Keyring {
        Keyring::create(tempfile::tempdir().unwrap().path(), &RootKey::generate().unwrap()).unwrap()
    }

    fn metadata(key: &DataKey, part: KeyPart) -> (Vec<u8>, Zeroizing<[u8; 32]>) {
        let name = KeyName { dataset: key.dataset().clone(), key: key.id(), part };
        let file = key.fresh(name.to_string().as_bytes()).unwrap();
        (KeyMaterial::new(&name, &file.wrapped, true).to_bytes().unwrap(), file.key)
    }

    #[test]
    fn a_name_reads_back_whatever_the_column_is_called() {
        let keys = keyring();
        let key = keys.data(&DatasetId::parse("crm.customers").unwrap()).unwrap();
        for part in [KeyPart::Footer, KeyPart::Column("email".into()), KeyPart::Column("a/b column/ü".into())] {
            let name = KeyName { dataset: key.dataset().clone(), key: key.id(), part };
            assert_eq!(KeyName::parse(&name.to_string()), Some(name));
        }
        assert_eq!(KeyName::parse("kf"), None);
    }

    #[test]
    fn a_key_is_found_by_its_metadata_in_its_workspace() {
        let keys = keyring();
        let key = keys.data(&DatasetId::parse("crm.customers").unwrap()).unwrap();
        let (metadata, secret) = metadata(&key, KeyPart::Footer);
        let (name, found) = find_parquet_key(&keys, &metadata).unwrap();
        assert_eq!((name.part, found), (KeyPart::Footer, secret));
        assert!(matches!(find_parquet_key(&keyring(), &metadata), Err(Error::OtherKey { .. })));
        assert!(matches!(find_parquet_key(&keys, b"kf"), Err(Error::ForeignKey)));
        let moved = String::from_utf8(metadata).unwrap().replace("/footer", "/column/email");
        assert!(matches!(find_parquet_key(&keys, moved.as_bytes()), Err(Error::Header)), "bound to what it is for");
    }
}
