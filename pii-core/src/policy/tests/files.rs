use std::path::{Path, PathBuf};

use super::*;
use crate::policy::starter;

/// The good policy, cut before the first dataset.
fn halves() -> [(PathBuf, String); 2] {
    let (head, datasets) = GOOD.split_at(GOOD.find("[[dataset]]").unwrap());
    [("a/rules.toml".into(), head.to_owned()), ("a/shop.toml".into(), datasets.to_owned())]
}

#[test]
fn several_files_make_one_policy() {
    let policy = Policy::parse(&halves()).unwrap();
    assert_eq!(policy.datasets().len(), 2);
    assert_eq!(policy.dataset(&dataset("crm.customers")).unwrap().place().file(), Path::new("a/shop.toml"));
}

#[test]
fn a_folder_is_read_and_other_files_in_it_are_not() {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in halves() {
        std::fs::write(dir.path().join(path.file_name().unwrap()), text).unwrap();
    }
    std::fs::write(dir.path().join("notes.md"), "not TOML").unwrap();
    assert_eq!(Policy::load(dir.path()).unwrap().digest(), Policy::parse(&halves()).unwrap().digest());
}

#[test]
fn an_empty_folder_is_no_policy() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Policy::load(dir.path()), Err(Error::NoPolicy { .. })));
    assert!(matches!(Policy::load(&dir.path().join("gone")), Err(Error::Read { .. })));
}

#[test]
fn the_digest_is_that_of_names_and_texts_in_order() {
    use sha2::{Digest, Sha256};
    let [a, b] = halves();
    let digest = Policy::parse(&[b.clone(), a.clone()]).unwrap().digest();
    let mut oracle = Sha256::new();
    for part in ["rules.toml", &a.1, "shop.toml", &b.1] {
        oracle.update((part.len() as u64).to_be_bytes());
        oracle.update(part);
    }
    assert_eq!(digest.as_slice(), oracle.finalize().as_slice());

    let moved = [("elsewhere/rules.toml".into(), a.1.clone()), ("elsewhere/shop.toml".into(), b.1.clone())];
    assert_eq!(Policy::parse(&moved).unwrap().digest(), digest);
    let edited = [a, (b.0, format!("{}# a word\n", b.1))];
    assert_ne!(Policy::parse(&edited).unwrap().digest(), digest);
}

#[test]
fn a_duplicate_in_another_file_names_both_places() {
    let [a, b] = halves();
    let again = ("a/zoo.toml".into(), "\n[[purpose]]\nid = \"sales\"\nlawful_basis = \"consent\"\n".to_owned());
    let found = violations(Policy::parse(&[a, b, again]));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].to_string(), "a/zoo.toml:3:6: there is a purpose `sales` already, at a/rules.toml:6:6");
}

#[test]
fn a_second_controller_names_both_places() {
    let [a, b] = halves();
    let again = ("a/zoo.toml".into(), "[controller]\nname = \"Other\"\n".to_owned());
    let found = violations(Policy::parse(&[a, b, again]));
    assert_eq!((found.len(), found[0].code), (1, "duplicate-controller"));
    assert_eq!(found[0].to_string(), "a/zoo.toml:1:2: the controller is named already at a/rules.toml:1:2");
}

#[test]
fn the_starter_works_as_it_is() {
    let policy = parse(&starter("Müller \"& Söhne\" \\ GmbH")).unwrap();
    assert_eq!(policy.controller().name(), "Müller \"& Söhne\" \\ GmbH");
    assert!(policy.release(&dataset("example.customers"), &recipient("warehouse")).is_ok());
}

/// What the starter has commented out works too.
#[test]
fn the_starters_offers_work() {
    let text = starter("Acme").replace(
        "# [[purpose]]\n# id = \"newsletter\"\n# lawful_basis = \"consent\"\n# direct",
        "[[purpose]]\nid = \"newsletter\"\nlawful_basis = \"consent\"\ndirect",
    );
    assert!(parse(&text).unwrap().purpose(&purpose("newsletter")).unwrap().is_direct_marketing());
}

#[test]
fn every_ready_to_use_policy_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        names.push(path.file_name().unwrap().to_string_lossy().into_owned());
        if let Err(error) = Policy::parse(&[(path, text)]) {
            panic!("{error}");
        }
    }
    for name in ["healthcare.toml", "hr.toml", "newsletter.toml", "online-shop.toml"] {
        assert!(names.iter().any(|n| n == name), "{name} is missing");
    }
}
