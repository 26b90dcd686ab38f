use jiff::civil::date;

use super::*;
use crate::policy::{Because, ErasureStrategy, Method, PseudonymForm, Refusal};
use crate::vocab::{Domain, LawfulBasis, Origin, SpecialBasis, Tag};

fn method(of: &str, column: &str, to: &str) -> Method {
    let policy = good();
    let (dataset, recipient, _) = policy.release(&dataset(of), &recipient(to)).unwrap();
    policy.rule(dataset, column, recipient).unwrap().method
}

#[test]
fn a_policy_says_who_what_for_and_on_which_basis() {
    let policy = good();
    assert_eq!(policy.controller().name(), "Acme GmbH");
    assert_eq!(policy.controller().contact(), Some("dpo@acme.example"));
    assert_eq!(policy.purpose(&purpose("analytics")).unwrap().lawful_basis(), LawfulBasis::LegitimateInterests);
    assert_eq!(policy.purpose(&purpose("care")).unwrap().special_basis(), Some(SpecialBasis::Health));
    assert!(policy.purpose(&purpose("newsletter")).unwrap().is_direct_marketing());
    assert_eq!(policy.recipients().len(), 4);
}

#[test]
fn a_dataset_says_where_whom_and_until_when() {
    let policy = good();
    let crm = policy.dataset(&dataset("crm.customers")).unwrap();
    assert_eq!(crm.location(), "postgres://crm/shop?table=public.customers");
    assert_eq!(crm.subject().unwrap().kind.as_str(), "customer_id");
    assert_eq!(crm.retention().after.as_deref(), Some("last_order_at"));
    assert_eq!(crm.retention().keep.get_years(), 3);
    assert_eq!(*crm.erasure(), ErasureStrategy::DeleteRow);
    assert_eq!(crm.column("phone").unwrap().region(), Some("KR"));
    assert_eq!(crm.place().to_string(), "policies/shop.toml:57:6");

    let visits = policy.dataset(&dataset("clinic.visits")).unwrap();
    assert_eq!((visits.retention().after.as_ref(), &visits.retention().then), (None, &ErasureStrategy::NullColumns));
    let ground = "medical records are kept for ten years".to_owned();
    assert_eq!(*visits.erasure(), ErasureStrategy::Keep { ground, until: Some(date(2035, 12, 31)) });
}

#[test]
fn a_detectors_name_stands_for_its_category() {
    let policy = good();
    let crm = policy.dataset(&dataset("crm.customers")).unwrap();
    assert_eq!(crm.column("email").unwrap().tag(), Tag::parse("user.contact.email").unwrap());
}

#[test]
fn the_closest_category_wins() {
    assert_eq!(method("crm.customers", "email", "warehouse"), Method::Pseudonymise);
    assert_eq!(method("crm.customers", "born", "warehouse"), Method::Year);
    assert_eq!(method("crm.customers", "ip", "warehouse"), Method::Network { v4: 24, v6: 48 });
    assert_eq!(method("crm.customers", "last_order_at", "warehouse"), Method::Drop);
}

#[test]
fn the_columns_own_method_goes_before_its_category() {
    assert_eq!(method("crm.customers", "note", "warehouse"), Method::Null);
    assert_eq!(method("crm.customers", "note", "mailer"), Method::Drop);
}

#[test]
fn the_closest_path_wins() {
    assert_eq!(method("crm.customers", "address.city", "warehouse"), Method::Pseudonymise);
    assert_eq!(method("crm.customers", "address.geo.lat", "warehouse"), Method::Pseudonymise);
    assert_eq!(method("crm.customers", "address.country", "warehouse"), Method::Keep);
}

#[test]
fn what_no_category_lists_is_dropped_and_what_is_not_personal_is_kept() {
    assert_eq!(method("crm.customers", "email", "meter"), Method::Drop);
    assert_eq!(method("crm.customers", "total", "meter"), Method::Keep);
}

