//! What the vault keeps, whom it takes for whom, and what it keeps to itself.

use jiff::Timestamp;
use pii_core::audit::{Action, Event};
use pii_core::batch::Batch;
use pii_core::keyring;
use pii_core::vault::{self, Deposited, People};
use pii_core::vocab::{Actor, Domain, SubjectId};
use proptest::prelude::*;

use crate::world::{World, dataset, files, holds, open_vault, table, text};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn to_deposit_again_changes_nothing(people in people()) {
        let world = World::new();
        let first = world.deposit("crm.customers", customers(&people));
        let before = world.vault.status().unwrap();
        let again = world.deposit("crm.customers", customers(&people));
        prop_assert_eq!(again, Deposited { anonymous_rows: first.anonymous_rows, ..Deposited::default() });
        prop_assert_eq!(world.vault.status().unwrap(), before);
    }

    #[test]
    fn who_has_the_file_learns_no_value(people in people()) {
        let world = World::new();
        world.deposit("crm.customers", customers(&people));
        // The index of pseudonyms lies in the same file.
        let domain = Domain::parse("warehouse").unwrap();
        world.vault.find_pseudonym(&world.keys, &domain, &"A".repeat(22), &world.receipt()).unwrap();
        let files = files(world.path());
        prop_assert!(files.iter().any(|(path, bytes)| path.ends_with("vault.db-wal") && !bytes.is_empty()));
        for (path, bytes) in files {
            for value in people.iter().flat_map(|(id, email)| [id, email]) {
                prop_assert!(!holds(&bytes, value), "`{}` in `{}`", value, path.display());
            }
        }
    }

    #[test]
    fn what_was_deposited_is_what_is_read(people in people()) {
        let world = World::new();
        world.deposit("crm.customers", customers(&people));
        for (id, _) in &people {
            let mut expected: Vec<_> = people.iter().filter(|(of, _)| of == id).map(|(_, email)| email.clone()).collect();
            expected.sort();
            expected.dedup();
            let [person] = &world.find(&format!("customer_id={id}"))[..] else { panic!("not one person") };
            let values = world.vault.read(person, &world.receipt()).unwrap();
            let mut emails: Vec<_> =
                values.iter().filter(|v| v.column == "email").map(|v| v.value.expose().clone()).collect();
            emails.sort();
            prop_assert_eq!(emails, expected);
        }
    }

    #[test]
    fn a_pseudonym_leads_to_the_person_that_the_identifier_leads_to(people in people()) {
        let world = World::new();
        world.deposit("crm.customers", customers(&people));
        let recorded = world.receipt();
        // One recipient gets base64url, the other hexadecimal.
        for recipient in ["warehouse", "partner"] {
            let left = world.protect("crm.customers", recipient, &customers(&people));
            let domain = Domain::parse(recipient).unwrap();
            let printed = [text(&left.rows()["customer_id"]), text(&left.rows()["email"])];
            for (row, (id, email)) in people.iter().enumerate() {
                let by_pseudonym = |column: usize| {
                    let found = world.vault.find_pseudonym(&world.keys, &domain, printed[column].value(row), &recorded);
                    found.unwrap().iter().map(|p| p.subject).collect::<Vec<_>>()
                };
                prop_assert_eq!(by_pseudonym(0), subjects(&world, &format!("customer_id={id}")));
                prop_assert_eq!(by_pseudonym(1), subjects(&world, &format!("email={email}")));
            }
        }
    }
}

#[test]
fn a_person_of_two_datasets_linked_by_an_email_is_one_person() {
    let world = World::new();
    world.deposit("crm.customers", table(&[("customer_id", &["7"]), ("email", &["anna@example.org"])]));
    let met = world.deposit("web.accounts", table(&[("account_id", &["a-1"]), ("email", &[" Anna@Example.ORG"])]));
    assert_eq!(met.new_subjects, 0);
    assert_eq!(subjects(&world, "account_id=a-1"), subjects(&world, "customer_id=7"));
    let [anna] = &world.find("email=ANNA@example.org")[..] else { panic!("not one person") };
    let datasets: Vec<_> = world.vault.read(anna, &world.receipt()).unwrap().into_iter().map(|v| v.dataset).collect();
    assert_eq!(datasets, ["crm.customers", "crm.customers", "web.accounts", "web.accounts"]);
}

#[test]
fn an_address_of_somebody_else_leads_to_nobody() {
    let world = World::new();
    let invited =
        [("account_id", &["a-1"][..]), ("email", &["ben@example.org"]), ("invited_by", &["anna@example.org"])];
    world.deposit("web.accounts", table(&invited));
    assert!(world.find("email=anna@example.org").is_empty());
    let [ben] = &world.find("email=ben@example.org")[..] else { panic!("not one person") };
    let columns: Vec<_> = world.vault.read(ben, &world.receipt()).unwrap().into_iter().map(|v| v.column).collect();
    assert_eq!(columns, ["account_id", "email"]);
}

#[test]
fn two_people_who_share_an_email_stay_two() {
    let world = World::new();
    let siblings = table(&[("customer_id", &["7", "8"]), ("email", &["family@example.org", "family@example.org"])]);
    assert_eq!(world.deposit("crm.customers", siblings).new_subjects, 2);
    assert_ne!(subjects(&world, "customer_id=7"), subjects(&world, "customer_id=8"));
    assert_eq!(subjects(&world, "email=family@example.org").len(), 2);
    // An account with that address could be either's: it is a third person until somebody says more.
    let account = table(&[("account_id", &["a-1"]), ("email", &["family@example.org"])]);
    assert_eq!(world.deposit("web.accounts", account).new_subjects, 1);
}

