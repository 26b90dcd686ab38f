use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryBuilder, StringArray, StringBuilder};
use arrow::datatypes::DataType;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Error, Normaliser};
use crate::keyring::{Epoch, Keyring, PseudonymKey};
use crate::policy::PseudonymForm;
use crate::vocab::Domain;

/// Turns values of one column into pseudonyms of one domain.
#[derive(Debug)]
pub struct Pseudonymiser {
    key: PseudonymKey,
    domain: Domain,
    normaliser: Normaliser,
    form: PseudonymForm,
    epoch: String,
}

impl Pseudonymiser {
    /// For `domain`, with its current key.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn new(keys: &Keyring, domain: &Domain, normaliser: Normaliser, form: PseudonymForm) -> Result<Self, Error> {
        Self::of_epoch(keys, domain, keys.current_epoch(domain), normaliser, form)
    }

    /// For `domain`, with the key of one of its epochs.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn of_epoch(
        keys: &Keyring,
        domain: &Domain,
        epoch: Epoch,
        normaliser: Normaliser,
        form: PseudonymForm,
    ) -> Result<Self, Error> {
        let key = keys.pseudonym(domain, normaliser.name(), epoch)?;
        Ok(Self { key, domain: domain.clone(), normaliser, form, epoch: epoch.to_string() })
    }

    /// `HMAC-SHA-256(key, normalise(value))`: 32 bytes.
    pub fn sign(&self, value: &str) -> [u8; 32] {
        self.key.sign(self.normaliser.normalise(value).as_bytes())
    }

    /// The pseudonym of a value as text: as recipients have it, or in hexadecimal where they have bytes.
    pub fn written(&self, value: &str) -> String {
        let tag = self.sign(value);
        let hex = || tag.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        match self.form {
            PseudonymForm::Base64Url => {
                let short = tag.first_chunk::<16>().unwrap_or(&[0; 16]);
                format!("{}{}", self.epoch, URL_SAFE_NO_PAD.encode(short))
            }
            PseudonymForm::Hex => format!("{}{}", self.epoch, hex()),
            PseudonymForm::Raw => hex(),
        }
    }

    /// What a column of pseudonyms says of itself: algorithm, domain, normalisation, epoch, key check value.
    pub fn metadata(&self) -> [(String, String); 5] {
        [
            ("pii.alg".into(), "HMAC-SHA-256".into()),
            ("pii.domain".into(), self.domain.to_string()),
            ("pii.norm".into(), self.normaliser.name().into()),
            ("pii.kid".into(), format!("{}/{}", self.domain, self.epoch)),
            ("pii.kcv".into(), self.key.check_value()),
        ]
    }

    pub(super) fn data_type(&self) -> DataType {
        match self.form {
            PseudonymForm::Base64Url | PseudonymForm::Hex => DataType::Utf8,
            PseudonymForm::Raw => DataType::FixedSizeBinary(32),
        }
    }

    /// The normal form in which it hashes texts.
    pub(super) fn normaliser(&self) -> Normaliser {
        self.normaliser
    }

    /// Texts that are in its normal form already.
    pub(super) fn apply_normal(&self, normal: &StringArray) -> Result<ArrayRef, Error> {
        self.strings(normal.len(), normal.iter(), |value| self.key.sign(value.as_bytes()))
    }

    /// Strings, integers, dates and the like are hashed as text, binary as its bytes; nulls stay null.
    pub(super) fn apply(&self, array: &ArrayRef) -> Result<ArrayRef, Error> {
        let sign = |value: &str| self.sign(value);
        match array.data_type() {
            DataType::Utf8 => self.strings(array.len(), array.as_string::<i32>().iter(), sign),
            DataType::LargeUtf8 => self.strings(array.len(), array.as_string::<i64>().iter(), sign),
            DataType::Utf8View => self.strings(array.len(), array.as_string_view().iter(), sign),
            DataType::Binary => self.bytes(array.as_binary::<i32>().iter()),
            DataType::LargeBinary => self.bytes(array.as_binary::<i64>().iter()),
            DataType::BinaryView => self.bytes(array.as_binary_view().iter()),
            DataType::FixedSizeBinary(_) => self.bytes(array.as_fixed_size_binary().iter()),
            _ => {
                let text = arrow::compute::cast(array, &DataType::Utf8)?;
                self.strings(text.len(), text.as_string::<i32>().iter(), sign)
            }
        }
    }

    fn strings<'a>(
        &self,
        rows: usize,
        values: impl Iterator<Item = Option<&'a str>> + Clone,
        sign: impl Fn(&str) -> [u8; 32],
    ) -> Result<ArrayRef, Error> {
        // A look-up in a memo costs about as much as two hashes: worth it only where values recur.
        let mut seen = HashSet::new();
        let sample = values.clone().flatten().take(SAMPLE).filter(|v| !seen.insert(*v)).count();
        let mut out = Printer::new(self, rows);
        if sample * 2 > SAMPLE {
            let mut memo: HashMap<&str, [u8; 32]> = HashMap::new();
            for value in values {
                match value {
                    Some(value) => out.push(memo.entry(value).or_insert_with(|| sign(value)))?,
                    None => out.push_null(),
                }
            }
        } else {
            for value in values {
                match value {
                    Some(value) => out.push(&sign(value))?,
                    None => out.push_null(),
                }
            }
        }
        Ok(out.finish())
    }

    fn bytes<'a>(&self, values: impl ExactSizeIterator<Item = Option<&'a [u8]>>) -> Result<ArrayRef, Error> {
        let mut out = Printer::new(self, values.len());
        for value in values {
            match value {
                Some(value) => out.push(&self.key.sign(value))?,
                None => out.push_null(),
            }
        }
        Ok(out.finish())
    }
}

