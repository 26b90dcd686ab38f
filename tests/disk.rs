//! Disks fill up, and some cannot be written to. Nothing half written stays, and nothing leaves unrecorded.

use std::process::Command;

use crate::desk::{Desk, Said, customers};

/// Runs a script in `desk` that may mount: `$PII` is the binary, `mount` sees a namespace of its own.
#[track_caller]
pub(crate) fn with_mounts(desk: &Desk, script: &str) -> Said {
    let pii = desk.command("");
    let shell = |namespace: &[&str], script: &str| {
        let mut command = Command::new("unshare");
        command.args(namespace).args(["sh", "-euc", script]).current_dir(desk.path("."));
        command.env("PII", pii.get_program()).env("NO_COLOR", "1").env_remove("PII_WORKSPACE");
        command.output().unwrap()
    };
    const TRY: &str = "mkdir -p try && mount -t tmpfs none try";
    let allowed = [&["--map-root-user", "--mount"][..], &["--mount"]];
    let Some(namespace) = allowed.into_iter().find(|namespace| shell(namespace, TRY).status.success()) else {
        panic!(
            "this machine lets nobody mount a small disk to fill it: allow user namespaces \
             (`sysctl kernel.unprivileged_userns_clone=1`), or run the tests as root with CAP_SYS_ADMIN"
        );
    };
    Said::new(script, shell(namespace, script))
}

#[test]
fn a_full_disk_gets_no_half_file() {
    let desk = Desk::new();
    desk.write("customers.csv", customers(20_000));
    let script = "mkdir out; mount -t tmpfs -o size=256k none out
        $PII protect customers.csv -d crm.customers -r warehouse -o out/w.csv || code=$?
        ls -A out; exit $code";
    let said = with_mounts(&desk, script).exits(1).says(&["cannot write `out/w.csv`", "No space left"]);
    assert_eq!(said.out, "", "left in the folder");
    desk.log_holds();
}

#[test]
fn a_sealed_file_that_does_not_fit_is_not_half_there() {
    let desk = Desk::new();
    desk.write("dump.sql", customers(20_000));
    desk.pii("vault put dump.sql -d crm.customers").done();
    let script = "mkdir out; mount -t tmpfs -o size=256k none out
        $PII vault put dump.sql -d crm.customers -o out/s && exit 9
        $PII vault read dump.sql.sealed --purpose support -o out/dump.sql || code=$?
        ls -A out; exit $code";
    let said = with_mounts(&desk, script).exits(1);
    let said = said.says(&["cannot write `out/s`", "cannot write `out/dump.sql`", "No space left"]);
    assert_eq!(said.out, "", "left in the folder");
    desk.log_holds();
}

#[test]
fn what_cannot_be_recorded_does_not_leave() {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    // The workspace's own disk is full; the output's is not.
    let script = "mkdir full; mount -t tmpfs -o size=2m none full; cp -r pii.toml policies .pii .pii-root.key full
        dd if=/dev/zero of=full/filler bs=4k 2>/dev/null || true
        $PII --workspace full protect customers.csv -d crm.customers -r warehouse -o w.csv || code=$?
        rm full/filler; $PII audit verify full/.pii/audit; exit $code";
    let said = with_mounts(&desk, script).exits(1);
    assert!(said.out.contains("VERIFIED"), "{}", said.out);
    assert!(!desk.path("w.csv").exists());
}

#[test]
fn an_ingest_onto_a_full_disk_can_be_done_again() {
    let desk = Desk::new();
    desk.write("customers.csv", customers(2_000));
    let script = "mkdir full; mount -t tmpfs -o size=8m none full; cp -r pii.toml policies .pii .pii-root.key full
        dd if=/dev/zero of=full/filler bs=4k 2>/dev/null || true
        $PII --workspace full tag customers.csv -d crm.customers && exit 9; rm full/filler
        $PII --workspace full tag customers.csv -d crm.customers
        $PII --workspace full audit verify; $PII --workspace full vault status";
    let said = with_mounts(&desk, script).done();
    assert!(said.out.contains("VERIFIED"), "{}", said.out);
    assert!(said.out.contains("2,000 people"), "{}", said.out);
}

#[test]
fn a_disk_that_cannot_be_written_to_is_named() {
    let desk = Desk::new();
    let script = "mkdir out; mount -t tmpfs -o ro none out
        $PII protect customers.csv -d crm.customers -r warehouse -o out/w.csv";
    with_mounts(&desk, script).exits(1).says(&["cannot write `out/w.csv`", "Read-only file system"]);
    desk.log_holds();
}

#[test]
fn an_auditor_verifies_a_log_on_a_disk_that_cannot_be_written_to() {
    let desk = Desk::new();
    let script = "mkdir disk; mount -t tmpfs none disk; cp -r .pii/audit disk; mount -o remount,ro disk
        $PII audit verify disk/audit";
    assert!(with_mounts(&desk, script).done().out.starts_with("VERIFIED"));
}
