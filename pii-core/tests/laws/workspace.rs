//! A workspace from its folder to its last entry.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use parquet::file::properties::ReaderProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::serialized_reader::ReadOptionsBuilder;
use pii_core::audit::{self, Action, Decision, Trust, Verdict};
use pii_core::clock::FixedClock;
use pii_core::error::Error;
use pii_core::keyring::RootKey;
use pii_core::pseudonym::Normaliser;
use pii_core::store::{Destination, Location, ReadOptions, Source, WriteOptions};
use pii_core::vocab::{Actor, Identifier, PurposeId};
use pii_core::workspace::{Caller, Question, Settings, Site, Step, Workspace};

use crate::world::{POLICY, dataset, files, holds, recipient};

const CUSTOMERS: &str = "customer_id,email,name\ncustomer-0007,anna@example.org,Anna Musterfrau\ncustomer-0008,bert@example.org,Bert Beispiel\n";
const CLEAR: [&str; 6] =
    ["customer-0007", "customer-0008", "anna@example.org", "bert@example.org", "Musterfrau", "Beispiel"];

#[test]
fn nothing_that_the_workspace_remembers_is_in_clear() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = made(dir.path());
    take_in(&workspace);
    let out = Destination::Path(dir.path().join("out.csv"));
    workspace
        .protect(
            source(dir.path()),
            &dataset("crm.customers"),
            &recipient("warehouse"),
            &out,
            &WriteOptions::default(),
            &mut on,
        )
        .unwrap();
    look(&workspace, "email=anna@example.org", "analytics").unwrap();
    let _ = look(&workspace, "email=carl@example.org", "analytics").unwrap_err();
    workspace.seal().unwrap();
    for (path, bytes) in files(&dir.path().join(".pii"))
        .into_iter()
        .chain(files(dir.path()).into_iter().filter(|(p, _)| p.ends_with("out.csv")))
    {
        for value in CLEAR.iter().chain(&["carl@example.org"]) {
            assert!(!holds(&bytes, value), "`{value}` in `{}`", path.display());
        }
    }
}

#[test]
fn whoever_looks_for_a_person_need_not_read_the_files_that_tag_and_protect_wrote() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = made(dir.path());
    let to = |name: &str| dir.path().join(name);
    let options = WriteOptions::default();
    let (customers, tagged) = (dataset("crm.customers"), Destination::Path(to("tagged.parquet")));
    workspace.ingest(source(dir.path()), &customers, Some((&tagged, &options)), &mut on).unwrap();
    let (warehouse, out) = (recipient("warehouse"), Destination::Path(to("out.parquet")));
    workspace.protect(source(dir.path()), &customers, &warehouse, &out, &options, &mut on).unwrap();
    for name in ["tagged.parquet", "out.parquet"] {
        let read = ReaderProperties::builder().set_read_bloom_filter(true).build();
        let read = ReadOptionsBuilder::new().with_reader_properties(read).build();
        let file = SerializedFileReader::new_with_options(File::open(to(name)).unwrap(), read).unwrap();
        let schema = file.metadata().file_metadata().schema_descr_ptr();
        let group = file.get_row_group(0).unwrap();
        for (at, column) in schema.columns().iter().enumerate() {
            let filter = group.get_column_bloom_filter(at);
            assert_eq!(filter.is_some(), column.name() == "customer_id", "{name}: {}", column.name());
            if let Some(filter) = filter {
                assert_eq!(filter.check(&"customer-0007"), name == "tagged.parquet", "{name}");
                assert!(!filter.check(&"customer-0009"), "{name}");
            }
        }
    }
}

#[test]
fn every_act_and_every_refusal_is_in_a_log_that_can_be_verified() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = made(dir.path());
    take_in(&workspace);
    let (customers, bank) = (dataset("crm.customers"), recipient("bank"));
    workspace.protection(&source(dir.path()), &customers, &bank).unwrap_err();
    look(&workspace, "email=anna@example.org", "curiosity").unwrap_err();
    look(&workspace, "email=anna@example.org", "analytics").unwrap();
    workspace.seal().unwrap();

    let log = workspace.site().audit();
    let seen: Vec<_> = audit::read(&log)
        .unwrap()
        .map(Result::unwrap)
        .map(|(_, entry)| (entry.event.action, entry.event.decision == Decision::Allowed))
        .collect();
    let expected = [
        (Action::Init, true),
        (Action::Tag, true),
        (Action::VaultDeposit, true),
        (Action::Protect, false),
        (Action::VaultRead, false),
        (Action::VaultRead, true),
    ];
    assert_eq!(seen, expected);
    assert_eq!(audit::verify(&log, &Trust::default()).unwrap().verdict, Verdict::Verified);
}

#[test]
fn a_column_that_nobody_decided_keeps_everything_out() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = made(dir.path());
    std::fs::write(dir.path().join("customers.csv"), "customer_id,kakao_id\ncustomer-0007,anna7\n").unwrap();
    let error = workspace.ingest(source(dir.path()), &dataset("crm.customers"), None, &mut on).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("batch.undecided", "column `kakao_id` of `crm.customers` has no tag")
    );
    assert_eq!(workspace.vault().unwrap().status().unwrap().subjects, 0);
    assert!(workspace.catalog().datasets().unwrap().is_empty());
}

