//! A company changes a recipient's keys, so that what it had and what it gets cannot be joined.

use std::fs::{self, File};
use std::io::Write;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::desk::{Desk, POLICY, Said, customers, repository};
use crate::disk::with_mounts;
use crate::python::python;

pub(crate) const PROTECT: &str = "protect customers.csv -d crm.customers -r warehouse -o";

#[test]
fn a_rotation_parts_what_was_from_what_comes_and_a_bridge_joins_them() {
    for form in ["base64url", "hex", "raw"] {
        let desk = Desk::new();
        desk.write("policies/policy.toml", policy_with(&format!("id = \"warehouse\"\npseudonym = \"{form}\"")));
        desk.pii("tag customers.csv -d crm.customers").done();
        desk.pii(&format!("{PROTECT} old.parquet")).done();

        // What would be lost is shown first, and nothing happens before somebody says so.
        let plan = desk.pii("key rotate warehouse --dry-run").done().out;
        assert!(plan.contains("old.parquet") && plan.contains("40 rows") && plan.contains("would go"), "{plan}");
        desk.pii("key rotate warehouse").exits(4).says(&["`warehouse`", "epoch 1", "--yes"]);
        assert_eq!(epochs(&desk, "warehouse"), ["1"]);

        let done = desk.pii("key rotate warehouse --yes").done().out;
        assert!(done.contains("`warehouse` is in epoch 2"), "{done}");
        assert_eq!(epochs(&desk, "warehouse"), ["2", "1"]);
        assert_eq!(epochs(&desk, "partner"), ["1"]);
        desk.pii(&format!("{PROTECT} new.parquet")).done();
        let said = desk.pii(&format!("{PROTECT} bridge.parquet --since-epoch 1")).done().out;
        assert!(said.contains("pseudonyms of warehouse/2, and a bridge to warehouse/1"), "{said}");
        for column in ["customer_id", "email", "phone"] {
            let files = ["old.parquet", "bridge.parquet", "new.parquet"].map(|name| desk.path(name));
            let joined = python("bridge.py", &[&files[..], &[column.into(), "1".into()]].concat());
            assert_eq!(joined.trim(), "40 0", "{form}, {column}");
        }
        desk.log_holds();
    }
}

