//! Every provider of a root key keeps one contract, whether the key is here or on another machine.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod contract;
#[path = "../../../tests/moto.rs"]
#[allow(dead_code, reason = "journeys ask for more")]
mod moto;
mod stand_in;

use pii_core::keyring::{
    Error, KeyCommand, KeyFile, KeyProvider, Keyring, Kms, KmsSettings, RootKey, Transit, TransitSettings, Wrapped,
};
use pii_core::wire;
use pii_core::wire::{Credentials, Encryption, Wire};

use contract::{Pair, keeps};
use moto::{Moto, free};
use stand_in::{StandIn, TOKEN};

#[test]
fn a_file_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| {
        let key = RootKey::generate().unwrap();
        let file = KeyFile(folder.path().join(name));
        file.create(&key).unwrap();
        (file, key.to_base64().to_string())
    };
    let ((provider, secret), (other, _)) = (file("one"), file("two"));
    keeps(&Pair { provider: &provider, other: &other, secrets: &[&secret] });
}

#[cfg(unix)]
#[test]
fn a_command_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let command = |name: &str| {
        let key = RootKey::generate().unwrap();
        let file = KeyFile(folder.path().join(name));
        file.create(&key).unwrap();
        (KeyCommand::new(format!("cat '{}'", file.0.display())), key.to_base64().to_string())
    };
    let ((provider, secret), (other, _)) = (command("one"), command("two"));
    keeps(&Pair { provider: &provider, other: &other, secrets: &[&secret] });
}

