//! Packages for those outside this room: kept ones, which journeys and Python read, and one of a million rows.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use age::secrecy::ExposeSecret;

use super::super::{SealTo, Verdict, verify};
use super::*;
use crate::request::PublicKey;

fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/packages").join(name)
}

/// What an earlier version gave to people is read by every later one.
#[test]
fn packages_of_earlier_versions_are_whole() {
    let public = PublicKey::parse(&fs::read_to_string(kept("access.pub")).unwrap()).unwrap();
    for (name, rows) in [("access.zip", 1), ("shop.zip", 253)] {
        let verdict = verify(File::open(kept(name)).unwrap(), Some(&public)).unwrap();
        assert!(matches!(verdict, Verdict::Whole(whole) if whole.rows == rows && whole.expected), "{name}");
    }
}

/// What Python reads is what is written today; if not, `cargo test --workspace --lib write_the_packages -- --ignored`.
#[test]
fn the_kept_package_is_as_one_of_today() {
    let (kept, today) = (fs::read(kept("shop.zip")).unwrap(), shop(Kind::Access, Language::English));
    assert_eq!(names(&kept), names(&today));
    for name in names(&today) {
        assert_eq!(file(&kept, &name), file(&today, &name), "{name}");
    }
}

#[test]
#[ignore = "writes the packages that are kept"]
fn write_the_packages() {
    let identity = age::x25519::Identity::generate();
    let secret = format!("# For tests: a key of nobody.\n{}\n", identity.to_string().expose_secret());
    fs::write(kept("access.zip"), small()).unwrap();
    fs::write(kept("shop.zip"), shop(Kind::Access, Language::English)).unwrap();
    fs::write(kept("access.pub"), key().public().file()).unwrap();
    fs::write(kept("identity.txt"), secret).unwrap();
    for (name, to) in [
        ("passphrase.zip.age", SealTo::weakly("correct horse battery staple")),
        ("identity.zip.age", SealTo::key(&identity.to_public().to_string()).unwrap()),
    ] {
        let mut sealed = to.seal(Vec::new()).unwrap();
        sealed.write_all(&small()).unwrap();
        fs::write(kept(name), sealed.finish().unwrap()).unwrap();
    }
}

/// A million rows, made as they are asked for.
struct Million;

impl Million {
    fn batch(from: usize) -> RecordBatch {
        let rows = from..from + 8_192;
        let of = |make: &dyn Fn(usize) -> String| {
            let values: Vec<_> = rows.clone().map(make).collect();
            texts(&values.iter().map(|value| Some(value.as_str())).collect::<Vec<_>>())
        };
        let mix = |n: usize| (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        batch(&[
            ("student_id", of(&|n| format!("s-{}", mix(n) % 997))),
            ("name", of(&|n| format!("Anna Müller {}", n % 13))),
            ("email", of(&|n| format!("anna.mueller{}@mail.example", mix(n) >> 40))),
            ("note", of(&|n| format!("asked about course {} on the {}th, and was called back", mix(n) % 4096, n % 28))),
            ("created_at", of(&|n| format!("2026-{:02}-{:02}T10:{:02}:00Z", n % 12 + 1, n % 28 + 1, n % 60))),
        ])
    }
}

impl Rows for Million {
    fn schema(&self) -> SchemaRef {
        Self::batch(0).schema()
    }

    fn batches(&self) -> Result<Batches<'_>, Error> {
        Ok(Box::new((0..1 << 20).step_by(8_192).map(|from| Ok(Self::batch(from)))))
    }
}

/// `cargo test --release --workspace --lib a_million_rows -- --ignored`: at least 50 MB of files a second, sealed, in
/// memory that does not grow with the rows.
#[test]
#[ignore = "a measurement, of an optimised build"]
fn a_million_rows() {
    let policy = policy();
    let (cover, key) = (cover(Kind::Access, &policy), key());
    let made = Instant::now();
    Million.batches().unwrap().chain(Million.batches().unwrap()).for_each(|batch| drop(std::hint::black_box(batch)));
    let making = made.elapsed();
    let tables = [Table::of(policy.dataset(&dataset("shop.students")).unwrap(), &Million)];
    let package = Package::new(&cover, &tables, &key, &IdentityVerified::recorded()).unwrap();
    let (before, started) = (most_memory(), Instant::now());
    let mut out = SealTo::weakly("correct horse battery").seal(io::sink()).unwrap();
    let (rows, _, content) = package.put(&mut out).unwrap();
    out.finish().unwrap();
    let taken = started.elapsed().saturating_sub(making);
    let rate = content as f64 / 1e6 / taken.as_secs_f64();
    let more = most_memory().saturating_sub(before);
    let figures = format!("{rows} rows, {content} bytes, {taken:.2?}, {rate:.0} MB/s, {more} KiB more");
    assert!(rate >= 50.0 && more < 16 << 10, "{figures}");
}

/// The most memory that this process had, in KiB.
fn most_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
