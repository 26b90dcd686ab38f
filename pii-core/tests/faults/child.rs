//! The writers. Each is a process of its own, and says on stdout what it was told.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use pii_core::audit::{AuditLog, Error, Receipt, Settings};
use pii_core::vocab::Actor;

use crate::desk::{event, next_signer, settings, signer};

/// A command that runs one of the writers below on the log in `dir`. The rest of what it must know goes into its
/// environment.
pub(crate) fn command(writer: &str, dir: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", writer, "--ignored", "--nocapture", "--test-threads=1"]).env("FAULTS_LOG", dir);
    command
}

/// One line of what a writer said.
#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    /// It is about to do this.
    Begins(String),
    /// It has opened the log.
    Opened,
    /// This entry was acknowledged, and what is in it.
    Acknowledged(u64, String),
    /// So many entries were signed.
    Sealed(u64),
    /// It was refused.
    Refused(String),
}

/// What a writer said, in order. The test harness talks on the same pipe.
pub(crate) fn said(output: &str) -> Vec<Said> {
    output.lines().filter_map(said_in).collect()
}

pub(crate) fn said_in(line: &str) -> Option<Said> {
    let (word, rest) = line.strip_prefix("> ")?.split_once(' ')?;
    match word {
        "begins" => Some(Said::Begins(rest.to_owned())),
        "opened" => Some(Said::Opened),
        "acknowledged" => {
            let (index, token) = rest.split_once(' ')?;
            Some(Said::Acknowledged(index.parse().ok()?, token.to_owned()))
        }
        "sealed" => Some(Said::Sealed(rest.parse().ok()?)),
        "refused" => Some(Said::Refused(rest.to_owned())),
        _ => None,
    }
}

fn say(words: &str) {
    // One write a line, in one piece, so that a killed writer never leaves half a line.
    std::io::stdout().lock().write_all(format!("> {words}\n").as_bytes()).unwrap();
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("`{name}` is set by the test that runs this"))
}

fn dir() -> PathBuf {
    variable("FAULTS_LOG").into()
}

/// Three threads append until the process is killed; one of them signs now and then.
#[test]
#[ignore = "a writer that the tests run"]
fn appends_until_killed() {
    println!();
    let name = variable("FAULTS_NAME");
    let log = AuditLog::open(&dir(), signer(), settings()).unwrap();
    say("opened it");
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let (log, name) = (&log, &name);
            scope.spawn(move || {
                for n in 0u64.. {
                    let token = format!("{name}-{thread}-{n}");
                    match log.append(&event(&token)) {
                        Ok(receipt) => say(&format!("acknowledged {} {token}", receipt.index())),
                        Err(error) => say(&format!("refused {token}: {error}")),
                    }
                    if thread == 0 && n % 24 == 23 {
                        match log.checkpoint() {
                            Ok(checkpoint) => say(&format!("sealed {}", checkpoint.size())),
                            Err(error) => say(&format!("refused a checkpoint: {error}")),
                        }
                    }
                }
            });
        }
    });
}

/// Opens a log, appends one entry, nine that begin another segment, signs, and appends one more. Whatever fails, it
/// goes on.
#[test]
#[ignore = "a writer that the tests run"]
fn appends_signs_and_appends() {
    println!();
    let segment_bytes = variable("FAULTS_SEGMENT_BYTES").parse().unwrap();
    say("begins open");
    let log = match AuditLog::open(&dir(), signer(), Settings { segment_bytes, ..settings() }) {
        Ok(log) => log,
        Err(error) => return refused(&error),
    };
    say("opened it");
    let append = |tokens: &[&str]| {
        say("begins append");
        let events: Vec<_> = tokens.iter().map(|token| event(token)).collect();
        match log.append_all(&events) {
            Ok(receipts) => tokens.iter().zip(&receipts).for_each(|(token, receipt)| acknowledged(token, receipt)),
            Err(error) => refused(&error),
        }
    };
    append(&["one"]);
    append(&["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]);
    say("begins checkpoint");
    match log.checkpoint() {
        Ok(checkpoint) => say(&format!("sealed {}", checkpoint.size())),
        Err(error) => refused(&error),
    }
    append(&["eleven"]);
}

/// Opens a log, goes over to the next key, and appends one entry.
#[test]
#[ignore = "a writer that the tests run"]
fn rotates() {
    println!();
    say("begins open");
    let log = match AuditLog::open(&dir(), signer(), settings()) {
        Ok(log) => log,
        Err(error) => return refused(&error),
    };
    say("opened it");
    say("begins rotate");
    match log.rotate(next_signer(), Actor::local("anna")) {
        Ok(checkpoint) => say(&format!("sealed {}", checkpoint.size())),
        Err(error) => refused(&error),
    }
    say("begins append");
    match log.append(&event("after the key")) {
        Ok(receipt) => acknowledged("after the key", &receipt),
        Err(error) => refused(&error),
    }
}

fn acknowledged(token: &str, receipt: &Receipt) {
    say(&format!("acknowledged {} {token}", receipt.index()));
}

fn refused(error: &Error) {
    let kind = match error {
        Error::Poisoned { .. } => "poisoned",
        _ => "failed",
    };
    say(&format!("refused {kind}: {error}"));
}
