//! A disk that refuses, or a machine that stops, at every single call of an append and of a checkpoint.
//!
//! `strace` counts the calls that a writer makes on the files of its log, and then makes them fail, one a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use pii_core::audit::{AuditLog, Verdict};
use tempfile::TempDir;

use crate::child::{self, Said};
use crate::desk::{self, Acknowledged};

/// What a writer does to its files. `?`: some machines do not have it, others know it by another name. Not `close`:
/// what it could tell, the flush before it has told.
const CALLS: &str = "?open,openat,read,?pread64,write,?writev,?pwrite64,?pwritev,fsync,fdatasync,?rename,?renameat,\
                     ?renameat2,ftruncate,?fallocate,?mkdir,?mkdirat,flock";

/// What befalls a call: it does not happen, and the writer is told this, or is told nothing any more.
const FAULTS: &[(&str, &str)] = &[
    ("an I/O error", "error=EIO"),
    ("a full disk", "error=ENOSPC"),
    ("a call that was interrupted", "error=EINTR"),
    ("the end of the process", "error=EIO:signal=KILL"),
];

/// One call that fails in one way.
pub(crate) struct Fault {
    what: &'static str,
    call: String,
    nth: usize,
    inject: String,
}

#[test]
fn whichever_call_fails_nothing_acknowledged_is_lost_and_the_log_goes_on() {
    let before = Before::make();
    let plain = before.run(None);
    assert_eq!(plain.story().len(), 5 + 1 + 1 + 9 + 1 + 1, "begins and answers: {}", plain.said);
    let calls = plain.count();
    for call in ["openat", "write", "fsync", "fdatasync"] {
        assert!(calls.contains_key(call), "the writer must have called `{call}`: {calls:?}");
    }
    before.fail_everywhere(calls, |run| run.assert_sound(&before));
}

/// Whatever happens to a rotation, one of the two keys goes on, and nobody calls it tampering.
#[test]
fn whichever_call_of_a_rotation_fails_the_log_goes_on_with_one_of_the_keys() {
    let before = Before { writer: "child::rotates", ..Before::make() };
    let plain = before.run(None);
    assert!(plain.story().contains(&Said::Sealed(253)), "{}", plain.said);
    before.fail_everywhere(plain.count(), |run| {
        let name = format!("{}: {}", run.name, run.failed());
        run.assert_answers(&name);
        let verdict = desk::verdict(&run.dir);
        assert!(!matches!(verdict, Verdict::Tampered { .. } | Verdict::RolledBack { .. }), "{name}: {verdict}");
        desk::assert_kept(&desk::tokens(&run.dir), &run.acknowledged(), &name);
        let log = AuditLog::open(&run.dir, desk::next_signer(), desk::settings());
        let rotated = run.story().contains(&Said::Sealed(253));
        assert!(log.is_ok() || !rotated, "{name}: the new key has signed");
        let log = log.unwrap_or_else(|_| desk::open(&run.dir));
        log.append(&desk::event("after")).map(drop).unwrap();
        log.checkpoint().unwrap();
        assert_eq!(desk::verdict(&run.dir), Verdict::Verified, "{name}: it was {verdict}, and then");
    });
}

