//! Every provider of a root key keeps one contract, whether the key is here or on another machine.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod authority;
mod contract;
#[path = "../../../tests/moto.rs"]
#[allow(dead_code, reason = "journeys ask for more")]
mod moto;
mod stand_in;

use std::sync::Arc;

use pii_core::clock::SystemClock;
use pii_core::keyring::{
    Error, KeyAccess, KeyCommand, KeyFile, KeyProvider, Keyring, Kms, KmsSettings, RootKey, Transit, TransitSettings,
    Wrapped,
};
use pii_core::store;
use pii_core::store::{ObjectLocation, ObjectSettings, Objects};
use pii_core::vocab::Actor;
use pii_core::wire;
use pii_core::wire::{Credentials, Encryption, Wire};
use pii_core::workspace::{Caller, Settings, Site};

use authority::Authority;
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
fn amazon_is_spoken_to_in_tls_if_somebody_vouches_for_it() {
    let authority = Authority::new();
    let (cert, key) = (authority.file("cert.pem"), authority.file("key.pem"));
    let moto = Moto::start_with(&["-s", "-c", cert.to_str().unwrap(), "-k", key.to_str().unwrap()]);
    let endpoint = format!("https://localhost:{}", moto.address.port());
    let keys = |wire: &Wire| {
        let settings = KmsSettings {
            key: "alias/pii".to_owned(),
            region: Some("eu-central-1".to_owned()),
            endpoint: Some(endpoint.clone()),
        };
        Kms::new(&settings, Some(credentials()), wire).unwrap().wrap("label", b"secret").unwrap_err()
    };
    let objects = |wire: &Wire| {
        let settings = ObjectSettings {
            region: None,
            endpoint: Some(endpoint.clone()),
            credentials: Some(credentials()),
            wire: wire.clone(),
        };
        let location = ObjectLocation::parse("s3://acme-anchors/newest").unwrap();
        Objects::open(settings).and_then(|objects| objects.get(&location)).unwrap_err()
    };
    // Whom nobody vouches for is not asked; who is, answers that there is no such key, and no such bucket.
    let stranger = Wire::default();
    assert!(matches!(keys(&stranger), Error::Unreachable { source: wire::Error::UnknownAuthority { .. }, .. }));
    let error = objects(&stranger).to_string();
    assert!(error.contains("self-signed, or of an authority that is not trusted here"), "{error}");
    let nonsense = Wire { authorities: Some(authority.file("key.pem")), ..Wire::default() };
    assert!(matches!(objects(&nonsense), store::Error::Wire(wire::Error::Authorities { .. })));
    let error = keys(&authority.trusted());
    assert!(matches!(&error, Error::Refused { reason, .. } if reason.contains("NotFound")), "{error:?}");
    let error = objects(&authority.trusted());
    assert!(matches!(error, store::Error::NoBucket { .. }), "{error:?}");
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
fn an_accident_that_passes_is_waited_for_and_one_that_does_not_is_told() {
    let vault = StandIn::start(&["pii"]);
    let provider = transit(&vault, "pii");
    vault.fail(2);
    provider.wrap("label", b"secret").unwrap();
    assert_eq!(vault.requests(), 3);
    vault.fail(3);
    let error = provider.wrap("label", b"secret").unwrap_err();
    assert!(matches!(&error, Error::Refused { reason, .. } if reason == "internal error"), "{error}");
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
fn a_workspace_lives_under_a_key_of_vault() {
    let (vault, folder) = (StandIn::start(&["pii"]), tempfile::tempdir().unwrap());
    // What `pii.toml` names lies beside it: whom to trust, and the token that an agent keeps.
    std::fs::copy(vault.authority().file("ca.pem"), folder.path().join("ca.pem")).unwrap();
    std::fs::write(folder.path().join("token"), format!("{TOKEN}\n")).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(folder.path().join("token"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut settings = Settings::new("Acme GmbH");
    settings.tls.authorities = Some("ca.pem".into());
    settings.key.transit = Some(TransitSettings {
        namespace: Some("acme".to_owned()),
        token_file: Some("token".into()),
        ..vault.settings("pii")
    });

    let caller =
        || Caller { actor: Actor::local("anna"), role: None, host: "db-1".into(), clock: Arc::new(SystemClock) };
    let wire = settings.wire(folder.path(), Wire::default());
    let provider = settings.key_provider(folder.path(), KeyAccess::default(), &wire).unwrap().unwrap();
    Site::create(folder.path(), settings, &provider, caller()).unwrap();

    let site = Site::find(folder.path()).unwrap();
    assert_eq!(site.root_id().unwrap().to_string(), "vault-transit:transit/pii");
    let provider = site.key_provider(KeyAccess::default()).unwrap().unwrap();
    site.unlock(&provider, caller()).unwrap().seal().unwrap();
    assert_eq!((vault.requests(), vault.namespace().as_str()), (2, "acme"), "one to wrap, one to unwrap");
    assert_eq!(vault.complaints(), Vec::<String>::new());
    assert!(!std::fs::read_to_string(folder.path().join("pii.toml")).unwrap().contains(TOKEN));
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
    Kms::new(&settings, Some(credentials()), &Wire::default()).unwrap()
}

fn credentials() -> Credentials {
    Credentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: SECRET_ACCESS_KEY.to_owned().into(),
        session_token: None,
    }
}

fn transit(vault: &StandIn, key: &str) -> Transit {
    Transit::new(&vault.settings(key), Some(TOKEN.to_owned().into()), &vault.wire()).unwrap()
}
