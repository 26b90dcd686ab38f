//! What a request keeps to, whatever the day is.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use pii_core::clock::FixedClock;
use pii_core::error::Error;
use pii_core::keyring::RootKey;
use pii_core::request;
use pii_core::request::{Claim, Deed, Intent, PlaceName, Plan, State};
use pii_core::store::{Location, ReadOptions, Source};
use pii_core::vocab::{Actor, Identifier};
use pii_core::workspace::{Asked, Caller, HoldOn, Settings, Site, Step, Workspace};
use uuid::Uuid;

use crate::world::{dataset, files, holds};

const POLICY: &str = r#"
[controller]
name = "Acme GmbH"

[requests]
time_zone = "Asia/Seoul"

[[purpose]]
id = "service"
lawful_basis = "contract"

[[dataset]]
id = "crm.customers"
location = "customers.csv"
purposes = ["service"]
subject = { column = "customer_id", kind = "customer_id" }
retention = { keep = "P3Y" }
[dataset.columns]
customer_id = "user.unique_id"
email = "user.contact.email"

[[dataset]]
id = "law.invoices"
location = "invoices.csv"
purposes = ["service"]
subject = { column = "customer_id", kind = "customer_id" }
retention = { keep = "P10Y" }
erasure = { keep = "commercial law", until = 2030-12-31 }
[dataset.columns]
invoice = "none"
customer_id = "user.unique_id"

# Nobody takes it in; it is searched all the same.
[[dataset]]
id = "web.newsletter"
location = "newsletter.csv"
purposes = ["service"]
subject = { column = "email", kind = "email" }
retention = { keep = "P1Y" }
[dataset.columns]
email = "user.contact.email"
"#;

/// The folder of a workspace, and its root key: opened on any day.
struct Office {
    folder: tempfile::TempDir,
    key: RootKey,
}

impl Office {
    /// With two customers, taken in on 21 November 2026.
    fn new() -> Self {
        let office = Self { folder: tempfile::tempdir().unwrap(), key: RootKey::generate().unwrap() };
        let site = Site::create(office.path(), Settings::new("Acme GmbH"), &office.key, caller(TODAY)).unwrap();
        std::fs::write(site.policies().join("policy.toml"), POLICY).unwrap();
        let write = |name: &str, text: &str| std::fs::write(office.path().join(name), text).unwrap();
        write("customers.csv", "customer_id,email\nC1,anna@example.org\nC2,bert@example.org\n");
        write("invoices.csv", "invoice,customer_id\nI1,C1\nI2,C2\n");
        write("newsletter.csv", "email\nanna@example.org\nbert@example.org\n");
        let customers = Location::from(office.path().join("customers.csv"));
        let source = Source::open(&[customers], &ReadOptions::default()).unwrap();
        let on = |_: Step| ControlFlow::Continue(());
        office.on(TODAY).ingest(source, &dataset("crm.customers"), None, &mut { on }).unwrap();
        office
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn on(&self, now: &str) -> Workspace {
        Site::find(self.path()).unwrap().unlock(&self.key, caller(now)).unwrap()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }
}

const TODAY: &str = "2026-11-21T02:30:00Z";

fn caller(now: &str) -> Caller {
    let clock = FixedClock(now.parse().unwrap());
    Caller { actor: Actor::local("dpo"), role: None, host: "desk".into(), clock: Arc::new(clock) }
}

fn asked(workspace: &Workspace, who: &str) -> Uuid {
    let identifiers = vec![Identifier::parse(who).unwrap()];
    let asked = Asked { claim: Claim::Erasure, identifiers, corrections: Vec::new(), received: None, reference: None };
    let id = workspace.open_requests(&[asked]).unwrap()[0].id;
    workspace.step_request(id, &Deed::ProveIdentity { method: "login".to_owned() }).unwrap();
    id
}

fn plan(workspace: &Workspace, id: Uuid) -> Plan {
    workspace.plan_requests(&[id], &[], &|_| ControlFlow::Continue(())).unwrap()
}

fn run(workspace: &Workspace, plan: &Plan) -> State {
    workspace.run_requests(plan, &|_| ControlFlow::Continue(())).unwrap().state
}

fn intent<'p>(plan: &'p Plan, name: &str) -> &'p Intent {
    let place = PlaceName::Dataset(name.to_owned());
    &plan.places.iter().find(|planned| planned.place == place).unwrap().intent
}

#[test]
fn what_a_ground_kept_comes_back_when_its_last_day_is_over_and_not_before() {
    let office = Office::new();
    let workspace = office.on(TODAY);
    let id = asked(&workspace, "email=anna@example.org");
    let first = plan(&workspace, id);
    assert!(matches!(intent(&first, "law.invoices"), Intent::Keep { rows: 1, .. }));
    assert_eq!(run(&workspace, &first), State::Held);
    assert_eq!((office.read("customers.csv").lines().count(), office.read("invoices.csv").lines().count()), (2, 3));
    assert!(!office.read("newsletter.csv").contains("anna"));
    drop(workspace);

    // In Seoul, it is the last day still, and then the next one.
    let last_day = office.on("2030-12-31T14:59:59Z");
    let again = plan(&last_day, id);
    assert!(matches!(intent(&again, "law.invoices"), Intent::Keep { rows: 1, .. }));
    assert_eq!(run(&last_day, &again), State::Held);
    drop(last_day);
    let over = office.on("2030-12-31T15:00:00Z");
    let free = plan(&over, id);
    assert_eq!((intent(&free, "law.invoices").rows(), free.unsearched()), (1, 0));
    // Nobody is to be told: then it is told.
    assert_eq!(run(&over, &free), State::RecipientsTold);
    assert_eq!(office.read("invoices.csv"), "invoice,customer_id\nI2,C2\n");
    over.close_requests(&[id]).unwrap();
    over.seal().unwrap();
    for (path, bytes) in files(&office.path().join(".pii")) {
        assert!(!holds(&bytes, "anna@example.org"), "in `{}`", path.display());
    }
}

