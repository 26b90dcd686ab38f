//! Whoever forbids something is heeded: their rows leave no more, and what is restricted is stored and nothing else.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeBinaryArray, RecordBatch};
use pii_core::audit::{self, Action, Decision};
use pii_core::batch::{self, Protection};
use pii_core::clock::FixedClock;
use pii_core::error::Error;
use pii_core::keyring::RootKey;
use pii_core::outbound::Disclosure;
use pii_core::register::{Entry, Markers, Prohibition, Register};
use pii_core::store::{Destination, Location, ReadOptions, Source, WriteOptions};
use pii_core::vocab::{Actor, Identifier, PurposeId, RestrictedUse};
use pii_core::workspace::{Caller, Forbade, Forbidding, Looked, Question, Settings, Site, Step, Workspace};
use tempfile::TempDir;
use uuid::Uuid;

use crate::world::{POLICY, World, dataset, files, holds, recipient};

const CUSTOMERS: &str = "customer_id,email,total\n\
    customer-0007,anna@example.org,70\n\
    customer-0008,bert@example.org,80\n\
    customer-0009,family@example.org,90\n\
    customer-0010,family@example.org,100\n";
const NEWSLETTER: &str = "email\nanna@example.org\nbert@example.org\n";

#[test]
fn an_objectors_rows_leave_no_more_for_that_purpose() {
    let desk = Desk::new();
    desk.take_in(CUSTOMERS, "crm.customers");
    assert_eq!(desk.totals("warehouse"), ["70", "80", "90", "100"]);
    let done = desk.object(&["email=ANNA@example.org "], "analytics", None);
    assert_eq!(done.people.len(), 1);
    for to in ["warehouse", "partner"] {
        let released = desk.release(CUSTOMERS, "crm.customers", to).unwrap();
        assert_eq!((released.rows, released.dropped_objections, released.dropped_restrictions), (3, 1, 0), "{to}");
    }
    assert_eq!(desk.totals("warehouse"), ["80", "90", "100"]);
    // Another purpose goes on.
    let invoices = "customer_id\ncustomer-0007\ncustomer-0008\n";
    assert_eq!(desk.release(invoices, "shop.invoices", "bank").unwrap().rows, 2);
    // How many, and never who, is on record.
    let log = desk.log();
    let disclosed: Vec<_> = log.iter().filter(|entry| entry.event.action == Action::Disclose).collect();
    assert!(disclosed[1..3].iter().all(|entry| entry.event.dropped_objections == Some(1)));
    assert!(disclosed.iter().all(|entry| entry.event.subjects.is_empty()));
    let objection = log.iter().find(|entry| entry.event.action == Action::Object).unwrap();
    assert_eq!(objection.event.subjects, done.people);
    assert!(desk.open().catalog().disclosures(None).unwrap().iter().any(|released| released.dropped_objections == 1));
}

#[test]
fn whoever_objects_by_one_name_is_known_by_all_of_theirs() {
    let desk = Desk::new();
    desk.take_in(CUSTOMERS, "crm.customers");
    desk.object(&["customer_id=customer-0007"], "analytics", None);
    // Rows that know the person by their address alone.
    let released = desk.release(NEWSLETTER, "web.newsletter", "warehouse").unwrap();
    assert_eq!((released.rows, released.dropped_objections), (1, 1));
    // Also rows about somebody else, in which they stand.
    let accounts = "account_id,email,invited_by\na1,carl@example.org,anna@example.org\na2,dora@example.org,\n";
    assert_eq!(desk.release(accounts, "web.accounts", "warehouse").unwrap().rows, 1);
}

#[test]
fn an_address_that_others_share_counts_if_it_was_given() {
    let desk = Desk::new();
    desk.take_in(CUSTOMERS, "crm.customers");
    desk.object(&["customer_id=customer-0009"], "analytics", None);
    assert_eq!(desk.totals("warehouse"), ["70", "80", "100"]);
    desk.object(&["email=family@example.org"], "analytics", None);
    assert_eq!(desk.totals("warehouse"), ["70", "80"]);
}

#[test]
fn an_objection_to_one_recipient_is_none_to_another() {
    let desk = Desk::new();
    desk.object(&["customer_id=customer-0008"], "analytics", Some("partner"));
    assert_eq!(desk.release(CUSTOMERS, "crm.customers", "partner").unwrap().rows, 3);
    assert_eq!(desk.release(CUSTOMERS, "crm.customers", "warehouse").unwrap().rows, 4);
}