/// Collects tags in the form the recipient gets them.
enum Printer<'a> {
    Text { epoch: &'a str, hex: bool, line: String, out: StringBuilder },
    Raw(FixedSizeBinaryBuilder),
}

impl<'a> Printer<'a> {
    fn new(of: &'a Pseudonymiser, rows: usize) -> Self {
        match of.form {
            PseudonymForm::Raw => Self::Raw(FixedSizeBinaryBuilder::with_capacity(rows, 32)),
            form => {
                let hex = form == PseudonymForm::Hex;
                let out = StringBuilder::with_capacity(rows, rows * (of.epoch.len() + if hex { 64 } else { 22 }));
                Self::Text { epoch: &of.epoch, hex, line: String::with_capacity(72), out }
            }
        }
    }

    fn push(&mut self, tag: &[u8; 32]) -> Result<(), Error> {
        match self {
            Self::Raw(out) => out.append_value(tag)?,
            Self::Text { epoch, hex, line, out } => {
                line.clear();
                line.push_str(epoch);
                if *hex {
                    tag.iter().for_each(|b| line.extend([digit(b >> 4), digit(b & 15)]));
                } else {
                    URL_SAFE_NO_PAD.encode_string(tag.first_chunk::<16>().unwrap_or(&[0; 16]), line);
                }
                out.append_value(&*line);
            }
        }
        Ok(())
    }

    fn push_null(&mut self) {
        match self {
            Self::Raw(out) => out.append_null(),
            Self::Text { out, .. } => out.append_null(),
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Self::Raw(mut out) => Arc::new(out.finish()),
            Self::Text { mut out, .. } => Arc::new(out.finish()),
        }
    }
}

fn digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0')
}

const SAMPLE: usize = 512;

#[cfg(test)]
mod tests {
    use arrow::array::BinaryArray;
    use arrow::compute::cast;

    use super::*;
    use crate::keyring::RootKey;

    fn warehouse(form: PseudonymForm) -> Pseudonymiser {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keyring::create(dir.path(), &RootKey::generate().unwrap()).unwrap();
        Pseudonymiser::new(&keys, &Domain::parse("warehouse").unwrap(), Normaliser::Email, form).unwrap()
    }

    #[test]
    fn bytes_are_hashed_as_they_are_whatever_holds_them() {
        // No text at all, so nothing but its bytes can be hashed.
        let binary: ArrayRef = Arc::new(BinaryArray::from(vec![Some(&[0xff, 0x00, b'A', b' '][..]), None]));
        let warehouse = warehouse(PseudonymForm::Base64Url);
        let expected = warehouse.apply(&binary).unwrap();
        assert!(expected.is_valid(0) && expected.is_null(1));
        for holder in [DataType::LargeBinary, DataType::BinaryView, DataType::FixedSizeBinary(4)] {
            assert_eq!(&warehouse.apply(&cast(&binary, &holder).unwrap()).unwrap(), &expected, "{holder}");
        }
    }

    #[test]
    fn a_form_is_how_the_same_tag_is_written() {
        let value: ArrayRef = Arc::new(arrow::array::StringArray::from(vec![" Anna@example.org"]));
        for (form, length) in [(PseudonymForm::Base64Url, 1 + 22), (PseudonymForm::Hex, 1 + 64)] {
            let printed = warehouse(form).apply(&value).unwrap();
            let printed = printed.as_string::<i32>().value(0);
            assert!(printed.starts_with('1') && printed.len() == length, "{printed}");
            assert_eq!(warehouse(form).written("x").len(), length);
        }
        let raw = warehouse(PseudonymForm::Raw);
        let bytes = raw.apply(&value).unwrap();
        assert_eq!(bytes.as_fixed_size_binary().value(0), raw.sign("anna@example.org"));
    }

    #[test]
    fn a_column_says_how_it_was_made_and_not_with_what() {
        let about: HashMap<_, _> = warehouse(PseudonymForm::Hex).metadata().into_iter().collect();
        assert_eq!((about["pii.alg"].as_str(), about["pii.norm"].as_str()), ("HMAC-SHA-256", "email/v1"));
        assert_eq!((about["pii.domain"].as_str(), about["pii.kid"].as_str()), ("warehouse", "warehouse/1"));
        assert_eq!(about["pii.kcv"].len(), 16);
    }
}
