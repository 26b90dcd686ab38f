//! When a person is forgotten, the log still proves what it proved, and nothing in it leads to them.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use pii_core::audit::{self, Action, Alias, Checkpoint, Detail, Filter, Hash, Trust, Verdict};
use pii_core::clock::SystemClock;
use pii_core::error::Error;
use pii_core::keyring::RootKey;
use pii_core::store::{Location, ReadOptions, Source};
use pii_core::vocab::{Actor, Identifier, Personal, PurposeId, RecipientId};
use pii_core::workspace::{Caller, Looked, Mention, Question, Settings, Site, Step, Workspace};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::world::{POLICY, dataset, files};

const NOTE: &str = "she rang about her bill and was upset";
const VALUES: [&str; 4] = ["customer-00042", "anna-42@example.org", "Anna Musterfrau", NOTE];

#[test]
fn nothing_leads_to_whoever_was_forgotten_and_every_proof_holds() {
    let (dir, workspace) = made(3_000);
    let anna = identifier("email=anna-42@example.org");
    let (looked, commitment) = look_with_note(&workspace, &anna);
    let pseudonym =
        [Identifier { kind: identifier("pseudonym=x").kind, value: Personal::new(format!("1{}", "A".repeat(22))) }];
    let warehouse = RecipientId::parse("warehouse").unwrap();
    // The index of pseudonyms holds hers, too, once somebody has asked.
    let _ = workspace.look_up(&Question { recipient: Some(&warehouse), ..question(&pseudonym, &analytics()) });
    workspace.seal().unwrap();

    let log = dir.path().join(".pii/audit");
    let before = checkpoint(&log);
    let proofs: Vec<_> = proofs(&log, before.size()).into_iter().collect();
    let alias = looked.person.alias;
    let root = bulk_root(&log);
    let membership = workspace.sidecar().membership(root, alias).unwrap().unwrap();
    let mut traces = traces(dir.path(), alias);
    assert!(traces.len() > 10, "identifiers, values, pseudonyms, her key and her number: {}", traces.len());
    // Others go with her: what only now and then stays behind in a page shows among many.
    let mut leave = vec![anna];
    for n in (100..3_000).step_by(10) {
        leave.push(identifier(&format!("customer_id=customer-{n:05}")));
        traces.extend(vault_traces(
            dir.path(),
            workspace.vault().unwrap().find(workspace.keys(), &leave[leave.len() - 1]).unwrap()[0].alias,
        ));
    }

    let forgotten = workspace.forget(&leave, Some("R-2026-0007")).unwrap();
    assert_eq!((forgotten.aliases.len(), forgotten.audit_entries.len()), (leave.len(), leave.len()));
    assert!(forgotten.aliases.contains(&alias));
    assert_eq!((forgotten.notes, forgotten.held.keys), (1, leave.len() as u64));
    let each = leave.len() as u64;
    let held = &forgotten.held;
    assert_eq!((held.identifiers, held.values), (2 * each, 3 * each));
    assert!(held.pseudonyms >= 3 * each);
    workspace.seal().unwrap();

    // Every earlier proof and checkpoint still verifies.
    let anchored = Trust { anchors: vec![before.clone()], ..Trust::default() };
    assert_eq!(audit::verify(&log, &anchored).unwrap().verdict, Verdict::Verified);
    for (index, (leaf, path)) in (0..).zip(&proofs) {
        assert_eq!(audit::verify_inclusion(*leaf, index, before.size(), path, before.root()), Ok(()));
        assert_eq!(audit::find(&log, index).unwrap().leaf, *leaf);
    }
    assert_eq!(membership.verify(alias, root), Ok(()), "what was proven to her about a bulk entry, too");

    // The alias stands in the log; nobody can tell whose it was, and what was said of her does not open.
    let named: Vec<_> = audit::read(&log).unwrap().map(Result::unwrap).collect();
    let last = named.iter().rfind(|(_, entry)| entry.event.subjects == [alias]).unwrap();
    assert_eq!((last.1.event.action, last.1.event.request.as_deref()), (Action::Erase, Some("R-2026-0007")));
    assert!(workspace.vault().unwrap().find_alias(alias).unwrap().is_none());
    let shown = workspace.show_entry(looked.audit_entry).unwrap();
    assert_eq!(shown.found.entry.event.detail, Some(commitment));
    assert!(matches!(shown.detail, Some(Detail::Erased)));
    let again = workspace.forget(&[identifier("email=anna-42@example.org")], None).unwrap_err();
    assert!(matches!(again, Error::UnknownSubject { .. }));

    // No byte of anything leads to her: neither clear, nor sealed, nor blind, in whatever way it is written.
    traces.extend(VALUES.map(|value| value.as_bytes().to_vec()));
    let mut written: HashMap<[u8; 8], Vec<Vec<u8>>> = HashMap::new();
    for spelling in traces.iter().flat_map(|trace| spellings(trace)) {
        written.entry(*spelling.first_chunk().unwrap()).or_default().push(spelling);
    }
    for (path, bytes) in files(dir.path()).into_iter().filter(|(path, _)| !path.ends_with("customers.csv")) {
        for (at, window) in bytes.windows(8).enumerate() {
            let left = written.get(window).is_some_and(|all| all.iter().any(|trace| bytes[at..].starts_with(trace)));
            assert!(!left, "bytes of hers are left in `{}` at {at}", path.display());
        }
    }
}

