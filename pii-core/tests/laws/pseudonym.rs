//! What a pseudonym is.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::LazyLock;

use arrow::array::{Array, ArrayRef, DictionaryArray, Int32Array, StringArray};
use arrow::compute::{cast, concat};
use arrow::datatypes::{DataType, Int32Type};
use pii_core::keyring::{Epoch, Keyring};
use pii_core::policy::{Method, PseudonymForm};
use pii_core::pseudonym::{Normaliser, Pseudonymiser, Transform};
use pii_core::vocab::Domain;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::world::{keyring, text};

static KEYS: LazyLock<Keyring> = LazyLock::new(keyring);
static OTHER_KEYS: LazyLock<Keyring> = LazyLock::new(keyring);

const PROFILES: [Normaliser; 6] = [
    Normaliser::Text,
    Normaliser::Name,
    Normaliser::Email,
    Normaliser::Phone(None),
    Normaliser::Document,
    Normaliser::Ip,
];

const METHODS: [&str; 11] = [
    "pseudonymise",
    "null",
    "keep",
    "constant:x",
    "mask:1,1",
    "year",
    "month",
    "bucket:10",
    "network-24",
    "truncate-coordinates",
    "mask",
];

proptest! {
    #[test]
    fn equal_values_of_one_recipient_have_equal_pseudonyms(values in column(), at in any::<prop::sample::Index>()) {
        let transform = pseudonymise(&KEYS, "warehouse", Normaliser::Text, PseudonymForm::Base64Url);
        let whole = text(&transform.apply(&strings(&values)).unwrap());
        for (as_type, array) in string_types(&values) {
            prop_assert_eq!(&text(&transform.apply(&array).unwrap()), &whole, "{}", as_type);
        }
        // However the rows fall into batches.
        let at = at.index(values.len() + 1);
        let (head, tail) = (strings(&values).slice(0, at), strings(&values).slice(at, values.len() - at));
        let parts = [transform.apply(&head).unwrap(), transform.apply(&tail).unwrap()];
        prop_assert_eq!(text(&concat(&[&parts[0], &parts[1]]).unwrap()), whole);
    }

    #[test]
    fn values_that_recur_often_keep_their_pseudonyms(values in prop::collection::vec("\\PC{1,8}", 1..8)) {
        let transform = pseudonymise(&KEYS, "warehouse", Normaliser::Text, PseudonymForm::Base64Url);
        let once = text(&transform.apply(&strings(&some(&values))).unwrap());
        let often: Vec<_> = values.iter().cycle().take(2000).cloned().collect();
        let often = text(&transform.apply(&strings(&some(&often))).unwrap());
        for row in 0..often.len() {
            prop_assert_eq!(often.value(row), once.value(row % values.len()));
        }
    }

    #[test]
    fn different_values_have_different_pseudonyms(values in prop::collection::hash_set("[a-z0-9]{1,8}", 0..20)) {
        let values: Vec<_> = values.into_iter().collect();
        let made = set(&pseudonymise(&KEYS, "warehouse", Normaliser::Text, PseudonymForm::Base64Url), &values);
        prop_assert_eq!(made.len(), values.len());
    }

    #[test]
    fn recipients_and_keyrings_have_no_pseudonym_in_common(values in prop::collection::vec("\\PC{1,12}", 1..20)) {
        for form in [PseudonymForm::Base64Url, PseudonymForm::Hex] {
            let of = |keys, domain| set(&pseudonymise(keys, domain, Normaliser::Text, form), &values);
            let warehouse = of(&KEYS, "warehouse");
            prop_assert!(warehouse.is_disjoint(&of(&KEYS, "partner")));
            prop_assert!(warehouse.is_disjoint(&of(&OTHER_KEYS, "warehouse")));
        }
    }

    #[test]
    fn epochs_have_no_pseudonym_in_common(
        values in prop::collection::vec("\\PC{1,12}", 1..20), epochs in (1u32..1_000, 1u32..1_000),
    ) {
        prop_assume!(epochs.0 != epochs.1);
        let domain = Domain::parse("warehouse").unwrap();
        // Without the number that is printed before them: the halves that the shortest form keeps.
        let of = |number: u32| -> HashSet<Vec<u8>> {
            let (epoch, form) = (Epoch::new(number).unwrap(), PseudonymForm::Raw);
            let made = Pseudonymiser::of_epoch(&KEYS, &domain, epoch, Normaliser::Text, form).unwrap();
            values.iter().map(|value| made.sign(value)[..16].to_vec()).collect()
        };
        prop_assert!(of(epochs.0).is_disjoint(&of(epochs.1)));
    }

    /// PostgreSQL, Spark or Python can check a sample: RFC 2104 over SHA-256, by hand, with the key that is revealed.
    #[test]
    fn a_pseudonym_is_the_hmac_of_the_normal_form(value in "\\PC{0,24}", profile in prop::sample::select(&PROFILES)) {
        let domain = Domain::parse("warehouse").unwrap();
        let key = KEYS.reveal_pseudonym(&domain, profile.name(), Epoch::FIRST).unwrap();
        let expected = hex(&hmac_sha256(key.as_ref(), profile.normalise(&value).as_bytes()));
        let transform = pseudonymise(&KEYS, "warehouse", profile, PseudonymForm::Hex);
        let printed = text(&transform.apply(&strings(&some(&[value]))).unwrap());
        prop_assert_eq!(printed.value(0), format!("1{expected}"));
    }

    #[test]
    fn nulls_stay_null_whatever_the_method(values in column(), method in prop::sample::select(&METHODS)) {
        let transform = method_of(method);
        for (as_type, array) in string_types(&values) {
            let rewritten = transform.apply(&array).unwrap();
            prop_assert_eq!(rewritten.len(), values.len());
            for (row, _) in values.iter().enumerate().filter(|(_, value)| value.is_none()) {
                prop_assert!(rewritten.is_null(row), "{} of {}, row {}", method, as_type, row);
            }
        }
    }
}

