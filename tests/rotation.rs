//! A company changes its keys: a recipient's, so that what it had and what it gets cannot be joined; and the root key.

use std::fs::{self, File};
use std::io::Write;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::desk::{Desk, POLICY, Said, customers, repository};
use crate::disk::with_mounts;
use crate::moto::{Moto, free};
use crate::python::python;

const PROTECT: &str = "protect customers.csv -d crm.customers -r warehouse -o";

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
    let bridge = catalog.iter().find(|value| value["destination"] == "bridge.parquet").unwrap();
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
        assert_eq!(person(&format!("pseudonym={}", row[at])), "C0000000", "{column}: {}", row[at]);
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
    let keys = || fs::read(desk.path(".pii/keys/epochs.json")).unwrap();
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
    let older = fs::read(desk.path(".pii/keys/epochs.json")).unwrap();
    desk.pii("key rotate warehouse --yes").done();
    desk.pii(&format!("{PROTECT} w.csv")).done();
    fs::write(desk.path(".pii/keys/epochs.json"), older).unwrap();
    desk.pii(&format!("{PROTECT} again.csv")).exits(12).says(&["epoch 1", "epoch 2", "pii key rotate"]);
    // The log knows how far they had come.
    let said = desk.pii("key rotate warehouse --yes --json").done().json();
    assert_eq!((&said[1]["outcome"], &said[1]["to"]), (&"completed".into(), &"2".into()));
    desk.pii(&format!("{PROTECT} again.csv")).done();
    assert_eq!(desk.read("again.csv"), desk.read("w.csv"));
    assert_eq!(desk.pii("audit query --action key_rotate --json").done().json().len(), 1);

    fs::remove_file(desk.path(".pii/keys/epochs.json")).unwrap();
    desk.pii(&format!("{PROTECT} again.csv")).exits(12).says(&["epochs.json", "hint: restore"]);
}

#[test]
fn another_root_key_opens_everything_and_the_old_one_nothing() {
    let desk = rotated();
    desk.pii(&format!("{PROTECT} before.csv --since-epoch 1")).done();
    let old = desk.pii("key list --json").done().json()[0]["id"].as_str().unwrap().to_owned();
    let plan = desk.pii("key rotate --root --new-key-file apart/root.key -n").exits(1);
    plan.says(&["`apart`"]);
    fs::create_dir(desk.path("apart")).unwrap();
    let plan = desk.pii("key rotate --root --new-key-file apart/root.key -n").done().out;
    assert!(
        plan.contains(&old) && plan.contains("no data is touched") && plan.contains("has every key still"),
        "{plan}"
    );
    assert!(!desk.path("apart/root.key").exists(), "a plan makes nothing");
    desk.pii("key rotate --root --new-key-file apart/root.key").exits(4);
    assert!(!desk.path("apart/root.key").exists());

    let said = desk.pii("key rotate --root --new-key-file apart/root.key --yes --json").done();
    for key in [".pii-root.key", "apart/root.key"].map(|key| desk.read(key)) {
        assert!(!said.out.contains(key.trim()) && !said.err.contains(key.trim()), "a key was shown");
    }
    let said = said.json();
    assert_eq!((&said[0]["outcome"], &said[0]["from"]), (&"rotated".into(), &old.clone().into()));
    let new = said[0]["to"].as_str().unwrap();
    let settings = desk.read("pii.toml");
    assert!(settings.contains("file = \"apart/root.key\"") && settings.contains("# A workspace"), "{settings}");
    assert_eq!(desk.pii("key list --json").done().json()[0]["id"], new);
    // Every old file is joined with what is made now: nothing but the wrapping changed.
    desk.pii(&format!("{PROTECT} after.csv --since-epoch 1")).done();
    assert_eq!(desk.read("after.csv"), desk.read("before.csv"));
    desk.tell("vault read --subject - --purpose support", "customer_id=C0000001\n").done();
    let mut command = desk.command("vault status");
    command.env("PII_KEY_FILE", desk.path(".pii-root.key"));
    Said::new("vault status", command.output().unwrap()).exits(12).says(&[new, &old]);

    let entries = desk.pii("audit query --action key_rotate --json").done().json();
    assert_eq!(entries[1]["keys"], serde_json::json!([old, new]));
    // Once more is once.
    let again = desk.pii("key rotate --root --new-key-file apart/root.key --yes").done().out;
    assert!(again.contains("wraps the keys already"), "{again}");
    assert_eq!(desk.pii("audit query --action key_rotate --json").done().json().len(), 2);
    desk.log_holds();
}

#[cfg(unix)]
#[test]
fn a_new_root_key_is_its_owners_alone_and_apart_from_what_it_locks() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    desk.pii("key rotate --root --new-key-file .pii/keys/root.key --yes").exits(2).says(&["apart from `.pii`"]);
    desk.pii("key rotate --root --new-key-file new.key --yes").done();
    assert_eq!(fs::metadata(desk.path("new.key")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(desk.path(".pii/keys/master.json")).unwrap().permissions().mode() & 0o777, 0o600);
    fs::copy(desk.path(".pii-root.key"), desk.path("others.key")).unwrap();
    fs::set_permissions(desk.path("others.key"), fs::Permissions::from_mode(0o644)).unwrap();
    desk.pii("key rotate --root --new-key-file others.key --yes").exits(12).says(&["hint: chmod 600"]);
    desk.write("no.key", "hello");
    fs::set_permissions(desk.path("no.key"), fs::Permissions::from_mode(0o600)).unwrap();
    desk.pii("key rotate --root --new-key-file no.key --yes").exits(12).says(&["32 bytes"]);
    desk.pii("vault status").done();
}