#[test]
fn an_undecided_column_does_not_pass() {
    let policy = good();
    let (crm, warehouse, _) = policy.release(&dataset("crm.customers"), &recipient("warehouse")).unwrap();
    let refusal = policy.rule(crm, "shoe_size", warehouse).unwrap_err();
    assert_eq!(refusal.to_string(), "column `shoe_size` of `crm.customers` has no tag");
    // A column is not decided because another one's name begins like it.
    assert!(policy.rule(crm, "addressee", warehouse).is_err());
}

#[test]
fn a_dataset_goes_only_where_its_purposes_lead() {
    let policy = good();
    let refusal = policy.release(&dataset("crm.customers"), &recipient("clinic")).unwrap_err();
    assert_eq!(refusal.to_string(), "`crm.customers` may not be used for `care`, the purpose of `clinic`");
    let unknown = policy.release(&dataset("crm.nothing"), &recipient("clinic")).unwrap_err();
    assert_eq!(unknown, Refusal::UnknownDataset(dataset("crm.nothing")));
    let unknown = policy.release(&dataset("crm.customers"), &recipient("nobody")).unwrap_err();
    assert_eq!(unknown, Refusal::UnknownRecipient(recipient("nobody")));
}

#[test]
fn only_a_group_shares_a_domain() {
    let policy = good();
    let domain = |id| policy.recipient(&recipient(id)).unwrap().domain();
    assert_eq!(domain("warehouse"), Domain::parse("warehouse").unwrap());
    assert_eq!(domain("mailer"), Domain::parse("campaign").unwrap());
    assert_eq!(domain("mailer"), domain("meter"));
}

#[test]
fn a_recipient_may_name_its_group_itself() {
    let text = GOOD.replace("id = \"clinic\"\n", "id = \"clinic\"\ngroup = \"campaign\"\n");
    let policy = parse(&text).unwrap();
    assert_eq!(policy.recipient(&recipient("clinic")).unwrap().domain(), Domain::parse("campaign").unwrap());
}

#[test]
fn pseudonyms_are_base64url_unless_the_policy_says_otherwise() {
    let policy = good();
    let form = |id| policy.recipient(&recipient(id)).unwrap().pseudonym_form();
    assert_eq!((form("warehouse"), form("clinic")), (PseudonymForm::Base64Url, PseudonymForm::Hex));
}

#[test]
fn a_rule_says_why_and_where_it_is_written() {
    let policy = good();
    let because = |of: &str, column: &str, to: &str| {
        let (dataset, recipient, _) = policy.release(&dataset(of), &recipient(to)).unwrap();
        policy.rule(dataset, column, recipient).unwrap().because
    };
    let email = because("crm.customers", "email", "warehouse");
    assert_eq!(email.to_string(), "category `user.contact` (policies/shop.toml:29:18)");
    assert!(matches!(because("crm.customers", "note", "warehouse"), Because::Column(_)));
    assert!(matches!(because("crm.customers", "total", "warehouse"), Because::NotPersonal(_)));
    assert_eq!(because("crm.customers", "total", "meter").to_string(), "by default: what is not personal is kept");
    assert_eq!(
        because("crm.customers", "email", "meter").to_string(),
        "by default: personal data that nothing lists are dropped"
    );
}

#[test]
fn what_leaves_in_clear_carries_its_ground() {
    let policy = good();
    let (visits, clinic, _) = policy.release(&dataset("clinic.visits"), &recipient("clinic")).unwrap();
    let rule = policy.rule(visits, "diagnosis", clinic).unwrap();
    assert_eq!((rule.method, rule.ground.as_deref()), (Method::Keep, Some("the doctor treats the person")));
}

