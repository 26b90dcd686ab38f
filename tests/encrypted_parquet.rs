//! Parquet that rests encrypted: whoever was given the keys reads it in PyArrow or DuckDB, and nobody else.

use std::fs;

use crate::desk::Desk;
use crate::python::python;

/// A desk with `whole.parquet`, one key, and `columns.parquet`, a key for each personal column: forty customers.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers -o whole.parquet --encrypt uniform").done();
    desk.pii("tag customers.csv -d crm.customers -o columns.parquet --encrypt columns --compression none").done();
    desk
}

/// What a reader in Python prints, a line each.
fn reads(desk: &Desk, how: &str, file: &str, keys: &str, columns: &[&str]) -> Vec<String> {
    let columns = columns.iter().map(|column| (*column).into());
    let args = [how.into(), desk.path(file), desk.path(keys)].into_iter().chain(columns);
    python("encrypted.py", &args.collect::<Vec<_>>()).lines().map(str::to_owned).collect()
}

const FIRST: &str = "C0000000 Agatha Winterbourne agatha.winterbourne0@mail.example 07700 900000 1940-01-10 0.50";
const ALL: &str = "40 customer_id,name,email,phone,born,total";

#[test]
fn one_key_opens_a_uniform_file_in_pyarrow_and_duckdb() {
    let desk = desk();
    desk.pii("key show --file whole.parquet --reveal-to keys.json").done().says(&["holds keys in clear"]);
    for how in ["uniform", "duckdb", "columns"] {
        let read = reads(&desk, how, "whole.parquet", "keys.json", &[]);
        assert_eq!([read[0].as_str(), &read[1]], [ALL, FIRST], "{how}");
    }
}

#[test]
fn keys_of_columns_open_what_they_are_for() {
    let desk = desk();
    desk.pii("key show --file columns.parquet --reveal-to all.json").done();
    desk.pii("key show --file columns.parquet --reveal-to footer.json --footer-only").done();
    let read = reads(&desk, "columns", "columns.parquet", "all.json", &[]);
    assert_eq!([read[0].as_str(), &read[1]], [ALL, FIRST]);
    assert_eq!(reads(&desk, "columns", "columns.parquet", "footer.json", &["total"])[..2], ["40 total", "0.50"]);
    let refused = reads(&desk, "columns", "columns.parquet", "footer.json", &["total,email"]);
    assert!(refused[0].contains("/column/email"), "{refused:?}");
    // DuckDB takes every key to be the footer's; what it says of that depends on the bytes that it then meets.
    let refused = reads(&desk, "duckdb", "columns.parquet", "all.json", &[]);
    assert!(refused[0].contains("Exception"), "{refused:?}");
}

#[test]
fn giving_a_key_away_is_on_record_and_showing_its_name_is_not_a_release() {
    let desk = desk();
    let shown = desk.pii("key show --file columns.parquet").done().out;
    assert!(shown.contains("/footer") && shown.contains("/column/email") && !shown.contains("column/total"), "{shown}");
    desk.pii("key show --file columns.parquet --reveal-to keys.json").done();
    let keys = fs::metadata(desk.path("keys.json")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&keys.permissions()) & 0o777, 0o600);
    let entry = desk.pii("audit query --action key_show --json").done().json().remove(0);
    assert_eq!(entry["dataset"], "crm.customers");
    assert_eq!(entry["columns"].as_array().unwrap().len(), 5);
    assert!(!desk.pii("audit query --json").done().out.contains(desk.read("keys.json").split('"').nth(3).unwrap()));
    desk.pii("key show --file columns.parquet --reveal-to keys.json").exits(1);
    desk.pii("key show --file customers.csv").exits(1);
    desk.pii("tag customers.csv -d crm.customers -o clear.parquet").done();
    desk.pii("key show --file clear.parquet").exits(1).says(&["`clear.parquet` is not encrypted"]);
}

#[test]
fn the_workspace_reads_what_it_encrypted_and_another_does_not() {
    let desk = desk();
    for file in ["whole.parquet", "columns.parquet"] {
        let scanned = desk.pii(&format!("scan {file} -d crm.customers --json")).done();
        assert_eq!(scanned.json().len(), 6);
        desk.pii(&format!("tag {file} -d crm.customers")).done();
        desk.pii(&format!("protect {file} -d crm.customers -r warehouse -o out.csv")).done();
        assert_eq!(desk.read("out.csv").lines().count(), 41);
    }
    let other = Desk::new();
    fs::copy(desk.path("whole.parquet"), other.path("theirs.parquet")).unwrap();
    let said = other.pii("tag theirs.parquet -d crm.customers").exits(12);
    said.says(&["`theirs.parquet` is encrypted, and its key cannot be had", "another workspace", "hint: "]);
    let bare = Desk::bare();
    fs::copy(desk.path("whole.parquet"), bare.path("theirs.parquet")).unwrap();
    bare.pii("scan theirs.parquet").exits(12).says(&["`theirs.parquet` is encrypted", "no workspace"]);
}

