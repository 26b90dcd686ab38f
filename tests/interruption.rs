//! Ctrl-C in the middle: nothing half done stays, and the same command works again.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::desk::{Desk, Said, customers};

#[test]
fn a_release_that_is_interrupted_releases_nothing() {
    let desk = Desk::new();
    desk.write("many.csv", customers(200_000));
    std::fs::create_dir(desk.path("out")).unwrap();
    let args = "protect many.csv -d crm.customers -r warehouse -o out/w.csv";
    let running = start(&desk, args);
    wait_until("rows are on their way", || !desk.names("out").is_empty());
    interrupt(&running);
    Said::new(args, running.wait_with_output().unwrap()).exits(130).says(&["interrupted", "nothing was released"]);
    assert!(desk.names("out").is_empty(), "left: {:?}", desk.names("out"));
    desk.log_holds();
    assert!(desk.pii("audit query --action disclose --json").done().json().is_empty());
}

#[test]
fn an_ingest_that_is_interrupted_can_be_done_again() {
    let desk = Desk::new();
    desk.write("many.csv", customers(50_000));
    std::fs::create_dir(desk.path("out")).unwrap();
    let args = "tag many.csv -d crm.customers -o out/t.csv";
    let running = start(&desk, args);
    wait_until("rows are on their way", || !desk.names("out").is_empty());
    interrupt(&running);
    Said::new(args, running.wait_with_output().unwrap()).exits(130).says(&["interrupted"]);
    assert!(desk.names("out").is_empty(), "left: {:?}", desk.names("out"));
    desk.pii("tag customers.csv -d crm.customers -o out/t.csv").done();
    desk.log_holds();
}

#[test]
fn a_job_that_is_killed_leaves_no_output_and_the_next_one_puts_the_log_right() {
    let desk = Desk::new();
    desk.write("many.csv", customers(200_000));
    std::fs::create_dir(desk.path("out")).unwrap();
    let mut running = start(&desk, "protect many.csv -d crm.customers -r warehouse -o out/w.csv");
    // A file is made before the log is written to; rows come after it.
    let has_rows = |name: &String| desk.path("out").join(name).metadata().is_ok_and(|file| file.len() > 0);
    wait_until("rows are on their way", || desk.names("out").iter().any(has_rows));
    running.kill().unwrap();
    assert_eq!(running.wait().unwrap().code(), None, "it was killed while it worked");
    assert!(!desk.path("out/w.csv").exists());
    // Its last entry is there, and not signed yet.
    assert!(desk.pii("audit verify").done().out.starts_with("UNSEALED_TAIL"));
    desk.pii("protect customers.csv -d crm.customers -r warehouse -o out/w.csv").done();
    desk.log_holds();
}

#[test]
fn a_command_that_waits_for_somebody_to_type_lets_them_leave() {
    let desk = Desk::new();
    let args = "vault read --subject - --purpose support";
    let mut command = desk.command(args);
    let mut running = command.stdin(Stdio::piped()).spawn().unwrap();
    // There is nothing to see from outside while it waits.
    std::thread::sleep(Duration::from_millis(500));
    interrupt(&running);
    let mut ended = None;
    wait_until("it ends", || {
        ended = running.try_wait().unwrap();
        ended.is_some()
    });
    assert_eq!(ended.unwrap().code(), Some(130));
}

#[test]
fn a_release_that_waits_for_rows_can_be_left() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("out")).unwrap();
    let args = "protect - --format csv -d crm.customers -r warehouse -o out/w.csv";
    let mut command = desk.command(args);
    let mut running = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = running.stdin.take().unwrap();
    pipe.write_all(customers(40).as_bytes()).unwrap();
    wait_until("it is at work", || !desk.names("out").is_empty());
    interrupt(&running);
    Said::new(args, running.wait_with_output().unwrap()).exits(130).says(&["interrupted"]);
    assert!(desk.names("out").is_empty(), "left: {:?}", desk.names("out"));
    desk.log_holds();
    drop(pipe);
}

fn start(desk: &Desk, args: &str) -> Child {
    desk.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn interrupt(running: &Child) {
    assert!(Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap().success());
}

#[track_caller]
fn wait_until(what: &str, mut true_now: impl FnMut() -> bool) {
    let started = Instant::now();
    while !true_now() {
        assert!(started.elapsed() < Duration::from_secs(60), "waited a minute, and not yet: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