#[test]
fn others_keep_what_they_had() {
    let (_dir, workspace) = made(50);
    let bert = identifier("customer_id=customer-00007");
    let (looked, _) = look_with_note(&workspace, &bert);
    workspace.forget(&[identifier("customer_id=customer-00042")], None).unwrap();
    let status = workspace.vault().unwrap().status().unwrap();
    assert_eq!(status.subjects, 49);
    let shown = workspace.show_entry(looked.audit_entry).unwrap();
    assert!(matches!(shown.detail, Some(Detail::Kept(note)) if note.expose() == NOTE));
}

#[test]
fn a_new_person_in_the_place_of_a_forgotten_one_is_found_by_their_pseudonym() {
    let (dir, workspace) = made(5);
    let pseudonym = |of: &str| format!("pseudonym={}", pseudonym_of(&workspace, of));
    let warehouse = RecipientId::parse("warehouse").unwrap();
    let purpose = analytics();
    let find = |line: &str| {
        let identifiers = [identifier(line)];
        workspace
            .look_up(&Question { recipient: Some(&warehouse), ..question(&identifiers, &purpose) })
            .map(|found| found.len())
            .unwrap_or(0)
    };
    assert_eq!(find(&pseudonym("customer-00004")), 1);
    // The last row of every table goes, and its number is given again.
    workspace.forget(&[identifier("customer_id=customer-00004")], None).unwrap();
    assert_eq!(find(&pseudonym("customer-00004")), 0);
    std::fs::write(dir.path().join("customers.csv"), "customer_id,email,name\ncustomer-99999,z@example.org,Zoe Z\n")
        .unwrap();
    take_in(&workspace);
    assert_eq!(find(&pseudonym("customer-99999")), 1);
}