#[test]
fn nothing_of_the_people_stands_in_an_encrypted_output() {
    let desk = desk();
    desk.pii("protect customers.csv -d crm.customers -r partner -o p.parquet --encrypt columns --compression none")
        .done();
    desk.pii("protect customers.csv -d crm.customers -r partner -o p.csv").done();
    let pseudonym = desk.read("p.csv").lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
    for (file, words) in [
        ("whole.parquet", &["Agatha", "agatha", "customer_id", "crm.customers\"", "ARROW:schema"][..]),
        ("columns.parquet", &["Agatha", "agatha", "0.50", "ARROW:schema", "user.contact.email"]),
        ("p.parquet", &[&pseudonym, "HMAC-SHA-256", "ARROW:schema", "pii.kcv", "partner"]),
    ] {
        let bytes = fs::read(desk.path(file)).unwrap();
        assert!(bytes.starts_with(b"PARE") && bytes.ends_with(b"PARE"), "{file}");
        for word in words {
            assert!(!bytes.windows(word.len()).any(|w| w == word.as_bytes()), "`{word}` stands in {file}");
        }
    }
}

#[test]
fn a_workspace_that_says_so_writes_no_table_in_clear() {
    let desk = Desk::new();
    let settings = desk.read("pii.toml");
    desk.write("pii.toml", settings.replacen("policies", "encrypt = \"columns\"\npolicies", 1));
    desk.pii("tag customers.csv -d crm.customers -o out.parquet").done();
    assert!(desk.pii("key show --file out.parquet").done().out.contains("/column/email"));
    desk.pii("protect customers.csv -d crm.customers -r warehouse -o out.csv")
        .exits(1)
        .says(&["`out.csv` would not be encrypted: csv has no encryption of its own", "hint: write Parquet"]);
    assert!(!desk.path("out.csv").exists());
    desk.pii("protect customers.csv -d crm.customers -r warehouse -o one.parquet --encrypt uniform").done();
    desk.pii("protect customers.csv -d crm.customers -r warehouse -o x.parquet --encrypt none").exits(1);
}

#[test]
fn an_altered_file_is_named() {
    let desk = desk();
    let mut bytes = fs::read(desk.path("whole.parquet")).unwrap();
    bytes[60] ^= 1;
    desk.write("bent.parquet", &bytes);
    desk.write("cut.parquet", &bytes[..bytes.len() - 9]);
    for file in ["bent.parquet", "cut.parquet"] {
        desk.pii(&format!("tag {file} -d crm.customers")).exits(1).says(&[file, "is not a sound parquet file"]);
    }
    desk.log_holds();
}

#[test]
fn a_person_leaves_an_encrypted_file_which_stays_encrypted_with_the_same_keys() {
    let desk = desk();
    desk.pii("key show --file whole.parquet --reveal-to uniform.json").done();
    desk.pii("key show --file columns.parquet --reveal-to columns.json").done();
    desk.write("gone", "C0000000\nC0000007\n");
    let others = "38 customer_id,name,email,phone,born,total";
    for (file, keys, hows) in [
        ("whole.parquet", "uniform.json", &["uniform", "duckdb", "columns"][..]),
        ("columns.parquet", "columns.json", &["columns"]),
    ] {
        let said = desk.pii(&format!("erase {file} --column customer_id --values-file gone --yes")).done();
        assert!(said.out.contains("delete-row: 2 rows in 1 file") && said.out.contains("re-encoded"), "{}", said.out);
        for how in hows {
            let read = reads(&desk, how, file, keys, &[]);
            assert_eq!(read[0], others, "{how}");
            assert!(read[1].starts_with("C0000001 "), "{how}: {read:?}");
        }
        let bytes = fs::read(desk.path(file)).unwrap();
        assert!(bytes.starts_with(b"PARE") && !bytes.windows(8).any(|bytes| bytes == b"C0000001"));
    }
    let bare = Desk::bare();
    fs::copy(desk.path("whole.parquet"), bare.path("theirs.parquet")).unwrap();
    fs::copy(desk.path("gone"), bare.path("gone")).unwrap();
    bare.pii("erase theirs.parquet --column customer_id --values-file gone --yes").exits(12).says(&[
        "theirs.parquet` is encrypted, and its key cannot be had",
        "it asks for the key `crm.customers/",
        "hint: read it in the workspace",
    ]);
}
