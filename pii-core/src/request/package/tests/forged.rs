//! Whatever is done to a package, it is either refused or still says the same.

use std::collections::BTreeMap;
use std::io::Write;

use rayon::prelude::*;

use super::super::zip::Writer;
use super::super::{Flaw, Opener, SealTo, Verdict, is_sealed, verify};
use super::*;

fn judged(zip: &[u8]) -> Verdict {
    verify(Cursor::new(zip), Some(key().public())).unwrap()
}

#[track_caller]
fn flaw(zip: &[u8]) -> String {
    match judged(zip) {
        Verdict::Flawed(flaw) => flaw.to_string(),
        Verdict::Whole(whole) => panic!("{whole:?}"),
    }
}

/// The content of every file, or none if a strict reader cannot tell.
fn contents(zip: &[u8]) -> BTreeMap<String, String> {
    names(zip).into_iter().map(|name| (name.clone(), file(zip, &name))).collect()
}

/// The files of `zip` written again, as `change` has them.
fn again(zip: &[u8], change: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) -> Vec<u8> {
    let mut files: Vec<_> = names(zip).into_iter().map(|name| (name.clone(), file(zip, &name).into_bytes())).collect();
    change(&mut files);
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, 6);
    for (name, content) in &files {
        writer.file::<_, std::io::Error>(name, |out| out.write_all(content)).unwrap();
    }
    writer.finish().unwrap();
    out
}

#[test]
fn a_package_as_it_was_written_is_whole() {
    let Verdict::Whole(whole) = judged(&shop(Kind::Access, Language::French)) else { panic!() };
    assert_eq!((whole.files, whole.rows, whole.right.as_str()), (10, 253, "access"));
    assert!(whole.expected && whole.signer == *key().public());
    let Ok(Verdict::Whole(whole)) = verify(Cursor::new(small()), None) else { panic!() };
    assert!(!whole.expected, "nobody said whose key it should be");
}

/// Another compression of the same files is not another package.
#[test]
fn files_that_are_packed_anew_are_the_same_files() {
    assert!(matches!(judged(&again(&small(), |_| {})), Verdict::Whole(_)));
}

#[test]
fn a_byte_that_is_changed_anywhere_is_noticed_or_changes_nothing() {
    let zip = small();
    let whole = contents(&zip);
    (0..zip.len()).into_par_iter().for_each(|at| {
        let mut bent = zip.clone();
        bent[at] ^= 1 << (at % 8);
        // The last byte of deflated data has bits that mean nothing.
        if let Ok(Verdict::Whole(_)) = verify(Cursor::new(&bent), None) {
            assert!(contents(&bent) == whole, "byte {at}");
        }
    });
}

#[test]
fn a_package_that_is_cut_or_grown_anywhere_is_refused() {
    let zip = small();
    (0..zip.len()).into_par_iter().for_each(|at| {
        assert!(matches!(judged(&zip[..at]), Verdict::Flawed(Flaw::Container(_))), "cut at {at}");
        let mut grown = zip.clone();
        grown.insert(at, zip[at].wrapping_add(1));
        assert!(matches!(judged(&grown), Verdict::Flawed(_)), "grown at {at}");
    });
    for grown in [[b"PK", zip.as_slice()].concat(), [zip.as_slice(), b"\0"].concat()] {
        assert!(matches!(judged(&grown), Verdict::Flawed(Flaw::Container(_))));
    }
    assert!(flaw(b"not a zip at all, but long enough to hold the end of one").contains("no package"));
}

#[test]
fn files_that_come_go_or_change_are_named() {
    let zip = small();
    let other = "data/shop.other.csv";
    assert_eq!(
        flaw(&again(&zip, |files| files.insert(0, (other.into(), b"x".to_vec())))),
        format!("`{other}` is there and is not named")
    );
    assert_eq!(flaw(&again(&zip, |files| drop(files.remove(0)))), "`data/risk.scores.jsonl` is named and is not there");
    assert_eq!(flaw(&again(&zip, |files| files[1].1[5] ^= 1)), "`data/risk.scores.csv` is not what the manifest names");
    assert_eq!(flaw(&again(&zip, |files| files.push(files[1].clone()))), "it holds `data/risk.scores.csv` twice");
    let manifest = |files: &mut Vec<(String, Vec<u8>)>| {
        let manifest = files.iter_mut().find(|(name, _)| name == "manifest.json").unwrap();
        manifest.1 =
            String::from_utf8(manifest.1.clone()).unwrap().replace("Credit Bureau", "Nobody at all").into_bytes();
    };
    assert_eq!(flaw(&again(&zip, manifest)), "its signature: it does not fit");
}

#[test]
fn no_name_leads_out_of_the_folder() {
    for name in [
        "../x.csv",
        "data/../../x.csv",
        "/etc/passwd",
        "data/a/b.csv",
        "data\\x.csv",
        "C:x",
        "data/.csv",
        "index.html/",
        "DATA/a.csv",
    ] {
        let forged = again(&small(), |files| files.push((name.into(), Vec::new())));
        assert_eq!(flaw(&forged), "it holds a file that no package has", "{name}");
    }
}

