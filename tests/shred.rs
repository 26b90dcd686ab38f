//! Whoever destroys a key: it is gone from every copy, and nobody else's is.

use std::process::Stdio;
use std::time::Duration;

use crate::desk::{Desk, customers};
use crate::disk::with_mounts;

fn stocked(rows: usize) -> Desk {
    let desk = Desk::new();
    desk.write("customers.csv", customers(rows));
    desk.pii("tag customers.csv -d crm.customers").done();
    desk
}

fn one(n: usize) -> String {
    format!("customer_id=C{n:07}\n")
}

#[test]
fn a_key_is_destroyed_after_it_was_shown_and_confirmed() {
    let desk = stocked(40);
    let both = format!("{}{}customer_id=C9999999\n", one(3), one(4));
    let shown = desk.tell("key shred --subject - -n", &both).done().says(&["nobody by 1 of 3 identifiers"]);
    assert!(shown.out.starts_with("would destroy 2 keys"), "{}", shown.out);
    desk.tell("key shred --subject -", &both).exits(4).says(&["2 keys", "a person must confirm", "--dry-run"]);
    assert_eq!(desk.pii("vault status --json").done().json()[0]["subjects"], 40);

    let done = desk.tell("key shred --subject - --yes --json", &both).done();
    let receipt = &done.json()[0];
    assert_eq!((&receipt["type"], &receipt["outcome"]), (&"key_shred".into(), &"shredded".into()));
    assert_eq!((receipt["keys"].as_u64(), receipt["unknown"].as_u64()), (Some(2), Some(1)));
    let entries = receipt["audit_entries"].as_array().unwrap();
    assert_eq!((entries.len(), receipt["aliases"].as_array().unwrap().len()), (2, 2));
    let shown = desk.pii(&format!("audit show {} --json", entries[0])).done();
    assert!(shown.out.contains("key_shred"), "{}", shown.out);

    // Nobody is known by it any more, whoever asks, and the others are as they were.
    desk.tell("vault read --subject - --purpose analytics", &one(3)).exits(3);
    desk.tell("key shred --subject - --yes", &both).exits(3).says(&["the vault knows nobody"]);
    let read = desk.tell("vault read --subject - --purpose analytics --json", &one(5)).done();
    assert_eq!(read.json().len(), 5);
    let status = &desk.pii("vault status --json").done().json()[0];
    assert_eq!((status["subjects"].as_u64(), status["unspent_keys"].as_u64()), (Some(38), Some(0)));
    desk.log_holds();
}

#[test]
fn identifiers_do_not_belong_on_the_command_line_here_either() {
    let desk = Desk::bare();
    let said = desk.pii("key shred --subject customer_id=C0000003 --yes").exits(2);
    assert!(!said.err.contains("C0000003"), "{}", said.err);
}

#[test]
fn whoever_is_killed_while_shredding_does_it_again() {
    let desk = stocked(3_000);
    let mut gone = 0;
    for (round, patience) in (0..24).map(|n| (n, 4 * n)).collect::<Vec<_>>() {
        let some: String = (0..40).map(|n| one(round * 40 + n)).collect();
        desk.write("some", &some);
        let mut command = desk.command("key shred --subject-file some --yes");
        let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(patience as u64));
        let _ = running.kill();
        running.wait().unwrap();
        // Whatever stood, everybody else can be read, and what was begun can be ended.
        let other = desk.tell("vault read --subject - --purpose analytics --json", &one(2_999 - round)).done();
        assert_eq!(other.json().len(), 5);
        let again = desk.pii("key shred --subject-file some --yes");
        assert!([0, 3].contains(&again.exit), "{}{}", again.out, again.err);
        gone += 40;
        let status = &desk.pii("vault status --json").done().json()[0];
        assert_eq!((status["subjects"].as_u64(), status["unspent_keys"].as_u64()), (Some(3_000 - gone), Some(0)));
    }
    desk.log_holds();
}

#[test]
fn a_full_disk_while_keys_are_wrapped_loses_nobody() {
    let desk = stocked(3_000);
    desk.write("some", one(7));
    let script =
        "mkdir full; mount -t tmpfs -o size=24m none full; cp -r pii.toml policies .pii .pii-root.key some full
        # Room for the entry in the log, not for a shard's pages.
        dd if=/dev/zero of=full/filler bs=4k 2>/dev/null || true; truncate -s -96k full/filler
        $PII --workspace full key shred --subject-file some --yes && exit 9; rm full/filler
        $PII --workspace full vault status
        $PII --workspace full vault rewrap --yes
        $PII --workspace full key shred --subject-file some --yes
        $PII --workspace full vault status; $PII --workspace full audit verify";
    let said = with_mounts(&desk, script).done();
    assert!(said.out.contains("3,000 people") && said.out.contains("wrapped 3,000 keys anew"), "{}", said.out);
    assert!(said.out.contains("2,999 people") && said.out.contains("VERIFIED"), "{}", said.out);
}
