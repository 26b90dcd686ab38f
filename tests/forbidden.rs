//! Whoever keeps to what people forbid: their rows stay behind, and what is restricted is not read.

use std::sync::Arc;

use pii_core::clock::SystemClock;
use pii_core::keyring::RootKey;
use pii_core::register::Prohibition;
use pii_core::vocab::{Actor, Identifier, PurposeId};
use pii_core::workspace::{Caller, Forbidding, Site};

use crate::desk::Desk;

/// What the requests of these people forbid, as the commands for requests have it done.
fn forbid(desk: &Desk, what: &[(&str, Prohibition)]) {
    let key = RootKey::from_base64(desk.read(".pii-root.key").trim()).unwrap();
    let clock = Arc::new(SystemClock);
    let caller = Caller { actor: Actor::local("dpo"), role: None, host: "desk".into(), clock };
    let workspace = Site::find(&desk.path(".")).unwrap().unlock(&key, caller).unwrap();
    for (line, forbids) in what {
        let identifiers = [Identifier::parse(line).unwrap()];
        let request = REQUEST.parse().unwrap();
        workspace.forbid(&[Forbidding { identifiers: &identifiers, forbids: forbids.clone(), request }]).unwrap();
    }
    workspace.seal().unwrap();
}

#[test]
fn a_release_says_how_many_stayed_behind_and_never_who() {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    let objection = Prohibition::Objection { purpose: PurposeId::parse("analytics").unwrap(), recipient: None };
    forbid(
        &desk,
        &[
            ("customer_id=C0000003", objection.clone()),
            ("email=HORATIO.winterbourne7@mail.example", objection),
            ("customer_id=C0000009", Prohibition::Restriction),
        ],
    );
    let said = desk.pii("protect customers.csv -d crm.customers -r warehouse -o out.csv").done();
    assert!(said.out.contains("37 rows"), "{}", said.out);
    assert!(said.out.contains("left behind: 2 rows of people who object to this purpose (Art. 21)"), "{}", said.out);
    assert!(said.out.contains("left behind: 1 row of people whose data are restricted (Art. 18)"), "{}", said.out);
    let again = desk.pii("protect customers.csv -d crm.customers -r warehouse -o again.csv --json").done();
    let disclosure = &again.json()[0];
    assert_eq!((&disclosure["dropped_objections"], &disclosure["dropped_restrictions"]), (&2.into(), &1.into()));
    assert_eq!(desk.read("again.csv"), desk.read("out.csv"));

    let entry = &desk.pii("audit query --action disclose --json").done().json()[0];
    assert_eq!((&entry["dropped_objections"], &entry["dropped_restrictions"]), (&2.into(), &1.into()));
    let shown = desk.pii(&format!("audit show {}", entry["index"])).done();
    assert!(shown.out.contains("2 rows, of people who object"), "{}", shown.out);
    desk.log_holds();
}

#[test]
fn restricted_data_are_read_for_what_the_law_allows() {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    forbid(&desk, &[("customer_id=C0000003", Prohibition::Restriction)]);
    let read =
        |more: &str| desk.tell(&format!("vault read --subject - --purpose analytics {more}"), "customer_id=C0000003\n");
    let refused = read("").exits(3).says(&[REQUEST, "Art. 18(2)", "--despite-restriction"]);
    assert!(refused.out.is_empty() && !refused.err.contains("C0000003"), "{}{}", refused.out, refused.err);
    read("--despite-restriction marketing").exits(2).says(&["claims", "rights-of-others"]);
    assert!(read("--despite-restriction claims").done().out.contains("Desmond"));
    let entries = desk.pii("audit query --action vault_read --json").done().json();
    let despite: Vec<_> = entries.iter().map(|entry| entry["despite_restriction"].as_str()).collect();
    assert_eq!(despite.iter().flatten().collect::<Vec<_>>(), [&"claims"]);
    // It is not destroyed, either, before it is free again.
    desk.tell("key shred --subject - --yes", "customer_id=C0000003\n").exits(3).says(&["lift the restriction"]);
    desk.log_holds();
}

#[test]
fn a_register_that_is_gone_is_not_an_empty_one() {
    let desk = Desk::new();
    for file in desk.names(".pii").iter().filter(|name| name.starts_with("state.db")) {
        std::fs::remove_file(desk.path(&format!(".pii/{file}"))).unwrap();
    }
    for command in ["catalog list", "protect customers.csv -d crm.customers -r warehouse -o out.csv"] {
        desk.pii(command).exits(1).says(&["state.db"]);
    }
    assert!(!desk.path("out.csv").exists());
}

const REQUEST: &str = "0197a3c1-0000-7000-8000-000000000007";