#[test]
fn a_hold_with_a_last_day_ends_by_itself() {
    let office = Office::new();
    let workspace = office.on(TODAY);
    let who = [Identifier::parse("customer_id=C1").unwrap()];
    workspace.set_hold(&HoldOn::Person(&who), "claim", Some("2027-01-31".parse().unwrap())).unwrap();
    let id = asked(&workspace, "email=anna@example.org");
    let held = plan(&workspace, id);
    assert_eq!((intent(&held, "crm.customers").acts(), intent(&held, "crm.customers").held()), (false, 1));
    assert_eq!(run(&workspace, &held), State::Held);
    let steps = workspace.requests().get(id).unwrap().steps;
    assert!(
        matches!(steps.last().unwrap().deed, Deed::Hold { until: Some(until) } if until.to_string() == "2027-01-31")
    );
    drop(workspace);

    let later = office.on("2027-02-01T00:00:00Z");
    let free = plan(&later, id);
    assert_eq!((intent(&free, "crm.customers").rows(), free.holds.len()), (1, 0));
}

#[test]
fn nothing_is_recorded_on_a_clock_that_is_set_back() {
    let office = Office::new();
    let id = asked(&office.on(TODAY), "customer_id=C1");
    let early = office.on("2026-11-20T02:30:00Z");
    let refused = early.step_request(id, &Deed::Withdraw).unwrap_err();
    let last: Timestamp = TODAY.parse().unwrap();
    assert!(matches!(refused, Error::Request(request::Error::ClockBack { last: at, .. }) if at == last), "{refused}");
    let refused = early.plan_requests(&[id], &[], &|_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(refused, Error::Request(request::Error::ClockBack { .. })), "{refused}");
    assert_eq!(early.requests().get(id).unwrap().state, State::Verified);
}

#[test]
fn a_plan_that_was_changed_is_another_plan() {
    let office = Office::new();
    let workspace = office.on(TODAY);
    let id = asked(&workspace, "customer_id=C1");
    let mut forged = plan(&workspace, id);
    forged.places.retain(|planned| planned.place != PlaceName::Vault);
    let refused = workspace.run_requests(&forged, &|_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(refused, Error::Request(request::Error::OtherPlan { .. })), "{refused}");
    assert_eq!(office.read("customers.csv").lines().count(), 3);
}

#[test]
fn a_step_of_several_is_done_to_each_once_or_to_none_and_then_it_is_not_recorded() {
    let office = Office::new();
    let workspace = office.on(TODAY);
    let (one, other) = (asked(&workspace, "customer_id=C1"), asked(&workspace, "customer_id=C2"));
    let steps = |id: Uuid| workspace.requests().get(id).unwrap().steps;
    let before = steps(one).len();
    let done =
        workspace.step_requests(&[one, other, one], &Deed::ProveIdentity { method: "again".to_owned() }).unwrap();
    assert_eq!((done.len(), steps(one).len(), steps(other).len()), (2, before + 1, before + 1));
    let entries: Vec<_> = [one, other].map(|id| steps(id).last().unwrap().audit_entry).into();
    assert_eq!(entries, done.iter().map(pii_core::audit::Receipt::index).collect::<Vec<_>>());

    workspace.step_request(other, &Deed::Withdraw).unwrap();
    let logged = || workspace.log().checkpoint().unwrap().size();
    let size = logged();
    assert!(workspace.step_requests(&[one, other], &Deed::AskIdentity).is_err());
    assert_eq!((logged(), workspace.requests().get(one).unwrap().state), (size, State::Verified));
}

#[test]
fn a_request_that_did_not_ask_for_it_is_never_run_as_an_erasure() {
    let office = Office::new();
    let workspace = office.on(TODAY);
    let identifiers = vec![Identifier::parse("email=anna@example.org").unwrap()];
    let asked = Asked { claim: Claim::Access, identifiers, corrections: Vec::new(), received: None, reference: None };
    let id = workspace.open_requests(&[asked]).unwrap()[0].id;
    workspace.step_request(id, &Deed::ProveIdentity { method: "login".to_owned() }).unwrap();
    let (before, access) = (office.read("customers.csv"), plan(&workspace, id));
    let refused = workspace.run_requests(&access, &|_| ControlFlow::Continue(())).unwrap_err();
    assert!(refused.to_string().contains("access"), "{refused}");
    assert_eq!((workspace.requests().get(id).unwrap().state, office.read("customers.csv")), (State::Planned, before));
}