#[test]
fn rows_about_an_address_that_two_share_are_neithers() {
    let world = World::new();
    let newsletter = || table(&[("email", &["family@example.org"])]);
    let siblings = || table(&[("customer_id", &["7", "8"]), ("email", &["family@example.org", "family@example.org"])]);
    world.deposit("crm.customers", siblings());
    assert_eq!(world.deposit("web.newsletter", newsletter()).new_subjects, 1);
    assert_eq!(world.deposit("web.newsletter", newsletter()), Deposited::default());
    for sibling in ["customer_id=7", "customer_id=8"] {
        let [sibling] = &world.find(sibling)[..] else { panic!("not one person") };
        let values = world.vault.read(sibling, &world.receipt()).unwrap();
        assert!(values.iter().all(|v| v.dataset == "crm.customers"));
    }
    // Who asks by the address hears of all three.
    assert_eq!(subjects(&world, "email=family@example.org").len(), 3);
    // Whoever had the address first, and alone, keeps it.
    let world = World::new();
    world.deposit("web.newsletter", newsletter());
    assert_eq!(world.deposit("crm.customers", siblings()).new_subjects, 1);
    assert_eq!(world.deposit("web.newsletter", newsletter()), Deposited::default());
}

#[test]
fn jobs_that_run_at_once_meet_the_same_people() {
    let world = World::new();
    let ids: Vec<String> = (0..50).map(|n| format!("customer-{n}")).collect();
    let (path, policy, keys, log) = (world.path(), &world.policy, &world.keys, &world.log);
    let job = || {
        let vault = open_vault(path, keys).unwrap();
        let recorded = log.append(&Event::new(Action::VaultDeposit, Actor::local("test"))).unwrap();
        let rows = Batch::raw(dataset("crm.customers"), table(&[("customer_id", &ids)])).tag(policy).unwrap();
        rows.deposit(policy, &vault, keys, Timestamp::UNIX_EPOCH, &mut People::default(), &recorded)
            .unwrap()
            .new_subjects
    };
    let job = &job;
    let met: u64 = std::thread::scope(|scope| {
        let jobs: Vec<_> = (0..4).map(|_| scope.spawn(job)).collect();
        jobs.into_iter().map(|job| job.join().unwrap()).sum()
    });
    assert_eq!((met, world.vault.status().unwrap().subjects), (50, 50));
}

#[test]
fn a_row_that_names_nobody_stays_out() {
    let world = World::new();
    let rows = table(&[("customer_id", &["", "  "]), ("email", &["anna@example.org", "bert@example.org"])]);
    assert_eq!(world.deposit("crm.customers", rows), Deposited { anonymous_rows: 2, ..Deposited::default() });
    assert!(world.find("email=anna@example.org").is_empty());
}

#[test]
fn a_flipped_byte_is_noticed() {
    let world = World::new();
    world.deposit("crm.customers", table(&[("customer_id", &["7"])]));
    let [anna] = &world.find("customer_id=7")[..] else { panic!("not one person") };
    let outside = rusqlite::Connection::open(world.path().join("vault.db")).unwrap();
    for (table, column) in [("value", "sealed"), ("person", "key")] {
        let good: Vec<u8> = outside.query_row(&format!("SELECT {column} FROM {table}"), [], |r| r.get(0)).unwrap();
        let put = |bytes: &[u8]| outside.execute(&format!("UPDATE {table} SET {column} = ?1"), [bytes]).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            put(&bad);
            let read = world.vault.read(anna, &world.receipt());
            assert!(matches!(read, Err(vault::Error::Key(keyring::Error::Unsealable))), "byte {at} of `{column}`");
        }
        put(&good);
        assert_eq!(world.vault.read(anna, &world.receipt()).unwrap().len(), 1);
    }
}

#[test]
fn a_value_that_is_moved_does_not_open() {
    let world = World::new();
    world.deposit(
        "crm.customers",
        table(&[("customer_id", &["7", "8"]), ("email", &["anna@example.org", "bert@example.org"])]),
    );
    let [anna] = &world.find("customer_id=7")[..] else { panic!("not one person") };
    let outside = rusqlite::Connection::open(world.path().join("vault.db")).unwrap();
    for moved in [
        "UPDATE value SET person = (SELECT sum(id) FROM person) - person",
        "UPDATE value SET field = (SELECT sum(id) FROM field) - field",
    ] {
        outside.execute_batch(moved).unwrap();
        assert!(world.vault.read(anna, &world.receipt()).is_err(), "{moved}");
        outside.execute_batch(moved).unwrap();
        assert_eq!(world.vault.read(anna, &world.receipt()).unwrap().len(), 2);
    }
}

fn subjects(world: &World, line: &str) -> Vec<SubjectId> {
    world.find(line).iter().map(|p| p.subject).collect()
}

/// Numbers and addresses of customers; some numbers come twice, some addresses are shared.
fn people() -> impl Strategy<Value = Vec<(String, String)>> {
    let person = (100_000_000_000u64..100_000_000_004, "[a-c]shared-address@example\\.org");
    prop::collection::vec(person.prop_map(|(id, email)| (id.to_string(), email)), 1..8)
}

fn customers(people: &[(String, String)]) -> arrow::array::RecordBatch {
    let (ids, emails): (Vec<_>, Vec<_>) = people.iter().cloned().unzip();
    table(&[("customer_id", &ids), ("email", &emails)])
}
