//! Files come from elsewhere. A bad one is named, with its row and column; it leaves no half output, and a log that
//! still verifies.

use std::fs;

use crate::desk::{Desk, POLICY, customers, repository};

/// Neither door lets `file` through, and both say why.
#[track_caller]
fn refused(file: &str, content: impl AsRef<[u8]>, why: &[&str]) {
    let desk = Desk::new();
    desk.write(file, content);
    turned_away(&desk, file, why);
}

#[track_caller]
fn turned_away(desk: &Desk, source: &str, why: &[&str]) {
    fs::create_dir_all(desk.path("out")).unwrap();
    desk.pii(&format!("protect {source} -d crm.customers -r warehouse -o out/protected.csv")).exits(1).says(why);
    desk.pii(&format!("tag {source} -d crm.customers -o out/tagged.csv")).exits(1).says(why);
    assert!(desk.names("out").is_empty(), "left: {:?}", desk.names("out"));
    desk.log_holds();
}

#[test]
fn a_file_that_was_passed_over_is_named() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path("in")).unwrap();
    desk.write("in/a.csv", customers(2));
    desk.write("in/names.txt", "Agatha\n");
    desk.pii("tag in -d crm.customers").done().says(&["`in/names.txt` was passed over"]);
}

/// A row that is wrong comes late: rows before it were on their way already.
const LATE: usize = 9_000;

#[test]
fn a_parquet_file_that_was_cut_off() {
    let whole = fs::read(repository("fixtures/payments.parquet")).unwrap();
    refused("cut.parquet", &whole[..whole.len() / 2], &["`cut.parquet`", "parquet"]);
}

#[test]
fn a_csv_row_with_too_few_fields() {
    let csv = customers(LATE) + "C9,Agatha\n";
    refused("ragged.csv", csv, &["row 9001 of `ragged.csv`", "expected 6 fields, found 2"]);
}

#[test]
fn bytes_that_are_not_utf_8() {
    let mut csv = customers(LATE).into_bytes();
    csv.extend_from_slice(b"C9,J\xfcrgen,j@mail.example,07700 900001,1980-01-01,1\n");
    refused("latin.csv", csv, &["row 9001 of `latin.csv`", "column `name`", "UTF-8", "encoding"]);
}

#[test]
fn a_json_column_that_changes_its_type() {
    let lines = "{\"customer_id\":\"C1\",\"total\":1.5}\n{\"customer_id\":\"C2\",\"total\":{\"net\":1}}\n";
    refused("changes.jsonl", lines, &["row 2 of `changes.jsonl`", "column `total`"]);
}

#[test]
fn a_line_that_is_not_json() {
    let lines = "{\"customer_id\":\"C1\"}\n{\"customer_id\":\"C2\",\"name\":\"Agatha Blenkinsop}\n";
    refused("broken.jsonl", lines, &["row 2 of `broken.jsonl`", "not JSON"]);
}

#[test]
fn no_columns() {
    refused("empty.csv", "", &["`empty.csv` has no columns"]);
    refused("empty.jsonl", "", &["`empty.jsonl` has no columns"]);
}

#[test]
fn two_columns_of_one_name() {
    let csv = "customer_id,email,email\nC1,a@mail.example,b@mail.example\n";
    refused("twice.csv", csv, &["`twice.csv`", "more than one column named `email`"]);
}

#[test]
fn a_name_that_tells_no_format() {
    refused("customers.xlsx", customers(3), &["the format of `customers.xlsx` is unknown", "csv"]);
}

#[test]
fn a_file_that_is_not_there() {
    turned_away(&Desk::new(), "nowhere.csv", &["cannot read `nowhere.csv`"]);
}

#[test]
fn a_folder_whose_files_disagree() {
    let desk = Desk::new();
    desk.write("in/a.csv", customers(3));
    desk.write("in/b.csv", "customer_id,name\nC9,Agatha Blenkinsop\n");
    turned_away(&desk, "in", &["`in/a.csv`", "`in/b.csv`", "`email`"]);
}

#[test]
fn a_policy_with_a_typing_error() {
    let desk = Desk::new();
    desk.write("policies/policy.toml", POLICY.replace("lawful_basis", "lawful_bases"));
    desk.pii("protect customers.csv -d crm.customers -r warehouse -o out.csv")
        .exits(3)
        .says(&["a purpose has no `lawful_basis`"]);
    assert!(!desk.path("out.csv").exists());
    desk.log_holds();
}

#[test]
fn an_output_that_is_the_input() {
    let desk = Desk::new();
    for (source, output) in [("customers.csv", "customers.csv"), (".", "./policies/../customers.csv")] {
        let said = desk.pii(&format!("protect {source} -d crm.customers -r warehouse -o {output}")).exits(1);
        said.says(&["is an input too"]);
    }
    assert_eq!(desk.read("customers.csv"), customers(40));
    desk.log_holds();
}

#[test]
fn a_person_on_the_command_line_is_not_repeated() {
    let desk = Desk::new();
    for args in [
        "--subject email=agatha@mail.example",
        "--subject=agatha@mail.example",
        "agatha@mail.example",
        "--subject - email=agatha@mail.example",
    ] {
        let said = desk.pii(&format!("vault read --purpose support {args}")).exits(2);
        assert!(!said.err.contains("agatha"), "{}", said.err);
    }
    let said = desk.tell("vault read --purpose support --subject -", "agatha@mail.example\n").exits(2);
    assert!(!said.err.contains("agatha"), "{}", said.err);
}

#[test]
fn no_rows_are_no_error() {
    let desk = Desk::new();
    desk.write("none.csv", customers(0));
    desk.pii("protect none.csv -d crm.customers -r warehouse -o out.csv").done();
    assert_eq!(desk.read("out.csv"), "customer_id,email,phone,born,total\n");
    desk.pii("tag none.csv -d crm.customers").done();
    desk.log_holds();
}

#[test]
fn a_cell_of_ten_megabytes_is_no_error() {
    let desk = Desk::new();
    let long = "x".repeat(10 << 20);
    desk.write("long.csv", customers(1) + &format!("C9,{long},a@mail.example,07700 900001,1980-01-01,{long}\n"));
    desk.pii("scan long.csv").exits(3);
    desk.pii("protect long.csv -d crm.customers -r warehouse -o out.csv").done();
    assert!(desk.read("out.csv").contains(&long), "`total` is kept, whatever its length");
    desk.log_holds();
}
