//! What a newer program wrote is refused with a sentence, and not misread.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{SEGMENT, payloads, sealed, write};
use crate::audit::samples::{ORIGIN, settings, signer, verdict};
use crate::audit::{AuditLog, Error, Hash, Verdict, read};

#[test]
fn a_segment_of_a_newer_format_is_refused_by_all_who_read_it() {
    let (_home, dir) = sealed(4);
    let mut bytes = fs::read(dir.join(SEGMENT)).unwrap();
    bytes[8] = 2;
    let crc = crc32c::crc32c(&bytes[..20]).to_le_bytes();
    bytes[20..24].copy_from_slice(&crc);
    fs::write(dir.join(SEGMENT), &bytes).unwrap();

    let said = "`seg/000000000000.seg` is of format version 2, and this program reads up to version 1";
    assert_eq!(AuditLog::open(&dir, signer(), settings()).unwrap_err().to_string(), said);
    assert_eq!(read(&dir).map(|mut entries| entries.next().unwrap().unwrap_err()).unwrap().to_string(), said);
    let found = verdict(&dir).to_string();
    assert_eq!(found, "UNVERIFIABLE(a newer program: `seg/000000000000.seg` is of version 2)");
    assert_eq!(fs::read(dir.join(SEGMENT)).unwrap(), bytes, "nothing is mended");
}

#[test]
fn an_entry_of_a_newer_version_is_refused_by_all_who_read_it() {
    let (_home, dir) = sealed(4);
    let mut entries = payloads(&dir);
    entries[2] = String::from_utf8(entries[2].clone()).unwrap().replace("{\"v\":1,", "{\"v\":2,").into_bytes();
    write(&dir, &entries);
    let said = "entry 2 is of format version 2, and this program reads up to version 1";
    assert_eq!(AuditLog::open(&dir, signer(), settings()).unwrap_err().to_string(), said);
    let found: Vec<_> = read(&dir).unwrap().collect();
    assert!(found[..2].iter().all(Result::is_ok));
    assert_eq!(found[2].as_ref().unwrap_err().to_string(), said);
    assert!(matches!(found[2], Err(Error::Newer { found: 2, .. })));
    assert_eq!(verdict(&dir).to_string(), "UNVERIFIABLE(a newer program: entry 2 is of version 2)");
}

/// The type byte of a key says how it signs, and more types may come.
#[test]
fn a_key_that_signs_in_a_newer_way_is_not_called_tampering() {
    let (_home, dir) = sealed(4);
    let typed = [[2].as_slice(), &[9; 1312]].concat();
    let id = &Hash::of(&[ORIGIN.as_bytes(), b"\n", &typed].concat()).to_string()[..8];
    let name = dir.join(format!("keys/acme.example_audit+{id}.vkey"));
    fs::write(name, format!("{ORIGIN}+{id}+{}\n", STANDARD.encode(&typed))).unwrap();
    let found = verdict(&dir);
    assert!(!matches!(found, Verdict::Tampered { .. }), "{found}");
}
