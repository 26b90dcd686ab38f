//! What does the audit log cost? One row a process: `audit ROW FOLDER SECONDS|ENTRIES`, run by `cargo xtask bench audit`.
//!
//! Each prints one line: entries, seconds by the clock, seconds of the processor, bytes of an entry.
//!
//! The row `prove` measures one proof at a time, each with the log's tiles opened anew.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that fails, fails by a panic")]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use pii_core::audit::export::{Export, Format};
use pii_core::audit::{
    Action, AuditLog, Checkpoint, Event, Filter, Hash, Settings, Signer, Tree, Trust, Verdict, verify,
};
use pii_core::clock::{Clock as _, SystemClock};
use pii_core::vocab::{Actor, DatasetId};
use rusqlite::Connection;

fn main() {
    // `cargo bench` adds `--bench`.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let [row, folder, amount] = args.as_slice() else {
        eprintln!("usage: audit ROW FOLDER SECONDS|ENTRIES; or all rows: cargo xtask bench audit");
        return;
    };
    let (folder, amount) = (PathBuf::from(folder), amount.parse().unwrap());
    let lasting = Duration::from_secs(amount);
    match row.as_str() {
        "log-one" => log(&folder, lasting, 1, 1),
        "log-batches" => log(&folder, lasting, 1, BATCH),
        "log-threads" => log(&folder, lasting, THREADS, 1),
        "wake-threads" => wake(lasting),
        "bare-one" => bare(&folder, lasting, 1),
        "bare-batches" => bare(&folder, lasting, BATCH),
        "sqlite-one" => sqlite(&folder, lasting, 1),
        "sqlite-batches" => sqlite(&folder, lasting, BATCH),
        "make" => make(&folder, amount),
        "verify" => check(&folder, amount, Trust::default()),
        "verify-from" => {
            check(&folder, amount, Trust { verified: Some(first_checkpoint(&folder)), ..Trust::default() })
        }
        "prove" => prove(&folder, amount),
        "export" => export(&folder, amount),
        "entry" => print!("{}", payload()),
        _ => panic!("no row `{row}`"),
    }
}

/// Threads append, each `batch` entries at a time.
fn log(folder: &Path, lasting: Duration, threads: usize, batch: usize) {
    let log = create(folder);
    let events = vec![event(); batch];
    let entries = AtomicU64::new(0);
    let clock = Clock::start();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while clock.wall() < lasting {
                    let receipts = log.append_all(&events).unwrap();
                    entries.fetch_add(receipts.len() as u64, Ordering::Relaxed);
                }
            });
        }
    });
    let entries = entries.into_inner();
    let (wall, cpu) = clock.stop();
    drop(log);
    let bytes: u64 =
        fs::read_dir(folder.join("seg")).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    println!("{entries} {wall:.6} {cpu:.2} {}", (bytes - SEGMENT_HEADER) / entries - FRAME);
}

/// What the threads alone cost: nothing is written. Whoever comes first sleeps as long as a flush takes, then answers all
/// who came meanwhile, as the log does.
fn wake(lasting: Duration) {
    type Answer = Arc<OnceLock<()>>;
    let (queue, leading) = (Mutex::new((0, Answer::default())), Mutex::new(()));
    let answered = AtomicU64::new(0);
    let clock = Clock::start();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while clock.wall() < lasting {
                    let (before, answer) = {
                        let mut queue = queue.lock().unwrap();
                        queue.0 += 1;
                        (queue.0 - 1, Arc::clone(&queue.1))
                    };
                    if before == 0 {
                        let _leading = leading.lock().unwrap();
                        let (_, answer) = std::mem::take(&mut *queue.lock().unwrap());
                        thread::sleep(Duration::from_micros(200));
                        answer.set(()).unwrap();
                    }
                    answer.wait();
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    clock.report(answered.into_inner(), payload().len() as u64);
}

/// The same bytes, without a log: write, flush, again.
fn bare(folder: &Path, lasting: Duration, batch: usize) {
    fs::create_dir(folder).unwrap();
    let mut file = File::create(folder.join("bare")).unwrap();
    File::open(folder).unwrap().sync_all().unwrap();
    let payload = payload();
    let bytes = vec![b'x'; (payload.len() + FRAME as usize) * batch];
    let mut entries = 0;
    let clock = Clock::start();
    while clock.wall() < lasting {
        file.write_all(&bytes).unwrap();
        file.sync_data().unwrap();
        entries += batch as u64;
    }
    clock.report(entries, payload.len() as u64);
}

/// The same entries as rows, `batch` a transaction; a batch carries a hash chain.
fn sqlite(folder: &Path, lasting: Duration, batch: usize) {
    fs::create_dir(folder).unwrap();
    let mut db = Connection::open(folder.join("log.db")).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE entry (seq INTEGER PRIMARY KEY, json TEXT NOT NULL, chain BLOB);",
    )
    .unwrap();
    let payload = payload();
    let mut chain = Hash::of(b"");
    let mut entries = 0;
    let clock = Clock::start();
    while clock.wall() < lasting {
        let transaction = db.transaction().unwrap();
        {
            let mut insert = transaction.prepare_cached("INSERT INTO entry (json, chain) VALUES (?, ?)").unwrap();
            for _ in 0..batch {
                let link = (batch > 1).then(|| {
                    chain = Hash::of(&[chain.as_bytes().as_slice(), payload.as_bytes()].concat());
                    chain.as_bytes().as_slice()
                });
                insert.execute((&payload, link)).unwrap();
            }
        }
        transaction.commit().unwrap();
        entries += batch as u64;
    }
    clock.report(entries, payload.len() as u64);
}

