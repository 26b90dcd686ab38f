//! Somebody says what is right, and it becomes right wherever it was wrong (Art. 16).

use serde_json::Value;

use crate::desk::Desk;
use crate::erase::killed;
use crate::requests::{AGATHA, INVOICES, MAIL, place, shop, state};

const RIGHT: &str = "agatha.w@home.example";

/// A request that her address is another one, with what else is said to be right, and who she is proven.
#[track_caller]
fn asked(desk: &Desk, corrections: &str) -> String {
    desk.write("right.txt", corrections);
    let said = desk.tell("request open rectification --subject - --corrections right.txt --json", AGATHA).done();
    let id = said.json()[0]["id"].as_str().unwrap().to_owned();
    desk.pii(&format!("request verify-identity {id} --method login")).done();
    id
}

#[track_caller]
fn is_right(desk: &Desk, id: &str) {
    assert!(desk.read("orders.csv").starts_with(&format!("order,email\nO0,{RIGHT}\n")), "{}", desk.read("orders.csv"));
    let customers = desk.read("customers.csv");
    assert!(customers.contains(RIGHT) && !customers.contains(MAIL) && customers.contains("C0000000,"), "{customers}");
    let unknown = desk.tell("vault read --subject - --purpose support", &format!("email={MAIL}\n"));
    unknown.exits(3).says(&["knows nobody"]);
    let read = desk.tell("vault read --subject - --purpose support", &format!("email={RIGHT}\n")).done();
    assert!(read.out.contains(RIGHT) && !read.out.contains(MAIL), "{}", read.out);
    assert_eq!(state(desk, id), "rectified");
    desk.log_holds();
}

#[test]
fn an_address_becomes_right_in_every_dataset_copy_and_the_vault() {
    let desk = shop();
    let before = desk.read("warehouse.csv");
    let id = asked(&desk, &format!("# both of them\nuser.contact.email={RIGHT}\ncrm.customers.name=Agatha Winter\n"));
    let said = desk.pii(&format!("request plan {id} --json")).done();
    for name in ["crm.customers", "shop.orders", "warehouse.csv"] {
        assert_eq!(
            (&place(&said, name)["intent"], &place(&said, name)["rows"]),
            (&"rectify".into(), &1.into()),
            "{name}"
        );
    }
    assert_eq!(place(&said, "the vault")["rows"], 2);
    let shown = desk.pii(&format!("request plan {id}")).done();
    assert!(!shown.out.contains(RIGHT) && !shown.out.contains("Winter"), "{}", shown.out);
    assert!(desk.read("customers.csv").contains(MAIL), "a plan changes nothing");
    for file in desk.names(".pii/plans") {
        let plan = desk.read(&format!(".pii/plans/{file}"));
        assert!(!plan.contains(RIGHT) && !plan.contains("Winter"), "{file} says what is right");
    }

    desk.pii(&format!("request run {id} --yes")).done();
    is_right(&desk, &id);
    assert!(desk.read("customers.csv").contains("C0000000,Agatha Winter,"));

    // The copy is what it would be, had she always been right: another pseudonym of hers, and nobody else's.
    let (old, new) = (before.lines().skip(1), desk.read("warehouse.csv"));
    let changed = old.zip(new.lines().skip(1)).filter(|(old, new)| old != new).count();
    desk.pii("protect customers.csv -d crm.customers -r warehouse -o again.csv").done();
    assert_eq!((changed, desk.read("again.csv")), (1, new.clone()));

    let said = desk.pii(&format!("request notify {id} --output letters")).exits(3);
    assert!(said.out.contains("warehouse"), "{}", said.out);
    let notice: Value = serde_json::from_str(&desk.read(&format!("letters/{id}.warehouse.json"))).unwrap();
    assert_eq!(notice["right"], "rectification");
    let written = notice.to_string();
    assert!(!written.contains(RIGHT) && !written.contains(MAIL) && !written.contains("Winter"), "{written}");
    let rectified = notice["rectified"].as_array().unwrap();
    assert_eq!(rectified.len(), 1, "the name never went there: {written}");
    assert!(new.contains(rectified[0]["value"].as_str().unwrap()), "the new pseudonym");

    desk.pii(&format!("request notify {id} --sent warehouse")).done();
    desk.pii(&format!("request close {id}")).done();
    let certificate = desk.pii(&format!("request certificate {id}")).done();
    assert!(certificate.out.contains("rectify") && !certificate.out.contains(RIGHT), "{}", certificate.out);
    desk.pii(&format!("request plan {id}")).exits(3);

    // The ledger does not know what was right: it names the request, so that the person is asked again.
    let said = desk.pii("request replay --since 2020-01-01 --dry-run").done();
    assert!(said.out.contains(&id) && said.err.contains("1 request put something right"), "{}{}", said.out, said.err);
}

