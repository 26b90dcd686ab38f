//! What whoever wraps secrets promises.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pii_core::keyring::{Error, KeyProvider, Keyring, Wrapped};

/// A provider, another of its kind with another key, and what may be seen nowhere.
pub(crate) struct Pair<'a> {
    pub(crate) provider: &'a dyn KeyProvider,
    pub(crate) other: &'a dyn KeyProvider,
    pub(crate) secrets: &'a [&'a str],
}

/// All of it.
pub(crate) fn keeps(pair: &Pair<'_>) {
    what_was_wrapped_comes_back(pair);
    what_was_altered_or_is_for_something_else_does_not(pair);
    the_wrong_key_says_which_was_expected(pair);
    a_keyring_opens_with_its_own_key_alone(pair);
}

const LABEL: &str = "pii/v1/test";
const SECRET: &[u8; 32] = b"a secret of the keyring, 32 long";

fn what_was_wrapped_comes_back(Pair { provider, secrets, .. }: &Pair<'_>) {
    for secret in [&SECRET[..], b"x", &[0xa5; 4096]] {
        let wrapped = provider.wrap(LABEL, secret).unwrap();
        assert_eq!(*provider.unwrap(LABEL, &wrapped).unwrap(), secret);
    }
    let (one, two) = (provider.wrap(LABEL, SECRET).unwrap(), provider.wrap(LABEL, SECRET).unwrap());
    assert_ne!(one.wrapped, two.wrapped, "equal secrets are not seen to be");

    // It is written down, and read back by whoever comes next.
    let text = serde_json::to_string(&one).unwrap();
    let read: Wrapped = serde_json::from_str(&text).unwrap();
    assert_eq!(*provider.unwrap(LABEL, &read).unwrap(), SECRET);
    hides(secrets, &format!("{text} {one:?}"));
}

fn what_was_altered_or_is_for_something_else_does_not(Pair { provider, secrets, .. }: &Pair<'_>) {
    let good = provider.wrap(LABEL, SECRET).unwrap();
    let refused = |wrapped: Wrapped| {
        let error = provider.unwrap(LABEL, &wrapped).unwrap_err();
        hides(secrets, &format!("{error} {error:?}"));
        error
    };
    let error = provider.unwrap("pii/v1/other", &good).unwrap_err();
    assert!(matches!(error, Error::Unsealable), "{error:?}");

    for bent in bent(&good.wrapped) {
        refused(Wrapped { wrapped: bent, ..good.clone() });
    }
    for data_key in good.data_key.iter().flat_map(|text| bent(text)) {
        refused(Wrapped { data_key: Some(data_key), ..good.clone() });
    }
    for lost in ["", "vault:v1:", "vault:v9:AAAA", "not base64", "AAAA"] {
        refused(Wrapped { wrapped: lost.to_owned(), ..good.clone() });
    }
    if good.data_key.is_some() {
        refused(Wrapped { data_key: None, ..good.clone() });
        let foreign = provider.wrap(LABEL, SECRET).unwrap();
        refused(Wrapped { data_key: foreign.data_key, ..good.clone() });
    }
    let later = refused(Wrapped { alg: "of-tomorrow".to_owned(), ..good });
    assert!(matches!(later, Error::Newer), "{later:?}");
}

fn the_wrong_key_says_which_was_expected(Pair { provider, other, secrets }: &Pair<'_>) {
    let wrapped = provider.wrap(LABEL, SECRET).unwrap();
    let error = other.unwrap(LABEL, &wrapped).unwrap_err();
    let Error::WrongKey { expected, found } = &error else { panic!("{error:?}") };
    assert_eq!((expected, found), (&wrapped.root, &other.id().unwrap()));
    let said = error.to_string();
    assert!(said.contains(&expected.to_string()) && said.contains(&found.to_string()), "{said}");
    hides(secrets, &format!("{said} {error:?}"));
}

fn a_keyring_opens_with_its_own_key_alone(Pair { provider, other, secrets }: &Pair<'_>) {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keyring::create(folder.path(), *provider).unwrap();
    let again = Keyring::open(folder.path(), *provider).unwrap();
    assert_eq!(*keys.audit_seed().unwrap(), *again.audit_seed().unwrap());
    assert_eq!(Keyring::root_of(folder.path()).unwrap(), *keys.root_id());
    assert!(matches!(Keyring::open(folder.path(), *other), Err(Error::WrongKey { .. })));
    hides(secrets, &std::fs::read_to_string(folder.path().join("master.json")).unwrap());
    assert!(matches!(Keyring::create(folder.path(), *provider), Err(Error::Master { .. })), "never over another");
}

/// A text of base64, bent by one bit in some places of what it stands for.
fn bent(text: &str) -> Vec<String> {
    let (prefix, base64) = text.rsplit_once(':').map_or(("", text), |(prefix, rest)| (&text[..=prefix.len()], rest));
    let bytes = STANDARD.decode(base64).unwrap();
    let places = [0, 5, 13, bytes.len() / 2, bytes.len() - 1];
    let bend = |place: usize| {
        let mut bytes = bytes.clone();
        bytes[place] ^= 1;
        format!("{prefix}{}", STANDARD.encode(bytes))
    };
    places.into_iter().map(bend).collect()
}

/// No secret stands there: neither as it is, nor in base64, nor in hex.
#[track_caller]
fn hides(secrets: &[&str], text: &str) {
    let given = secrets.iter().map(|secret| secret.as_bytes());
    for secret in given.chain([&SECRET[..]]) {
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        for form in [String::from_utf8_lossy(secret).into_owned(), STANDARD.encode(secret), hex, format!("{secret:?}")]
        {
            assert!(!text.contains(&form), "{text}");
        }
    }
}