#[test]
fn a_bridge_says_what_it_is_in_the_file_in_the_log_and_in_the_catalog() {
    let desk = rotated();
    desk.pii(&format!("{PROTECT} bridge.parquet --since-epoch 1")).done();
    let said = python("metadata.py", &[desk.path("bridge.parquet")]);
    for line in [
        "email pii.kid=warehouse/2",
        "email__epoch1 pii.kid=warehouse/1",
        "email__epoch1 pii.epoch=1",
        "email__epoch1 pii.bridge=email",
    ] {
        assert!(said.lines().any(|said| said == line), "{line} is not in\n{said}");
    }
    // Check values tell without a key: the bridge is joined with what was there before the rotation.
    let kcv = |file: &str, column: &str| {
        let said = python("metadata.py", &[desk.path(file)]);
        said.lines().find_map(|line| line.strip_prefix(&format!("{column} pii.kcv="))).map(str::to_owned).unwrap()
    };
    assert_eq!(kcv("bridge.parquet", "email__epoch1"), kcv("old.parquet", "email"));
    assert_ne!(kcv("bridge.parquet", "email"), kcv("old.parquet", "email"));

    let entries = desk.pii("audit query --action disclose --json").done().json();
    let keys: Vec<_> = entries.iter().map(|entry| entry["keys"].to_string()).collect();
    assert_eq!(keys, [r#"["warehouse/1"]"#, r#"["warehouse/1","warehouse/2"]"#]);
    let catalog = desk.pii("catalog export").done().json();
    let bridge =
        catalog.iter().find(|value| value["destination"].as_str().is_some_and(|to| to.ends_with("/bridge.parquet")));
    let bridge = bridge.unwrap();
    let column = bridge["columns"].as_array().unwrap().iter().find(|c| c["path"] == "email__epoch1").unwrap();
    assert_eq!((&column["bridges"], &column["key"]), (&"email".into(), &"warehouse/1".into()));
}

#[test]
fn people_are_found_by_pseudonyms_of_every_epoch() {
    let desk = rotated();
    desk.pii(&format!("{PROTECT} old-and-new.csv --since-epoch 1")).done();
    let table = desk.read("old-and-new.csv");
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let (head, row) = (lines.next().unwrap(), lines.next().unwrap());
    let person = |identifier: &str| {
        let ask = "vault read --subject - -r warehouse --purpose support --json";
        let found = desk.tell(ask, &format!("{identifier}\n")).done().json();
        found.iter().find(|value| value["column"] == "customer_id").unwrap()["value"].as_str().unwrap().to_owned()
    };
    for column in ["customer_id", "customer_id__epoch1", "email", "email__epoch1"] {
        let at = head.iter().position(|name| *name == column).unwrap();
        // With the epoch in front, and without, as a raw one has none.
        for pseudonym in [row[at], &row[at][1..]] {
            assert_eq!(person(&format!("pseudonym={pseudonym}")), "C0000000", "{column}: {pseudonym}");
        }
    }
    let never = format!("pseudonym=9{}\n", &row[0][1..]);
    desk.tell("vault read --subject - -r warehouse --purpose support", &never).exits(3);
}

#[test]
fn recipients_of_a_group_go_together_and_the_plan_says_so() {
    let desk = Desk::new();
    let group = "\n[[group]]\nid = \"measurement\"\nrecipients = [\"warehouse\", \"partner\"]\n";
    desk.write("policies/policy.toml", format!("{POLICY}{group}"));
    desk.pii("protect customers.csv -d crm.customers -r partner -o partner.csv").done();
    let plan = desk.pii("key rotate warehouse -n").done().out;
    assert!(plan.contains("shared with `partner`") && plan.contains("partner.csv"), "{plan}");
    let said = desk.pii("key rotate warehouse --yes --json").done().json();
    let rotation = said.iter().find(|value| value["type"] == "rotation").unwrap();
    assert_eq!((&rotation["outcome"], &rotation["domain"]), (&"rotated".into(), &"measurement".into()));
    assert_eq!(rotation["shared_by"], serde_json::json!(["warehouse", "partner"]));
    for recipient in ["warehouse", "partner"] {
        assert_eq!(epochs(&desk, recipient), ["2", "1"]);
    }
}

#[test]
fn a_release_that_runs_meanwhile_is_of_one_epoch_and_says_which() {
    let desk = Desk::new();
    fs::create_dir(desk.path("out")).unwrap();
    let args = "protect - --format csv -d crm.customers -r warehouse -o out/w.csv";
    let mut command = desk.command(args);
    let mut running = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = running.stdin.take().unwrap();
    let rows = customers(60_000);
    let (before, after) = rows.split_at(rows.len() / 2);
    pipe.write_all(before.as_bytes()).unwrap();
    wait_until("rows are on their way", || !desk.names("out").is_empty());
    desk.pii("key rotate warehouse --yes").done();
    pipe.write_all(after.as_bytes()).unwrap();
    drop(pipe);
    let said = Said::new(args, running.wait_with_output().unwrap()).done();
    assert!(said.out.contains("pseudonyms of warehouse/1"), "{}", said.out);
    said.says(&["`warehouse` has gone to epoch 2 meanwhile"]);
    let (released, mut epochs) = (desk.read("out/w.csv"), Vec::new());
    epochs.extend(released.lines().skip(1).map(|line| &line[..1]));
    assert_eq!(epochs.len(), 60_000);
    assert!(epochs.iter().all(|epoch| *epoch == "1"));
    let entries = desk.pii("audit query --action disclose --json").done().json();
    assert_eq!(entries[0]["keys"], serde_json::json!(["warehouse/1"]));

    desk.pii("protect customers.csv -d crm.customers -r warehouse -o out/next.csv").done();
    assert!(desk.read("out/next.csv").lines().skip(1).all(|line| line.starts_with('2')));
    desk.log_holds();
}

#[test]
fn of_rotations_at_once_each_is_whole_or_told_to_wait() {
    let desk = Desk::new();
    let rotations: Vec<Child> = (0..6)
        .map(|_| {
            let mut command = desk.command("key rotate warehouse --yes");
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let said = rotations.into_iter().map(|child| Said::new("key rotate", child.wait_with_output().unwrap()));
    let exits: Vec<i32> = said.map(|said| said.exit).collect();
    let done = exits.iter().filter(|exit| **exit == 0).count();
    assert!(done >= 1 && exits.iter().all(|exit| [0, 11].contains(exit)), "{exits:?}");
    assert_eq!(epochs(&desk, "warehouse").len(), done + 1);
    assert_eq!(desk.pii("audit query --action key_rotate --json").done().json().len(), done);
    desk.log_holds();
}

#[test]
fn while_keys_are_changed_nobody_else_changes_them_and_everybody_reads_them() {
    let desk = Desk::new();
    let lock = File::create(desk.path(".pii/keys/lock")).unwrap();
    lock.lock().unwrap();
    desk.pii("key rotate warehouse --yes").exits(11).says(&["another process", "hint: wait"]);
    desk.pii("key rotate --root --new-key-file new.key --yes").exits(11);
    assert_eq!(epochs(&desk, "warehouse"), ["1"]);
    desk.pii(&format!("{PROTECT} w.csv")).done();
    drop(lock);
    desk.pii("key rotate warehouse --yes").done();
}

#[test]
fn what_a_rotation_cannot_do_it_says_and_changes_nothing() {
    let desk = Desk::new();
    let keys = || fs::read(desk.path(".pii/keys/domains.json")).unwrap();
    let before = keys();
    desk.pii("key rotate nobody --yes").exits(3).says(&["no recipient `nobody`", "pii policy show"]);
    let denied = desk.pii("audit query --action key_rotate --json").done().json();
    assert!(denied[0]["decision"].to_string().contains("no such recipient"), "{}", denied[0]);
    desk.pii("key rotate").exits(2);
    desk.pii("key rotate warehouse --root").exits(2);
    desk.pii("key rotate warehouse --new-key-file new.key").exits(2);
    for (epoch, says) in [("0", "count from 1"), ("-1", "'-1'"), ("x", "count from 1"), ("2", "no epoch 2: it is in")] {
        desk.pii(&format!("{PROTECT} w.csv --since-epoch {epoch}")).exits(2).says(&[says]);
    }
    assert!(!desk.path("w.csv").exists());
    assert_eq!(keys(), before);
    desk.log_holds();
}

#[test]
fn a_bridge_takes_no_other_columns_name() {
    let desk = rotated();
    let table = customers(3).replace("total\n", "email__epoch1\n");
    desk.write("odd.csv", table);
    desk.write("policies/policy.toml", POLICY.replace("total = ", "email__epoch1 = "));
    let said = desk.pii("protect odd.csv -d crm.customers -r warehouse -o odd.out.csv --since-epoch 1").exits(3);
    said.says(&["`email`", "there is a column `email__epoch1` already", "hint: "]);
    assert!(!desk.path("odd.out.csv").exists());
    desk.pii("protect odd.csv -d crm.customers -r warehouse -o odd.out.csv").done();
}

#[test]
fn keys_from_an_older_copy_make_no_pseudonyms_of_a_retired_epoch() {
    let desk = Desk::new();
    let older = fs::read(desk.path(".pii/keys/domains.json")).unwrap();
    desk.pii("key rotate warehouse --yes").done();
    desk.pii(&format!("{PROTECT} w.csv")).done();
    fs::write(desk.path(".pii/keys/domains.json"), older).unwrap();
    desk.pii(&format!("{PROTECT} again.csv")).exits(12).says(&["epoch 1", "epoch 2", "pii key rotate"]);
    // The log knows how far they had come.
    let said = desk.pii("key rotate warehouse --yes --json").done().json();
    assert_eq!((&said[1]["outcome"], &said[1]["to"]), (&"completed".into(), &"2".into()));
    desk.pii(&format!("{PROTECT} again.csv")).done();
    assert_eq!(desk.read("again.csv"), desk.read("w.csv"));
    assert_eq!(desk.pii("audit query --action key_rotate --json").done().json().len(), 1);

    fs::remove_file(desk.path(".pii/keys/domains.json")).unwrap();
    desk.pii(&format!("{PROTECT} again.csv")).exits(12).says(&["domains.json", "hint: restore"]);
}

#[test]
fn keys_on_a_disk_that_is_full_or_read_only_stay_as_they_are() {
    for (mount, says) in [
        (
            "mount -t tmpfs -o size=64k none .pii/keys; cp kept/* .pii/keys; dd if=/dev/zero of=.pii/keys/filler bs=4k 2>/dev/null || true",
            "No space left",
        ),
        ("mount --bind kept .pii/keys; mount -o remount,ro,bind .pii/keys", "Read-only file system"),
    ] {
        let desk = Desk::new();
        desk.write("new.key", fs::read(Desk::new().path(".pii-root.key")).unwrap());
        #[cfg(unix)]
        fs::set_permissions(desk.path("new.key"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        for rotation in ["warehouse", "--root --new-key-file new.key"] {
            let script = format!(
                "rm -rf kept; cp -r .pii/keys kept; {mount}
                $PII key rotate {rotation} --yes || code=$?
                rm -f .pii/keys/filler; cmp kept/master.json .pii/keys/master.json; cmp kept/domains.json .pii/keys/domains.json
                $PII key list; $PII audit query --action key_rotate; exit $code"
            );
            let said = with_mounts(&desk, &script).exits(1).says(&["cannot write `", ".pii/keys/", says]);
            assert!(said.out.contains("warehouse"), "{}", said.out);
            assert!(!said.out.contains("key_rotate"), "what failed before it began is not on record: {}", said.out);
        }
        desk.log_holds();
    }
}

#[test]
fn the_guide_works_as_it_is_written() {
    let guide = fs::read_to_string(repository("docs/guides/rotate-keys.md")).unwrap();
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    desk.pii(&format!("{PROTECT} warehouse.parquet")).done();
    fs::create_dir(desk.path("keys")).unwrap();
    let typed: Vec<_> = guide.lines().filter_map(|line| line.strip_prefix("$ pii ")).collect();
    assert!(typed.len() > 7, "{typed:?}");
    for args in typed {
        // Nobody is there to type a name, and this desk has no neighbour.
        let asks = args.starts_with("key rotate") && !args.ends_with("-n");
        let args = args.replace("../keys", "keys");
        desk.pii(&if asks { format!("{args} --yes") } else { args }).done();
    }
    desk.log_holds();
}

#[test]
fn epochs_that_are_lost_come_back_from_the_log() {
    let desk = rotated();
    desk.pii("key rotate warehouse --yes").done();
    desk.write(".pii/keys/domains.json", r#"{"v":1,"domains":{}}"#);
    let said = desk.pii("key rotate warehouse --yes").done().out;
    assert!(said.contains("`warehouse` is in epoch 3"), "{said}");
    assert_eq!(epochs(&desk, "warehouse"), ["3", "2", "1"]);
    assert_eq!(desk.pii("audit query --action key_rotate --json").done().json().len(), 2);
}

/// A desk whose warehouse has got `old.parquet`, and is in its second epoch.
pub(crate) fn rotated() -> Desk {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    desk.pii(&format!("{PROTECT} old.parquet")).done();
    desk.pii("key rotate warehouse --yes").done();
    desk
}

fn policy_with(warehouse: &str) -> String {
    POLICY.replacen("id = \"warehouse\"", warehouse, 1)
}

/// The epochs of a recipient, the current one first.
pub(crate) fn epochs(desk: &Desk, recipient: &str) -> Vec<String> {
    epochs_of(&desk.pii("key list --json").done().json(), recipient)
}

pub(crate) fn epochs_of(keys: &[Value], recipient: &str) -> Vec<String> {
    let of_them = keys.iter().filter(|key| key["recipient"] == recipient);
    let epochs: Vec<_> = of_them.clone().map(|key| key["epoch"].as_str().unwrap().to_owned()).collect();
    let retired: Vec<_> = of_them.map(|key| key["retired"].is_string()).collect();
    assert!(retired.iter().enumerate().all(|(n, retired)| *retired == (n > 0)), "all but the current one are retired");
    epochs
}

#[track_caller]
fn wait_until(what: &str, mut true_now: impl FnMut() -> bool) {
    let started = Instant::now();
    while !true_now() {
        assert!(started.elapsed() < Duration::from_secs(60), "waited a minute, and not yet: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