#[test]
fn who_stops_a_run_leaves_no_output() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = made(dir.path());
    let out = dir.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let destination = Destination::Path(out.join("customers.csv"));
    let stop = &mut |_: Step| ControlFlow::Break(());
    let (customers, warehouse) = (dataset("crm.customers"), recipient("warehouse"));
    let stopped =
        workspace.protect(source(dir.path()), &customers, &warehouse, &destination, &WriteOptions::default(), stop);
    assert!(matches!(stopped, Err(Error::Interrupted)));
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
    assert!(workspace.catalog().disclosures(None).unwrap().is_empty());
}

#[test]
fn a_source_is_never_its_own_output() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = made(dir.path());
    let itself = Destination::Path(dir.path().join("customers.csv"));
    let (customers, warehouse) = (dataset("crm.customers"), recipient("warehouse"));
    let options = WriteOptions::default();
    workspace.protect(source(dir.path()), &customers, &warehouse, &itself, &options, &mut on).unwrap_err();
    workspace.ingest(source(dir.path()), &customers, Some((&itself, &options)), &mut on).unwrap_err();
    assert_eq!(std::fs::read_to_string(dir.path().join("customers.csv")).unwrap(), CUSTOMERS);
}

#[test]
fn keys_are_revealed_to_their_owner_only_and_on_record() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = made(dir.path());
    let path = dir.path().join("warehouse.keys");
    workspace.reveal_keys(&recipient("warehouse"), None, &path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), Normaliser::NAMES.len());
    assert!(text.lines().all(|line| line.starts_with("warehouse 1 ") && line.split(' ').count() == 4));
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions()) & 0o777,
        0o600
    );
    // Not over a file that is there.
    assert_eq!(workspace.reveal_keys(&recipient("warehouse"), None, &path).unwrap_err().code(), "io");
    let entries = audit::read(&workspace.site().audit()).unwrap().map(Result::unwrap);
    assert!(entries.into_iter().any(|(_, entry)| entry.event.action == Action::KeyShow));
}

#[test]
fn a_job_that_was_open_before_a_rotation_keeps_its_epoch_and_stops_where_others_have_gone_on() {
    let dir = tempfile::tempdir().unwrap();
    let key = RootKey::generate().unwrap();
    let open = || Site::find(dir.path()).unwrap().unlock(&key, caller()).unwrap();
    drop(made_with(dir.path(), &key));
    let (before, operator) = (open(), open());
    let release = |workspace: &Workspace| -> Result<Vec<Option<String>>, Box<Error>> {
        let to = Destination::Path(dir.path().join("out.csv"));
        let (customers, warehouse) = (dataset("crm.customers"), recipient("warehouse"));
        let options = WriteOptions::default();
        let done = workspace.protect(source(dir.path()), &customers, &warehouse, &to, &options, &mut on)?;
        Ok(done.columns.into_iter().map(|column| column.key).filter(Option::is_some).collect())
    };
    let all = |keys: Vec<Option<String>>, key: &str| keys.iter().all(|k| k.as_deref() == Some(key));

    assert!(all(release(&before).unwrap(), "warehouse/1"));
    let plan = operator.rotation(&recipient("warehouse")).unwrap();
    assert_eq!((plan.outputs.len(), plan.outputs[0].rows, plan.resumes), (1, 2, None));
    operator.rotate(&plan).unwrap();
    // A plan is good for one rotation.
    assert_eq!(operator.rotate(&plan).unwrap_err().code(), "keyring.moved");
    assert!(all(release(&before).unwrap(), "warehouse/1"));
    assert!(all(release(&open()).unwrap(), "warehouse/2"));
    assert_eq!(release(&before).unwrap_err().code(), "keyring.older");
}

#[test]
fn another_key_opens_nothing() {
    let dir = tempfile::tempdir().unwrap();
    drop(made(dir.path()));
    let site = Site::find(&dir.path().join("policies")).unwrap();
    let error = site.unlock(&RootKey::generate().unwrap(), caller()).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), "keyring.wrong-key");
}

fn made(root: &Path) -> Workspace {
    made_with(root, &RootKey::generate().unwrap())
}

fn made_with(root: &Path, key: &RootKey) -> Workspace {
    let site = Site::create(root, Settings::new("Acme GmbH"), key, caller()).unwrap();
    std::fs::write(site.policies().join("policy.toml"), POLICY).unwrap();
    std::fs::write(root.join("customers.csv"), CUSTOMERS).unwrap();
    site.unlock(key, caller()).unwrap()
}

fn caller() -> Caller {
    let clock = FixedClock("2026-11-21T02:30:00Z".parse().unwrap());
    Caller { actor: Actor::local("etl-nightly"), role: None, host: "etl-1".into(), clock: Arc::new(clock) }
}

fn source(root: &Path) -> Source {
    Source::open(&[Location::from(root.join("customers.csv"))], &ReadOptions::default()).unwrap()
}

fn take_in(workspace: &Workspace) {
    let root = workspace.site().root().to_owned();
    let done = workspace.ingest(source(&root), &dataset("crm.customers"), None, &mut on).unwrap();
    assert_eq!((done.rows, done.deposited.new_subjects), (2, 2));
}

fn look(workspace: &Workspace, line: &str, purpose: &str) -> Result<usize, Box<Error>> {
    let identifiers = [Identifier::parse(line).unwrap()];
    let purpose = PurposeId::parse(purpose).unwrap();
    let question = Question {
        identifiers: &identifiers,
        recipient: None,
        purpose: &purpose,
        ticket: None,
        despite_restriction: None,
        note: None,
    };
    Ok(workspace.look_up(&question).map_err(Box::new)?.len())
}

fn on(_: Step) -> ControlFlow<()> {
    ControlFlow::Continue(())
}