/// Who has no key of ours can sign all the same; that it is not ours is told by its number.
#[test]
fn another_signer_is_told_apart() {
    let forger = DocumentKey::from_seed(&[8; 32]).unwrap();
    let forged = again(&small(), |files| {
        let manifest = files.iter().find(|(name, _)| name == "manifest.json").unwrap().1.clone();
        for (name, content) in files {
            match name.as_str() {
                "manifest.sig" => {
                    *content =
                        forger.sign(&manifest, "manifest.json", "2026-11-21T08:00:00Z".parse().unwrap()).into_bytes()
                }
                "minisign.pub" => *content = forger.public().file().into_bytes(),
                _ => {}
            }
        }
    });
    assert!(matches!(judged(&forged), Verdict::Flawed(Flaw::OtherKey { signer, .. }) if signer == *forger.public()));
    let Ok(Verdict::Whole(whole)) = verify(Cursor::new(&forged), None) else { panic!() };
    assert_eq!((whole.signer, whole.expected), (forger.public().clone(), false));
}

/// What swells is read no further than it says, and a file that says more than it can hold is not read at all.
#[test]
fn a_bomb_is_not_waited_for() {
    let swollen = again(&small(), |files| files[0].1 = vec![b' '; 64 << 20]);
    assert!(swollen.len() < 200_000);
    assert_eq!(flaw(&swollen), "`data/risk.scores.jsonl` is not what the manifest names");
    let manifest = again(&small(), |files| {
        files.iter_mut().find(|(name, _)| name == "manifest.json").unwrap().1 = vec![b' '; 64 << 20];
    });
    assert_eq!(flaw(&manifest), "`manifest.json` is larger than it can be");
}

#[test]
fn a_sealed_package_opens_for_the_person_alone() {
    let identity = age::x25519::Identity::generate();
    use age::secrecy::ExposeSecret;
    let secret = identity.to_string().expose_secret().to_owned();
    let to_key = SealTo::key(&identity.to_public().to_string()).unwrap();
    for (to, opener) in [
        (SealTo::weakly("correct horse battery"), Opener::passphrase("correct horse battery")),
        (to_key, Opener::identities(&format!("# mine\n{secret}\n")).unwrap()),
    ] {
        let (written, sealed) = through_the_doors(|package, receipt, out| package.write_sealed(&to, out, receipt));
        assert_eq!((written.bytes, written.rows), (sealed.len() as u64, 1));
        assert_eq!(written.sha256, *ring::digest::digest(&ring::digest::SHA256, &sealed).as_ref());
        assert!(is_sealed(&mut Cursor::new(&sealed)).unwrap() && !is_sealed(&mut Cursor::new(small())).unwrap());
        let open = |sealed: &[u8]| {
            opener.open(Cursor::new(sealed.to_vec())).map(|clear| verify(clear, Some(key().public())).unwrap())
        };
        assert!(matches!(open(&sealed), Ok(Verdict::Whole(_))));
        for at in (0..sealed.len()).step_by(61) {
            let mut bent = sealed.clone();
            bent[at] ^= 4;
            assert!(!matches!(open(&bent), Ok(Verdict::Whole(_))), "byte {at}");
            assert!(!matches!(open(&sealed[..at]), Ok(Verdict::Whole(_))), "cut at {at}");
        }
        assert!(matches!(Opener::passphrase("another one").open(Cursor::new(sealed)).map(drop), Err(Error::NotOpened)));
    }
    let (written, clear) = through_the_doors(|package, receipt, out| package.write_clear(out, receipt));
    assert_eq!((written.bytes, clear.as_slice()), (clear.len() as u64, small().as_slice()));
}

#[test]
fn a_passphrase_that_can_be_guessed_and_a_key_that_is_none_are_refused() {
    assert!(matches!(SealTo::passphrase("hunter2"), Err(Error::ShortPassphrase(12))));
    for bad in ["", "age1xyz", "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1"] {
        assert!(matches!(SealTo::key(bad), Err(Error::MalformedAgeKey(_))), "{bad}");
        assert!(matches!(Opener::identities(bad), Err(Error::MalformedAgeKey(_))), "{bad}");
    }
    assert!(matches!(Opener::passphrase("x").open(Cursor::new(small())).map(drop), Err(Error::NotEncrypted)));
}

/// More than 4 GiB: sizes and places are said in ZIP64.
#[test]
#[ignore = "writes four gigabytes of spaces, deflated"]
fn a_container_beyond_four_gigabytes_is_read() {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, 1);
    let piece = vec![b' '; 1 << 20];
    let huge = |out: &mut dyn Write| (0..4_200).try_for_each(|_| out.write_all(&piece));
    writer.file::<_, std::io::Error>("data/a.csv", huge).unwrap();
    writer.file::<_, std::io::Error>("data/b.csv", |out| out.write_all(b"b")).unwrap();
    writer.finish().unwrap();
    assert_eq!(file(&out, "data/b.csv"), "b");
    let mut reader = Reader::open(Cursor::new(&out), |_| true).unwrap();
    let entry = reader.entries()[0].clone();
    assert_eq!(entry.size, 4_200 << 20);
    reader.digest(&entry).unwrap();
}
