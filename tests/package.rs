//! Somebody was sent a package about them, and wants to know whether it is what the controller wrote.

use std::fs;

use crate::desk::{Desk, Said};
use crate::python::python;

/// A desk with the packages that a version before gave to somebody.
fn desk() -> Desk {
    let desk = Desk::new();
    for (name, bytes) in [
        ("access.zip", &include_bytes!("packages/access.zip")[..]),
        ("access.pub", include_bytes!("packages/access.pub")),
        ("identity.txt", include_bytes!("packages/identity.txt")),
        ("identity.zip.age", include_bytes!("packages/identity.zip.age")),
        ("passphrase.zip.age", include_bytes!("packages/passphrase.zip.age")),
    ] {
        desk.write(name, bytes);
    }
    desk.write("passphrase.txt", "correct horse battery staple\n");
    desk
}

/// As the person has it: no workspace, no key.
fn at_home(desk: &Desk, args: &str) -> Said {
    let mut command = desk.command(&format!("request package-verify {args}"));
    fs::rename(desk.path("pii.toml"), desk.path("away")).unwrap();
    let said = Said::new(args, command.output().unwrap());
    fs::rename(desk.path("away"), desk.path("pii.toml")).unwrap();
    said
}

#[test]
fn a_package_is_verified_by_whoever_has_it() {
    let desk = desk();
    let said = at_home(&desk, "access.zip --key access.pub").done();
    assert!(said.out.starts_with("VERIFIED\n  every file is as it was signed"), "{}", said.out);
    assert!(said.out.contains("as it should be") && !said.out.contains("s-7"), "{}", said.out);
    let said = at_home(&desk, "access.zip").done();
    assert!(said.out.contains("whose it is was not checked") && said.out.contains("--key FILE"), "{}", said.out);
    let said = at_home(&desk, "access.zip --json --key access.pub").done();
    let lines = said.json();
    let [package] = lines.as_slice() else { panic!("{}", said.out) };
    assert_eq!(
        (&package["type"], &package["verified"], &package["signer_checked"]),
        (&"package".into(), &true.into(), &true.into())
    );
    assert_eq!((&package["rows"], &package["right"]), (&1.into(), &"access".into()));
}

#[test]
fn a_sealed_package_is_opened_in_passing() {
    let desk = desk();
    at_home(&desk, "identity.zip.age --identity-file identity.txt --key access.pub").done();
    at_home(&desk, "passphrase.zip.age --passphrase-file passphrase.txt --key access.pub").done();
    let mut command = desk.command("request package-verify passphrase.zip.age --key access.pub");
    let from_environment = command.env("PII_PASSPHRASE_FILE", "passphrase.txt").output().unwrap();
    Said::new("with PII_PASSPHRASE_FILE", from_environment).done();
    assert!(desk.names(".").iter().all(|name| !name.ends_with(".json")), "nothing is unpacked");

    at_home(&desk, "passphrase.zip.age").exits(2).says(&["encrypted to the person", "--passphrase-file"]);
    desk.write("other.txt", "not the passphrase");
    let said = at_home(&desk, "passphrase.zip.age --passphrase-file other.txt").exits(12);
    said.says(&["does not open", "hint: "]);
    at_home(&desk, "passphrase.zip.age --identity-file identity.txt").exits(12);
    at_home(&desk, "identity.zip.age --identity-file passphrase.txt").exits(2).says(&["not an age key", "age-keygen"]);
}

#[test]
fn what_is_not_as_it_was_signed_is_refused() {
    let desk = desk();
    let mut bent = fs::read(desk.path("access.zip")).unwrap();
    let middle = bent.len() / 2;
    bent[middle] ^= 1;
    desk.write("bent.zip", &bent);
    let said = at_home(&desk, "bent.zip --key access.pub").exits(3);
    assert!(said.out.starts_with("NOT VERIFIED\n"), "{}", said.out);
    let said = at_home(&desk, "bent.zip --json").exits(3);
    assert_eq!(said.json()[0]["verified"], false);
    desk.write("cut.zip", &bent[..middle]);
    at_home(&desk, "cut.zip").exits(3);
    let mut sealed = fs::read(desk.path("identity.zip.age")).unwrap();
    let end = sealed.len() - 20;
    sealed[end] ^= 1;
    desk.write("bent.age", &sealed);
    at_home(&desk, "bent.age --identity-file identity.txt --key access.pub").exits(3);
    at_home(&desk, "passphrase.txt").exits(3);
    at_home(&desk, "no-such.zip").exits(1).says(&["no-such.zip"]);
    at_home(&desk, "access.zip --key nonsense").exits(2).says(&["not a public key of minisign", "pii key list"]);
}

/// In a workspace, its own key is the one that should have signed.
#[test]
fn a_package_of_another_controller_is_not_ours() {
    let desk = desk();
    let own =
        desk.pii("key list --json").done().json().into_iter().find(|line| line["type"] == "document_key").unwrap();
    let said = desk.pii("request package-verify access.zip").exits(3);
    let number = own["number"].as_str().unwrap();
    assert!(said.out.contains(&format!("should be by {number}")), "{}", said.out);
    desk.pii("request package-verify access.zip --key access.pub").done();
    assert!(own["public"].as_str().unwrap().starts_with("RW"), "as minisign writes it");
}

/// Python's own `zipfile`, `json` and `csv`, and an Ed25519 that is not ours.
#[test]
fn python_reads_a_package_and_its_signature() {
    let desk = Desk::new();
    desk.write("shop.zip", include_bytes!("packages/shop.zip"));
    python("package.py", &[desk.path("shop.zip")]);
}
