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
    for left in [".pii", "out.csv", "out.jsonl", "out.parquet"] {
        hides_below(&wanted, &desk.path(left));
    }
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
