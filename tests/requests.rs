//! Somebody asks to be erased, and somebody else sees to it: from the letter to the answer, and all that comes between.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::Value;

use crate::desk::{Desk, POLICY, Said, repository};
use crate::erase::killed;

/// Orders name people by their address; invoices are kept, as the law says.
const MORE: &str = r#"
[[dataset]]
id = "shop.orders"
location = "orders.csv"
purposes = ["support"]
subject = { column = "email", kind = "email" }
retention = { keep = "P3Y" }
[dataset.columns]
order = "none"
email = "user.contact.email"
"#;

pub(crate) const INVOICES: &str = r#"
[[dataset]]
id = "law.invoices"
location = "invoices.csv"
purposes = ["support"]
subject = { column = "customer_id", kind = "customer_id" }
retention = { keep = "P10Y" }
erasure = { keep = "commercial law", until = 2999-12-31 }
[dataset.columns]
invoice = "none"
customer_id = "user.unique_id"
"#;

pub(crate) const AGATHA: &str = "customer_id=C0000000\n";
pub(crate) const MAIL: &str = "agatha.winterbourne0@mail.example";

/// Forty customers, an order of each, and a copy for the warehouse.
pub(crate) fn shop() -> Desk {
    let desk = Desk::new();
    desk.write("policies/more.toml", MORE);
    let rows: Vec<_> = desk.read("customers.csv").lines().skip(1).map(str::to_owned).collect();
    let mails = rows.iter().map(|row| row.split(',').nth(2).unwrap());
    let orders = mails.enumerate().map(|(n, mail)| format!("O{n},{mail}\n"));
    desk.write("orders.csv", format!("order,email\n{}", orders.collect::<String>()));
    desk.pii("tag customers.csv -d crm.customers").done();
    desk.pii("protect customers.csv -d crm.customers -r warehouse -o warehouse.csv").done();
    desk
}

/// A request to erase whoever these lines name, with the identity proven.
#[track_caller]
pub(crate) fn verified(desk: &Desk, who: &str) -> String {
    let id = opened(desk, who);
    desk.pii(&format!("request verify-identity {id} --method login")).done();
    id
}

#[track_caller]
pub(crate) fn opened(desk: &Desk, who: &str) -> String {
    let said = desk.tell("request open erasure --subject - --json", who).done();
    said.json()[0]["id"].as_str().unwrap().to_owned()
}

#[track_caller]
pub(crate) fn state(desk: &Desk, id: &str) -> String {
    desk.pii(&format!("request show {id} --json")).done().json()[0]["state"].as_str().unwrap().to_owned()
}

/// The place of that name, as a plan or a run tells of it.
#[track_caller]
pub(crate) fn place(said: &Said, name: &str) -> Value {
    let mut places = said.json().into_iter().filter(|line| line["type"] == "request_place");
    let found = places.rfind(|line| line["place"].as_str().unwrap().contains(name));
    found.unwrap_or_else(|| panic!("{name} is in no place:\n{}", said.out))
}

#[track_caller]
pub(crate) fn rows(desk: &Desk, file: &str) -> usize {
    desk.read(file).lines().count() - 1
}

/// She is nowhere, everybody else is where they were, and nothing is left to do.
#[track_caller]
fn she_is_gone(desk: &Desk, id: &str) {
    assert_eq!((rows(desk, "customers.csv"), rows(desk, "orders.csv"), rows(desk, "warehouse.csv")), (39, 39, 39));
    assert!(!desk.read("customers.csv").contains("C0000000") && !desk.read("orders.csv").contains(MAIL));
    assert_eq!(state(desk, id), "verified-absent");
    let who = desk.tell("vault read --subject - --purpose support", &format!("email={MAIL}\n"));
    who.exits(3).says(&["knows nobody"]);
    desk.log_holds();
}