#[test]
fn explain_answers_for_every_recipient() {
    let policy = good();
    let answers: Vec<_> = policy
        .explain(&dataset("crm.customers"), "email")
        .unwrap()
        .into_iter()
        .map(|o| (o.recipient.id().as_str(), o.rule.map(|r| r.method.to_string()).ok()))
        .collect();
    let some = |method: &str| Some(method.to_owned());
    assert_eq!(
        answers,
        [("warehouse", some("pseudonymise")), ("clinic", None), ("mailer", some("keep")), ("meter", some("drop"))]
    );
    assert!(matches!(policy.explain(&dataset("crm.customers"), "zip"), Err(Refusal::UndecidedColumn { .. })));
}

#[test]
fn a_method_may_be_a_table() {
    for (table, short) in [
        ("{ mask = { first = 1, last = 2 } }", "mask:1,2"),
        ("{ mask = { last = 4 } }", "mask:0,4"),
        ("{ constant = \"redacted\" }", "constant:redacted"),
        ("{ keep = \"they answer by post\" }", "keep"),
    ] {
        let text = GOOD.replace("\"user.contact\" = \"pseudonymise\"", &format!("\"user.contact\" = {table}"));
        let policy = parse(&text).unwrap();
        let (crm, warehouse, _) = policy.release(&dataset("crm.customers"), &recipient("warehouse")).unwrap();
        assert_eq!(policy.rule(crm, "email", warehouse).unwrap().method, Method::parse(short).unwrap());
    }
}

#[test]
fn a_retention_and_an_erasure_print_as_they_are_meant() {
    let policy = good();
    let print = |id| {
        let dataset = policy.dataset(&dataset(id)).unwrap();
        (dataset.retention().to_string(), dataset.erasure().to_string())
    };
    let (retention, erasure) = print("crm.customers");
    assert_eq!(retention, "P3Y after `last_order_at`, then delete-row");
    assert_eq!(erasure, "delete-row");
    let (retention, erasure) = print("clinic.visits");
    assert_eq!(retention, "P10Y after ingest, then null-columns");
    assert_eq!(erasure, "keep until 2035-12-31: medical records are kept for ten years");
}

#[test]
fn the_subject_need_not_be_listed_again() {
    let policy = parse(
        "[controller]\nname = \"Acme GmbH\"\ncontact = \"dpo@acme.example\"\n\
         [[purpose]]\nid = \"analytics\"\nlawful_basis = \"legitimate-interests\"\n\
         [[dataset]]\nid = \"crm.customers\"\npurposes = [\"analytics\"]\n\
         subject = { column = \"customer_id\", kind = \"customer_id\" }\n\
         retention = { after = \"last_order_at\", keep = \"P3Y\", then = \"delete-row\" }\n\
         [dataset.columns]\nemail = \"user.contact.email\"\ntotal = \"none\"\n",
    )
    .unwrap();
    let dataset = policy.datasets().first().unwrap();
    assert_eq!(dataset.column("customer_id").unwrap().tag().to_string(), "user.unique_id");
    assert!(dataset.column("last_order_at").is_none(), "a date to count from is decided like any column");
}

#[test]
fn a_column_says_where_its_values_come_from_and_what_they_mean() {
    let policy = parse(&GOOD.replace("total = \"none\"", "total = \"none\"\nscore = \"user.inferred\"")).unwrap();
    let column = |of: &str, path: &str| policy.dataset(&dataset(of)).unwrap().column(path).unwrap().clone();
    let name = column("clinic.visits", "name");
    assert_eq!((name.origin(), name.meaning()), (Origin::Provided, Some("what the patient is called")));
    // The dataset's word, then the category's, then what gives the person rather more.
    assert_eq!(column("clinic.visits", "diagnosis").origin(), Origin::Observed);
    assert_eq!(column("clinic.visits", "patient").origin(), Origin::Observed);
    assert_eq!(column("crm.customers", "score").origin(), Origin::Inferred);
    assert_eq!(column("crm.customers", "email").origin(), Origin::Provided);
    let source = policy.dataset(&dataset("clinic.visits")).unwrap().source();
    assert_eq!(source, Some("the general practitioner who sent the patient"));
}
