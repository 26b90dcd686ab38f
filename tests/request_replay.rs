//! A backup was restored: who was erased goes again, and what was forbidden is forbidden again.

use std::fs;

use crate::desk::{Desk, POLICY};
use crate::requests::{place, rows, state, verified};

/// Puts back the state of before, as a backup would.
fn restore(desk: &Desk) {
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(desk.path(&format!(".pii/state.db{end}")));
    }
    fs::copy(desk.path("state.backup"), desk.path(".pii/state.db")).unwrap();
}

fn forbids(desk: &Desk, what: &str, who: &str) -> String {
    let id = desk.tell(&format!("request open {what} --subject - --json"), who).done().json()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    desk.pii(&format!("request verify-identity {id} --method login")).done();
    desk.pii(&format!("request plan {id}")).done();
    desk.pii(&format!("request run {id} --yes")).done();
    id
}

/// How many rows leave for the warehouse.
#[track_caller]
fn leaving(desk: &Desk) -> usize {
    desk.pii("protect customers.csv -d crm.customers -r warehouse -o out.csv").done();
    rows(desk, "out.csv")
}

#[test]
fn what_was_forbidden_since_the_backup_is_forbidden_again_and_what_was_lifted_is_not() {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    let lifted_since = forbids(&desk, "restriction --because accuracy", "customer_id=C0000003\n");
    fs::copy(desk.path(".pii/state.db"), desk.path("state.backup")).unwrap();
    assert_eq!(leaving(&desk), 39);
    forbids(&desk, "objection --purpose analytics", "customer_id=C0000001\n");
    forbids(&desk, "restriction --because accuracy", "customer_id=C0000002\n");
    desk.pii(&format!("request lift {lifted_since}")).done();
    assert_eq!(leaving(&desk), 38);
    desk.pii("request export --ledger ledger.jsonl").done();
    let ledger = desk.read("ledger.jsonl");
    for clear in ["C0000001", "C0000002", "C0000003", "mail.example", "Bertram"] {
        assert!(!ledger.contains(clear), "{ledger}");
    }
    assert_eq!(ledger.lines().count(), 3, "{ledger}");

    restore(&desk);
    assert_eq!(leaving(&desk), 39, "the backup forgot two, and that one was lifted");
    let today = jiff::Zoned::now().date();
    let replay = format!("request replay --since {today} --ledger ledger.jsonl");
    let said = desk.pii(&format!("{replay} -n --json")).done();
    assert_eq!(
        (&place(&said, "the register")["intent"], &place(&said, "the register")["rows"]),
        (&"forbid".into(), &3.into())
    );
    assert_eq!(leaving(&desk), 39, "a dry run changes nothing");
    desk.pii(&replay).done();
    assert_eq!(leaving(&desk), 38);
    let who = desk.tell("vault read --subject - --purpose support", "customer_id=C0000002\n");
    who.exits(3).says(&["restricted"]);
    desk.tell("vault read --subject - --purpose support", "customer_id=C0000003\n").done();
    // It is all there: done again, nothing is.
    let said = desk.pii(&format!("{replay} -n --json")).done();
    assert_eq!(place(&said, "the register")["intent"], "absent");
    assert_eq!(desk.pii("audit query --action restrict --json").done().json().len(), 3, "the two, and one again");

    let elsewhere = Desk::new();
    elsewhere.write("ledger.jsonl", ledger);
    elsewhere.pii(&format!("{replay} -n")).exits(1).says(&["another workspace"]);
    desk.log_holds();
}

/// Telephone numbers in national and in international spelling, in two datasets that name people by them.
const CALLS: &str = r#"
[[dataset]]
id = "kr.members"
location = "members.csv"
purposes = ["support"]
subject = { column = "phone", kind = "phone" }
retention = { keep = "P3Y" }
[dataset.columns]
phone = { category = "user.contact.phone_number", region = "KR" }

[[dataset]]
id = "kr.calls"
location = "calls.csv"
purposes = ["support"]
subject = { column = "number", kind = "phone" }
retention = { keep = "P3Y" }
[dataset.columns]
number = "user.contact.phone_number"
"#;

#[test]
fn a_number_is_known_again_in_whatever_spelling_its_column_has_it() {
    let desk = Desk::new();
    desk.write("policies/more.toml", CALLS);
    let members = "phone\n010-0000-0001\n010-0000-0002\n";
    desk.write("members.csv", members);
    desk.write("calls.csv", "number\n+82 10 0000 0002\n");
    desk.pii("tag members.csv -d kr.members").done();
    let id = verified(&desk, "phone=010-0000-0001\n");
    desk.pii(&format!("request plan {id} --by-hand crm.customers")).done();
    desk.pii(&format!("request run {id} --yes")).done();
    assert_eq!(state(&desk, &id), "recipients-told");

    desk.write("members.csv", members);
    desk.write("calls.csv", "number\n+82 10 0000 0001\n+82 10 0000 0002\n");
    let today = jiff::Zoned::now().date();
    let said = desk.pii(&format!("request replay --since {today} -n --json")).done();
    assert_eq!((&place(&said, "kr.members")["rows"], &place(&said, "kr.calls")["rows"]), (&1.into(), &1.into()));
    desk.pii(&format!("request replay --since {today} --yes")).done();
    assert_eq!(
        (desk.read("members.csv").as_str(), desk.read("calls.csv").as_str()),
        ("phone\n010-0000-0002\n", "number\n+82 10 0000 0002\n")
    );
}

#[test]
fn what_came_back_in_a_bucket_goes_again() {
    let lake = crate::erase_s3::Lake::new("");
    let desk = &lake.desk;
    desk.pii("tag customers.csv -d crm.customers").done();
    let whole = desk.read("customers.csv");
    desk.write("policies/policy.toml", POLICY.replace("\"customers.csv\"", "\"s3://lake/crm/\""));
    lake.put("crm/a.csv", whole.as_bytes());
    lake.put("crm/b.csv", whole.as_bytes());
    let id = verified(desk, "customer_id=C0000000\n");
    lake.pii(&format!("request plan {id}")).done();
    lake.pii(&format!("request run {id} --yes")).done();
    lake.put("crm/b.csv", whole.as_bytes());
    let today = jiff::Zoned::now().date();
    // Who cannot look does not say that nothing came back.
    let said = desk.pii(&format!("request replay --since {today} -n --json")).exits(3);
    assert_eq!(place(&said, "crm.customers")["intent"], "unsearched");
    let said = lake.pii(&format!("request replay --since {today} -n --json")).done();
    assert_eq!(place(&said, "crm.customers")["rows"], 1);
    lake.pii(&format!("request replay --since {today} --yes")).done();
    assert_eq!(String::from_utf8(lake.get("crm/b.csv")).unwrap().lines().count(), 40);
}