#[test]
fn a_person_is_erased_everywhere_recipients_are_told_and_the_letter_goes() {
    let desk = shop();
    let id = verified(&desk, AGATHA);
    desk.pii(&format!("request run {id}")).exits(2).says(&["has no plan"]);
    let said = desk.pii(&format!("request plan {id} --json")).done();
    assert_eq!(place(&said, "shop.orders")["rows"], 1, "by the address that only the vault knew");
    assert_eq!(rows(&desk, "customers.csv"), 40, "a plan changes nothing");
    desk.pii(&format!("request run {id}")).exits(4);
    desk.pii(&format!("request run {id} --yes")).done();
    she_is_gone(&desk, &id);

    let said = desk.pii(&format!("request notify {id} --output letters")).exits(3);
    assert!(said.out.contains("warehouse"), "{}", said.out);
    let notice: Value = serde_json::from_str(&desk.read(&format!("letters/{id}.warehouse.json"))).unwrap();
    assert!(!notice["concerned"].as_array().unwrap().is_empty());
    assert!(!notice.to_string().contains("C0000000") && !notice.to_string().contains(MAIL), "{notice}");
    desk.pii(&format!("request close {id}")).exits(3).says(&["cannot be closed"]);
    desk.pii("request notify --unanswered 14d").exits(3).says(&[]);
    desk.pii(&format!("request notify {id} --sent warehouse")).done();
    assert!(desk.pii("request notify --unanswered 14d").done().out.contains("nobody"), "it went out just now");
    desk.pii(&format!("request close {id}")).done();
    let late = desk.pii("request notify --unanswered 1ms --output again").exits(3);
    assert!(late.out.contains("warehouse") && late.out.contains(&id), "{}", late.out);
    assert_eq!(desk.read(&format!("again/{id}.warehouse.json")), desk.read(&format!("letters/{id}.warehouse.json")));
    desk.pii(&format!("request notify {id} --acknowledged warehouse")).done();
    desk.pii("request notify --unanswered 1ms").done();
    assert_eq!(state(&desk, &id), "closed");
    assert!(desk.tell("request open erasure --subject -", AGATHA).done().out.contains("due"), "she may ask again");
}

#[test]
fn a_run_that_is_killed_at_any_boundary_is_taken_up_and_ends_the_same() {
    let mut deaths = 0;
    for (call, nth) in
        [("fdatasync", 2), ("fdatasync", 9), ("fdatasync", 16), ("rename", 1), ("rename", 2), ("fsync", 5)]
    {
        let desk = shop();
        let id = verified(&desk, AGATHA);
        desk.pii(&format!("request plan {id}")).done();
        deaths += u32::from(killed(&desk, call, nth, &format!("request run {id} --yes")));
        if state(&desk, &id) != "verified-absent" {
            desk.pii(&format!("request run {id} --yes")).done();
        }
        she_is_gone(&desk, &id);
    }
    assert!(deaths >= 4, "only {deaths} died");
}

#[test]
fn two_who_run_one_plan_erase_once() {
    let desk = shop();
    let id = verified(&desk, AGATHA);
    desk.pii(&format!("request plan {id}")).done();
    let args = format!("request run {id} --yes");
    let start = || desk.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let both = [start(), start()].map(|one| Said::new(&args, one.wait_with_output().unwrap()));
    assert!(both.iter().any(|said| said.exit == 0), "{}{}", both[0].err, both[1].err);
    for said in both.iter().filter(|said| said.exit != 0) {
        let late = said.err.contains("another process runs this plan") || said.err.contains("cannot be run");
        assert!(late, "{}", said.err);
    }
    she_is_gone(&desk, &id);
}

#[test]
fn a_place_that_changed_is_refused_and_partly_done_is_not_done() {
    let desk = shop();
    let id = verified(&desk, AGATHA);
    desk.pii(&format!("request plan {id}")).done();
    desk.write("orders.csv", format!("{}O99,somebody@mail.example\n", desk.read("orders.csv")));
    let said = desk.pii(&format!("request run {id} --yes --json")).exits(3);
    assert_eq!(place(&said, "shop.orders")["outcome"], "failed");
    assert_eq!(place(&said, "crm.customers")["outcome"], "done");
    assert_eq!(state(&desk, &id), "partly-done");
    desk.pii(&format!("request close {id}")).exits(3);
    let found = desk.tell("vault read --subject - --purpose support", &format!("email={MAIL}\n")).done();
    assert!(found.out.contains(MAIL), "whoever is to be found again is not forgotten");

    desk.pii(&format!("request plan {id}")).done();
    desk.pii(&format!("request run {id} --yes")).done();
    assert_eq!((rows(&desk, "orders.csv"), state(&desk, &id).as_str()), (40, "verified-absent"));
}