#[test]
fn who_asks_what_the_log_says_of_them_learns_of_bulk_entries_too() {
    let (dir, workspace) = made(30);
    let anna = || [identifier("customer_id=customer-00002")];
    look_with_note(&workspace, &anna()[0]);
    let filter = Filter::default();
    let told = |workspace: &Workspace| -> Vec<(Action, Mention)> {
        let found = workspace.query_log_about(&filter, &anna()).unwrap().map(Result::unwrap);
        found.map(|(_, entry, mention)| (entry.event.action, mention)).collect()
    };
    let expected = [
        (Action::VaultDeposit, Mention::List),
        (Action::VaultRead, Mention::Alias),
        (Action::LogQuery, Mention::Alias),
    ];
    assert_eq!(told(&workspace), expected);

    // Rows about others are no entry about her.
    std::fs::write(dir.path().join("customers.csv"), "customer_id,email,name\ncustomer-77777,z@example.org,Zoe Z\n")
        .unwrap();
    take_in(&workspace);
    assert_eq!(told(&workspace).iter().filter(|(action, _)| *action == Action::VaultDeposit).count(), 1);

    // Where a list is lost, nobody can tell, and that is said.
    let outside = Connection::open(dir.path().join(".pii/audit/sidecar.db")).unwrap();
    outside.execute_batch("DELETE FROM chunk; DELETE FROM list").unwrap();
    assert_eq!(told(&workspace).iter().filter(|(_, mention)| *mention == Mention::Unknown).count(), 2);

    let nobody = [identifier("customer_id=customer-55555")];
    assert!(matches!(workspace.query_log_about(&filter, &nobody).map(|_| ()), Err(Error::UnknownSubject { .. })));
}

#[test]
fn a_note_that_was_altered_does_not_fit_and_one_of_nobody_is_not_kept() {
    let (dir, workspace) = made(5);
    let (looked, _) = look_with_note(&workspace, &identifier("customer_id=customer-00002"));
    let outside = Connection::open(dir.path().join(".pii/audit/sidecar.db")).unwrap();
    outside.execute_batch("UPDATE detail SET sealed = zeroblob(length(sealed))").unwrap();
    assert!(matches!(workspace.show_entry(looked.audit_entry).unwrap().detail, Some(Detail::Altered)));

    let (nobody, purpose, note) = ([identifier("email=x@example.org")], analytics(), Personal::new(NOTE.to_owned()));
    let asked = Question { note: Some(&note), ..question(&nobody, &purpose) };
    workspace.look_up(&asked).unwrap_err();
    let kept: i64 = outside.query_row("SELECT count(*) FROM detail", [], |r| r.get(0)).unwrap();
    assert_eq!(kept, 1);
}

fn made(people: usize) -> (TempDir, Workspace) {
    let dir = tempfile::tempdir().unwrap();
    let key = RootKey::generate().unwrap();
    let site = Site::create(dir.path(), Settings::new("Acme GmbH"), &key, caller()).unwrap();
    std::fs::write(site.policies().join("policy.toml"), POLICY).unwrap();
    let mut csv = "customer_id,email,name\n".to_owned();
    for n in 0..people {
        let name = if n == 42 { "Anna Musterfrau".to_owned() } else { format!("Bert Beispiel {n}") };
        let given = if n == 42 { "anna" } else { "bert" };
        writeln!(csv, "customer-{n:05},{given}-{n}@example.org,{name}").unwrap();
    }
    std::fs::write(dir.path().join("customers.csv"), csv).unwrap();
    let workspace = site.unlock(&key, caller()).unwrap();
    take_in(&workspace);
    (dir, workspace)
}

fn take_in(workspace: &Workspace) {
    let file = Location::from(workspace.site().root().join("customers.csv"));
    let source = Source::open(&[file], &ReadOptions::default()).unwrap();
    let go_on = &mut |_: Step| std::ops::ControlFlow::Continue(());
    workspace.ingest(source, &dataset("crm.customers"), None, go_on).unwrap();
}

fn caller() -> Caller {
    Caller { actor: Actor::local("dpo"), role: None, host: "db-1".into(), clock: Arc::new(SystemClock) }
}

fn identifier(line: &str) -> Identifier {
    Identifier::parse(line).unwrap()
}

fn analytics() -> PurposeId {
    PurposeId::parse("analytics").unwrap()
}

fn question<'a>(identifiers: &'a [Identifier], purpose: &'a PurposeId) -> Question<'a> {
    Question { identifiers, recipient: None, purpose, ticket: None, despite_restriction: None, note: None }
}

