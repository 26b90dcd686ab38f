//! Evidence for somebody who has neither the log, nor `pii`, nor a reason to trust us.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::desk::{Desk, Said};
use crate::python::python;

/// A desk whose log has some entries, one of them by somebody with a name full of traps.
fn desk() -> Desk {
    let desk = Desk::bare();
    desk.pii("init --controller Acme").done();
    desk.pii("audit query").done();
    let queried = desk.command("audit query").env("PII_ACTOR", NASTY).output().unwrap();
    assert!(queried.status.success());
    desk.pii("key show warehouse -o keys.txt");
    desk
}

/// Runs `verify.py` in an export, with nothing but the standard library.
fn check(folder: &Path, args: &[&str]) -> Said {
    let python = std::env::var_os("PII_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let mut command = Command::new(python);
    command.args(["-I", "-S", "-B"]).arg(folder.join("verify.py")).args(args);
    Said::new("verify.py", command.output().unwrap())
}

/// A copy, in an otherwise empty folder, that a test may spoil.
fn handed_over(folder: &Path) -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let to = home.path().join("evidence");
    assert!(Command::new("cp").arg("-r").arg(folder).arg(&to).status().unwrap().success());
    (home, to)
}

fn lines(folder: &Path, name: &str) -> Vec<String> {
    fs::read_to_string(folder.join(name)).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn evidence_is_checked_with_python_alone() {
    let desk = desk();
    let said = desk.pii("audit export -o evidence --json").done();
    let (_home, evidence) = handed_over(&desk.path("evidence"));
    let checked = check(&evidence, &[]).done();
    assert!(checked.out.starts_with("VERIFIED ") && checked.out.contains("none, so these are all"), "{}", checked.out);

    let export = &said.json()[0];
    let manifest: Value = serde_json::from_str(&fs::read_to_string(evidence.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["counts"]["matched"], export["matched"]);
    assert_eq!(manifest["counts"]["tree"], lines(&evidence, "entries.jsonl").len());
    assert_eq!(manifest["exported"]["by"], "tester");

    // A key that came on another way is believed, and another is not.
    let keys = fs::read_dir(desk.path(".pii/audit/keys")).unwrap();
    let key = keys.map(|key| key.unwrap().path()).next().unwrap();
    check(&evidence, &["--key", key.to_str().unwrap()]).done();
    check(&evidence, &["--key", "Other+00000000+AQ=="]).exits(1);
}

#[test]
fn an_export_is_on_record_with_its_digest_before_it_is_there() {
    let desk = desk();
    let export = desk.pii("audit export -o evidence --format csv --json").done().json().remove(0);
    let recorded = desk.pii("audit query --action log_export --json").done().json().remove(0);
    assert_eq!(recorded["index"], export["audit_entry"]);
    assert_eq!(recorded["content"], export["manifest"]);
    assert_eq!(recorded["rows"], export["matched"]);
    desk.log_holds();

    // Where it cannot be put, there is nothing on record, and nothing is left behind.
    desk.pii("audit export -o evidence").exits(1).says(&["is not empty"]);
    desk.pii("audit export -o .pii/audit/evidence").exits(1).says(&["lies within the log"]);
    assert_eq!(desk.pii("audit query --action log_export --json").done().json().len(), 1);
    assert!(desk.names(".").iter().all(|name| !name.starts_with(".audit-export")));
    desk.pii("audit export -o other --format doc").exits(2).says(&["jsonl, csv, xlsx, parquet"]);
    desk.log_holds();
}

#[test]
fn whatever_is_changed_is_found() {
    let desk = desk();
    (0..6).for_each(|_| drop(desk.pii("audit query").done()));
    desk.pii("audit export -o evidence --action log_query").done();
    let entries = lines(&desk.path("evidence"), "entries.jsonl");
    assert!(entries.len() >= 8);
    let tile = tile(&desk.path("evidence"));
    let joined = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();

    let mut removed = entries.clone();
    removed.remove(3);
    let mut reordered = entries.clone();
    reordered.swap(2, 3);
    let mut added = entries.clone();
    added.insert(3, entries[2].clone());
    let mut changed = entries.clone();
    changed[3] = changed[3].replace("tester", "nobody");
    for (what, lines) in [("removed", removed), ("reordered", reordered), ("added", added), ("changed", changed)] {
        let (_home, evidence) = handed_over(&desk.path("evidence"));
        fs::write(evidence.join("entries.jsonl"), joined(&lines)).unwrap();
        let said = check(&evidence, &[]).exits(1).says(&["NOT VERIFIED: "]);
        assert!(!said.err.contains("Traceback"), "a line was {what}: {}", said.err);
    }
    for (file, from, to) in [
        ("checkpoint", "Acme", "Ackme"),
        ("checkpoint", "\n1", "\n2"),
        ("manifest.json", "\"matched\": ", "\"matched\": 1"),
        ("manifest.json", "\"looked_at\": ", "\"looked_at\": 1"),
        ("manifest.json", "\"log_query\": ", "\"log_query\": 1"),
        ("manifest.json", "\"action\": \"log_query\"", "\"action\": \"read\""),
        ("manifest.json", "\"pruned_up_to\": 0", "\"pruned_up_to\": 1"),
        ("README.txt", "The entries", "Some entries"),
    ] {
        let (_home, evidence) = handed_over(&desk.path("evidence"));
        let text = fs::read_to_string(evidence.join(file)).unwrap();
        // Whichever of the two occurs: what the checkpoint says depends on the name and the size of the log.
        let spoilt = text.replacen(from, to, 1);
        if spoilt != text {
            fs::write(evidence.join(file), spoilt).unwrap();
            check(&evidence, &[]).exits(1).says(&["NOT VERIFIED: "]);
        }
    }
    for byte in [0, 40, 100] {
        let (_home, evidence) = handed_over(&desk.path("evidence"));
        let mut hashes = fs::read(evidence.join(&tile)).unwrap();
        hashes[byte] ^= 1;
        fs::write(evidence.join(&tile), hashes).unwrap();
        check(&evidence, &[]).exits(1).says(&["NOT VERIFIED: tile/"]);
    }
    for gone in [tile.as_str(), "checkpoint", "entries.jsonl", "manifest.json", "README.txt"] {
        let (_home, evidence) = handed_over(&desk.path("evidence"));
        fs::remove_file(evidence.join(gone)).unwrap();
        check(&evidence, &[]).exits(1).says(&["NOT VERIFIED: "]);
    }
}

#[test]
fn an_entry_left_out_of_all_of_them_is_found_though_the_manifest_was_changed_too() {
    let desk = desk();
    desk.pii("audit export -o evidence").done();
    let (_home, evidence) = handed_over(&desk.path("evidence"));
    let mut entries = lines(&evidence, "entries.jsonl");
    let dropped: Value = serde_json::from_str(&entries.remove(1)).unwrap();
    let text = entries.iter().map(|line| format!("{line}\n")).collect::<String>();
    fs::write(evidence.join("entries.jsonl"), text).unwrap();
    let manifest = evidence.join("manifest.json");
    let mut said: Value = serde_json::from_str(&fs::read_to_string(&manifest).unwrap()).unwrap();
    let count = |value: &Value| Value::from(value.as_u64().unwrap() - 1);
    said["counts"]["matched"] = count(&said["counts"]["matched"]);
    let action = dropped["event"]["action"].as_str().unwrap();
    said["counts"]["by_action"][action] = count(&said["counts"]["by_action"][action]);
    fs::write(&manifest, said.to_string()).unwrap();
    check(&evidence, &[]).exits(1).says(&["1 entries are missing"]);
}

#[test]
fn nothing_found_is_evidence_too() {
    let desk = desk();
    let said = desk.pii("audit export -o none --action erase --format csv").done();
    assert!(said.out.contains("`none`: 0 of "), "{}", said.out);
    assert_eq!(lines(&desk.path("none"), "entries.jsonl").len(), 0);
    let (_home, evidence) = handed_over(&desk.path("none"));
    let checked = check(&evidence, &[]).done();
    assert!(
        checked.out.contains(": 0 of ") && checked.out.contains(r#"filter: {"action": "erase"}"#),
        "{}",
        checked.out
    );
}

#[test]
fn others_read_every_view_and_no_name_is_a_formula() {
    let desk = desk();
    for format in ["csv", "xlsx", "parquet", "ocsf", "cef", "syslog", "html"] {
        let folder = format!("as-{format}");
        desk.pii(&format!("audit export -o {folder} --format {format}")).done();
        check(&desk.path(&folder), &[]).done();
        let evidence = lines(&desk.path(&folder), "entries.jsonl");
        let read = python("views.py", &[desk.path(&folder)]);
        let read: Vec<Value> = read.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read.len(), evidence.len(), "{format}");
        let mut nasty = 0;
        for (read, stored) in read.iter().zip(&evidence) {
            let stored: Value = serde_json::from_str(stored).unwrap();
            assert_eq!(read[0], stored["seq"], "{format}");
            assert_eq!(read[1], stored["event"]["action"], "{format}");
            let actor = stored["event"]["actor"]["id"].as_str().unwrap();
            nasty += usize::from(actor == NASTY);
            let expected = match format {
                "csv" | "xlsx" if actor == NASTY => format!("'{NASTY}"),
                "syslog" => actor.replace('\n', "#012"),
                _ => actor.to_owned(),
            };
            assert_eq!(read[2], expected, "{format}");
            assert!(read[3].is_null() || read[3] == stored["time"], "{format}: {}", read[3]);
        }
        assert_eq!(nasty, 1, "{format}");
    }
}

#[test]
fn an_entry_is_proved_to_somebody_without_the_log() {
    let desk = desk();
    let proof = desk.pii("audit prove 1").done().out;
    assert!(proof.starts_with("c2sp.org/tlog-proof@v1\nindex 1\n"), "{proof}");
    desk.pii("audit prove 1 -o one.tlog-proof").done();
    assert!(desk.read("one.tlog-proof").starts_with("c2sp.org/tlog-proof@v1\nindex 1\n"));
    desk.pii("audit prove 999").exits(3).says(&["entry 999 is not in a tree of", "pii audit query"]);
    let asked = desk.pii("audit query --action log_query --json").done().json();
    assert!(asked.len() >= 5, "each proof is on record, the refused one too");
    desk.log_holds();
}

/// A tile of an export that is not empty.
fn tile(folder: &Path) -> String {
    let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let partial = fs::read_dir(folder.join("tile/0/000.p")).unwrap().next().unwrap().unwrap();
    format!("tile/0/000.p/{}", name(partial.path()))
}

const NASTY: &str = "=1+1|\"';,]\\ <b>&\n=cmd";