#[test]
fn a_dataset_that_vanished_is_not_taken_for_an_empty_one() {
    let desk = shop();
    fs::remove_file(desk.path("orders.csv")).unwrap();
    let id = verified(&desk, AGATHA);
    let said = desk.pii(&format!("request plan {id}")).exits(3).says(&["shop.orders was not searched"]);
    assert!(said.out.contains("unsearched"), "{}", said.out);
    desk.pii(&format!("request run {id} --yes")).exits(3);
    assert_eq!(state(&desk, &id), "partly-done");
}

#[test]
fn without_the_vault_nothing_is_planned() {
    let desk = shop();
    let id = verified(&desk, AGATHA);
    let vault = desk.path(".pii/vault.db");
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{end}", vault.display()));
    }
    fs::write(
        &vault,
        "not a database, and longer than its header is by far; not a database, not a database, not at all",
    )
    .unwrap();
    let said = desk.pii(&format!("request plan {id}"));
    assert!(said.exit != 0 && !said.out.contains("nothing"), "{}{}", said.out, said.err);
}

#[test]
fn the_same_request_is_one_request_however_it_is_spelled() {
    let desk = shop();
    let first = opened(&desk, "email=Agatha.Winterbourne0@MAIL.example\ncustomer_id=C0000000\n");
    let again = desk.tell("request open erasure --subject - --json", &format!("{AGATHA}email={MAIL}\n")).done().json();
    assert_eq!((again[0]["id"].as_str().unwrap(), &again[0]["again"]), (first.as_str(), &Value::Bool(true)));
    assert_ne!(opened(&desk, "customer_id=C0000001\n"), first);
}

#[test]
fn of_somebody_unknown_the_answer_says_what_was_searched() {
    let desk = shop();
    let id = verified(&desk, "email=nobody@elsewhere.example\n");
    let said = desk.pii(&format!("request plan {id}")).done();
    for word in ["we hold nothing", "crm.customers", "shop.orders", "the vault"] {
        assert!(said.out.contains(word), "{}", said.out);
    }
    desk.pii(&format!("request run {id} --yes")).done();
    desk.pii(&format!("request close {id}")).done();
}

#[test]
fn two_people_behind_one_address_are_told_apart_without_their_data() {
    let desk = shop();
    let shared = "C0000099,Zoe Zweig,agatha.winterbourne0@mail.example,07700 900999,1980-01-11,1.50\n";
    desk.write("customers.csv", format!("{}{shared}", desk.read("customers.csv")));
    desk.pii("tag customers.csv -d crm.customers").done();
    let id = verified(&desk, &format!("email={MAIL}\n"));
    let said = desk.pii(&format!("request plan {id}")).exits(3).says(&["names 2 people", "--subject-file"]);
    assert_eq!(said.out.matches("crm.customers: ").count(), 2, "{}", said.out);
    for clear in [MAIL, "C0000099", "Zoe", "Agatha"] {
        assert!(!said.out.contains(clear) && !said.err.contains(clear), "{}{}", said.out, said.err);
    }
    desk.tell(&format!("request verify-identity {id} --method call-back --subject -"), "customer_id=C0000099\n").done();
    desk.pii(&format!("request plan {id}")).done();
    desk.pii(&format!("request run {id} --yes")).done();
    let left = desk.read("customers.csv");
    assert!(!left.contains("C0000099") && left.contains("C0000000"));
}

