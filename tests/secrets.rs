//! Who greps what a whole journey left behind for a customer's name finds nothing. Only `vault read` prints it.

use std::path::Path;

use crate::desk::{Desk, Said, customers};

#[test]
fn no_name_and_no_address_is_said_or_left_anywhere() {
    let desk = Desk::new();
    let wanted = wanted();
    let mut said = Vec::new();
    for args in [
        "scan customers.csv",
        "scan customers.csv --propose",
        "scan customers.csv -d crm.customers --json",
        "tag customers.csv -d crm.customers",
        "tag customers.csv -d crm.customers --json",
        "protect customers.csv -d crm.customers -r warehouse",
        "protect customers.csv -d crm.customers -r warehouse -o out.csv",
        "protect customers.csv -d crm.customers -r warehouse -o out.jsonl --json",
        "protect customers.csv -d crm.customers -r partner -o out.parquet --compression none",
        "protect customers.csv -d crm.customers -r partner -o -  --to-format csv",
        "tag customers.csv -d crm.customers -o tagged.parquet --encrypt columns --compression none",
        "protect customers.csv -d crm.customers -r partner -o whole.parquet --encrypt uniform",
        "scan tagged.parquet -d crm.customers",
        "key show --file tagged.parquet --json",
        "key show --file tagged.parquet --reveal-to keys.json",
        "vault put customers.csv -d crm.customers -o customers.sealed",
        "catalog show crm.customers --json",
        "catalog show crm.customers",
        "catalog export",
        "vault status",
        "audit query --json",
    ] {
        said.push(desk.pii(args));
    }
    let who = format!("email={}\n", wanted[1]);
    let looked = desk.tell("vault read --subject - --purpose support --ticket T-1", &who).done();
    assert!(looked.out.contains(&wanted[0]), "the one command that prints what it was asked for");
    said.push(desk.tell("vault read --subject - --purpose no-such-purpose", &who));
    said.push(desk.tell("vault read --subject - --purpose support", "email=agatha.blenkinsop@mail.example"));
    said.push(desk.pii("audit query"));

    for Said { out, err, .. } in &said {
        hides(&wanted, "stdout", out.as_bytes());
        hides(&wanted, "stderr", err.as_bytes());
    }
    for left in [
        ".pii",
        "out.csv",
        "out.jsonl",
        "out.parquet",
        "tagged.parquet",
        "whole.parquet",
        "customers.sealed",
        "keys.json",
    ] {
        hides_below(&wanted, &desk.path(left));
    }
    // No key is left behind either, and the state holds nothing that would have to be encrypted.
    let keys = keys(&desk);
    assert!(keys.len() > 6, "the root key, and those of a file");
    for Said { out, err, .. } in &said {
        lacks(&keys, "stdout", out.as_bytes());
        lacks(&keys, "stderr", err.as_bytes());
    }
    for file in [".pii/state.db", ".pii/state.db-wal", ".pii/keys/master.json", ".pii/vault.db", "tagged.parquet"] {
        lacks(&keys, file, &std::fs::read(desk.path(file)).unwrap_or_default());
    }
}

/// Keys that somebody has in clear, in base64: the root key, and those that were given away.
fn keys(desk: &Desk) -> Vec<String> {
    let given: serde_json::Value = serde_json::from_str(&desk.read("keys.json")).unwrap();
    let given = given["keys"].as_object().unwrap().values().map(|key| key.as_str().unwrap().to_owned());
    given.chain([desk.read(".pii-root.key").trim().to_owned()]).collect()
}

/// Neither the base64 of a key, nor its bytes.
#[track_caller]
fn lacks(keys: &[String], place: &str, bytes: &[u8]) {
    for key in keys {
        let raw = from_base64(key);
        assert_eq!(raw.len(), 32);
        for form in [key.as_bytes(), &raw] {
            assert!(!bytes.windows(form.len()).any(|window| window == form), "a key stands in {place}");
        }
    }
}

/// RFC 4648, padded.
fn from_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = 0u32;
    let mut bytes = Vec::new();
    for (n, digit) in text.trim_end_matches('=').bytes().enumerate() {
        bits = bits << 6 | ALPHABET.iter().position(|known| *known == digit).unwrap() as u32;
        if n % 4 != 0 {
            bytes.push((bits >> (6 - 2 * (n % 4))) as u8);
        }
    }
    bytes
}

#[test]
fn errors_name_the_place_and_not_the_person() {
    let desk = Desk::new();
    let wanted = wanted();
    let row = customers(1).lines().nth(1).unwrap().to_owned();
    let quoted = format!("{{\"customer_id\":\"C1\",\"name\":\"{}\",\"email\":\"{}\"", wanted[0], wanted[1]);
    for (file, content) in [
        ("ragged.csv", format!("{}{row},more\n", customers(2))),
        ("quote.csv", format!("{}\"{row}\n", customers(2))),
        ("no-header.csv", format!("{row}\n{row}\n")), // its first row is taken for names of columns
        ("cut.jsonl", quoted.clone()),
        ("escape.jsonl", format!("{quoted},\"total\":\"\\q\"}}")),
        ("list.jsonl", format!("[\"{}\"]", wanted[0])),
        ("twice.jsonl", format!("{quoted},\"name\":\"{}\"}}", wanted[0])),
    ] {
        desk.write(file, content);
        let said = desk.pii(&format!("tag {file} -d crm.customers"));
        assert_ne!(said.exit, 0, "{file}");
        if file != "no-header.csv" {
            hides(&wanted, file, said.err.as_bytes());
        }
    }
    hides_below(&wanted, &desk.path(".pii/audit"));
}

/// Names and addresses of the customers.
fn wanted() -> Vec<String> {
    let rows = customers(40);
    let cells = rows.lines().skip(1).flat_map(|row| row.split(',').skip(1).take(3));
    cells.map(str::to_owned).collect()
}

#[track_caller]
fn hides_below(wanted: &[String], path: &Path) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            hides_below(wanted, &entry.unwrap().path());
        }
    } else {
        hides(wanted, &path.display().to_string(), &std::fs::read(path).unwrap());
    }
}

#[track_caller]
fn hides(wanted: &[String], place: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    for value in wanted {
        assert!(!text.contains(&value.to_lowercase()), "`{value}` stands in {place}:\n{text}");
    }
}