/// What a failed flush was to save is anywhere or nowhere, and the kernel says so only once: so nothing that needs a
/// receipt happens after it, whichever file it was.
#[test]
fn after_any_failed_flush_everything_is_refused() {
    let before = Before::make();
    let calls = before.run(None).count();
    let flushes = calls.iter().filter(|(call, _)| ["fsync", "fdatasync"].contains(&call.as_str()));
    let faults = flushes.flat_map(|(call, count)| faults(call, *count)).filter(|fault| fault.what == "an I/O error");
    let mut wrong = Vec::new();
    for run in faults.map(|fault| before.run(Some(&fault))) {
        let answers: Vec<_> = run.story().into_iter().filter(|said| !matches!(said, Said::Begins(_))).collect();
        let refused = |said: &Said| matches!(said, Said::Refused(_));
        let first = answers.iter().position(refused).unwrap_or(answers.len());
        let poisoned = |said: &Said| matches!(said, Said::Refused(why) if why.starts_with("poisoned"));
        if first == answers.len() || !answers.iter().skip(first + 1).all(poisoned) {
            wrong.push(format!("{}: {}\n  {:?}", run.name, run.failed(), answers.last()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn faults(call: &str, count: usize) -> Vec<Fault> {
    let fault = |nth, what, how: &str| Fault {
        what,
        call: call.to_owned(),
        nth,
        inject: format!("inject={call}:{how}:when={nth}"),
    };
    (1..=count).flat_map(|nth| FAULTS.iter().map(move |(what, how)| fault(nth, *what, how))).collect()
}

impl Fault {
    /// The end of the process at the first call of `run` that `picks` picks in its trace.
    pub(crate) fn end_of_the_process(run: &Run, picks: impl Fn(&str) -> bool) -> Self {
        let at = run.trace.lines().position(picks).unwrap_or_else(|| panic!("no such call: {}", run.trace));
        let call = called(run.trace.lines().nth(at).unwrap()).unwrap();
        let nth = run.trace.lines().take(at + 1).filter(|line| called(line) == Some(call)).count();
        let (what, how) = FAULTS[FAULTS.len() - 1];
        Self { what, call: call.to_owned(), nth, inject: format!("inject={call}:{how}:when={nth}") }
    }
}

/// The call in a line of the trace: `12345 openat(AT_FDCWD, …`.
fn called(line: &str) -> Option<&str> {
    Some(line.split_whitespace().nth(1)?.split_once('(')?.0)
}

/// The log that each run begins with: ten entries later a tile is full and another segment begun.
pub(crate) struct Before {
    _home: TempDir,
    dir: PathBuf,
    segment_bytes: u64,
    /// Who writes.
    writer: &'static str,
}

/// One run of the writer.
pub(crate) struct Run {
    name: String,
    _home: TempDir,
    dir: PathBuf,
    said: String,
    /// What it called, and what came of it.
    pub(crate) trace: String,
}

impl Before {
    pub(crate) fn make() -> Self {
        let (home, dir, log) = desk::log();
        desk::fill(&log, 0, 250);
        log.checkpoint().unwrap();
        desk::fill(&log, 250, 252);
        let segment_bytes = fs::metadata(dir.join("seg/000000000000.seg")).unwrap().len() + 1;
        Self { _home: home, dir, segment_bytes, writer: "child::appends_signs_and_appends" }
    }

    /// Lets each of these calls fail in each way, a run each, on all cores.
    fn fail_everywhere(&self, calls: BTreeMap<String, usize>, check: impl Fn(&Run) + Sync) {
        let faults: Vec<Fault> = calls.iter().flat_map(|(call, count)| faults(call, *count)).collect();
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| {
                    while let Some(fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                        check(&self.run(Some(fault)));
                    }
                });
            }
        });
        eprintln!("{}: {} faults, at each of {calls:?}", self.writer, faults.len());
    }

    /// What a run left, for another to go on with.
    pub(crate) fn after(&self, run: Run) -> Self {
        Self { _home: run._home, dir: run.dir, segment_bytes: self.segment_bytes, writer: self.writer }
    }

    pub(crate) fn run(&self, fault: Option<&Fault>) -> Run {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("audit");
        desk::copy(&self.dir, &dir);
        let trace = home.path().join("trace");
        let writer = child::command(self.writer, &dir);
        let mut strace = Command::new("strace");
        strace.args(["-f", "-y", "-o"]).arg(&trace).args(["-e", &format!("trace={CALLS}")]);
        for path in written(&dir) {
            strace.arg("-P").arg(path);
        }
        if let Some(fault) = fault {
            strace.args(["-e", &fault.inject]);
        }
        strace.arg(writer.get_program()).args(writer.get_args());
        strace.envs(writer.get_envs().filter_map(|(name, value)| Some((name, value?))));
        strace.env("FAULTS_SEGMENT_BYTES", self.segment_bytes.to_string());
        let output = strace.output().unwrap_or_else(|error| {
            panic!("`strace` cannot be run ({error}): install it with `apt-get install strace`")
        });
        assert_traced(&output);
        let name = fault.map_or("nothing failed".to_owned(), |fault| {
            format!("{} at `{}` number {}", fault.what, fault.call, fault.nth)
        });
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        Run { name, dir, said, trace: fs::read_to_string(trace).unwrap(), _home: home }
    }
}

fn assert_traced(output: &Output) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        !errors.contains("Operation not permitted"),
        "this machine does not let `strace` trace a process (`ptrace`): {errors}"
    );
}