#[test]
fn a_person_who_is_held_stays_everywhere_until_the_hold_is_released() {
    let desk = shop();
    let (id, other) = (verified(&desk, AGATHA), verified(&desk, "customer_id=C0000001\n"));
    let set =
        desk.tell("request hold add --subject - --ground claim --until 2999-01-31 --json", &format!("email={MAIL}\n"));
    let hold = set.done().json()[0]["id"].as_str().unwrap().to_owned();
    let said = desk.pii(&format!("request plan {id} {other} --json")).done();
    let customers = place(&said, "crm.customers");
    let told = (&customers["rows"], &customers["held"], &customers["ground"], &customers["until"]);
    assert_eq!(told, (&1.into(), &1.into(), &"claim".into(), &"2999-01-31".into()));
    assert_eq!(place(&said, "the vault")["held"], 1);
    desk.pii(&format!("request run {id} {other} --yes")).done();
    assert_eq!((state(&desk, &id), state(&desk, &other)), ("held".to_owned(), "verified-absent".to_owned()));
    let left = desk.read("customers.csv");
    assert!(left.contains("C0000000") && !left.contains("C0000001"));

    desk.pii("request hold list").done();
    desk.pii(&format!("request hold release {}", &hold[28..])).done();
    assert!(desk.pii("request hold list").done().out.contains("no hold"));
    desk.pii(&format!("request plan {id}")).done();
    desk.pii(&format!("request run {id} --yes")).done();
    assert!(!desk.read("customers.csv").contains("C0000000"));
    assert_eq!(state(&desk, &id), "verified-absent");
    assert_eq!(desk.pii("audit query --action request_hold --json").done().json().len(), 2, "set, and released");
    desk.log_holds();
}

#[test]
fn a_hold_that_comes_between_plan_and_run_is_refused_by_place() {
    let desk = shop();
    let id = verified(&desk, AGATHA);
    desk.pii(&format!("request plan {id}")).done();
    desk.pii("request hold add --dataset shop.orders --ground audit").done();
    let said = desk.pii(&format!("request run {id} --yes --json")).exits(3);
    assert_eq!(place(&said, "shop.orders")["outcome"], "failed");
    assert_eq!(place(&said, "crm.customers")["outcome"], "done");
    assert_eq!((rows(&desk, "orders.csv"), state(&desk, &id).as_str()), (40, "partly-done"));
    let said = desk.pii(&format!("request plan {id}")).done();
    assert!(said.out.contains("shop.orders keeps them (Art. 17(3)): audit"), "{}", said.out);

    let id = verified(&desk, "customer_id=C0000001\n");
    desk.pii(&format!("request plan {id}")).done();
    desk.pii(&format!("request hold add {id} --ground claim")).done();
    let said = desk.pii(&format!("request run {id} --yes --json")).exits(3);
    assert_eq!(place(&said, "crm.customers")["outcome"], "failed");
    assert!(desk.read("customers.csv").contains("C0000001"));
}

