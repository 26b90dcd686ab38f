//! Somebody else keeps a checkpoint, and so a log cannot be cut, rolled back or written anew unseen.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::desk::{Desk, Said};
use crate::moto::{Moto, free};

const LOG: &str = ".pii/audit";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.pii("tag customers.csv -d crm.customers").done();
    desk
}

#[test]
fn a_file_keeps_every_anchor_and_the_log_goes_on_from_each() {
    let desk = desk();
    for n in 1..=3 {
        desk.pii("audit anchor --to anchors").done();
        assert_eq!(desk.read("anchors").matches("\u{2014} ").count(), n);
        desk.pii("audit query --dataset crm.customers").done();
    }
    let said = desk.pii("audit verify --anchor anchors").done();
    assert!(said.out.starts_with("VERIFIED\n"), "{}", said.out);
    assert!(said.out.contains("it goes on from 3 checkpoints kept elsewhere"), "{}", said.out);
    assert!(!said.out.contains("not checked"), "the root key and an anchor were at hand: {}", said.out);
    assert_eq!(desk.pii("audit query --action log_anchor --json").done().json().len(), 3);
}

#[test]
fn a_log_that_was_rolled_back_is_found_by_its_anchor_and_writes_over_none() {
    let desk = desk();
    copy_all(&desk.path(LOG), &desk.path("older"));
    desk.pii("protect customers.csv -d crm.customers -r warehouse -o out.csv").done();
    desk.pii("audit anchor --to anchors").done();
    let anchors = desk.read("anchors");

    fs::remove_dir_all(desk.path(LOG)).unwrap();
    copy_all(&desk.path("older"), &desk.path(LOG));
    desk.log_holds();
    let said = desk.pii("audit verify --anchor anchors").exits(3);
    assert!(said.out.starts_with("ROLLED_BACK(anchor "), "{}", said.out);
    assert!(said.out.contains("  next: keep this folder and the anchor"), "{}", said.out);

    desk.pii("audit anchor --to anchors").exits(3).says(&["rolled back", "hint: keep the anchor"]);
    // The log grows beyond the anchor again, with other entries.
    for _ in 0..8 {
        desk.pii("audit query --dataset crm.customers").done();
    }
    desk.pii("audit anchor --to anchors").exits(3).says(&["does not go on from the"]);
    assert_eq!(desk.read("anchors"), anchors, "the evidence is still there");
    assert!(desk.pii("audit verify --anchor anchors").exits(3).out.starts_with("TAMPERED("));
    let denied = desk.pii("audit query --action log_anchor --json").done().json();
    assert!(denied.iter().all(|entry| entry["decision"]["denied"].is_string()), "refusals are on record");
}

#[test]
fn an_anchor_goes_through_a_pipe() {
    let desk = desk();
    let note = desk.pii("audit anchor --to -").done().out;
    assert_eq!(note, fs::read_to_string(desk.path(LOG).join("checkpoint")).unwrap());
    assert!(desk.tell("audit verify --anchor -", &note).done().out.starts_with("VERIFIED\n"));
    let mailed = note.replace('\n', "\r\n");
    assert!(desk.tell("audit verify --anchor -", &mailed).done().out.starts_with("VERIFIED\n"));
    let line = desk.pii("audit anchor --to - --json").done().json().remove(0);
    assert_eq!((line["type"].as_str(), line["to"].as_str()), (Some("anchor"), Some("-")));
    let note = line["note"].as_str().unwrap();
    assert!(desk.tell("audit verify --anchor -", note).done().out.starts_with("VERIFIED\n"));
}

#[test]
fn an_auditor_brings_a_key_and_an_anchor_and_nothing_stays_unchecked() {
    let desk = desk();
    desk.pii("audit anchor --to anchors").done();
    let key = fs::read_dir(desk.path(LOG).join("keys")).unwrap().next().unwrap().unwrap().path();
    fs::copy(&key, desk.path("log.vkey")).unwrap();
    copy_all(&desk.path(LOG), &desk.path("copy"));
    for key in ["log.vkey".to_owned(), desk.read("log.vkey").trim().to_owned()] {
        let said = desk.pii(&format!("audit verify copy --key {key} --anchor anchors")).done();
        assert!(said.out.starts_with("VERIFIED\n") && !said.out.contains("not checked"), "{}", said.out);
    }
    // Another log of the same name: everything in it agrees, and it is not the one the key was given for.
    let other = self::desk();
    copy_all(&other.path(LOG), &desk.path("replaced"));
    assert!(desk.pii("audit verify replaced").done().out.starts_with("VERIFIED\n"));
    let said = desk.pii("audit verify replaced --key log.vkey").exits(3);
    assert!(said.out.starts_with("UNVERIFIABLE(a signature by a trusted key)"), "{}", said.out);
    desk.pii("audit verify copy --key anchors").exits(1).says(&["`anchors`: not a verifier key", "hint: "]);
}

#[test]
fn what_is_no_anchor_of_this_log_is_not_called_tampering() {
    let desk = desk();
    let note = desk.pii("audit anchor --to -").done().out;
    let stranger = Desk::bare();
    stranger.pii("init --controller Other").done();
    stranger.pii("audit anchor --to anchors").done();
    desk.write("other", stranger.read("anchors"));
    let says = desk.pii("audit verify --anchor other").exits(3).out;
    assert!(says.starts_with("UNVERIFIABLE(an anchor of `acme/pii-audit`: ") && says.contains("`other/"), "{says}");
    desk.pii("audit anchor --to other").exits(3).says(&["not an anchor of `acme/pii-audit`", "hint: "]);

    let (text, _) = note.split_once("\n\n").unwrap();
    desk.write("unsigned", format!("{text}\n"));
    for command in ["audit verify --anchor unsigned", "audit anchor --to unsigned"] {
        desk.pii(command).exits(1).says(&["`unsigned`", "a checkpoint has no signature"]);
    }
    desk.write("changed", note.replacen("acme/pii-audit\n", "acme/pii-audit\n9", 1));
    let says = desk.pii("audit verify --anchor changed").exits(3).out;
    assert!(says.contains("was changed after it was signed"), "{says}");
    desk.pii("audit verify --anchor not-here").exits(1).says(&["`not-here`"]);
    let before = desk.pii("audit query --action log_anchor --json").done().out;
    desk.pii("audit anchor --to no/folder").exits(1).says(&["`no/folder`"]);
    assert_eq!(desk.pii("audit query --action log_anchor --json").done().out, before, "none was given away");
}

