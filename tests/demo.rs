//! `pii demo`: the whole story for somebody who has five minutes and nothing of their own.

use std::sync::LazyLock;

use crate::desk::{Desk, Said};

static TOLD: LazyLock<(Desk, String)> = LazyLock::new(|| {
    let desk = Desk::shared("demo");
    let told = desk.pii("demo story").done().out;
    (desk, told)
});

#[test]
fn the_log_is_verified_and_the_forgery_is_caught() {
    let lines = |word: &str| TOLD.1.lines().filter(|line| line.contains(word)).count();
    assert_eq!(lines("VERIFIED"), 1, "{}", TOLD.1);
    assert_eq!(lines("TAMPERED"), 1, "{}", TOLD.1);
}

#[test]
fn nothing_matches_between_two_recipients() {
    let line = TOLD.1.lines().find(|line| line.contains("between the two recipients")).unwrap();
    assert!(line.contains(" 0 of "), "{line}");
}

#[test]
fn what_nobody_decided_is_refused_first() {
    assert!(TOLD.1.lines().any(|line| line.contains("refused:") && line.contains("kakao_id")), "{}", TOLD.1);
}

#[test]
fn what_it_leaves_is_a_workspace_to_go_on_with() {
    let desk = &TOLD.0;
    for args in ["audit verify", "policy check", "catalog show shop.students", "policy explain shop.students.email"] {
        desk.pii(&format!("--workspace story {args}")).done();
    }
}

#[test]
fn under_json_it_is_one_value_a_line() {
    let told = Desk::bare().pii("--json demo story").done().json();
    let join = told.iter().find(|value| value["type"] == "join").unwrap();
    assert_eq!(join["across"], 0);
    assert_eq!(join["within"], join["of"]);
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let desk = Desk::bare();
    desk.write("mine/thesis.txt", "…");
    desk.pii("demo mine").exits(2).says(&["`mine` is not empty"]);
    assert_eq!(desk.names("mine"), ["thesis.txt"]);
}

#[test]
fn a_reader_who_goes_away_is_no_error() {
    let desk = Desk::bare();
    let mut command = desk.command("help categories");
    let mut running = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(running.stdout.take());
    Said::new("help categories", running.wait_with_output().unwrap()).done();
}