#[test]
fn a_root_key_moves_from_the_environment_to_where_the_settings_say() {
    let desk = Desk::new();
    // The operator writes down where the new key is, and lets the environment name the old one once more.
    fs::rename(desk.path(".pii-root.key"), desk.path("old.key")).unwrap();
    let with_old = |args: &str| {
        let mut command = desk.command(args);
        command.env("PII_KEY_FILE", desk.path("old.key"));
        Said::new(args, command.output().unwrap())
    };
    desk.pii("key rotate --root --yes").exits(2).says(&["--new-key-file"]);
    let other = Desk::new();
    fs::copy(other.path(".pii-root.key"), desk.path(".pii-root.key")).unwrap();
    let said = with_old("key rotate --root --yes").done();
    said.says(&["unset PII_KEY_FILE"]);
    desk.pii("vault status").done();
    with_old("vault status").exits(12);

    // A command gives it as well as a file.
    desk.write("give.sh", "cat old.key\n");
    let mut command = desk.command("key rotate --root --yes");
    command.args(["--new-key-command", "sh give.sh"]);
    Said::new("key rotate --root", command.output().unwrap()).done();
    assert!(desk.read("pii.toml").contains("command = \"sh give.sh\""));
    desk.pii("vault status").done();
}

#[test]
fn a_root_key_moves_into_a_key_service_from_one_key_there_to_another_and_back() {
    let (desk, moto) = (rotated(), Moto::start());
    let keys = [moto.make_key(), moto.make_key()];
    let master = || fs::read(desk.path(".pii/keys/master.json")).unwrap();
    let pii = |args: &str| {
        let mut command = desk.command(args);
        command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "not-a-secret");
        Said::new(args, command.output().unwrap())
    };
    let mut before = ".pii-root.key".to_owned();
    for key in &keys {
        let (region, endpoint) = ("eu-central-1", moto.url());
        let kms = format!("[key]\nkms = {{ key = '{key}', region = '{region}', endpoint = '{endpoint}' }}\n");
        desk.write("new.toml", kms);
        let plan = pii("key rotate --root --new-settings new.toml -n").done().out;
        assert!(plan.contains(key), "{plan}");
        let said = pii("key rotate --root --new-settings new.toml --yes --json").done().json();
        assert_eq!((&said[0]["outcome"], &said[0]["to"]), (&"rotated".into(), &format!("aws-kms:{key}").into()));
        let settings = desk.read("pii.toml");
        assert!(
            settings.contains(key) && !settings.contains(&before) && settings.contains("# A workspace"),
            "{settings}"
        );
        assert_eq!(epochs_of(&pii("key list --json").done().json(), "warehouse"), ["2", "1"]);
        pii("key rotate --root --new-settings new.toml --yes").done();
        before = key.clone();
    }
    // The same key wraps again, when its service has made a newer version of it.
    let (once, entries) = (master(), || pii("audit query --action key_rotate --json").done().json().len());
    let recorded = entries();
    let said = pii("key rotate --root --yes --json").done().json();
    assert_eq!((&said[0]["outcome"], &said[0]["from"]), (&"rotated".into(), &said[0]["to"]));
    assert_ne!(master(), once);
    assert_eq!(entries(), recorded + 1);

    pii("key rotate --root --new-key-file back.key --yes").done();
    desk.pii(&format!("{PROTECT} after.parquet --since-epoch 1")).done();
    desk.log_holds();
}

#[test]
fn a_key_service_that_is_not_there_changes_nothing() {
    let desk = Desk::new();
    let before = fs::read(desk.path(".pii/keys/master.json")).unwrap();
    let kms = format!("kms = {{ key = 'arn:aws:kms:eu-central-1:1:key/2', endpoint = 'http://{}' }}", free());
    desk.write("new.toml", format!("[key]\n{kms}\n"));
    let args = "key rotate --root --new-settings new.toml --yes";
    let mut command = desk.command(args);
    command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "not-a-secret");
    Said::new(args, command.output().unwrap()).exits(12).says(&["cannot reach AWS KMS"]);
    assert_eq!(fs::read(desk.path(".pii/keys/master.json")).unwrap(), before);
    assert!(desk.pii("audit query --action key_rotate --json").done().json().is_empty());
    desk.pii("key list").done();
}

#[test]
fn who_has_not_the_root_key_cannot_replace_it() {
    let (desk, other) = (Desk::new(), Desk::new());
    let before = fs::read(desk.path(".pii/keys/master.json")).unwrap();
    let mut command = desk.command("key rotate --root --new-key-file new.key --yes");
    command.env("PII_KEY_FILE", other.path(".pii-root.key"));
    Said::new("key rotate --root", command.output().unwrap()).exits(12).says(&["wrong root key"]);
    assert_eq!(fs::read(desk.path(".pii/keys/master.json")).unwrap(), before);
    assert!(!desk.path("new.key").exists());
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
                rm -f .pii/keys/filler; cmp kept/master.json .pii/keys/master.json; cmp kept/epochs.json .pii/keys/epochs.json
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
    desk.write(".pii/keys/epochs.json", r#"{"v":1,"domains":{}}"#);
    let said = desk.pii("key rotate warehouse --yes").done().out;
    assert!(said.contains("`warehouse` is in epoch 3"), "{said}");
    assert_eq!(epochs(&desk, "warehouse"), ["3", "2", "1"]);
    assert_eq!(desk.pii("audit query --action key_rotate --json").done().json().len(), 2);
}

/// A desk whose warehouse has got `old.parquet`, and is in its second epoch.
fn rotated() -> Desk {
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
fn epochs(desk: &Desk, recipient: &str) -> Vec<String> {
    epochs_of(&desk.pii("key list --json").done().json(), recipient)
}

fn epochs_of(keys: &[Value], recipient: &str) -> Vec<String> {
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
