use std::cell::Cell;

use super::*;

#[test]
fn an_access_package_holds_all_of_it() {
    let zip = shop(Kind::Access, Language::English);
    let expected = [
        "data/risk.scores.jsonl",
        "data/risk.scores.csv",
        "data/shop.clicks.jsonl",
        "data/shop.clicks.csv",
        "data/shop.students.jsonl",
        "data/shop.students.csv",
        "schema/risk.scores.json",
        "schema/shop.clicks.json",
        "schema/shop.students.json",
        "index.html",
        "manifest.json",
        "manifest.sig",
        "minisign.pub",
    ];
    assert_eq!(names(&zip), expected);
    let students = lines(&zip, "data/shop.students.jsonl");
    assert_eq!(students[0]["name"], "김하늘");
    assert_eq!(students[0]["address"], serde_json::json!({ "city": "Mapo-gu", "score": "A" }));
    assert_eq!(students[1]["email"], serde_json::Value::Null);
    assert_eq!(students[1]["note"], "");
    assert_eq!(json(&zip, "manifest.json")["left_out"], serde_json::json!([]));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for language in Language::ALL {
        assert!(shop(Kind::Access, *language) == shop(Kind::Access, *language));
    }
}

/// Art. 20(1): provided or observed, on consent or for a contract. What does not go is said.
#[test]
fn portability_leaves_out_what_was_inferred_and_what_rests_on_other_bases() {
    let zip = shop(Kind::Portability, Language::English);
    assert!(names(&zip).iter().all(|name| !name.contains("risk.scores")));
    let student = &lines(&zip, "data/shop.students.jsonl")[0];
    let keys: Vec<_> = student.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["student_id", "name", "email", "note", "manager", "address", "created_at"]);
    assert_eq!(student["address"], serde_json::json!({ "city": "Mapo-gu" }));
    assert_eq!(lines(&zip, "data/shop.clicks.jsonl").len(), 250, "what was observed goes too");
    let manifest = json(&zip, "manifest.json");
    let left: Vec<_> = manifest["left_out"].as_array().unwrap().iter().map(|l| (&l["dataset"], &l["column"])).collect();
    let left: Vec<_> = left.iter().map(|(d, c)| (d.as_str().unwrap(), c.as_str())).collect();
    let inferred = [("shop.students", Some("segment")), ("shop.students", Some("address.score"))];
    assert_eq!(left, [&[("risk.scores", None)][..], &inferred].concat());
    assert_eq!(manifest["article"], "Art. 20");
}

#[test]
fn the_manifest_tells_what_article_15_asks_for() {
    let zip = shop(Kind::Access, Language::Korean);
    let manifest = json(&zip, "manifest.json");
    assert_eq!(manifest["controller"]["contact"], "dpo@marketplace.example");
    assert_eq!(manifest["purposes"][0]["article"], "Art. 6(1)(b)");
    assert_eq!(manifest["recipients"][0]["last"], "2026-10-30");
    assert_eq!(manifest["automated_decisions"]["declared"], true);
    assert_eq!(manifest["complaint"]["authority"], "the Data Protection Commission");
    assert_eq!((&manifest["generated"], &manifest["language"]), (&"2026-11-21T08:00:00Z".into(), &"ko".into()));
    let [scores, clicks, students] = manifest["datasets"].as_array().unwrap().as_slice() else { panic!("{manifest}") };
    assert_eq!((&scores["source"], &scores["rows"]), (&"Credit Bureau Ltd".into(), &1.into()));
    assert_eq!(clicks["retention"], serde_json::json!({ "keep": "P13M", "after": null }));
    let speaks: Vec<_> =
        students["columns"].as_array().unwrap().iter().filter(|c| c["may_speak_of_others"] == true).collect();
    let speaks: Vec<_> = speaks.iter().map(|column| column["path"].as_str().unwrap()).collect();
    assert_eq!(speaks, ["note", "manager"], "they are told, and are in it");
    let files = manifest["files"].as_array().unwrap();
    assert_eq!(files.len(), 10);
    let of = |path: &str| files.iter().find(|file| file["path"] == path).unwrap();
    assert_eq!(of("data/shop.clicks.csv")["rows"], 250);
    assert_eq!(of("data/shop.clicks.csv")["bytes"], file(&zip, "data/shop.clicks.csv").len());
    assert_eq!(of("index.html")["rows"], serde_json::Value::Null);
}