/// A signed log of so many entries.
fn make(folder: &Path, entries: u64) {
    let log = create(folder);
    let events = vec![event(); BATCH];
    let clock = Clock::start();
    let batches = entries / BATCH as u64;
    for batch in 0..batches {
        assert_eq!(log.append_all(&events).unwrap().len(), BATCH);
        if batch + 1 == batches * 9 / 10 {
            log.checkpoint().unwrap();
        }
    }
    log.checkpoint().unwrap();
    clock.report(entries, payload().len() as u64);
}

/// The checkpoint after nine tenths of the entries.
fn first_checkpoint(folder: &Path) -> Checkpoint {
    let list = fs::read_to_string(folder.join("checkpoints.log")).unwrap();
    let text: String = list.split_inclusive("\n\n").skip(2).take(2).collect();
    Checkpoint::parse(text.strip_suffix('\n').unwrap()).unwrap()
}

/// A proof of one entry, a thousand times, of entries all over the log.
fn prove(folder: &Path, entries: u64) {
    let clock = Clock::start();
    let mut bytes = 0;
    for n in 0..PROOFS {
        let proof = Tree::open(folder).unwrap().prove(n * 7_919 * 104_729 % entries).unwrap();
        bytes = bytes.max(proof.to_string().len());
    }
    clock.report(PROOFS, bytes as u64);
}

/// All of a log as JSON lines, with what proves them.
fn export(folder: &Path, entries: u64) {
    // To a new place each time, and nothing is taken away: ext4 without a journal avoids the numbers of files that were
    // deleted in the last minutes, and then spends seconds to find 4,000 others.
    let new = |name: &str| folder.with_file_name(format!("{name}-{}", std::process::id()));
    let to = new("exported");
    // On record in another log, so that this one stays as it is.
    let record = new("record");
    let receipt = create(&record).append(&event()).unwrap();
    let clock = Clock::start();
    let mut export = Export::begin(folder, &to, Filter::default(), Format::Jsonl).unwrap();
    while export.step().unwrap().is_some() {}
    let exported = export.finish(&Actor::local("etl"), SystemClock.now()).unwrap().publish(&receipt).unwrap();
    assert_eq!(exported.matched, entries);
    clock.report(exported.matched, payload().len() as u64);
}

fn check(folder: &Path, entries: u64, trust: Trust) {
    let clock = Clock::start();
    let report = verify(folder, &trust).unwrap();
    assert_eq!((report.verdict, report.entries), (Verdict::Verified, entries));
    clock.report(entries, payload().len() as u64);
}

fn create(folder: &Path) -> AuditLog {
    AuditLog::create(folder, signer(), Settings::new("db-1")).unwrap()
}

fn signer() -> Signer {
    Signer::from_seed("bench.example/audit", &[7; 32]).unwrap()
}

/// What an ETL job says of a disclosure, such that an entry has 256 bytes while its number has six digits.
fn event() -> Event {
    let dataset = DatasetId::parse("crm.clients").unwrap();
    let columns = ["customer_id", "email", "total"];
    Event::new(Action::Read, Actor::local("etl"))
        .with_dataset(dataset)
        .with_columns(columns)
        .with_rows(5_000)
        .with_ticket("JIRA-31")
}

/// An entry as it is stored.
fn payload() -> String {
    let event = serde_json::to_string(&event()).unwrap();
    let payload =
        format!(r#"{{"v":1,"seq":100000,"time":"2026-11-21T02:30:00.500000000Z","host":"db-1","event":{event}}}"#);
    assert_eq!(payload.len(), 256, "the marks are for entries of 256 bytes");
    payload
}

struct Clock {
    began: Instant,
    cpu: f64,
}

impl Clock {
    fn start() -> Self {
        Self { cpu: cpu(), began: Instant::now() }
    }

    fn wall(&self) -> Duration {
        self.began.elapsed()
    }

    fn stop(&self) -> (f64, f64) {
        (self.wall().as_secs_f64(), cpu() - self.cpu)
    }

    fn report(&self, entries: u64, bytes: u64) {
        let (wall, cpu) = self.stop();
        println!("{entries} {wall:.6} {cpu:.2} {bytes}");
    }
}

/// Seconds of the processor that this process has taken, in the program and in the kernel for it.
fn cpu() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // proc_pid_stat(5): after the name in brackets, utime and stime are the twelfth and thirteenth, in 1/100 s.
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = |at: usize| fields.split_whitespace().nth(at).unwrap().parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}

const BATCH: usize = 1_000;

const PROOFS: u64 = 1_000;

const THREADS: usize = 64;

const SEGMENT_HEADER: u64 = 24;

const FRAME: u64 = 8;