#[test]
fn what_a_backup_brings_back_goes_again_and_nothing_else() {
    let desk = shop();
    let backup = [desk.read("customers.csv"), desk.read("orders.csv")];
    fs::copy(desk.path(".pii/state.db"), desk.path("state.backup")).unwrap();
    let today = jiff::Zoned::now().date();
    let id = verified(&desk, AGATHA);
    desk.pii(&format!("request plan {id}")).done();
    desk.pii(&format!("request run {id} --yes")).done();
    let said = desk.pii(&format!("request replay --since {today} -n")).done();
    assert!(said.out.contains("nothing came back"), "{}", said.out);
    desk.pii("request export --ledger ledger.jsonl").done();
    let ledger = desk.read("ledger.jsonl");
    assert_eq!(fs::metadata(desk.path("ledger.jsonl")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(
        ledger.lines().count() == 1 && !ledger.contains("C0000000") && !ledger.contains("mail.example"),
        "{ledger}"
    );

    let restore = |file: &str, text: &str| desk.write(file, text);
    restore("customers.csv", &backup[0]);
    restore("orders.csv", &backup[1]);
    let yesterday = today.yesterday().unwrap();
    let said = desk.pii(&format!("request replay --since {yesterday} -n --json")).done();
    assert_eq!((&place(&said, "crm.customers")["rows"], rows(&desk, "customers.csv")), (&1.into(), 40));
    desk.pii(&format!("request replay --since {yesterday}")).exits(4);
    desk.pii(&format!("request replay --since {yesterday} --yes")).done();
    assert_eq!((rows(&desk, "customers.csv"), rows(&desk, "orders.csv")), (39, 39));

    // The ledger went with the backup, and comes back from where it was kept.
    restore("customers.csv", &backup[0]);
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(desk.path(&format!(".pii/state.db{end}")));
    }
    fs::copy(desk.path("state.backup"), desk.path(".pii/state.db")).unwrap();
    let said = desk.pii(&format!("request replay --since {yesterday} -n")).done();
    assert!(said.out.contains("nothing came back"), "{}", said.out);
    desk.pii(&format!("request replay --since {yesterday} --ledger ledger.jsonl --yes")).done();
    assert_eq!(rows(&desk, "customers.csv"), 39);
    let said = desk.pii(&format!("request replay --since {yesterday} -n")).done();
    assert!(said.out.contains("1 erasure since"), "the ledger is whole again: {}", said.out);

    let elsewhere = Desk::new();
    elsewhere.write("ledger.jsonl", ledger);
    let args = format!("request replay --since {yesterday} --ledger ledger.jsonl -n");
    elsewhere.pii(&args).exits(1).says(&["another workspace"]);
    desk.log_holds();
}

#[test]
fn of_somebody_who_is_staff_the_log_keeps_what_they_did_and_says_so() {
    let desk = shop();
    // She works here, too, and signs in with her address.
    let own = desk.command("audit query").env("PII_ACTOR", "Agatha.Winterbourne0@mail.example").output().unwrap();
    assert!(own.status.success());
    let id = verified(&desk, AGATHA);
    let said = desk.pii(&format!("request plan {id} --json")).done();
    let log = place(&said, "the log");
    assert_eq!((&log["intent"], &log["rows"]), (&"keep".into(), &1.into()));
    desk.pii(&format!("request run {id} --yes")).done().says(&[]);
    assert_eq!(state(&desk, &id), "held");
    assert_eq!(rows(&desk, "customers.csv"), 39);

    // Whoever is held is answered all the same, and nothing is due any more.
    desk.pii(&format!("request close {id}")).exits(3).says(&["`warehouse` is not told yet"]);
    desk.pii(&format!("request notify {id} --sent warehouse")).done();
    assert!(desk.pii(&format!("request close {id}")).done().out.contains("answered, and held"));
    let listed = desk.pii("request list --due 1000d --json").done();
    assert!(!listed.out.contains(&id), "{}", listed.out);
    assert!(desk.pii("request list").done().out.contains("answered; kept"), "it is open still");
    desk.log_holds();
}

#[test]
fn what_the_law_keeps_holds_the_request_and_the_rest_goes() {
    let desk = shop();
    desk.write("policies/law.toml", INVOICES);
    desk.write("invoices.csv", "invoice,customer_id\nI1,C0000000\nI2,C0000001\n");
    let id = verified(&desk, AGATHA);
    let said = desk.pii(&format!("request plan {id}")).done();
    assert!(said.out.contains("law.invoices keeps them until 2999-12-31 (Art. 17(3)): commercial law"), "{}", said.out);
    desk.pii(&format!("request run {id} --yes")).done();
    assert_eq!(
        (rows(&desk, "invoices.csv"), rows(&desk, "customers.csv"), state(&desk, &id)),
        (2, 39, "held".to_owned())
    );
    desk.pii(&format!("request plan {id}")).done();
    desk.pii(&format!("request run {id} --yes")).done();
    assert_eq!(state(&desk, &id), "held", "planned again too early, it is held again");

    // The ground is over.
    desk.write("policies/law.toml", INVOICES.replace("2999", "2020"));
    desk.pii(&format!("request plan {id}")).done();
    desk.pii(&format!("request run {id} --yes")).done();
    assert_eq!((rows(&desk, "invoices.csv"), state(&desk, &id).as_str()), (1, "verified-absent"));
}

#[test]
fn many_requests_go_under_one_reference() {
    let desk = shop();
    let people: String = (0..30).map(|n| format!("customer_id=C{n:07}\n")).collect();
    desk.write("leavers", people);
    desk.pii("request open erasure --subjects-file leavers --reference leavers-2026").done();
    let again = desk.pii("request open erasure --subjects-file leavers --reference leavers-2026").done();
    assert!(again.out.contains("30 had come before"), "{}", again.out);
    desk.pii("request plan --reference leavers-2026").exits(2).says(&["ready for this"]);
    desk.pii("request verify-identity --reference leavers-2026 --method contract-end").done();
    let said = desk.pii("request plan --reference leavers-2026").done();
    assert!(said.out.contains("30 requests would"), "{}", said.out);
    desk.pii("request run --reference leavers-2026 --yes").done();
    assert_eq!((rows(&desk, "customers.csv"), rows(&desk, "orders.csv"), rows(&desk, "warehouse.csv")), (10, 10, 10));
    desk.pii("request notify --reference leavers-2026 --output letters").exits(3);
    assert_eq!(desk.names("letters").len(), 1, "one notice a recipient, not one a request");
    desk.pii("request notify --reference leavers-2026 --sent warehouse").done();
    desk.pii("request close --reference leavers-2026").done();
    assert!(desk.pii("request list").done().out.contains("no request"));
    desk.log_holds();
}

#[test]
fn of_many_requests_a_person_reads_how_many_and_a_program_each() {
    let desk = shop();
    let people = |from: u32, to: u32| (from..to).map(|n| format!("customer_id=stranger-{n}\n")).collect::<String>();
    desk.write("some", people(0, 200));
    desk.write("more", people(200, 260));
    desk.pii("request open erasure --subjects-file some --reference autumn").done();
    assert_eq!(desk.pii("request list --quiet").done().out.lines().count(), 201, "a head, and a line each");
    desk.pii("request open access --subjects-file more --reference winter").done();
    desk.pii("request verify-identity --reference winter --method login").done();
    let said = desk.pii("request list --quiet").done();
    let lines: Vec<_> = said.out.lines().collect();
    assert_eq!(lines.len(), 3, "{}", said.out);
    for (right, state, many) in [("erasure", "received", "200"), ("access", "verified", "60")] {
        let is_of = |line: &&&str| [right, state, many].iter().all(|word| line.contains(word));
        assert_eq!(lines.iter().filter(is_of).count(), 1, "{}", said.out);
    }
    let each = desk.pii("request list --json").done().json();
    assert_eq!((each.len(), &each[259]["reference"]), (260, &"winter".into()));
    desk.pii("request show autumn").exits(2).says(&["the reference of several requests"]);
    let id = each[0]["id"].as_str().unwrap();
    assert!(desk.pii(&format!("request show {}", &id[id.len() - 12..])).done().out.contains(id));
}

#[test]
fn another_system_asks_in_its_own_form_and_hears_how_far_it_is() {
    let desk = shop();
    let body = format!(
        r#"{{"regulation": "gdpr", "api_version": "2.0", "subject_request_id": "7f3c", "subject_request_type": "erasure",
            "submitted_time": "2026-11-01T10:00:00Z", "subject_identities":
            [{{"identity_type": "email", "identity_value": "{MAIL}", "identity_format": "raw"}}]}}"#
    );
    desk.write("request.json", &body);
    desk.pii("request import --opendsr request.json").exits(2);
    let first = desk.pii("request import --opendsr request.json --unsigned --json").done().json();
    let again = desk.pii("request import --opendsr request.json --unsigned --json").done().json();
    assert_eq!(
        (&first[0]["id"], &first[0]["due"], &again[0]["again"]),
        (&again[0]["id"], &"2026-12-01".into(), &true.into())
    );
    desk.write("hashed.json", body.replace("raw", "sha256"));
    let said = desk.pii("request import --opendsr hashed.json --unsigned").exits(3).says(&["hashed"]);
    assert!(!said.err.contains(MAIL));

    let id = first[0]["id"].as_str().unwrap();
    let status =
        || -> Value { serde_json::from_str(&desk.pii(&format!("request export --opendsr {id}")).done().out).unwrap() };
    assert_eq!((&status()["subject_request_id"], &status()["request_status"]), (&"7f3c".into(), &"pending".into()));
    desk.pii(&format!("request verify-identity {id} --method login")).done();
    assert_eq!(status()["request_status"], "in_progress");
    desk.pii(&format!("request reject {id} --ground excessive")).done();
    assert_eq!(
        (&status()["request_status"], &status()["extensions"]["pii"]["state"]),
        (&"cancelled".into(), &"refused".into())
    );
}

