//! An export of a log of any size is evidence: a program of 150 lines says so, and finds what was changed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use pii_core::audit::export::{Export, Exported, Format};
use pii_core::audit::{Action, Alias, AuditLog, Error, Event, Filter, ProofFile, Settings, Signer, Tree};
use pii_core::clock::Clock;
use pii_core::vocab::{Actor, DatasetId, LawfulBasis, PurposeId};
use tempfile::TempDir;

const ORIGIN: &str = "acme.example/audit";

struct Desk {
    home: TempDir,
    log: AuditLog,
}

/// A clock that goes by one second a look.
struct Ticking(std::sync::atomic::AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        let second = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }
}

fn event(n: u64) -> Event {
    let (action, who) = if n % 10 == 3 { (Action::VaultRead, "bert") } else { (Action::Disclose, "anna") };
    Event::new(action, Actor::local(who))
        .with_dataset(DatasetId::parse("crm.customers").unwrap())
        .with_purpose(PurposeId::parse("analytics").unwrap(), LawfulBasis::Consent)
        .with_rows(n)
}

impl Desk {
    fn new(entries: u64) -> Self {
        let home = tempfile::tempdir().unwrap();
        let clock = Ticking(0.into());
        let settings = Settings { clock: Arc::new(clock), segment_bytes: 1 << 20, ..Settings::new("db-1") };
        let signer = Signer::from_seed(ORIGIN, &[7; 32]).unwrap();
        let log = AuditLog::create(&home.path().join("audit"), signer, settings).unwrap();
        let desk = Self { home, log };
        let events: Vec<_> = (0..entries).map(event).collect();
        for part in events.chunks(5000) {
            drop(desk.log.append_all(part).unwrap());
        }
        desk.log.checkpoint().unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn export(&self, name: &str, filter: Filter, format: Format) -> Result<Exported, Error> {
        let mut export = Export::begin(&self.path("audit"), &self.path(name), filter, format)?;
        while export.step()?.is_some() {}
        let staged = export.finish(&Actor::local("auditor"), Timestamp::UNIX_EPOCH)?;
        assert!(!self.path(name).exists(), "nobody sees it before it is on record");
        let recorded = Event::new(Action::LogExport, Actor::local("auditor")).with_content(staged.exported().manifest);
        staged.publish(&self.log.append(&recorded)?)
    }
}

/// What `verify.py` says, and whether it is satisfied.
fn check(folder: &Path) -> (bool, String) {
    let python = std::env::var_os("PII_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let said = Command::new(python).args(["-I", "-S", "-B"]).arg(folder.join("verify.py")).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(!text.contains("Traceback"), "{text}");
    (said.status.success(), text)
}

#[test]
fn trees_of_every_shape_are_checked_without_us() {
    for entries in [0, 1, 255, 256, 257, 512, 1000, 65_536, 66_000] {
        let desk = Desk::new(entries);
        let exported = desk.export("evidence", Filter::default(), Format::Jsonl).unwrap();
        assert_eq!((exported.matched, exported.entries), (entries, entries));
        let (good, said) = check(&desk.path("evidence"));
        assert!(good && said.contains(&format!("{entries} of {entries} entries")), "{said}");
    }
}

#[test]
fn some_of_many_come_with_the_hashes_that_prove_them_and_no_more() {
    let desk = Desk::new(66_000);
    let filter = Filter { actor: Some("bert".to_owned()), ..Filter::default() };
    assert_eq!(desk.export("few", filter, Format::Csv).unwrap().matched, 6600);
    let (good, said) = check(&desk.path("few"));
    assert!(good && said.contains("6600 of 66000 entries"), "{said}");

    let since = Timestamp::from_second(1_800_000_012).unwrap();
    let filter = Filter { since: Some(since), action: Some(Action::VaultRead), ..Filter::default() };
    let exported = desk.export("fewer", filter, Format::Jsonl).unwrap();
    assert!((1..1000).contains(&exported.matched), "{}", exported.matched);
    assert!(check(&desk.path("fewer")).0);
    let tiles = |name: &str| fs::read_dir(desk.path(name).join("tile/0")).unwrap().count();
    assert!(tiles("fewer") < tiles("few"));

    // Each of them also has a proof that any tool reads.
    let key = Signer::from_seed(ORIGIN, &[7; 32]).unwrap().verifier().clone();
    let stored = fs::read_to_string(desk.path("fewer/entries.jsonl")).unwrap();
    for line in stored.lines() {
        let index = line.split([':', ',']).nth(3).unwrap();
        let proof = fs::read_to_string(desk.path(&format!("fewer/proofs/{index}.tlog-proof"))).unwrap();
        ProofFile::parse(&proof).unwrap().verify(line.as_bytes(), std::slice::from_ref(&key)).unwrap();
    }
}

#[test]
fn a_changed_tile_or_entry_anywhere_is_found() {
    let desk = Desk::new(66_000);
    desk.export("evidence", Filter::default(), Format::Jsonl).unwrap();
    let spoil = |name: &str, at: usize| {
        let path = desk.path("evidence").join(name);
        let stored = fs::read(&path).unwrap();
        let mut bytes = stored.clone();
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        let (good, said) = check(&desk.path("evidence"));
        fs::write(&path, stored).unwrap();
        assert!(!good, "{name}: {said}");
        said
    };
    assert!(spoil("tile/0/000", 0).contains("tile/0: tile 0 was changed"));
    assert!(spoil("tile/0/200", 8191).contains("tile/0: tile 200 was changed"));
    assert!(spoil("tile/1/000", 40).contains("tile/1: tile 0 was changed"));
    assert!(spoil("tile/2/000.p/1", 3).contains("right edge"));
    spoil("entries.jsonl", 3_000_000);
}

#[test]
fn a_log_that_was_changed_gives_no_evidence() {
    let desk = Desk::new(1000);
    let segment = desk.path("audit/seg/000000000000.seg");
    let mut bytes = fs::read(&segment).unwrap();
    // Whoever changes an entry can mend the checksum of its frame, but not its hash.
    let length = u32::from_le_bytes(bytes[24..28].try_into().unwrap()) as usize;
    let entry = &mut bytes[32..32 + length];
    let at = entry.windows(4).position(|w| w == b"anna").unwrap();
    entry[at..at + 4].copy_from_slice(b"eva_");
    let crc = crc32c::crc32c(entry).to_le_bytes();
    bytes[28..32].copy_from_slice(&crc);
    fs::write(&segment, bytes).unwrap();
    let refused = desk.export("evidence", Filter::default(), Format::Jsonl).unwrap_err();
    assert!(refused.to_string().contains("entry 0: it is not the entry that was signed"), "{refused}");
    assert_eq!(fs::read_dir(desk.home.path()).unwrap().count(), 1, "nothing stays");
}

#[test]
fn of_a_pruned_log_the_rest_is_evidence_and_each_entry_can_be_proved() {
    let desk = Desk::new(66_000);
    let stored = {
        desk.export("before", Filter::default(), Format::Jsonl).unwrap();
        fs::read_to_string(desk.path("before/entries.jsonl")).unwrap()
    };
    let pruned = desk.log.prune(Timestamp::from_second(1_800_000_006).unwrap(), Actor::local("anna")).unwrap();
    assert!(pruned.entries > 256);
    let exported = desk.export("after", Filter::default(), Format::Jsonl).unwrap();
    assert_eq!((exported.pruned, exported.matched), (pruned.entries, exported.entries - pruned.entries));
    let (good, said) = check(&desk.path("after"));
    assert!(good && said.contains(&format!("entries before {}: they were pruned", pruned.entries)), "{said}");

    let key = Signer::from_seed(ORIGIN, &[7; 32]).unwrap().verifier().clone();
    let proof = Tree::open(&desk.path("audit")).unwrap().prove(17).unwrap();
    proof.verify(stored.lines().nth(17).unwrap().as_bytes(), &[key]).unwrap();
}

#[test]
fn text_full_of_separators_breaks_no_view() {
    let desk = Desk::new(3);
    let mut event = Event::new(Action::Read, Actor { id: NASTY.to_owned(), issuer: NASTY.to_owned() })
        .with_ticket(NASTY)
        .with_columns([NASTY, "b"])
        .with_subjects([Alias::from_bytes([7; 16])])
        .denied(NASTY);
    event.role = Some(NASTY.to_owned());
    drop(desk.log.append(&event).unwrap());
    desk.log.checkpoint().unwrap();
    for format in Format::ALL {
        desk.export(format.name(), Filter::default(), *format).unwrap();
        let (good, said) = check(&desk.path(format.name()));
        assert!(good, "{said}");
    }
    let mut csv = csv::Reader::from_path(desk.path("csv/entries.csv")).unwrap();
    let head = csv.headers().unwrap().clone();
    let row = csv.records().nth(3).unwrap().unwrap();
    let cell = |name: &str| &row[head.iter().position(|column| column == name).unwrap()];
    for column in ["actor", "actor_issuer", "ticket", "reason", "role"] {
        assert_eq!(cell(column), format!("'{NASTY}"));
    }
    assert_eq!(cell("columns"), format!("'{NASTY}; b"));
    for lines in ["ocsf/entries.ocsf.jsonl", "cef/entries.cef", "syslog/entries.syslog"] {
        let text = fs::read_to_string(desk.path(lines)).unwrap();
        assert_eq!(text.matches('\n').count(), 4, "{lines} has a line an entry");
        assert!(!text.contains('\r'), "{lines}");
    }
    let page = fs::read_to_string(desk.path("html/entries.html")).unwrap();
    assert!(!page.contains("<script>") && page.contains("&lt;script&gt;") && page.contains("1 denied"));
}

/// `cargo test --release -p pii-core --test audit_export -- --ignored --nocapture`
#[test]
#[ignore = "it measures"]
fn how_long_an_export_and_a_proof_take() {
    let entries = 1_000_000;
    let desk = Desk::new(entries);
    for format in [Format::Jsonl, Format::Csv, Format::Parquet, Format::Ocsf, Format::Html] {
        let started = Instant::now();
        desk.export(format.name(), Filter::default(), format).unwrap();
        let seconds = started.elapsed().as_secs_f64();
        println!("{format}: {seconds:.2} s, {:.0} entries/s", entries as f64 / seconds);
    }
    let started = Instant::now();
    let (good, said) = check(&desk.path("jsonl"));
    println!("verify.py: {:.2} s, {good}\n{said}", started.elapsed().as_secs_f64());
    let started = Instant::now();
    let proof = Tree::open(&desk.path("audit")).unwrap().prove(123_456).unwrap();
    println!("proof: {:?}, {} bytes", started.elapsed(), proof.to_string().len());
}

const NASTY: &str = "=1+1|\"';,]\\ a=b <script>&\r\n=cmd";
