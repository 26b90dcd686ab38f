//! Writers that are killed while they append.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::thread;
use std::time::Duration;

use pii_core::audit::Verdict;

use crate::child::{self, Said};
use crate::desk::{self, Acknowledged};

const KILLS: u64 = 1_000;

/// Two processes of three threads each append to one log at any time. One of them is killed, another takes its place,
/// a thousand times: in the middle of an append, of a checkpoint, or of the clearing away of what the one before left.
#[test]
fn no_acknowledged_entry_is_lost_when_writers_are_killed() {
    let (_home, dir, log) = desk::log();
    drop(log);
    let story = thread::scope(|scope| {
        let writers = scope.spawn(|| kill_writers(&dir));
        // An auditor looks at the log all the time.
        while !writers.is_finished() {
            let verdict = desk::verdict(&dir);
            assert!(matches!(verdict, Verdict::Verified | Verdict::UnsealedTail(_)), "meanwhile: {verdict}");
        }
        writers.join().unwrap()
    });

    assert_eq!(story.refused, Vec::<String>::new(), "a writer that died must not stop another");
    let log = desk::open(&dir);
    let before = desk::judge(&dir);
    assert!(before.sealed >= story.sealed, "{} were signed, and {} are", story.sealed, before.sealed);
    log.append(&desk::event("after")).map(drop).unwrap();
    log.checkpoint().unwrap();
    assert_eq!(desk::verdict(&dir), Verdict::Verified);
    let tokens = desk::tokens(&dir);
    desk::assert_kept(&tokens, &story.acknowledged, "in the end");
    assert_nothing_twice_and_all_in_order(&tokens[..tokens.len() - 1]);
    let kept = tokens.len() - 1 - story.acknowledged.len();
    eprintln!("{KILLS} kills, {} entries acknowledged, {kept} more kept", story.acknowledged.len());
    assert!(story.acknowledged.len() as u64 > KILLS, "the writers must have come to write");
}

fn kill_writers(dir: &Path) -> Story {
    let mut dice = Dice(0x5eed);
    let mut story = Story::default();
    let mut writers = [Writer::start(dir, 0), Writer::start(dir, 1)];
    for kill in 0..KILLS {
        let writer = &mut writers[dice.below(2) as usize];
        // Mostly while it appends; one in four before or while it opens the log.
        if dice.below(4) > 0 {
            writer.wait_until_it_appends(&mut story);
        }
        thread::sleep(Duration::from_micros(dice.below(12_000)));
        std::mem::replace(writer, Writer::start(dir, kill + 2)).kill(&mut story);
    }
    writers.into_iter().for_each(|writer| writer.kill(&mut story));
    story
}

/// What each thread appended, it appended one after the other, without a gap.
fn assert_nothing_twice_and_all_in_order(tokens: &[String]) {
    let mut next: HashMap<&str, u64> = HashMap::new();
    for token in tokens {
        let (thread, n) = token.rsplit_once('-').unwrap();
        let next = next.entry(thread).or_default();
        assert_eq!(n.parse(), Ok(*next), "of thread {thread}");
        *next += 1;
    }
}

/// What all writers said.
#[derive(Default)]
struct Story {
    acknowledged: Acknowledged,
    sealed: u64,
    refused: Vec<String>,
}

impl Story {
    fn hear(&mut self, line: &str) -> Option<Said> {
        let said = child::said_in(line)?;
        match &said {
            Said::Acknowledged(index, token) => {
                let twice = self.acknowledged.insert(*index, token.clone());
                assert_eq!(twice, None, "entry {index} was acknowledged twice");
            }
            Said::Sealed(size) => self.sealed = self.sealed.max(*size),
            Said::Refused(why) => self.refused.push(why.clone()),
            Said::Begins(_) | Said::Opened => {}
        }
        Some(said)
    }
}

struct Writer {
    process: Child,
    output: BufReader<ChildStdout>,
    appends: bool,
}

impl Writer {
    fn start(dir: &Path, number: u64) -> Self {
        let mut command = child::command("child::appends_until_killed", dir);
        command.env("FAULTS_NAME", format!("w{number}")).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, output, appends: false }
    }

    fn wait_until_it_appends(&mut self, story: &mut Story) {
        while !self.appends {
            let mut line = String::new();
            let read = self.output.read_line(&mut line).unwrap();
            assert!(read > 0, "the writer ended before anybody killed it");
            self.appends = matches!(story.hear(line.trim_end()), Some(Said::Opened));
        }
    }

    fn kill(mut self, story: &mut Story) {
        self.process.kill().unwrap();
        let status = self.process.wait().unwrap();
        assert_eq!(status.code(), None, "the writer ended before anybody killed it");
        for line in self.output.lines() {
            story.hear(&line.unwrap());
        }
    }
}

/// Random enough, and the same every time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % n
    }
}