/// All files and folders that the writer may touch, by their later names too.
fn written(dir: &Path) -> Vec<PathBuf> {
    let mut paths = desk::paths(dir);
    let key = desk::next_signer().verifier().id();
    paths.push(dir.join(format!("keys/acme.example_audit+{key}.vkey")));
    let later = ["seg/000000000253.seg", "tile/0", "tile/0/000"].map(|name| dir.join(name));
    paths.extend(later);
    let hidden: Vec<_> = paths
        .iter()
        .map(|path| path.with_file_name(format!(".{}.new", path.file_name().unwrap().to_string_lossy())))
        .collect();
    paths.extend(hidden);
    paths
}

impl Run {
    fn story(&self) -> Vec<Said> {
        child::said(&self.said)
    }

    /// How often each call was made.
    fn count(&self) -> BTreeMap<String, usize> {
        let mut calls = BTreeMap::new();
        for line in self.trace.lines() {
            if let Some(call) = called(line) {
                *calls.entry(call.to_owned()).or_default() += 1;
            }
        }
        calls
    }

    /// The call that failed, as `strace` shows it.
    fn failed(&self) -> &str {
        // A call that ends the process has no outcome.
        let failed = |line: &&str| line.contains("(INJECTED)") || line.contains(" = ?");
        self.trace.lines().find(failed).unwrap_or_else(|| {
            panic!("{}: it was not reached, so runs differ\n{}", self.name, self.trace);
        })
    }

    fn assert_sound(&self, before: &Before) {
        let name = format!("{}: {}", self.name, self.failed());
        self.assert_answers(&name);
        let acknowledged = self.acknowledged();

        let verdict = desk::verdict(&self.dir);
        let whole = matches!(verdict, Verdict::Verified | Verdict::UnsealedTail(_));
        assert!(whole || matches!(verdict, Verdict::Unverifiable(_)), "{name}: {verdict}");
        let tokens = desk::tokens(&self.dir);
        assert!(tokens.len() >= 252, "{name}: {} entries are left", tokens.len());
        desk::assert_kept(&tokens, &acknowledged, &name);

        let log = desk::open(&self.dir);
        let receipt = log.append(&desk::event("after")).unwrap();
        log.checkpoint().unwrap();
        assert_eq!(desk::verdict(&self.dir), Verdict::Verified, "{name}: it was {verdict}, and then");
        let after = desk::tokens(&self.dir);
        desk::assert_kept(&after, &acknowledged, &name);
        assert_eq!(after.len() as u64, receipt.index() + 1, "{name}");
        assert_eq!(after[..252], desk::tokens(&before.dir), "{name}");
    }

    fn acknowledged(&self) -> Acknowledged {
        let pairs = self.story().into_iter().filter_map(|said| match said {
            Said::Acknowledged(index, token) => Some((index, token)),
            _ => None,
        });
        pairs.collect()
    }

    /// Unless it died, the writer was answered each time. What was refused is not half acknowledged, and after a flush
    /// of entries that failed everything is refused.
    fn assert_answers(&self, name: &str) {
        let died = self.trace.contains("killed by SIGKILL");
        let mut open = 0;
        let mut poisoned = false;
        for said in self.story() {
            match said {
                Said::Begins(_) => {
                    assert_eq!(open, 0, "{name}: an answer is missing\n{}", self.said);
                    open = 1;
                }
                Said::Opened | Said::Acknowledged(..) | Said::Sealed(_) => {
                    assert!(!poisoned, "{name}: an answer after a failed flush\n{}", self.said);
                    open = 0;
                }
                Said::Refused(why) => {
                    assert!(!poisoned || why.starts_with("poisoned"), "{name}: {why}");
                    assert_eq!(open, 1, "{name}: acknowledged and refused\n{}", self.said);
                    poisoned |= lost_entries(self.failed());
                    open = 0;
                }
            }
        }
        assert!(died || open == 0, "{name}: the last answer is missing\n{}", self.said);
    }
}

/// Whether entries may be anywhere or nowhere after this call failed.
fn lost_entries(failed: &str) -> bool {
    let on_a_segment = failed.contains(".seg>");
    on_a_segment && ["fdatasync(", "fsync(", "write("].iter().any(|call| failed.contains(call))
}
