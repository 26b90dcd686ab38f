//! Somebody is spoken of in what was written about others: it is counted and told, and nobody rewrites another's words.

use serde_json::Value;

use crate::desk::{Desk, Said};
use crate::python::python;
use crate::requests::{place, state, verified};

const TICKETS: &str = r#"
[[dataset]]
id = "shop.tickets"
location = "tickets.csv"
purposes = ["support"]
subject = { column = "customer_id", kind = "customer_id" }
retention = { keep = "P3Y" }
[dataset.columns]
customer_id = "user.unique_id"
text = "user.free_text"
"#;

const AGATHA: &str = "customer_id=C0000000\n";
const TEXT: &str = "customer_id,text\n\
    C0000000,I am Agatha Winterbourne and I write too much\n\
    C0000001,my neighbour AGATHA  Winterbourne said so: Agatha.Winterbourne0@MAIL.example\n\
    C0000002,ask AGATHA  winterbourne\n\
    C0000006,call +447700900000 at night\n\
    C0000003,about order C00000007 and nobody\n\
    C0000004,\n";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("policies/more.toml", TICKETS);
    desk.write("tickets.csv", TEXT);
    desk.pii("tag customers.csv -d crm.customers").done();
    desk.pii("tag tickets.csv -d shop.tickets").done();
    desk
}

#[track_caller]
fn names_nobody(said: &Said) {
    for clear in ["Agatha", "agatha", "neighbour", "C0000000"] {
        assert!(!said.out.contains(clear) && !said.err.contains(clear), "{}{}", said.out, said.err);
    }
}

#[test]
fn what_others_wrote_of_a_person_stays_until_somebody_looked_at_it() {
    let desk = desk();
    let id = verified(&desk, AGATHA);
    let said = desk.pii(&format!("request plan {id}")).exits(3);
    let said =
        said.says(&["shop.tickets:text: 3 rows about others speak of the person", "--by-hand shop.tickets:text"]);
    names_nobody(&said);
    let said = desk.pii(&format!("request plan {id} --json")).exits(3);
    assert_eq!(
        (&place(&said, "shop.tickets:text")["rows"], &place(&said, "shop.tickets:text")["intent"]),
        (&3.into(), &"mentioned".into())
    );
    let said = desk.pii(&format!("request run {id} --yes")).exits(3);
    names_nobody(&said);
    assert_eq!(state(&desk, &id), "partly-done");
    assert_eq!(
        desk.read("tickets.csv"),
        TEXT.lines().filter(|line| !line.starts_with("C0000000")).map(|l| l.to_owned() + "\n").collect::<String>()
    );
    desk.tell("vault read --subject - --purpose support", AGATHA).done();
    let certificate: Value = serde_json::from_str(&desk.pii(&format!("request certificate {id}")).done().out).unwrap();
    let places = certificate["certificate"]["places"].as_array().unwrap();
    let text = places.iter().find(|place| place["place"] == "shop.tickets:text").unwrap();
    assert_eq!((&text["outcome"], &text["rows"]), (&"not-done".into(), &3.into()));

    desk.pii(&format!("request plan {id} --by-hand shop.tickets:customer_id")).exits(2).says(&["no place"]);
    desk.pii(&format!("request plan {id} --by-hand shop.tickets:text")).done();
    desk.pii(&format!("request run {id} --yes")).done();
    assert_eq!(state(&desk, &id), "recipients-told");
    let certificate: Value = serde_json::from_str(&desk.pii(&format!("request certificate {id}")).done().out).unwrap();
    let places = certificate["certificate"]["places"].as_array().unwrap();
    let text = places.iter().find(|place| place["place"] == "shop.tickets:text").unwrap();
    assert_eq!(text["outcome"], "by-hand");
    desk.log_holds();
}

#[test]
fn text_in_which_nobody_speaks_of_them_is_searched_and_that_is_said() {
    let desk = desk();
    let id = verified(&desk, "customer_id=C0000005\n");
    let said = desk.pii(&format!("request plan {id} --json")).done();
    assert_eq!(place(&said, "shop.tickets:text")["intent"], "absent");
    desk.pii(&format!("request run {id} --yes")).done();
    assert_eq!(state(&desk, &id), "recipients-told");
}

#[test]
fn a_package_counts_what_others_wrote_and_hands_out_none_of_it() {
    let desk = desk();
    let said = desk.tell("request open access --subject - --json", AGATHA).done();
    let id = said.json()[0]["id"].as_str().unwrap().to_owned();
    desk.pii(&format!("request verify-identity {id} --method login")).done();
    let said = desk.pii(&format!("request plan {id}")).done();
    assert!(said.out.contains("none is handed out (Art. 15(4))"), "{}", said.out);
    desk.pii(&format!("request run {id} --output en.zip --clear")).done();
    let unpacked = |file: &str| python("unpack.py", &[desk.path("en.zip"), file.into()]);
    let rows = unpacked("data/shop.tickets.jsonl");
    assert!(rows.lines().count() == 1 && !rows.contains("neighbour"), "{rows}");
    let manifest: Value = serde_json::from_str(&unpacked("manifest.json")).unwrap();
    let left = &manifest["left_out"][0];
    assert_eq!((&left["dataset"], &left["column"], &left["rows"]), (&"shop.tickets".into(), &"text".into(), &3.into()));
    let page = unpacked("index.html");
    assert!(page.contains("3 rows") && page.contains("Art. 15(4)"), "{page}");
}