#[test]
fn a_key_that_is_revealed_can_be_checked_in_another_language() {
    // RFC 4231, test case 2: so that the oracle itself is right.
    let tag = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
    assert_eq!(hex(&tag), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/// A column of text as a source may bring it: plain, large, as views, as dictionaries with and without a null entry.
fn string_types(values: &[Option<String>]) -> Vec<(&'static str, ArrayRef)> {
    let plain = strings(values);
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    // A null may also be an entry of the dictionary that rows point to.
    let keys = Int32Array::from_iter_values(0..i32::try_from(values.len()).unwrap());
    let with_null_entries = DictionaryArray::<Int32Type>::new(keys, plain.clone());
    vec![
        ("text", plain.clone()),
        ("large text", cast(&plain, &DataType::LargeUtf8).unwrap()),
        ("text views", cast(&plain, &DataType::Utf8View).unwrap()),
        ("dictionary", cast(&plain, &dictionary).unwrap()),
        ("dictionary with null entries", Arc::new(with_null_entries)),
    ]
}

fn pseudonymise(keys: &Keyring, domain: &str, normaliser: Normaliser, form: PseudonymForm) -> Transform {
    let domain = Domain::parse(domain).unwrap();
    let pseudonymiser = || Pseudonymiser::new(keys, &domain, normaliser, form);
    Transform::new(&Method::Pseudonymise, pseudonymiser).unwrap().unwrap()
}

fn method_of(spelling: &str) -> Transform {
    let domain = Domain::parse("warehouse").unwrap();
    let pseudonymiser = || Pseudonymiser::new(&KEYS, &domain, Normaliser::Text, PseudonymForm::Base64Url);
    Transform::new(&Method::parse(spelling).unwrap(), pseudonymiser).unwrap().unwrap()
}

fn set(transform: &Transform, values: &[String]) -> HashSet<String> {
    let made = text(&transform.apply(&strings(&some(values))).unwrap());
    made.iter().flatten().map(str::to_owned).collect()
}

fn column() -> impl Strategy<Value = Vec<Option<String>>> {
    prop::collection::vec(prop::option::of("\\PC{0,12}"), 0..40)
}

fn some(values: &[String]) -> Vec<Option<String>> {
    values.iter().cloned().map(Some).collect()
}

fn strings(values: &[Option<String>]) -> ArrayRef {
    Arc::new(StringArray::from_iter(values.iter().map(Option::as_deref)))
}

/// `H((K ⊕ opad) ‖ H((K ⊕ ipad) ‖ text))`, RFC 2104, section 2; for keys no longer than a block.
fn hmac_sha256(key: &[u8], text: &[u8]) -> [u8; 32] {
    let pad = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(key).for_each(|(b, k)| *b ^= k);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