#[test]
fn aws_kms_keeps_the_contract() {
    let moto = Moto::start();
    let (one, two) = (moto.make_key(), moto.make_key());
    let (provider, other) = (kms(&one, &moto.url()), kms(&two, &moto.url()));
    keeps(&Pair { provider: &provider, other: &other, secrets: &[SECRET_ACCESS_KEY] });
    assert_eq!(provider.encryption(), Some(&Encryption::Loopback));

    // An alias leads to a key, and the key is what is remembered.
    moto.kms("CreateAlias", &format!(r#"{{"AliasName":"alias/pii","TargetKeyId":"{one}"}}"#));
    let alias = kms("alias/pii", &moto.url());
    let wrapped = alias.wrap("label", b"secret").unwrap();
    assert_eq!(wrapped.root.kms_key(), Some(one.as_str()));
    assert_eq!(*provider.unwrap("label", &wrapped).unwrap(), b"secret");
    assert_eq!(*alias.unwrap("label", &wrapped).unwrap(), b"secret");

    // Each secret has a data key of its own.
    assert_ne!(wrapped.data_key, alias.wrap("label", b"secret").unwrap().data_key);

    // A key that is not there is said not to be.
    let gone = kms(&one.replace("key/", "key/0"), &moto.url());
    let error = gone.wrap("label", b"secret").unwrap_err();
    assert!(matches!(&error, Error::Refused { reason, .. } if reason.contains("NotFound")), "{error}");
}

#[test]
fn vault_transit_keeps_the_contract() {
    let vault = StandIn::start(&["pii", "other"]);
    let (provider, other) = (transit(&vault, "pii"), transit(&vault, "other"));
    keeps(&Pair { provider: &provider, other: &other, secrets: &[TOKEN] });
    assert_eq!(provider.encryption(), Some(&Encryption::Encrypted));

    // A new version of the key wraps what is wrapped from then on, and the old one still opens what it wrapped.
    let old = provider.wrap("label", b"secret").unwrap();
    assert!(old.wrapped.starts_with("vault:v1:"), "{}", old.wrapped);
    vault.rotate("pii");
    assert_eq!(*provider.unwrap("label", &old).unwrap(), b"secret");
    assert!(provider.wrap("label", b"secret").unwrap().wrapped.starts_with("vault:v2:"));

    assert_eq!(vault.complaints(), Vec::<String>::new(), "every request was as the API documents it");
}

#[test]
fn a_vault_that_refuses_is_quoted() {
    let vault = StandIn::start(&["pii"]);
    let nobody = Transit::new(&vault.settings("pii"), Some("hvs.wrong".to_owned().into()), &vault.wire()).unwrap();
    let error = nobody.wrap("label", b"secret").unwrap_err();
    assert!(matches!(&error, Error::Refused { reason, .. } if reason == "permission denied"), "{error}");
    assert!(!format!("{error} {error:?}").contains("hvs.wrong"));
    let error = transit(&vault, "not-there").wrap("label", b"secret").unwrap_err();
    assert!(matches!(&error, Error::Refused { reason, .. } if reason == "encryption key not found"), "{error}");
    vault.seal();
    let error = transit(&vault, "pii").wrap("label", b"secret").unwrap_err();
    assert!(matches!(&error, Error::Refused { reason, .. } if reason == "Vault is sealed"), "{error}");
}

#[test]
fn a_vault_whose_certificate_nobody_vouches_for_gets_no_token() {
    let vault = StandIn::start(&["pii"]);
    let stranger = Transit::new(&vault.settings("pii"), Some(TOKEN.to_owned().into()), &Wire::default()).unwrap();
    let error = stranger.wrap("label", b"secret").unwrap_err();
    let Error::Unreachable { source, .. } = &error else { panic!("{error:?}") };
    assert!(matches!(source, wire::Error::UnknownAuthority { .. }), "{source:?}");
    assert_eq!(vault.requests(), 0);
}

#[test]
fn a_provider_that_is_not_there_is_said_not_to_be() {
    let address = format!("http://{}", free());
    let settings = TransitSettings {
        address: address.clone(),
        mount: "transit".to_owned(),
        key: "pii".to_owned(),
        namespace: None,
        token_file: None,
    };
    let transit = Transit::new(&settings, Some(TOKEN.to_owned().into()), &Wire::default()).unwrap();
    let kms = kms("arn:aws:kms:eu-central-1:111122223333:key/1234", &address);
    let providers: [&dyn KeyProvider; 2] = [&transit, &kms];
    for provider in providers {
        let error = provider.wrap("label", b"secret").unwrap_err();
        let Error::Unreachable { source: wire::Error::Refused { host }, .. } = &error else { panic!("{error:?}") };
        assert!(address.ends_with(host.as_str()));
    }
    let error = KeyFile("not/here".into()).wrap("label", b"secret").unwrap_err();
    assert!(error.to_string().contains("`not/here`"), "{error}");
}

#[test]
fn what_is_no_provider_at_all_is_not_taken_for_one() {
    // It answers everything with 200, as a proxy's login page does.
    let page = StandIn::of_something_else();
    let transit = Transit::new(&page.settings("pii"), Some(TOKEN.to_owned().into()), &page.wire()).unwrap();
    let error = transit.wrap("label", b"secret").unwrap_err();
    assert!(matches!(error, Error::Answer { .. }), "{error:?}");
}

#[test]
fn a_master_moves_from_one_provider_to_another() {
    let vault = StandIn::start(&["pii"]);
    let here = RootKey::generate().unwrap();
    let there = transit(&vault, "pii");
    let before: Wrapped = here.wrap("pii/v1/master", &[7; 32]).unwrap();
    let after = there.wrap("pii/v1/master", &here.unwrap("pii/v1/master", &before).unwrap()).unwrap();
    assert_eq!(*there.unwrap("pii/v1/master", &after).unwrap(), [7; 32]);
    // Each says whom it needs.
    let error = here.unwrap("pii/v1/master", &after).unwrap_err().to_string();
    assert!(error.contains("needs key `vault-transit:transit/pii`"), "{error}");
    let error = there.unwrap("pii/v1/master", &before).unwrap_err().to_string();
    assert!(error.contains(&format!("needs key `{}`", here.id())), "{error}");
    let folder = tempfile::tempdir().unwrap();
    assert!(Keyring::create(folder.path(), &there).unwrap().root_id().is_remote());
}

const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn kms(key: &str, endpoint: &str) -> Kms {
    let settings = KmsSettings {
        key: key.to_owned(),
        region: Some("eu-central-1".to_owned()),
        endpoint: Some(endpoint.to_owned()),
    };
    let credentials = Credentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: SECRET_ACCESS_KEY.to_owned().into(),
        session_token: None,
    };
    Kms::new(&settings, Some(credentials), &Wire::default()).unwrap()
}

fn transit(vault: &StandIn, key: &str) -> Transit {
    Transit::new(&vault.settings(key), Some(TOKEN.to_owned().into()), &vault.wire()).unwrap()
}