#[test]
fn a_rectification_that_is_killed_at_any_boundary_is_taken_up_and_ends_the_same() {
    let mut deaths = 0;
    for (call, nth) in
        [("fdatasync", 3), ("fdatasync", 9), ("fdatasync", 15), ("rename", 1), ("rename", 2), ("fsync", 5)]
    {
        let desk = shop();
        let id = asked(&desk, &format!("user.contact.email={RIGHT}\n"));
        desk.pii(&format!("request plan {id}")).done();
        deaths += u32::from(killed(&desk, call, nth, &format!("request run {id} --yes")));
        if state(&desk, &id) != "rectified" {
            desk.pii(&format!("request run {id} --yes")).done();
        }
        is_right(&desk, &id);
    }
    assert!(deaths >= 4, "only {deaths} died");
}

#[test]
fn who_objected_by_the_wrong_address_has_objected_by_the_right_one() {
    let desk = shop();
    let said = desk.tell("request open objection --purpose analytics --subject - --json", &format!("email={MAIL}\n"));
    let objection = said.done().json()[0]["id"].as_str().unwrap().to_owned();
    desk.pii(&format!("request verify-identity {objection} --method login")).done();
    desk.pii(&format!("request plan {objection}")).done();
    desk.pii(&format!("request run {objection} --yes")).done();
    let id = asked(&desk, &format!("user.contact.email={RIGHT}\n"));
    desk.pii(&format!("request plan {id}")).done();
    desk.pii(&format!("request run {id} --yes")).done();

    // A file that knows her by the new address alone.
    desk.write("orders.csv", format!("order,email\nO0,{RIGHT}\nO1,somebody@mail.example\n"));
    let policy = desk.read("policies/more.toml").replace("[\"support\"]", "[\"support\", \"analytics\"]");
    desk.write("policies/more.toml", policy);
    desk.pii("tag orders.csv -d shop.orders").done();
    desk.pii("protect orders.csv -d shop.orders -r warehouse -o sent.csv").done();
    assert_eq!(desk.read("sent.csv").lines().count(), 2, "{}", desk.read("sent.csv"));
}

#[test]
fn what_the_law_keeps_and_what_is_missing_is_said() {
    let desk = shop();
    desk.write("policies/law.toml", format!("{INVOICES}city = \"user.contact.address.city\"\n"));
    desk.write("invoices.csv", "invoice,customer_id,city\nI1,C0000000,Bon\n");
    desk.pii("tag invoices.csv -d law.invoices").done();
    let id = asked(&desk, "user.contact.address.city=Bonn\n");
    let said = desk.pii(&format!("request plan {id} --json")).done();
    let invoices = place(&said, "law.invoices");
    assert_eq!((&invoices["intent"], &invoices["ground"]), (&"keep".into(), &"commercial law".into()));
    desk.pii(&format!("request run {id} --yes")).done();
    assert_eq!(state(&desk, &id), "held");
    assert!(desk.read("invoices.csv").contains("Bon\n"), "an invoice stays as it was written");

    // Nothing stands where it should: it is not said to be right.
    let customers = desk.read("customers.csv").replacen(MAIL, "", 1);
    desk.write("customers.csv", customers);
    let id = asked(&desk, &format!("crm.customers.email={RIGHT}\n"));
    desk.pii(&format!("request plan {id}")).done();
    desk.pii(&format!("request run {id} --yes")).exits(3).says(&["1 row", "`email`", "--by-hand"]);
    assert_eq!(state(&desk, &id), "partly-done");
    desk.pii(&format!("request plan {id} --by-hand crm.customers")).done();
    desk.pii(&format!("request run {id} --yes")).done();
    assert_eq!(state(&desk, &id), "rectified");
}

#[test]
fn what_cannot_be_corrected_is_refused_before_it_is_taken_in() {
    let desk = shop();
    for (lines, words) in [
        ("user.contact.email\n", "WHAT=VALUE"),
        ("user.contact.email=\n", "WHAT=VALUE"),
        ("crm.customers.shoe_size=44\n", "`crm.customers.shoe_size`"),
        ("user.contact.address.city=Bonn\n", "`user.contact.address.city`"),
        ("user.unique_id=C1\n", "is a key"),
        ("user.contact.email=secret-word\n", "email"),
        ("crm.customers.born=1990-02-30\n", "no day"),
        ("\n# nothing\n", "no correction"),
    ] {
        desk.write("right.txt", lines);
        let said = desk.tell("request open rectification --subject - --corrections right.txt", AGATHA);
        assert!(said.exit == 2 && said.err.contains(words), "{lines}{}{}", said.exit, said.err);
        assert!(!said.err.contains("secret-word"), "{}", said.err);
    }
    desk.tell("request open rectification --subject -", AGATHA).exits(2).says(&["--corrections"]);
    desk.write("right.txt", format!("user.contact.email={RIGHT}\n"));
    desk.tell("request open erasure --subject - --corrections right.txt", AGATHA).exits(2);
    let first = asked(&desk, &format!("user.contact.email={RIGHT}\n"));
    assert_eq!(asked(&desk, &format!("user.contact.email={RIGHT}\n")), first, "come again, it is the same");
    assert_ne!(asked(&desk, "user.contact.email=a@b.example\n"), first);
}
