//! What every database must do for a vault: one list, for each of them.

use jiff::Timestamp;
use pii_core::audit::{Action, Event};
use pii_core::batch::Batch;
use pii_core::vault::{Deposited, EpochCount, Error, Login, People, Rectified, VaultLocation};
use pii_core::vocab::{Actor, Domain, Identifier, Personal};

use crate::postgres::Postgres;
use crate::world::{World, dataset, table};

/// What it says, and what shows it. Each begins with an empty vault.
type Law = (&'static str, fn(&World));

const CONTRACT: &[Law] = &[
    ("what was deposited is what is read", what_was_deposited_is_what_is_read),
    ("to deposit again changes nothing", to_deposit_again_changes_nothing),
    ("people are linked by what their rows share", people_are_linked_by_what_their_rows_share),
    ("many people come and are found", many_people_come_and_are_found),
    ("a pseudonym leads to its person", a_pseudonym_leads_to_its_person),
    ("what is rectified is found by what is right", what_is_rectified_is_found_by_what_is_right),
    ("jobs at once meet the same people", jobs_at_once_meet_the_same_people),
    ("who is shredded is gone and the others stay", who_is_shredded_is_gone_and_the_others_stay),
    ("thousands are asked about and shredded in one call", thousands_are_asked_about_and_shredded_in_one_call),
    ("a job goes on while another shreds", a_job_goes_on_while_another_shreds),
    ("a vault that is half way is no vault", a_vault_that_is_half_way_is_no_vault),
];

#[test]
fn sqlite_keeps_the_contract() {
    for (law, holds) in CONTRACT {
        eprintln!("{law}");
        holds(&World::new());
    }
}

#[test]
fn postgresql_keeps_the_contract() {
    let server = Postgres::start();
    for (n, (law, holds)) in CONTRACT.iter().enumerate() {
        eprintln!("{law}");
        server.sql("postgres", &format!("CREATE DATABASE law_{n} OWNER owner"));
        let dir = tempfile::tempdir().unwrap();
        let at = server.url("owner").replace("/vault?", &format!("/law_{n}?"));
        let at = VaultLocation::parse(&at, dir.path()).unwrap();
        let login = Login { passfile: Some(server.passfile(dir.path())), ..Login::default() };
        holds(&World::with_vault(dir, at, login));
    }
}

fn what_was_deposited_is_what_is_read(world: &World) {
    let rows = table(&[
        ("customer_id", &["7", "8", "7"]),
        ("email", &["anna@example.org", "bert@example.org", "anna@work.example"]),
    ]);
    assert_eq!(world.deposit("crm.customers", rows).new_values, 5);
    let [anna] = &world.find("customer_id=7")[..] else { panic!("not one person") };
    let values = world.vault.read(anna, &world.receipt()).unwrap();
    let mut emails: Vec<_> = values.iter().filter(|v| v.column == "email").map(|v| v.value.expose().as_str()).collect();
    emails.sort_unstable();
    assert_eq!(emails, ["anna@example.org", "anna@work.example"]);
    assert!(values.iter().all(|value| value.seen == "2026-11-21T00:00:00Z".parse::<Timestamp>().unwrap()));
    let found = world.vault.find_alias(anna.alias).unwrap().unwrap();
    assert_eq!((found.subject, found.since), (anna.subject, anna.since));
    // Another hand reads the same, and nobody else's keys do.
    let again = world.open().unwrap();
    assert_eq!(again.read(anna, &world.receipt()).unwrap().len(), 3);
}

fn to_deposit_again_changes_nothing(world: &World) {
    let rows = || {
        let ids: Vec<_> = (0..300).map(|n| format!("id-{}", n % 200)).collect();
        let emails: Vec<_> = (0..300).map(|n| format!("e{}@example.org", n % 70)).collect();
        table(&[("customer_id", &ids), ("email", &emails)])
    };
    let first = world.deposit("crm.customers", rows());
    assert_eq!(first.new_subjects, 200);
    let before = world.vault.status().unwrap();
    assert_eq!(world.deposit("crm.customers", rows()), Deposited::default());
    assert_eq!(world.vault.status().unwrap().values, before.values);
    assert_eq!(world.vault.status().unwrap().identifiers, before.identifiers);
}

fn people_are_linked_by_what_their_rows_share(world: &World) {
    world.deposit("crm.customers", table(&[("customer_id", &["7"]), ("email", &["anna@example.org"])]));
    let met = world.deposit("web.accounts", table(&[("account_id", &["a-1"]), ("email", &[" Anna@Example.ORG"])]));
    assert_eq!(met.new_subjects, 0);
    assert_eq!(world.find("account_id=a-1")[0].subject, world.find("customer_id=7")[0].subject);
    // Two accounts with her address: the second could be anybody's, in one batch as in two.
    let two = table(&[("account_id", &["a-2", "a-3"]), ("email", &["anna@example.org", "anna@example.org"])]);
    assert_eq!(world.deposit("web.accounts", two).new_subjects, 2);
    let family = table(&[("customer_id", &["8", "9"]), ("email", &["family@example.org", "family@example.org"])]);
    assert_eq!(world.deposit("crm.customers", family).new_subjects, 2);
    assert_eq!(world.find("email=family@example.org").len(), 2);
    assert_eq!(world.deposit("web.newsletter", table(&[("email", &["family@example.org"])])).new_subjects, 1);
}

fn many_people_come_and_are_found(world: &World) {
    let ids: Vec<_> = (0..3_000).map(|n| format!("c{n}")).collect();
    let tagged = world.tag("crm.customers", table(&[("customer_id", &ids)]));
    let mut met = People::default();
    let at = Timestamp::UNIX_EPOCH;
    tagged.deposit(&world.policy, &world.vault, &world.keys, at, &mut met, &world.receipt()).unwrap();
    let aliases: std::collections::BTreeSet<_> =
        world.vault.aliases(&met).map(|alias| *alias.unwrap().as_bytes()).collect();
    assert_eq!((met.count(), aliases.len()), (3_000, 3_000));
    let status = world.vault.status().unwrap();
    assert_eq!(
        (status.subjects, status.values, status.datasets.as_slice()),
        (3_000, 3_000, &["crm.customers".into()][..])
    );
    assert_eq!(status.epochs, [EpochCount { epoch: 1, shards: 256 }]);
    assert!(status.bytes > 100_000 && status.oldest_key.is_some() && status.unspent == 0);
    assert!(aliases.contains(world.find("customer_id=c2999")[0].alias.as_bytes()));
}

fn what_is_rectified_is_found_by_what_is_right(world: &World) {
    let two = ["ana@example.org", "bert@example.org"];
    world.deposit("crm.customers", table(&[("customer_id", &["7", "8"]), ("email", &two)]));
    world.deposit("web.accounts", table(&[("account_id", &["a-7"]), ("email", &["ana@example.org"])]));
    let [anna] = &world.find("customer_id=7")[..] else { panic!("not one person") };
    let right = Personal::new("anna@example.org".to_owned());
    let email = |dataset| Rectified { dataset, column: "email", value: &right };
    let (crm, all) = ([email("crm.customers")], [email("crm.customers"), email("web.accounts"), email("shop.orders")]);
    let put_right = |what: &[_]| {
        let at = "2026-11-21T12:00:00Z".parse().unwrap();
        world.vault.rectify(&world.keys, anna, what, at, &world.receipt()).unwrap()
    };
    let named = |who: &str| world.find(who).iter().map(|person| person.subject).collect::<Vec<_>>();
    let before = world.vault.status().unwrap();

    // In one of the two: she is found by both, as one value still says the old one.
    assert_eq!((world.vault.wrong(anna, &all).unwrap(), put_right(&crm)), (2, 1));
    assert_eq!(
        (named("email=ana@example.org"), named("email=anna@example.org")),
        (vec![anna.subject], vec![anna.subject])
    );
    assert_eq!((put_right(&all), put_right(&all), world.vault.wrong(anna, &all).unwrap()), (1, 0, 0));
    assert_eq!((named("email=ana@example.org"), named("email= Anna@Example.org")), (vec![], vec![anna.subject]));
    let values = world.vault.read(anna, &world.receipt()).unwrap();
    let emails = values.iter().filter(|value| value.column == "email").map(|value| value.value.expose().as_str());
    assert_eq!(emails.collect::<Vec<_>>(), ["anna@example.org"; 2]);
    let after = world.vault.status().unwrap();
    assert_eq!((after.values, after.identifiers, after.subjects), (before.values, before.identifiers, before.subjects));

    // Nothing of the others changed, and what is hers goes with her.
    assert_eq!(named("email=bert@example.org"), [world.find("customer_id=8")[0].subject]);
    let gone = world.vault.shred(std::slice::from_ref(anna), Timestamp::UNIX_EPOCH, &world.receipt()).unwrap();
    assert_eq!((gone.keys, gone.values, gone.identifiers), (1, 4, 3));
    assert_eq!(named("email=anna@example.org"), []);
}

fn a_pseudonym_leads_to_its_person(world: &World) {
    let warehouse = Domain::parse("warehouse").unwrap();
    let printed = |id: &str| {
        let left = world.protect("crm.customers", "warehouse", &table(&[("customer_id", &[id])]));
        crate::world::text(&left.rows()["customer_id"]).value(0).to_owned()
    };
    let found =
        |id: &str| world.vault.find_pseudonym(&world.keys, &warehouse, &printed(id), &world.receipt()).unwrap().len();
    // More than one step of the index.
    let ids: Vec<_> = (0..2_500).map(|n| format!("c{n}")).collect();
    world.deposit("crm.customers", table(&[("customer_id", &ids)]));
    assert_eq!((found("c0"), found("c2499"), found("c9999")), (1, 1, 0));
    world.deposit("crm.customers", table(&[("customer_id", &["c9999"])]));
    assert_eq!(found("c9999"), 1);
}

fn jobs_at_once_meet_the_same_people(world: &World) {
    let ids: Vec<String> = (0..50).map(|n| format!("customer-{n}")).collect();
    // Each job has a connection of its own; what they share is what threads may share.
    let (location, login, path) = (world.vault.location(), &world.login, world.path().join("shards"));
    let (policy, keys, log) = (&world.policy, &world.keys, &world.log);
    let job = || {
        let vault = pii_core::vault::Vault::open(location, login, &path, keys).unwrap();
        let recorded = log.append(&Event::new(Action::VaultDeposit, Actor::local("test"))).unwrap();
        let rows = Batch::raw(dataset("crm.customers"), table(&[("customer_id", &ids)])).tag(policy).unwrap();
        let mut met = People::default();
        rows.deposit(policy, &vault, keys, Timestamp::UNIX_EPOCH, &mut met, &recorded).unwrap().new_subjects
    };
    let job = &job;
    let met: u64 = std::thread::scope(|scope| {
        let jobs: Vec<_> = (0..4).map(|_| scope.spawn(job)).collect();
        jobs.into_iter().map(|job| job.join().unwrap()).sum()
    });
    assert_eq!((met, world.vault.status().unwrap().subjects), (50, 50));
}

fn who_is_shredded_is_gone_and_the_others_stay(world: &World) {
    let ids: Vec<_> = (0..1_000).map(|n| format!("c{n}")).collect();
    let emails: Vec<_> = (0..1_000).map(|n| format!("e{n}@example.org")).collect();
    world.deposit("crm.customers", table(&[("customer_id", &ids), ("email", &emails)]));
    let who = |n: usize| world.find(&format!("customer_id=c{n}")).pop();
    let gone: Vec<_> = (0..5).map(|n| who(n * 100).unwrap()).collect();
    let done = world.vault.shred(&gone, Timestamp::now(), &world.receipt()).unwrap();
    assert_eq!((done.keys, done.identifiers, done.values), (5, 10, 10));
    assert!((1..=5).contains(&done.spent.len()) && done.spent.iter().all(|spent| spent.epoch == 1));
    assert!(who(100).is_none() && world.find("email=e100@example.org").is_empty());
    assert!(world.vault.find_alias(gone[0].alias).unwrap().is_none());
    assert!(matches!(world.vault.read(&gone[0], &world.receipt()), Err(Error::Gone)));
    for n in (0..1_000).filter(|n| n % 100 != 0 || *n >= 500).step_by(97) {
        assert_eq!(world.vault.read(&who(n).unwrap(), &world.receipt()).unwrap().len(), 2, "c{n}");
    }
    let status = world.vault.status().unwrap();
    assert_eq!((status.subjects, status.unspent), (995, 0));
    assert_eq!(status.epochs.iter().map(|count| count.shards).sum::<u64>(), 256);
    assert_eq!(status.epochs.iter().find(|count| count.epoch == 2).unwrap().shards, done.spent.len() as u64);
    // To do it again destroys nobody else, and whoever comes back is somebody new.
    assert_eq!(world.vault.shred(&gone, Timestamp::now(), &world.receipt()).unwrap().keys, 0);
    assert_eq!(world.deposit("crm.customers", table(&[("customer_id", &["c100"])])).new_subjects, 1);
    assert_ne!(who(100).unwrap().alias, gone[1].alias);
    // All keys under next epoch keys: nobody is lost.
    let all = world.vault.rewrap(Timestamp::now(), &world.receipt()).unwrap();
    assert_eq!((all.keys, all.rewrapped, all.spent.len()), (0, 996, 256));
    assert_eq!(world.vault.read(&who(7).unwrap(), &world.receipt()).unwrap().len(), 2);
}

fn thousands_are_asked_about_and_shredded_in_one_call(world: &World) {
    const ALL: usize = 9_000;
    let of = |kind: &'static str| move |n: usize| format!("{kind}{n}");
    let column = |kind| (0..ALL).map(of(kind)).collect::<Vec<_>>();
    world.deposit("crm.customers", table(&[("customer_id", &column("c")), ("email", &column("e@x.example"))]));
    // Neither the order of the vault, nor all there are; a stranger among them; and one who is asked about twice.
    let asked: Vec<usize> = (0..ALL + 1_000).rev().step_by(2).chain([ALL - 1]).collect();
    let named: Vec<_> = asked.iter().map(|n| Identifier::parse(&format!("customer_id=c{n}")).unwrap()).collect();
    let found = world.vault.find_all(&world.keys, &named.iter().collect::<Vec<_>>()).unwrap();
    assert!(asked.iter().zip(&found).all(|(n, found)| found.len() == usize::from(*n < ALL)));
    let people: Vec<_> = found.into_iter().flatten().collect();
    let look = |_| Event::new(Action::VaultRead, Actor::local("test"));
    let receipts = world.log.append_all(people.iter().map(look)).unwrap();
    let values = world.vault.read_all(&people, &receipts).unwrap();
    let known = asked.iter().filter(|n| **n < ALL);
    for (n, values) in known.zip(&values) {
        let read: Vec<_> = values.iter().map(|value| value.value.expose().clone()).collect();
        assert_eq!(read, [of("c")(*n), of("e@x.example")(*n)]);
    }
    let gone = asked.iter().filter(|n| **n < ALL).collect::<std::collections::BTreeSet<_>>().len() as u64;
    let done = world.vault.shred(&people, Timestamp::now(), &world.receipt()).unwrap();
    assert_eq!((done.keys, done.identifiers, done.values), (gone, 2 * gone, 2 * gone));
    assert_eq!((done.rewrapped, done.spent.len()), (ALL as u64 - gone, 256));
    assert_eq!(world.vault.status().unwrap().subjects, ALL as u64 - gone);
    let left = world.find("customer_id=c4000");
    assert_eq!(world.vault.read(&left[0], &world.receipt()).unwrap().len(), 2);
    assert!(world.find("customer_id=c4001").is_empty());
}

fn a_job_goes_on_while_another_shreds(world: &World) {
    let ids: Vec<_> = (0..400).map(|n| format!("c{n}")).collect();
    world.deposit("crm.customers", table(&[("customer_id", &ids)]));
    // Another hand, with the epoch keys of the start in its memory.
    let other = world.open().unwrap();
    let all: Vec<_> = (0..400).map(|n| world.find(&format!("customer_id=c{n}")).pop().unwrap()).collect();
    for person in &all {
        assert_eq!(other.read(person, &world.receipt()).unwrap().len(), 1);
    }
    world.vault.shred(&all[..200], Timestamp::now(), &world.receipt()).unwrap();
    for person in &all[200..] {
        assert_eq!(other.read(person, &world.receipt()).unwrap().len(), 1);
    }
    let tagged =
        world.tag("crm.customers", table(&[("customer_id", &ids), ("email", &vec!["x@example.org".to_owned(); 400])]));
    let done = tagged
        .deposit(&world.policy, &other, &world.keys, Timestamp::now(), &mut People::default(), &world.receipt())
        .unwrap();
    assert_eq!((done.new_subjects, done.new_values), (200, 600));
    assert_eq!(world.vault.read(&all[300], &world.receipt()).unwrap().len(), 2);
}

fn a_vault_that_is_half_way_is_no_vault(world: &World) {
    world.deposit(
        "crm.customers",
        table(&[("customer_id", &["7", "8"]), ("email", &["a@example.org", "b@example.org"])]),
    );
    let dir = tempfile::tempdir().unwrap();
    let to = VaultLocation::File(dir.path().join("moved.db"));
    let epochs = world.path().join("shards");
    let opened = |at: &VaultLocation| pii_core::vault::Vault::open(at, &world.login, &epochs, &world.keys);
    let stopped =
        world.vault.relocate(&to, &world.login, &mut |_, _| std::ops::ControlFlow::Break(()), &world.receipt());
    assert!(matches!(stopped, Err(Error::Interrupted)));
    assert!(matches!(opened(&to), Err(Error::Moved { .. })), "nobody takes a half for the whole");
    // Meanwhile, somebody goes and somebody comes: the second attempt does not trust the first.
    world.vault.shred(&world.find("customer_id=7"), Timestamp::now(), &world.receipt()).unwrap();
    world.deposit("crm.customers", table(&[("customer_id", &["9"])]));

    let other = world.open().unwrap();
    let go_on = &mut |_, _| std::ops::ControlFlow::Continue(());
    let moved = world.vault.relocate(&to, &world.login, go_on, &world.receipt()).unwrap();
    assert!(moved.rows > 256, "{moved:?}");
    let there = opened(&to).unwrap();
    assert_eq!(there.status().unwrap().values, 3);
    assert_eq!(there.read(&world.find("customer_id=8")[0], &world.receipt()).unwrap().len(), 2);
    // Whoever has the old one open is told, before a value is lost.
    let tagged = world.tag("crm.customers", table(&[("customer_id", &["10"])]));
    let late =
        tagged.deposit(&world.policy, &other, &world.keys, Timestamp::now(), &mut People::default(), &world.receipt());
    assert!(late.unwrap_err().to_string().contains("moved.db"));
    assert!(matches!(world.open(), Err(Error::Moved { .. })));
    // And back again: with what happened there.
    there
        .shred(
            &there.find(&world.keys, &pii_core::vocab::Identifier::parse("customer_id=8").unwrap()).unwrap(),
            Timestamp::now(),
            &world.receipt(),
        )
        .unwrap();
    there.relocate(world.vault.location(), &world.login, go_on, &world.receipt()).unwrap();
    assert_eq!(world.open().unwrap().status().unwrap().subjects, 1);
    assert!(matches!(world.open().unwrap().wipe(&world.receipt()), Err(Error::NotMoved { .. })));
    there.wipe(&world.receipt()).unwrap();
    assert!(matches!(opened(&to), Err(Error::NoVault { .. })));
}
