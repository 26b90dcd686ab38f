//! Exit codes are an API, and so are errors under `--json`.
//!
//! Not here: 11, locked. A writer waits 30 seconds for another before it gives up, and so would this test.

use std::fs;

use serde_json::Value;

use crate::desk::{Desk, Said};

#[test]
fn done_is_0() {
    Desk::new().pii("policy check").exits(0);
}

#[test]
fn failed_is_1() {
    Desk::new().pii("scan not-here.csv").exits(1).says(&["error: ", "`not-here.csv`"]);
}

#[test]
fn a_wrong_command_line_is_2() {
    let desk = Desk::new();
    desk.pii("scan customers.csv --frobnicate").exits(2).says(&["--frobnicate"]);
    desk.pii("frobnicate").exits(2);
    desk.pii("protect customers.csv").exits(2).says(&["--dataset", "--recipient"]);
}

#[test]
fn an_undecided_column_is_3() {
    let desk = Desk::new();
    desk.write("policies/policy.toml", crate::desk::POLICY.replace("born = ", "# born = "));
    for command in ["tag", "protect -r warehouse -o out.csv"] {
        let said = desk.pii(&format!("{command} customers.csv -d crm.customers")).exits(3);
        said.says(&["`born`", "crm.customers", "hint: run `pii scan"]);
    }
    assert!(!desk.path("out.csv").exists());
    let denied = desk.pii("audit query --action tag --json").done().json();
    assert!(denied[0]["decision"].to_string().contains("1 column has no tag"), "{}", denied[0]);
}

#[test]
fn personal_data_without_a_tag_are_3_for_a_scan() {
    let desk = Desk::new();
    desk.write("strangers.csv", crate::desk::customers(40));
    desk.pii("scan strangers.csv").exits(3).says(&["personal", "no tag"]);
    // This one lies where the policy has a dataset, which decides all of it.
    desk.pii("scan customers.csv").exits(0);
}

#[test]
fn a_broken_policy_is_3() {
    let desk = Desk::new();
    desk.write("policies/policy.toml", crate::desk::POLICY.replace("user.contact.email", "user.contact.emial"));
    let said = desk.pii("policy check").exits(3);
    assert!(said.out.contains("policies/policy.toml:"), "{}", said.out);
    assert!(said.out.contains("user.contact.email"), "it says what was meant: {}", said.out);
    desk.pii("tag customers.csv -d crm.customers")
        .exits(3)
        .says(&["user.contact.emial", "hint: run `pii policy check`"]);
}

#[test]
fn a_forged_copy_of_the_log_is_3() {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    copy_all(&desk.path(".pii/audit"), &desk.path("copy"));
    assert!(desk.pii("audit verify copy").done().out.starts_with("VERIFIED"));

    let segment = desk.path("copy/seg/000000000000.seg");
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, bytes).unwrap();
    assert!(desk.pii("audit verify copy").exits(3).out.starts_with("TAMPERED"));
    desk.log_holds();
}

#[test]
fn somebody_unknown_is_3() {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    let said = desk.tell("vault read --subject - --purpose support", "email=nobody@nowhere.example\n").exits(3);
    said.says(&["`email`"]);
}

#[test]
fn no_workspace_is_10() {
    Desk::bare().pii("vault status").exits(10).says(&["no workspace", "hint: make one with `pii init"]);
}

#[test]
fn a_wrong_key_is_12_and_names_the_right_one() {
    let (desk, other) = (Desk::new(), Desk::new());
    let right = desk.pii("key list --json").done().json()[0]["id"].as_str().unwrap().to_owned();
    let mut command = desk.command("vault status");
    command.env("PII_KEY_FILE", other.path(".pii-root.key"));
    Said::new("vault status", command.output().unwrap()).exits(12).says(&[&right]);
}

#[test]
fn no_key_is_12() {
    let desk = Desk::new();
    fs::remove_file(desk.path(".pii-root.key")).unwrap();
    desk.pii("vault status").exits(12).says(&[".pii-root.key", "backup"]);
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_12() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    fs::set_permissions(desk.path(".pii-root.key"), fs::Permissions::from_mode(0o644)).unwrap();
    desk.pii("vault status").exits(12).says(&[".pii-root.key", "hint: chmod 600"]);
}

#[test]
fn under_json_an_error_is_one_line_on_stderr() {
    let (desk, bare) = (Desk::new(), Desk::bare());
    for (said, code, exit) in [
        (desk.pii("--json scan not-here.csv"), "store", 1),
        (desk.pii("--json scan"), "usage", 2),
        (desk.pii("--json tag customers.csv -d crm.orders"), "policy.unknown-dataset", 3),
        (bare.pii("--json vault status"), "workspace.none", 10),
    ] {
        let said = said.exits(exit);
        assert_eq!(said.err.lines().count(), 1, "{}", said.err);
        assert_eq!(said.out, "");
        let error: Value = serde_json::from_str(&said.err).unwrap();
        assert_eq!(error["type"], "error");
        assert_eq!(error["v"], 1);
        assert_eq!(error["code"], code);
        assert_eq!(error["exit"], exit);
        assert!(!error["message"].as_str().unwrap().is_empty());
        assert!(error.as_object().unwrap().contains_key("hint"));
    }
}

fn copy_all(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