#[test]
fn an_objection_outlives_the_person_and_its_register_does_not_know_them() {
    let desk = Desk::new();
    desk.take_in(CUSTOMERS, "crm.customers");
    desk.object(&["customer_id=customer-0007"], "analytics", None);
    // Somebody whom nobody knows.
    assert!(desk.object(&["email=zoe@example.org", "phone=+82 10-1234-5678"], "analytics", None).people.is_empty());
    desk.open().forget(&[identifier("customer_id=customer-0007")], None).unwrap();
    assert_eq!(desk.totals("warehouse"), ["80", "90", "100"]);
    // They come back with the next delivery, and still do not leave; nor does who was never there.
    desk.take_in(CUSTOMERS, "crm.customers");
    let again = "customer_id,email,total\ncustomer-0077, Anna@Example.ORG,77\ncustomer-0078,zoe@example.org,78\n";
    let released = desk.release(again, "crm.customers", "warehouse").unwrap();
    assert_eq!((released.rows, released.dropped_objections), (0, 2));

    let mut state: Vec<_> = files(&desk.root().join(".pii"));
    state.retain(|(path, _)| path.file_name().unwrap().to_str().unwrap().starts_with("state.db"));
    assert!(!state.is_empty());
    for (path, bytes) in state {
        for value in ["anna", "zoe", "0007", "1234", "5678"] {
            assert!(!holds(&bytes, value), "`{value}` in `{}`", path.display());
        }
    }
}

#[test]
fn restricted_data_are_neither_sent_nor_read_nor_erased_until_they_are_free_again() {
    let desk = Desk::new();
    desk.take_in(CUSTOMERS, "crm.customers");
    let request = Uuid::now_v7();
    let workspace = desk.open();
    let bert = [identifier("customer_id=customer-0008")];
    let restrict = Forbidding { identifiers: &bert, forbids: Prohibition::Restriction, request };
    workspace.forbid(&[restrict]).unwrap();
    // Nobody gets them, for whatever purpose.
    let released = desk.release(CUSTOMERS, "crm.customers", "warehouse").unwrap();
    assert_eq!((released.rows, released.dropped_restrictions), (3, 1));
    let invoices = "customer_id\ncustomer-0007\ncustomer-0008\n";
    assert_eq!(desk.release(invoices, "shop.invoices", "bank").unwrap().dropped_restrictions, 1);
    assert_eq!(desk.release(NEWSLETTER, "web.newsletter", "warehouse").unwrap().rows, 1);

    // Nobody reads them, by whatever name.
    for by in ["email=bert@example.org", "customer_id=customer-0008"] {
        let refused = desk.look(by, None).unwrap_err();
        assert_eq!(refused.code(), "register.restricted");
        assert!(refused.to_string().contains(&request.to_string()) && !refused.to_string().contains("bert"));
    }
    assert!(matches!(workspace.forget(&bert, None), Err(Error::Restricted(_))));
    let shreddable = workspace.shreddable(&bert).unwrap();
    assert!(matches!(workspace.shred(&shreddable.people), Err(Error::Restricted(_))));
    assert_eq!(desk.look("customer_id=customer-0007", None).unwrap().len(), 1);
    // But for what the law allows; it says so.
    let looked = desk.look("customer_id=customer-0008", Some(RestrictedUse::LegalClaims)).unwrap();
    assert!(looked[0].values.iter().any(|value| value.value.expose() == "bert@example.org"));
    desk.look("customer_id=customer-0007", Some(RestrictedUse::Consent)).unwrap();

    workspace.lift(&[request]).unwrap();
    assert!(matches!(workspace.lift(&[request]), Err(Error::Register(_))));
    assert_eq!(desk.totals("warehouse"), ["70", "80", "90", "100"]);
    assert_eq!(desk.look("email=bert@example.org", None).unwrap().len(), 1);
    workspace.forget(&bert, None).unwrap();

    let log = desk.log();
    let of = |action| log.iter().filter(move |entry| entry.event.action == action);
    let denied = Decision::Denied("the data are restricted (Art. 18)".to_owned());
    let refusals: Vec<_> = log.iter().filter(|entry| entry.event.decision == denied).collect();
    assert_eq!(refusals.len(), 4);
    assert!(refusals.iter().all(|entry| entry.event.request == Some(request.to_string())));
    let despite: Vec<_> = of(Action::VaultRead).filter_map(|entry| entry.event.despite_restriction).collect();
    assert_eq!(despite, [RestrictedUse::LegalClaims]);
    for action in [Action::Restrict, Action::Lift] {
        assert!(of(action).all(|entry| entry.event.request == Some(request.to_string())));
        assert_eq!(of(action).count(), 1);
    }
}

