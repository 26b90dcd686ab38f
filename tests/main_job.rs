//! The main job: somebody has a file, two recipients and a law, and ends with copies that may leave.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::desk::{Desk, repository};
use crate::python::python;

/// The job, done once; every test looks at what it left.
static JOB: LazyLock<Desk> = LazyLock::new(|| {
    let desk = Desk::shared("main-job");
    desk.pii("init --controller Marketplace").done();
    desk.pii("policy check").done();
    fs::copy(repository("fixtures/students.csv"), desk.path("students.csv")).unwrap();

    let proposal = desk.pii("scan students.csv -d shop.students --propose").exits(3).out;
    desk.write("policies/shop.toml", decided(&proposal));
    desk.pii("policy check").done();

    desk.pii("tag students.csv -d shop.students").done();
    for output in OUTPUTS {
        desk.pii(&format!("protect students.csv -d shop.students -r warehouse -o {output}")).done();
    }
    desk.pii("protect students.csv -d shop.students -r partner -o partner.csv").done();
    desk.pii("key show warehouse --reveal-to keys.txt").done();
    desk
});

/// What a person does with a proposal: pastes it, says what the data are for, and who else gets them.
fn decided(proposal: &str) -> String {
    let pasted = proposal.lines().map(|line| match line.split_once(" = ") {
        Some(("purposes", _)) => "purposes = [\"analytics\"]",
        _ => line,
    });
    pasted.chain(["", PARTNER]).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_a_scan_proposes_can_be_pasted_and_decides_every_column() {
    let columns = JOB.pii("scan students.csv -d shop.students --json").done().json();
    assert_eq!(columns.len(), COLUMNS);
    for column in columns {
        assert!(column["decided"].is_string(), "{column}");
    }
}

#[test]
fn a_scan_in_json_has_the_fields_that_scripts_read() {
    let columns = JOB.pii("scan students.csv -d shop.students --json").done().json();
    let email = columns.iter().find(|column| column["column"] == "email").unwrap();
    assert_eq!(email["type"], "column");
    assert_eq!(email["dataset"], "shop.students");
    assert_eq!(email["category"], "user.contact.email");
    assert_eq!(email["detector"], "EMAIL_ADDRESS");
    assert_eq!(email["decided"], "user.contact.email");
    assert!(email["confidence"].as_f64().unwrap() > 0.9);
    assert!(email["evidence"].as_str().unwrap().contains("400 of 400"));
}

#[test]
fn every_row_that_went_in_comes_out_in_every_format() {
    let outputs: Vec<PathBuf> = OUTPUTS.iter().map(|output| JOB.path(output)).collect();
    let seen = python("open.py", &outputs);
    let expected = [
        "w.csv pyarrow",
        "w.csv polars",
        "w.csv duckdb",
        "w.jsonl pyarrow",
        "w.jsonl polars",
        "w.jsonl duckdb",
        "w.parquet pyarrow",
        "w.parquet polars",
        "w.parquet duckdb",
        "w.arrow pyarrow",
        "w.arrow polars",
        "w.avro polars",
    ];
    let expected: Vec<String> = expected.iter().map(|what| format!("{what} {ROWS} {LEFT}")).collect();
    assert_eq!(seen.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn anybody_with_the_key_computes_the_same_pseudonyms() {
    let same = python("hash.py", &[JOB.path("keys.txt"), JOB.path("students.csv"), JOB.path("w.csv")]);
    assert_eq!(same.trim(), ROWS.to_string());
}

#[test]
fn a_column_of_pseudonyms_says_how_it_was_made() {
    let keys = JOB.pii("key show warehouse --json").done().json();
    let key = keys.iter().find(|key| key["norm"] == "email/v1").unwrap();
    let said = python("metadata.py", &[JOB.path("w.parquet")]);
    for expected in [
        "email pii.alg=HMAC-SHA-256",
        "email pii.domain=warehouse",
        "email pii.norm=email/v1",
        "email pii.kid=warehouse/1",
        &format!("email pii.kcv={}", key["kcv"].as_str().unwrap()),
    ] {
        assert!(said.lines().any(|line| line == expected), "{expected} is not in\n{said}");
    }
}

#[test]
fn rows_go_through_a_pipe_and_nothing_else_does() {
    let args = "protect - --format csv -d shop.students -r warehouse -o - --to-format csv";
    assert_eq!(JOB.tell(args, &JOB.read("students.csv")).done().out, JOB.read("w.csv"));
}

#[cfg(unix)]
#[test]
fn revealed_keys_are_their_owners_and_on_record() {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(JOB.path("keys.txt")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let shown = JOB.pii("audit query --action key_show --json").done().json();
    assert_eq!(shown[0]["recipient"], "warehouse");
    JOB.pii("key show warehouse --reveal-to keys.txt").exits(1).says(&["keys.txt", "File exists"]);
    JOB.log_holds();
}

#[test]
fn two_recipients_cannot_be_joined_and_one_can_join_its_own() {
    let join = |a: &str, b: &str| -> u64 {
        let args = [JOB.path(a), JOB.path(b), Path::new("email").to_owned()];
        python("join.py", &args).trim().parse().unwrap()
    };
    assert_eq!(join("w.parquet", "partner.csv"), 0);
    assert_eq!(join("w.parquet", "w.csv"), ROWS);
}

#[test]
fn an_identifier_and_a_pseudonym_lead_to_the_same_person() {
    let ask = |args: &str, identifier: &str| {
        let found = JOB.tell(&format!("vault read --subject - --purpose analytics --json {args}"), identifier);
        found.done().json()
    };
    let by_id = ask("", "student_id=S10001\n");
    let by_email = ask("", "email= An.Soyeong1@post.EXAMPLE\n");
    let pseudonym = JOB.read("w.csv").lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
    let by_pseudonym = ask("-r warehouse", &format!("pseudonym={pseudonym}\n"));

    let value = |found: &[serde_json::Value], column: &str| {
        found.iter().find(|value| value["column"] == column).unwrap()["value"].as_str().unwrap().to_owned()
    };
    assert_eq!(value(&by_id, "email"), "an.soyeong1@post.example");
    for found in [&by_email, &by_pseudonym] {
        assert_eq!(found[0]["alias"], by_id[0]["alias"]);
        assert_eq!(value(found, "student_id"), "S10001");
    }
}

#[test]
fn a_look_is_on_record_with_who_when_and_why() {
    let ask = "vault read --subject - --purpose analytics --ticket T-17 --json";
    let looked = JOB.tell(ask, "student_id=S10002\n").done().json();
    let entries = JOB.pii("audit query --action vault_read --by tester --purpose analytics --json").done().json();
    let entry = entries.iter().find(|entry| entry["index"] == looked[0]["audit_entry"]).unwrap();
    assert_eq!(entry["ticket"], "T-17");
    assert_eq!(entry["decision"], "allowed");
    assert_eq!(entry["subjects"][0], looked[0]["alias"]);
    JOB.log_holds();
}

#[test]
fn a_release_is_on_record_with_the_digest_of_the_file() {
    let released = JOB.pii("audit query --action disclose --recipient partner --json").done().json();
    assert_eq!(released.len(), 1);
    assert_eq!(released[0]["rows"], ROWS);
    let said = released[0].to_string();
    assert!(said.contains(&sha256(&JOB.path("partner.csv"))), "{said}");
}

fn sha256(path: &Path) -> String {
    let said = std::process::Command::new("sha256sum").arg(path).output().unwrap();
    String::from_utf8(said.stdout).unwrap().split_whitespace().next().unwrap().to_owned()
}

const OUTPUTS: [&str; 5] = ["w.csv", "w.jsonl", "w.parquet", "w.arrow", "w.avro"];
const ROWS: u64 = 400;
const COLUMNS: usize = 14;
/// What the starter policy lets the warehouse have of a student.
const LEFT: &str = "student_id,email,birth_date,country,signup_ip,marketing_opt_in,created_at";
const PARTNER: &str = r#"
[[recipient]]
id = "partner"
purpose = "analytics"
[recipient.methods]
"user" = "drop"
"user.contact.email" = "pseudonymise"
"#;
