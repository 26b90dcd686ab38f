//! Scans of passports, a database dump, a folder in a tar: what is no table rests sealed, and is opened for a purpose.

use std::fs;

use crate::desk::{Desk, Said};

/// A desk with a file of a few segments, sealed.
fn desk() -> (Desk, Vec<u8>) {
    let desk = Desk::new();
    let dump: Vec<u8> = b"agatha.winterbourne0@mail.example\n".repeat(2_000);
    desk.write("dump.sql", &dump);
    (desk, dump)
}

fn put(desk: &Desk) -> Said {
    desk.pii("vault put dump.sql --dataset crm.customers").done()
}

#[test]
fn a_file_goes_in_and_comes_out_for_a_purpose() {
    let (desk, dump) = desk();
    let said = put(&desk).says(&["`dump.sql` is still there in clear"]);
    assert!(said.out.starts_with("`dump.sql.sealed`: "), "{}", said.out);
    let sealed = fs::read(desk.path("dump.sql.sealed")).unwrap();
    assert!(!contains(&sealed, b"agatha") && contains(&sealed, b"crm.customers"));

    desk.pii("vault read dump.sql.sealed -o back.sql --purpose support --ticket T-7").done();
    assert_eq!(fs::read(desk.path("back.sql")).unwrap(), dump);
    let said = desk.pii("vault read dump.sql.sealed --purpose support").done();
    assert_eq!(said.out.as_bytes(), dump);

    let entries = desk.pii("audit query --dataset crm.customers --json").done().json();
    let of = |action: &str| entries.iter().filter(|e| e["action"] == action).collect::<Vec<_>>();
    let (deposits, reads) = (of("vault_deposit"), of("vault_read"));
    assert_eq!((deposits.len(), reads.len()), (1, 2));
    assert_eq!(reads[0]["ticket"], "T-7");
    assert_eq!(reads[0]["purpose"], "support");
    assert_eq!(deposits[0]["content"], reads[0]["content"], "the entries are about one file");
    desk.log_holds();
}

#[test]
fn a_file_goes_through_pipes() {
    let (desk, dump) = desk();
    let text = String::from_utf8(dump).unwrap();
    desk.tell("vault put - --dataset crm.customers -o piped.sealed", &text).done();
    assert_eq!(desk.pii("vault read piped.sealed --purpose support").done().out, text);
    let cat = |sealed: &str| {
        let mut command = desk.command("vault read - --purpose support");
        Said::new("vault read -", command.stdin(fs::File::open(desk.path(sealed)).unwrap()).output().unwrap())
    };
    assert_eq!(cat("piped.sealed").done().out, text);
}

#[test]
fn what_is_refused_is_on_record_and_leaves_nothing() {
    let (desk, _) = desk();
    put(&desk);
    desk.pii("vault put dump.sql --dataset crm.nobody -o x").exits(3).says(&["crm.nobody"]);
    desk.pii("vault read dump.sql.sealed --purpose fun -o x").exits(3).says(&["no purpose `fun`", "hint: "]);
    let policy = desk.read("policies/policy.toml");
    desk.write(
        "policies/policy.toml",
        policy.replace("purposes = [\"analytics\", \"support\"]", "purposes = [\"analytics\"]"),
    );
    let said = desk.pii("vault read dump.sql.sealed --purpose support -o x").exits(3);
    said.says(&["`crm.customers` may not be used for `support`"]);
    desk.write("policies/policy.toml", policy);
    desk.pii("vault put dump.sql --dataset crm.customers -o dump.sql").exits(1).says(&["is an input too"]);
    desk.pii("vault read dump.sql.sealed --purpose support -o dump.sql.sealed").exits(1).says(&["is an input too"]);
    desk.pii("vault read dump.sql --purpose support -o x").exits(1).says(&["`dump.sql`: it is not a sealed file"]);
    assert!(!desk.path("x").exists());
    let denied = desk.pii("audit query --json").done().json();
    assert_eq!(denied.iter().filter(|e| e["decision"]["denied"].is_string()).count(), 3);
    assert!(desk.names(".").iter().all(|name| !name.ends_with(".tmp")));
}

#[test]
fn a_damaged_file_is_named_and_gives_no_output() {
    let (desk, _) = desk();
    put(&desk);
    let sealed = fs::read(desk.path("dump.sql.sealed")).unwrap();
    let mut bent = sealed.clone();
    bent[40_000] ^= 1;
    desk.write("bent.sealed", bent);
    desk.write("cut.sealed", &sealed[..60_000]);
    for (file, word) in [("bent.sealed", "segment 2 was altered"), ("cut.sealed", "its last segment, 3, does not open")]
    {
        desk.pii(&format!("vault read {file} --purpose support -o x")).exits(1).says(&[file, word]);
        assert!(!desk.path("x").exists());
    }
    assert!(desk.names(".").iter().all(|name| !name.ends_with(".tmp")));
}

#[test]
fn the_key_of_another_workspace_is_told_by_its_id() {
    let (desk, _) = desk();
    put(&desk);
    let other = Desk::new();
    fs::copy(desk.path("dump.sql.sealed"), other.path("theirs.sealed")).unwrap();
    let said = other.pii("vault read theirs.sealed --purpose support").exits(12);
    said.says(&["`theirs.sealed`: it is sealed with key `", "another workspace", "--workspace DIR"]);
    fs::remove_file(desk.path(".pii-root.key")).unwrap();
    desk.pii("vault read dump.sql.sealed --purpose support").exits(12).says(&["root key"]);
}

#[test]
fn a_person_who_is_taken_for_a_file_is_not_repeated() {
    let desk = Desk::new();
    let said = desk.pii("vault read agatha@mail.example --purpose support").exits(2);
    assert!(!said.err.contains("agatha"), "{}", said.err);
    let said = desk.pii("vault read agatha@mail.example --subject - --purpose support").exits(2);
    assert!(!said.err.contains("agatha"), "{}", said.err);
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}