#[test]
fn a_request_that_is_lifted_leaves_what_another_forbids() {
    let desk = Desk::new();
    let workspace = desk.open();
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    let anna = [identifier("email=anna@example.org")];
    for request in [first, second] {
        workspace.forbid(&[Forbidding { identifiers: &anna, forbids: objection("analytics", None), request }]).unwrap();
    }
    workspace.lift(&[first]).unwrap();
    assert_eq!(desk.totals("warehouse"), ["80", "90", "100"]);
    let listed = workspace.register().list().unwrap();
    assert_eq!(
        listed.iter().map(|l| (l.request, l.lifted.is_some())).collect::<Vec<_>>(),
        [(first, true), (second, false)]
    );
    workspace.lift(&[second]).unwrap();
    assert_eq!(desk.totals("warehouse"), ["70", "80", "90", "100"]);
}

#[test]
fn who_objects_while_a_release_runs_stops_it() {
    let desk = Desk::new();
    let out = desk.root().join("out.csv");
    let release = |purpose: &'static str, recipient: Option<&'static str>| {
        let mut object = |_: Step| {
            desk.object(&["email=anna@example.org"], purpose, recipient);
            ControlFlow::Continue(())
        };
        desk.release_watched(CUSTOMERS, "crm.customers", "warehouse", &mut object)
    };
    let stopped = release("analytics", None).unwrap_err();
    assert_eq!(stopped.code(), "register.changed");
    assert!(!out.exists() && desk.open().catalog().disclosures(None).unwrap().is_empty());
    let last = desk.log().pop().unwrap();
    assert_eq!(last.event.action, Action::Disclose);
    assert_eq!(last.event.decision, Decision::Denied("somebody objected meanwhile".to_owned()));
    // What does not concern it does not stop it; the next run heeds the first.
    assert_eq!(release("billing", None).unwrap().rows, 3);
    assert_eq!(release("analytics", Some("partner")).unwrap().rows, 3);
}

#[test]
fn entries_forbid_the_same_in_a_copy_that_was_restored() {
    let desk = Desk::new();
    let workspace = desk.open();
    let receipts = [desk.receipt()];
    let restored = Register::open(&desk.root().join("restored.db")).unwrap();
    let request = Uuid::now_v7();
    let anna = [identifier("email=anna@example.org"), identifier("customer_id=customer-0007")];
    let bert = [identifier("email=bert@example.org")];
    let forbid = |identifiers: &[Identifier], request| {
        workspace.forbid(&[Forbidding { identifiers, forbids: objection("analytics", None), request }]).unwrap();
    };
    forbid(&anna, Uuid::now_v7());
    restored.forbid(&workspace.register().entries(jiff::Timestamp::UNIX_EPOCH).unwrap(), &receipts).unwrap();
    // What came after the copy: one is new, one is lifted.
    forbid(&bert, request);
    workspace.lift(&[request]).unwrap();
    let entries = workspace.register().entries(desk.now()).unwrap();
    assert_eq!(restored.forbid(&entries, &receipts).unwrap(), 1);
    assert_eq!(restored.forbid(&entries, &receipts).unwrap(), 0);
    assert_eq!(restored.list().unwrap(), workspace.register().list().unwrap());
    assert_eq!(entries.iter().map(|entry| entry.marks.len()).sum::<usize>(), 3);
}

#[test]
fn an_objection_that_could_never_act_is_refused() {
    let desk = Desk::new();
    let workspace = desk.open();
    let refused = |identifiers: &[&str], forbids: Prohibition| {
        let identifiers: Vec<_> = identifiers.iter().map(|line| identifier(line)).collect();
        let request = Uuid::now_v7();
        workspace.forbid(&[Forbidding { identifiers: &identifiers, forbids, request }]).unwrap_err()
    };
    let anna = &["email=anna@example.org"];
    assert_eq!(refused(anna, objection("marketing", None)).code(), "policy.unknown-purpose");
    assert_eq!(refused(anna, objection("analytics", Some("post"))).code(), "policy.unknown-recipient");
    assert_eq!(refused(anna, objection("analytics", Some("bank"))).code(), "policy.refused");
    // A number without digits would be that of everybody whose number is unknown.
    let blank = refused(&["email=anna@example.org", "phone=unknown"], Prohibition::Restriction);
    assert_eq!(blank.code(), "register.blank");
    assert!(!blank.to_string().contains("unknown"));
    assert!(workspace.register().list().unwrap().is_empty());
    assert_eq!(desk.log().iter().filter(|entry| matches!(entry.event.decision, Decision::Denied(_))).count(), 3);
}