#[test]
fn a_log_that_is_idle_says_so_and_one_that_stopped_is_found_by_its_age() {
    let desk = desk();
    desk.pii("audit verify --max-age 1h").done();
    let young = desk.pii("audit checkpoint --max-age 1h").done().says(&["nothing is new"]);
    assert_eq!(young.out, desk.read(".pii/audit/checkpoint"));

    std::thread::sleep(Duration::from_millis(1100));
    let said = desk.pii("audit verify --max-age 1s").exits(3);
    assert!(said.out.starts_with("UNVERIFIABLE(an entry sealed since "), "{}", said.out);
    let beat = desk.pii("audit checkpoint --max-age 1s --json").done().json().remove(0);
    assert_eq!((beat["heartbeat"].as_bool(), beat["new"].as_bool()), (Some(true), Some(true)), "{beat}");
    desk.pii("audit verify --max-age 1m").done();
    assert_eq!(desk.pii("audit query --action log_heartbeat --json").done().json().len(), 1);
    desk.log_holds();
}

#[test]
fn a_bucket_keeps_anchors() {
    let (desk, store) = (desk(), Store::start());
    store.make("acme-anchors");
    let pii = |args: &str| store.pii(&desk, args);

    // Under a folder, each is an object of its own.
    let mut kept = Vec::new();
    for _ in 0..2 {
        let line = pii("audit anchor --to s3://acme-anchors/prod/ --json").done().json().remove(0);
        let (object, size) = (line["to"].as_str().unwrap().to_owned(), line["size"].as_u64().unwrap());
        assert_eq!(object, format!("s3://acme-anchors/prod/acme_pii-audit/{size:012}.checkpoint"));
        kept.push(object);
    }
    let verify = format!("audit verify --anchor {} --anchor {}", kept[0], kept[1]);
    assert!(pii(&verify).done().out.starts_with("VERIFIED\n"));

    // Without one, the object is replaced, if the log goes on from it.
    pii("audit anchor --to s3://acme-anchors/newest").done();
    copy_all(&desk.path(LOG), &desk.path("older"));
    pii("audit anchor --to s3://acme-anchors/prod/").done();
    pii("audit anchor --to s3://acme-anchors/newest").done();

    // A log that was rolled back finds the next object taken, and may not replace the one.
    fs::remove_dir_all(desk.path(LOG)).unwrap();
    copy_all(&desk.path("older"), &desk.path(LOG));
    pii("audit anchor --to s3://acme-anchors/prod/").exits(3).says(&["does not go on from"]);
    let said = pii("audit verify --anchor s3://acme-anchors/newest").exits(3);
    assert!(said.out.starts_with("ROLLED_BACK("), "{}", said.out);
    pii("audit anchor --to s3://acme-anchors/newest").exits(3).says(&["rolled back"]);

    pii("audit verify --anchor s3://acme-anchors/nothing").exits(1).says(&["no object `s3://acme-anchors/nothing`"]);
    for command in ["audit verify --anchor s3://nobodys-bucket/a", "audit anchor --to s3://nobodys-bucket/a/"] {
        pii(command).exits(1).says(&["there is no bucket `nobodys-bucket`", "hint: "]);
    }
}

#[test]
fn a_store_that_cannot_be_reached_or_trusted_is_said_to_be() {
    let desk = desk();
    let before = desk.pii("audit query --action log_anchor --json").done().out;
    let at = |endpoint: &str, args: &str| Said::new(args, keyed(&desk, args, endpoint).output().unwrap());
    let to = "audit anchor --to s3://acme-anchors/newest";
    at(&format!("http://{}", free()), to).exits(1).says(&["cannot reach `s3://acme-anchors/newest`", "hint: "]);
    at("http://s3.example", to).exits(1).says(&["`s3.example`", "use https", "--insecure-plaintext"]);
    at("http://127.0.0.1.example:9000", to).exits(1).says(&["use https"]);
    let said = at("https://anna:secret@s3.example", to).exits(1);
    assert!(!said.err.contains("secret"), "{}", said.err);
    desk.pii(to).exits(1).says(&["no access key", "AWS_ACCESS_KEY_ID"]);
    assert_eq!(desk.pii("audit query --action log_anchor --json").done().out, before, "nothing left the house");
}

/// A store that speaks as S3 does, for as long as a test lasts.
struct Store(Moto);

impl Store {
    fn start() -> Self {
        Self(Moto::start())
    }

    fn make(&self, bucket: &str) {
        self.0.ask(&format!("PUT /{bucket} HTTP/1.0"), "");
    }

    fn pii(&self, desk: &Desk, args: &str) -> Said {
        Said::new(args, keyed(desk, args, &self.0.url()).output().unwrap())
    }
}

/// `pii`, with an access key for the store at `endpoint`.
fn keyed(desk: &Desk, args: &str, endpoint: &str) -> Command {
    let mut command = desk.command(args);
    command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "not-a-secret");
    command.env("AWS_ENDPOINT_URL", endpoint);
    command
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
