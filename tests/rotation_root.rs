//! A company changes its root key: for another file, for a command's, into a key service and out of it.

use std::fs;

use crate::desk::{Desk, Said};
use crate::moto::{Moto, free};
use crate::rotation::{PROTECT, epochs_of, rotated};

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