#[test]
fn rows_in_which_nobody_could_be_found_do_not_leave() {
    let world = World::new();
    let raw = FixedSizeBinaryArray::try_from_iter([[0xff_u8; 16]].iter()).unwrap();
    let rows = RecordBatch::try_from_iter([("customer_id", Arc::new(raw) as ArrayRef)]).unwrap();
    let (of, to) = (dataset("crm.customers"), recipient("warehouse"));
    let protection = || Protection::new(&world.policy, &of, &to, &world.keys, &world.register, rows.schema_ref());
    assert!(protection().is_ok());
    let markers = Markers::new(&world.keys, &world.policy).unwrap();
    let entry = Entry {
        forbids: objection("analytics", None),
        request: Uuid::now_v7(),
        since: jiff::Timestamp::UNIX_EPOCH,
        lifted: None,
        marks: markers.of(&identifier("customer_id=7")).unwrap(),
    };
    world.register.forbid(&[entry], &[world.receipt()]).unwrap();
    let refused = protection().unwrap_err();
    assert!(matches!(&refused, batch::Error::Unheedable { column, .. } if column == "customer_id"), "{refused}");
}

/// A workspace, and who works in it.
struct Desk {
    dir: TempDir,
    key: RootKey,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { dir: tempfile::tempdir().unwrap(), key: RootKey::generate().unwrap() };
        let site = Site::create(desk.root(), Settings::new("Acme GmbH"), &desk.key, desk.caller()).unwrap();
        std::fs::write(site.policies().join("policy.toml"), POLICY).unwrap();
        desk
    }

    fn root(&self) -> &Path {
        self.dir.path()
    }

    fn now(&self) -> jiff::Timestamp {
        "2026-11-21T02:30:00Z".parse().unwrap()
    }

    fn caller(&self) -> Caller {
        let clock = Arc::new(FixedClock(self.now()));
        Caller { actor: Actor::local("dpo"), role: None, host: "desk".into(), clock }
    }

    fn open(&self) -> Workspace {
        Site::find(self.root()).unwrap().unlock(&self.key, self.caller()).unwrap()
    }

    fn receipt(&self) -> audit::Receipt {
        self.open().log().append(&audit::Event::new(Action::Object, Actor::local("dpo"))).unwrap()
    }

    fn source(&self, rows: &str) -> Source {
        let path = self.root().join("in.csv");
        std::fs::write(&path, rows).unwrap();
        Source::open(&[Location::from(path)], &ReadOptions::default()).unwrap()
    }

    fn take_in(&self, rows: &str, of: &str) {
        self.open().ingest(self.source(rows), &dataset(of), None, &mut |_| ControlFlow::Continue(())).unwrap();
    }

    fn object(&self, who: &[&str], purpose: &str, recipient: Option<&str>) -> Forbade {
        let identifiers: Vec<_> = who.iter().map(|line| identifier(line)).collect();
        let forbids = objection(purpose, recipient);
        let what = Forbidding { identifiers: &identifiers, forbids, request: Uuid::now_v7() };
        self.open().forbid(&[what]).unwrap().pop().unwrap()
    }

    fn release(&self, rows: &str, of: &str, to: &str) -> Result<Disclosure, Box<Error>> {
        self.release_watched(rows, of, to, &mut |_| ControlFlow::Continue(()))
    }

    fn release_watched(
        &self,
        rows: &str,
        of: &str,
        to: &str,
        watch: &mut (dyn FnMut(Step) -> ControlFlow<()> + Send),
    ) -> Result<Disclosure, Box<Error>> {
        let out = Destination::Path(self.root().join("out.csv"));
        let (of, to, options) = (dataset(of), recipient(to), WriteOptions::default());
        Ok(self.open().protect(self.source(rows), &of, &to, &out, &options, watch)?)
    }

    /// The totals of the customers who left, which are not personal.
    fn totals(&self, to: &str) -> Vec<String> {
        self.release(CUSTOMERS, "crm.customers", to).unwrap();
        let out = std::fs::read_to_string(self.root().join("out.csv")).unwrap();
        out.lines().skip(1).map(|line| line.rsplit(',').next().unwrap().to_owned()).collect()
    }

    fn look(&self, who: &str, despite_restriction: Option<RestrictedUse>) -> Result<Vec<Looked>, Box<Error>> {
        let identifiers = [identifier(who)];
        let purpose = PurposeId::parse("analytics").unwrap();
        let purpose = &purpose;
        let identifiers = &identifiers;
        let question =
            Question { identifiers, recipient: None, purpose, ticket: None, despite_restriction, note: None };
        Ok(self.open().look_up(&question)?)
    }

    fn log(&self) -> Vec<audit::Entry> {
        audit::read(&self.root().join(".pii/audit")).unwrap().map(|found| found.unwrap().1).collect()
    }
}

fn identifier(line: &str) -> Identifier {
    Identifier::parse(line).unwrap()
}

fn objection(purpose: &str, to: Option<&str>) -> Prohibition {
    Prohibition::Objection { purpose: PurposeId::parse(purpose).unwrap(), recipient: to.map(recipient) }
}
