//! The house has floors: a room uses rooms on lower floors only, never one on its own floor and never one above.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// Every room and its floor; rooms that are yet to come have theirs already. `docs/design.md` says which question
/// each of them answers.
const FLOORS: &[(u8, &[&str])] = &[
    (1, &["clock", "vocab", "wire"]),
    (2, &["policy", "keyring", "store", "state"]),
    (3, &["audit", "catalog", "pseudonym", "seal"]),
    (4, &["tag", "register", "lineage", "access"]),
    (5, &["vault"]),
    (6, &["batch"]),
    (7, &["outbound", "erase"]),
    (8, &["retention"]),
    (9, &["request"]),
    (10, &["report"]),
    (11, &["error"]),
    (12, &["workspace"]),
];

/// The terminal, the environment and the home directory belong to the command line.
const NOT_IN_THE_LIBRARY: &[&str] = &["std::env", "env::var", "print!", "println!", "dbg!", "home_dir", "\"HOME\""];

#[test]
fn a_room_uses_lower_floors_only() {
    let wrong: Vec<_> = lines_of_code().iter().flat_map(Line::steps_up).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn an_import_names_one_room_a_line() {
    let wrong: Vec<_> = lines_of_code().into_iter().filter(|line| line.code.contains("crate::{")).collect();
    assert!(wrong.is_empty(), "write `use crate::room::Thing;`, a line each\n{}", listed(&wrong));
}

#[test]
fn the_library_touches_neither_terminal_nor_environment() {
    let mut wrong = lines_of_code();
    wrong.retain(|line| NOT_IN_THE_LIBRARY.iter().any(|word| line.code.contains(word)));
    assert!(wrong.is_empty(), "\n{}", listed(&wrong));
}

#[test]
fn the_floors_are_seen_where_they_are_broken() {
    let line =
        |code: &str| Line { place: "src/policy/x.rs:1".to_owned(), room: "policy".to_owned(), code: code.to_owned() };
    assert_eq!(
        line("use crate::outbound::Writer;").steps_up(),
        ["src/policy/x.rs:1: `policy` (floor 2) uses `outbound` (floor 7)"]
    );
    assert_eq!(line("fn f(k: &crate::keyring::Keyring, s: crate::store::Source)").steps_up().len(), 2);
    assert!(line("use crate::vocab::DatasetId;").steps_up().is_empty());
    assert!(line("use crate::policy::Method;").steps_up().is_empty());
}

/// A line of a room, tests included, comments not.
struct Line {
    place: String,
    room: String,
    code: String,
}

impl Line {
    /// What is said of each room that this line uses and may not.
    fn steps_up(&self) -> Vec<String> {
        let (room, here) = (&self.room, floor(&self.room));
        let used = self.code.split("crate::").skip(1).map(first_word).filter(|used| used != room);
        used.filter(|used| floor(used) >= here)
            .map(|used| format!("{}: `{room}` (floor {here}) uses `{used}` (floor {})", self.place, floor(used)))
            .collect()
    }
}

fn lines_of_code() -> Vec<Line> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = package.join("src");
    let mut lines = Vec::new();
    for file in files(&source).into_iter().filter(|file| *file != source.join("lib.rs")) {
        let first = file.strip_prefix(&source).unwrap().iter().next().unwrap();
        let room = first.to_str().unwrap().trim_end_matches(".rs").to_owned();
        let name = Path::new("pii-core").join(file.strip_prefix(package).unwrap());
        for (number, text) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            if !text.trim_start().starts_with("//") {
                let place = format!("{}:{}", name.display(), number + 1);
                let code = text.split(" // ").next().unwrap_or_default().to_owned();
                lines.push(Line { place, room: room.clone(), code });
            }
        }
    }
    assert!(!lines.is_empty(), "no code in `{}`", source.display());
    lines
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let inside = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = inside.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "rs"));
    files.sort();
    files
}

fn floor(room: &str) -> u8 {
    let found = FLOORS.iter().find(|(_, rooms)| rooms.contains(&room));
    found.unwrap_or_else(|| panic!("`{room}` is on no floor: add it to `FLOORS`")).0
}

fn first_word(code: &str) -> &str {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

fn listed(lines: &[Line]) -> String {
    lines.iter().map(|line| format!("{}: {}\n", line.place, line.code.trim())).collect()
}
