//! The root key is where a company keeps its keys, and never comes out: AWS KMS, played by moto.

use std::process::Command;

use serde_json::Value;

use crate::desk::{Desk, POLICY, Said, customers};
use crate::moto::{Moto, free};

#[test]
fn a_workspace_lives_under_a_key_of_kms() {
    let (desk, moto) = (Desk::bare(), Moto::start());
    let arn = moto.make_key();
    settings(&desk, &arn, &moto.url());
    let made = pii(&desk, "init --controller Acme --settings base.toml").done();
    assert!(made.out.contains(&format!("root key  aws-kms:{arn} as given")), "{}", made.out);
    assert!(!desk.path(".pii-root.key").exists(), "no key lies here");
    made.says(&["nobody can delete it unseen"]);

    desk.write("policies/policy.toml", POLICY);
    desk.write("customers.csv", customers(40));
    pii(&desk, "tag customers.csv -d crm.customers").done();
    pii(&desk, "protect customers.csv -d crm.customers -r warehouse -o out.csv").done();
    assert!(pii(&desk, "audit verify").done().out.starts_with("VERIFIED\n"));
    let listed = pii(&desk, "key list --json").done().json();
    assert_eq!(listed[0]["id"], format!("aws-kms:{arn}"));
    let master: Value = serde_json::from_str(&desk.read(".pii/keys/master.json")).unwrap();
    assert!(master["data_key"].is_string() && master["root"] == format!("aws-kms:{arn}"), "{master}");

    // Another key, another account, nobody: each is told, and told what is needed.
    let tag = "tag customers.csv -d crm.customers";
    let other = moto.make_key();
    name(&desk, &arn, &other);
    pii(&desk, tag).exits(12).says(&["wrong root key", &arn, &other, "hint: `pii.toml` is to name"]);
    name(&desk, &other, &arn);
    desk.pii(tag).exits(12).says(&["no credentials for AWS KMS", "hint: set AWS_ACCESS_KEY_ID"]);
    desk.pii("init there --controller Acme").done();
    let own = desk.path("there/.pii-root.key");
    let mut command = command(&desk, tag);
    Said::new(tag, command.env("PII_KEY_FILE", own).output().unwrap()).exits(12).says(&["wrong root key", &arn]);
    pii(&desk, tag).done();
}

#[test]
fn a_kms_that_is_not_there_says_so_and_nothing_is_made() {
    let desk = Desk::bare();
    let address = free();
    settings(&desk, "arn:aws:kms:eu-central-1:111122223333:key/1234", &format!("http://{address}"));
    let init = "init --controller Acme --settings base.toml";
    pii(&desk, init).exits(12).says(&["cannot reach AWS KMS", &address.to_string(), "refuses the connection"]);
    assert!(!desk.path("pii.toml").exists());
    let error = pii(&desk, &format!("{init} --json")).exits(12).err;
    assert_eq!(serde_json::from_str::<Value>(&error).unwrap()["code"], "keyring.unreachable");
}

#[test]
fn settings_that_name_two_keys_or_a_secret_are_refused() {
    let desk = Desk::bare();
    desk.write("base.toml", "[key]\nfile = 'a'\ncommand = 'cat a'\n");
    desk.pii("init --controller Acme --settings base.toml").exits(1).says(&["`file` and `command`", "one root key"]);
    desk.write("base.toml", "[key]\ntransit = { address = 'https://vault.example:8200', key = 'pii' }\n");
    desk.pii("init --controller Acme --settings base.toml").exits(12).says(&["HashiCorp Vault", "VAULT_TOKEN"]);
}

/// To `0.0.0.0` a connection leads to this machine; nothing says so in its address, so it counts as far.
#[test]
fn plain_text_to_elsewhere_needs_to_be_said_and_is_on_record() {
    let (desk, moto) = (Desk::bare(), Moto::start());
    let far = format!("0.0.0.0:{}", moto.address.port());
    settings(&desk, &moto.make_key(), &format!("http://{far}"));
    let init = "init --controller Acme --settings base.toml";
    pii(&desk, init).exits(12).says(&[&far, "read and changed on its way", "hint: use https", "--insecure-plaintext"]);
    pii(&desk, &format!("{init} --insecure-plaintext")).done();
    pii(&desk, "policy check").done();
    pii(&desk, "key list").exits(12);
    pii(&desk, "key list --insecure-plaintext").done();

    let query = "audit query --action plain_connection --insecure-plaintext";
    let entries = pii(&desk, &format!("{query} --json")).done().json();
    assert_eq!(entries.len(), 3, "one each of `init`, `key list` and this");
    assert!(entries.iter().all(|entry| entry["peer"] == far.as_str() && entry["decision"] == "allowed"));
    let told = pii(&desk, query).done().out;
    assert!(told.contains("plain_connection") && told.contains(&format!("with {far}")), "{told}");
    assert!(!desk.read("pii.toml").contains("insecure"), "nothing remembers it: it is said each time");
}

/// An anchor in plain text, too, is on record before it leaves.
#[test]
fn an_anchor_in_plain_text_is_on_record() {
    let (desk, moto) = (Desk::new(), Moto::start());
    moto.ask("PUT /acme-anchors HTTP/1.0", "");
    let far = format!("http://0.0.0.0:{}", moto.address.port());
    let run = |args: &str| Said::new(args, command(&desk, args).env("AWS_ENDPOINT_URL", &far).output().unwrap());
    let anchor = "audit anchor --to s3://acme-anchors/newest";
    run(anchor).exits(1).says(&["hint: use https"]);
    run(&format!("{anchor} --insecure-plaintext")).done();
    let verify = "audit verify --anchor s3://acme-anchors/newest";
    run(verify).exits(1).says(&["hint: use https"]);
    run(&format!("{verify} --insecure-plaintext")).done();
    let entries = desk.pii("audit query --action plain_connection --json").done().json();
    assert_eq!(entries.len(), 2);
    desk.log_holds();
    // Where nothing can be put on record, nothing goes in plain text.
    std::fs::rename(desk.path("pii.toml"), desk.path("gone.toml")).unwrap();
    run("audit verify .pii/audit --anchor s3://acme-anchors/newest --insecure-plaintext").exits(10);
}

fn settings(desk: &Desk, key: &str, endpoint: &str) {
    let kms = format!("kms = {{ key = '{key}', region = 'eu-central-1', endpoint = '{endpoint}' }}");
    desk.write("base.toml", format!("[key]\n{kms}\n"));
}

/// Another key in `pii.toml`.
fn name(desk: &Desk, from: &str, to: &str) {
    desk.write("pii.toml", desk.read("pii.toml").replace(from, to));
}

fn command(desk: &Desk, args: &str) -> Command {
    let mut command = desk.command(args);
    command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "not-a-secret");
    command
}

fn pii(desk: &Desk, args: &str) -> Said {
    Said::new(args, command(desk, args).output().unwrap())
}