fn look_with_note(workspace: &Workspace, who: &Identifier) -> (Looked, Hash) {
    let (who, purpose, note) = ([who.clone()], analytics(), Personal::new(NOTE.to_owned()));
    let mut looked = workspace.look_up(&Question { note: Some(&note), ..question(&who, &purpose) }).unwrap();
    let looked = looked.pop().unwrap();
    let entry = audit::find(&workspace.site().audit(), looked.audit_entry).unwrap().entry;
    (looked, entry.event.detail.unwrap())
}

fn pseudonym_of(workspace: &Workspace, customer: &str) -> String {
    use pii_core::pseudonym::Normaliser;
    let domain = pii_core::vocab::Domain::parse("warehouse").unwrap();
    let category = pii_core::vocab::Category::parse("user.unique_id").unwrap();
    let norm = Normaliser::for_category(category, None);
    let epoch = workspace.keys().current_epoch(&domain);
    let tag = workspace.keys().pseudonym(&domain, norm.name(), epoch).unwrap().sign(customer.as_bytes());
    format!("1{}", URL_SAFE_NO_PAD.encode(&tag[..16]))
}

fn checkpoint(log: &Path) -> Checkpoint {
    Checkpoint::parse(&std::fs::read_to_string(log.join("checkpoint")).unwrap()).unwrap()
}

fn bulk_root(log: &Path) -> Hash {
    let entries = audit::read(log).unwrap().map(Result::unwrap);
    entries.into_iter().find_map(|(_, entry)| entry.event.subjects_root).unwrap()
}

/// The leaf and the audit path of every entry.
fn proofs(log: &Path, size: u64) -> Vec<(Hash, Vec<Hash>)> {
    let leaves: Vec<_> = (0..size).map(|index| audit::find(log, index).unwrap().leaf).collect();
    let node = |height: u32, at: u64| -> Result<Hash, audit::ProofError> {
        let mut tree = audit::Range::default();
        ((at << height)..(at + 1) << height).for_each(|n| tree.push(leaves[n as usize]));
        Ok(tree.root())
    };
    (0..size).map(|index| (leaves[index as usize], audit::inclusion_proof(index, size, node).unwrap())).collect()
}

/// Everything of hers that the files hold: her number and her key, blind tags, sealed values, pseudonyms, her note.
fn traces(workspace: &Path, alias: Alias) -> Vec<Vec<u8>> {
    let sidecar = Connection::open(workspace.join(".pii/audit/sidecar.db")).unwrap();
    let mut traces = vault_traces(workspace, alias);
    let note = "SELECT sealed FROM detail WHERE alias = ?1";
    traces.push(sidecar.query_row(note, [alias.as_bytes()], |r| r.get(0)).unwrap());
    traces
}

fn vault_traces(workspace: &Path, alias: Alias) -> Vec<Vec<u8>> {
    let vault = Connection::open(workspace.join(".pii/vault.db")).unwrap();
    let mut traces = Vec::new();
    for columns in [
        "SELECT subject FROM person WHERE alias = ?1",
        "SELECT key FROM person WHERE alias = ?1",
        "SELECT blind FROM identifier JOIN person ON id = person WHERE alias = ?1",
        "SELECT blind FROM value JOIN person ON person.id = person WHERE alias = ?1",
        "SELECT sealed FROM value JOIN person ON person.id = person WHERE alias = ?1",
        "SELECT tag FROM pseudonym JOIN person ON id = person WHERE alias = ?1",
    ] {
        let mut query = vault.prepare(columns).unwrap();
        let found: Vec<Vec<u8>> =
            query.query_map([alias.as_bytes()], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
        assert!(!found.is_empty(), "{columns}");
        traces.extend(found);
    }
    traces
}

/// The same bytes raw, in hexadecimal and in base64 at each offset.
fn spellings(bytes: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let base64 = |skip: usize| {
        let whole = (bytes.len() - skip) / 3 * 3;
        STANDARD.encode(&bytes[skip..skip + whole]).into_bytes()
    };
    vec![bytes.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes(), base64(0), base64(1), base64(2)]
}
