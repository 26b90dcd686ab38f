//! Who asks the log about a person: what it says of them, in which words, and what is on the record afterwards.

use crate::desk::{Desk, customers};

const WHO: &str = "customer_id=C0000003\n";
const NOTE: &str = "He rang at nine.\nHe wants to know why we wrote to him.";

#[test]
fn a_person_is_told_of_every_look_and_of_every_crowd_they_were_in() {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    desk.tell("vault read --subject - --purpose support --ticket T-1", WHO).done();
    desk.tell("vault read --subject - --purpose support", "customer_id=C0000004\n").done();

    let told = desk.tell("audit query --subject - --json", WHO).done().json();
    let actions: Vec<_> = told.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["vault_deposit", "vault_read", "log_query"], "forty people's entry, his own, and this one");
    assert_eq!(told[0]["count"], 40);
    let alias = told[1]["subjects"][0].as_str().unwrap();
    assert_eq!(told[2]["subjects"][0], alias);

    // The other filters narrow it.
    let table = desk.tell("audit query --subject - --action vault_read", WHO).done().out;
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(table.contains(&format!("person {alias}")) && table.contains("support, T-1"));
    desk.log_holds();
}

#[test]
fn who_is_not_known_gets_a_no_that_is_on_record() {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    desk.tell("audit query --subject -", "customer_id=C9999999\n").exits(3).says(&["knows nobody", "`customer_id`"]);
    let denied = desk.pii("audit query --action log_query --json").done().json();
    assert_eq!(denied[0]["decision"]["denied"], "the vault knows nobody by that");
    // Identifiers stay off the command line, and what was there is not repeated.
    for args in ["audit query --subject customer_id=C0000003", "audit query customer_id=C0000003"] {
        let said = desk.pii(args).exits(2).says(&["do not belong on the command line"]);
        assert!(!said.err.contains("C0000003"), "{}", said.err);
    }
}

#[test]
fn a_note_rests_beside_the_log_and_show_opens_it() {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    desk.write("who.txt", WHO);
    desk.tell("vault read --subject-file who.txt --note-file - --purpose support --ticket T-1 --role steward", NOTE)
        .done();

    let entry = desk.pii("audit query --action vault_read --json").done().json().remove(0);
    assert_eq!((entry["role"].as_str(), entry["ticket"].as_str()), (Some("steward"), Some("T-1")));
    let shown = desk.pii(&format!("audit show {}", entry["index"])).done().out;
    for words in [
        "tester, as `",
        "role          steward",
        "vault_read: Identifying data were read from the vault.",
        "decision      allowed",
        "Art. 6(1)",
        "ticket        T-1",
        "note          He rang at nine.\n              He wants to know why we wrote to him.\n",
        "sealed        by the checkpoint over ",
    ] {
        assert!(shown.contains(words), "{words}\n{shown}");
    }
    let json = desk.pii(&format!("audit show {} --json", entry["index"])).done().json().remove(0);
    assert_eq!((&json["note"]["state"], &json["note"]["text"]), (&"kept".into(), &NOTE.into()));
    let looks = desk.pii("audit query --action log_query --json").done().json();
    assert!(looks.iter().any(|look| look["content"] == json["leaf"] && look["subjects"] == entry["subjects"]));

    // Nothing of it lies about in clear, and without the side-car it is gone.
    for name in desk.names(".pii/audit").into_iter().filter(|name| name.starts_with("sidecar.db")) {
        let bytes = std::fs::read(desk.path(&format!(".pii/audit/{name}"))).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("rang"), "{name}");
        std::fs::remove_file(desk.path(&format!(".pii/audit/{name}"))).unwrap();
    }
    let shown = desk.pii(&format!("audit show {}", entry["index"])).done().out;
    assert!(shown.contains("note          erased: only its commitment is left"), "{shown}");
    desk.tell("audit query --subject -", WHO).done().says(&["whom 1 more entry concerned nobody can tell"]);
    desk.log_holds();
}

#[test]
fn a_note_comes_from_a_file_and_not_from_nowhere() {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    let both = desk.tell("vault read --subject - --note-file - --purpose support", WHO).exits(2);
    both.says(&["cannot both come from standard input", "--subject-file FILE"]);
    desk.write("empty.txt", "\n");
    desk.tell("vault read --subject - --note-file empty.txt --purpose support", WHO).exits(2).says(&["is empty"]);
    desk.write("long.txt", "x".repeat(70_000));
    desk.tell("vault read --subject - --note-file long.txt --purpose support", WHO).exits(1).says(&["hint:", "ticket"]);
}

#[test]
fn an_entry_that_is_not_there_is_a_no() {
    let desk = Desk::new();
    desk.pii("audit show 99").exits(3).says(&["there is no entry 99: the log has 1", "pii audit query"]);
    let first = desk.pii("audit show 0").done().out;
    assert!(
        first.starts_with("entry         0\n") && first.contains("init: A workspace and its log begin."),
        "{first}"
    );
    desk.log_holds();
}

#[test]
fn a_long_log_is_a_table_all_the_same() {
    let desk = Desk::new();
    desk.write("customers.csv", customers(3));
    desk.pii("tag customers.csv -d crm.customers").done();
    let table = desk.pii("audit query").done().out;
    let head = table.lines().next().unwrap();
    let did = head.find("did").unwrap();
    assert!(table.lines().skip(1).all(|row| row.as_bytes()[did - 1] == b' ' && row.as_bytes()[did] != b' '), "{table}");
}