#[test]
fn due_days_go_into_a_calendar_that_names_nobody() {
    let desk = shop();
    let id = opened(&desk, AGATHA);
    desk.pii("request list --ics due.ics").done();
    let feed = desk.read("due.ics");
    assert!(feed.split_inclusive('\n').all(|line| line.ends_with("\r\n") && line.len() <= 77), "{feed}");
    let due = desk.pii(&format!("request show {id} --json")).done().json()[0]["due"].as_str().unwrap().replace('-', "");
    for line in ["BEGIN:VCALENDAR", &format!("UID:{id}"), &format!("DTSTART;VALUE=DATE:{due}"), "TRIGGER:-P7D"] {
        assert!(feed.contains(&format!("{line}\r\n")), "{line}:\n{feed}");
    }
    assert!(!feed.contains("C0000000") && !feed.contains("mail.example"));
    assert_eq!(desk.pii("request list --ics -").done().out.lines().count(), feed.lines().count());
}

#[test]
fn what_the_ledger_and_the_plans_hold_names_nobody() {
    let desk = shop();
    let id = verified(&desk, &format!("{AGATHA}email={MAIL}\n"));
    desk.tell("request hold add --subject - --ground claim", "customer_id=C0000002\n").done();
    desk.pii(&format!("request plan {id}")).done();
    desk.pii(&format!("request run {id} --yes")).done();
    desk.pii("request list").done();
    let mut looked = 0;
    let hidden = [desk.path(".pii")].into_iter().flat_map(|folder| files(&folder));
    for path in hidden {
        let bytes = fs::read(&path).unwrap();
        for clear in ["C0000000", "C0000002", MAIL, "agatha.winterbourne0", "Winterbourne"] {
            let found = bytes.windows(clear.len()).any(|window| window == clear.as_bytes());
            assert!(!found, "`{clear}` stands in `{}`", path.display());
        }
        looked += 1;
    }
    assert!(looked > 5 && POLICY.contains("crm.customers"));
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let inside = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    inside.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Everything that the guide says to type, typed in one shell.
#[test]
fn the_guide_works_as_it_is_written() {
    let guide = fs::read_to_string(repository("docs/guides/requests.md")).unwrap();
    let mut script = String::new();
    for block in guide.split("```").skip(1).step_by(2) {
        let (kind, text) = block.split_once('\n').unwrap();
        match kind {
            "sh" => script.push_str(text),
            "console" => text.lines().filter_map(|line| line.strip_prefix("$ ")).for_each(|typed| {
                script.push_str(typed);
                script.push('\n');
            }),
            _ => {}
        }
    }
    assert!(script.matches("\npii request open ").count() == 6, "six rights are carried out: {script}");
    let desk = Desk::bare();
    let said = desk.shell(&format!("set -eux\n{script}"));
    assert!(said.err.contains("+ pii request list --overdue"), "{}\n{}", said.err, said.out);
    let said = said.done();
    assert!(said.out.contains("VERIFIED"), "{}", said.out);

    let erased = desk.read("acme/data/students.csv");
    assert!(!erased.contains("S10001,") && erased.contains("S10006,"));
    // One had objected before it was written, and the other was erased from it afterwards.
    let again = desk.read("acme/out/again.csv");
    assert_eq!(again.lines().count(), erased.lines().count() - 1);
    assert!(erased.contains(",marie.lindner@example.net,") && !erased.contains("+courses6@"), "{erased}");
    let notices = desk.names("notices");
    let notice = notices.iter().find(|name| name.contains("ad-partner")).unwrap();
    let notice: Value = serde_json::from_str(&desk.read(&format!("notices/{notice}"))).unwrap();
    assert_eq!(notice["recipient"], "ad-partner");
    let certificate = desk.read("certificate.json");
    assert!(!certificate.contains("S10001") && certificate.contains("\"kept\""), "{certificate}");
    let page = desk.read("certificate.html");
    assert!(page.contains("<html lang=\"ko\">") && page.contains("default-src 'none'"), "{page}");
    for (said, why) in [("삭제 확인서", "its title"), ("보관함", "payments are kept"), ("ad-partner", "who was told")]
    {
        assert!(page.contains(said), "{why}: {page}");
    }
    assert!(!page.contains("S10001") && !page.contains("<script"), "{page}");
}
