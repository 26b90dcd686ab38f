//! What others make of a package, and how fast it is written.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::super::{SealTo, verify};
use super::*;

/// Runs `tests/python/NAME`.
#[track_caller]
pub(super) fn python(name: &str, args: &[PathBuf]) {
    let python = std::env::var_os("PII_TEST_PYTHON")
        .expect("PII_TEST_PYTHON names a Python with `cryptography`: `cargo xtask test` makes one");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/python").join(name);
    let output = Command::new(python).arg("-B").arg(script).args(args).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Python's own `zipfile`, `json`, `csv`, and an Ed25519 that is not ours.
#[test]
fn python_reads_a_package_and_its_signature() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("package.zip");
    std::fs::write(&path, shop(Kind::Access, Language::Korean)).unwrap();
    python("package.py", &[path]);
}

/// For whoever looks at the pages: `PII_PAGES=DIR cargo test --workspace --lib write_the_pages -- --ignored`.
#[test]
#[ignore = "writes pages to be looked at"]
fn write_the_pages() {
    let folder = PathBuf::from(std::env::var_os("PII_PAGES").unwrap());
    for language in Language::ALL {
        for kind in [Kind::Access, Kind::Portability] {
            let page = file(&shop(kind, *language), "index.html");
            std::fs::write(folder.join(format!("{}-{}.html", kind.name(), language.tag())), page).unwrap();
        }
    }
    std::fs::write(folder.join("package.zip"), shop(Kind::Access, Language::English)).unwrap();
    std::fs::write(folder.join("key.pub"), key().public().file()).unwrap();
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

/// `cargo test --release --workspace --lib a_million_rows -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
fn a_million_rows() {
    let policy = policy();
    let cover = cover(Kind::Access, &policy);
    let made = Instant::now();
    Million.batches().unwrap().chain(Million.batches().unwrap()).for_each(|batch| drop(std::hint::black_box(batch)));
    let making = made.elapsed();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("package.zip");
    for sealed in [false, true] {
        let (before, started) = (resident(), Instant::now());
        let tables = [Table::of(policy.dataset(&dataset("shop.students")).unwrap(), &Million)];
        let file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
        let key = key();
        let package = Package::new(&cover, &tables, &key, &IdentityVerified::recorded()).unwrap();
        let (rows, content) = if sealed {
            let mut out = SealTo::weakly("correct horse battery").seal(file).unwrap();
            let (rows, _, content) = package.put(&mut out).unwrap();
            std::io::Write::flush(&mut out.finish().unwrap()).unwrap();
            (rows, content)
        } else {
            let mut out = file;
            let (rows, _, content) = package.put(&mut out).unwrap();
            (rows, content)
        };
        let taken = started.elapsed().saturating_sub(making);
        let rate = content as f64 / 1e6 / taken.as_secs_f64();
        let size = std::fs::metadata(&path).unwrap().len();
        println!(
            "sealed: {sealed}, {rows} rows, {content} bytes, {size} packed, {taken:.2?}, {rate:.0} MB/s, peak {} KiB more",
            resident().saturating_sub(before)
        );
        if !sealed {
            let started = Instant::now();
            verify(std::fs::File::open(&path).unwrap(), Some(key.public())).unwrap();
            println!("verified in {:.2?}", started.elapsed());
        }
    }
}

/// `cargo test --release --workspace --lib levels_of_deflate -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
fn levels_of_deflate() {
    let policy = policy();
    let table = Table::of(policy.dataset(&dataset("shop.students")).unwrap(), &Million);
    let selected =
        super::super::select::select(&cover(Kind::Access, &policy), &table, &mut Vec::new()).unwrap().unwrap();
    let mut text = Vec::new();
    super::super::lines::write(&selected, &mut text).unwrap();
    for level in [1, 2, 3, 4, 5, 6, 7, 9] {
        let (mut packed, started) = (Vec::new(), Instant::now());
        let mut zip = super::super::zip::Writer::new(&mut packed, level);
        zip.file::<std::io::Error>("data/a.jsonl", |out| out.write_all(&text)).unwrap();
        zip.finish().unwrap();
        let rate = text.len() as f64 / 1e6 / started.elapsed().as_secs_f64();
        println!("level {level}: {} of {} bytes, {rate:.0} MB/s", packed.len(), text.len());
    }
}

/// The most memory that this process had, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