#[test]
fn a_schema_says_what_each_column_is() {
    let zip = shop(Kind::Access, Language::English);
    let schema = json(&zip, "schema/shop.students.json");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let name = &schema["properties"]["name"];
    assert_eq!(
        (&name["type"], &name["description"]),
        (&serde_json::json!(["string", "null"]), &"the name that you signed up with".into())
    );
    assert_eq!((&name["x-pii-category"], &name["x-pii-origin"]), (&"user.name".into(), &"provided".into()));
    assert_eq!(schema["properties"]["address"]["properties"]["score"]["x-pii-origin"], "inferred");
    assert_eq!(schema["properties"]["email"]["description"], "An e-mail address");
}

#[test]
fn what_nobody_decided_is_an_error_and_not_left_out() {
    let policy = policy();
    let rows =
        Held(vec![batch(&[("student_id", texts(&[None])), ("score", texts(&[None])), ("kakao", texts(&[None]))])]);
    let tables = [Table::of(policy.dataset(&dataset("risk.scores")).unwrap(), &rows)];
    for kind in [Kind::Access, Kind::Portability] {
        let error = put(&cover(kind, &policy), &tables).unwrap_err();
        assert_eq!(error.to_string(), "nothing decides `kakao` of `risk.scores`");
    }
    let scores = scores();
    let tables = [Table::of(policy.dataset(&dataset("risk.scores")).unwrap(), &scores)];
    let cover = Cover { purposes: Vec::new(), ..cover(Kind::Access, &policy) };
    assert!(matches!(put(&cover, &tables), Err(Error::UnnamedPurpose { .. })));
}

#[test]
fn a_dataset_stands_in_a_package_once() {
    let (policy, scores) = (policy(), scores());
    let table = || Table::of(policy.dataset(&dataset("risk.scores")).unwrap(), &scores);
    assert!(matches!(put(&cover(Kind::Access, &policy), &[table(), table()]), Err(Error::Twice(_))));
}

/// Somebody writes to the dataset between the first format and the second.
#[test]
fn rows_that_change_in_between_are_noticed() {
    struct Growing(Cell<usize>);
    impl Rows for Growing {
        fn schema(&self) -> SchemaRef {
            scores().schema()
        }

        fn batches(&self) -> Result<Batches<'_>, Error> {
            self.0.set(self.0.get() + 1);
            Ok(Box::new((0..self.0.get()).map(|_| Ok(scores().0.remove(0)))))
        }
    }
    let (policy, rows) = (policy(), Growing(Cell::new(0)));
    let error =
        put(&cover(Kind::Access, &policy), &[Table::of(policy.dataset(&dataset("risk.scores")).unwrap(), &rows)]);
    assert!(matches!(error, Err(Error::RowsChanged { first: 1, second: 2, .. })));
}

#[test]
fn a_person_of_whom_nothing_is_held_is_told_so() {
    let policy = policy();
    let none = Held(vec![scores().0[0].slice(0, 0)]);
    let zip = put(&cover(Kind::Access, &policy), &[Table::of(policy.dataset(&dataset("risk.scores")).unwrap(), &none)])
        .unwrap();
    assert_eq!(file(&zip, "data/risk.scores.jsonl"), "");
    assert_eq!(records(&zip, "data/risk.scores.csv"), [["student_id", "score"]]);
    assert!(file(&zip, "index.html").contains("No data about you were found."));
    let zip = put(&cover(Kind::Access, &policy), &[]).unwrap();
    assert!(matches!(super::super::verify(Cursor::new(&zip), None), Ok(super::super::Verdict::Whole(_))));
}
