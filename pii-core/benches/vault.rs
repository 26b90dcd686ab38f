//! What does the vault cost? `vault sqlite|postgres FOLDER PEOPLE`, run by `cargo xtask bench vault`.
//!
//! Five personal columns a person, three of them identifiers, in batches of 32,768 rows as `pii tag` reads them. PostgreSQL is one of
//! our own on loopback, over TLS, durable as it comes; beside it, `psql` copies the same rows into tables of the same shape.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that fails, fails by a panic")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use arrow::array::StringArray;
use jiff::Timestamp;
use pii_core::audit::{Action, AuditLog, Event, Receipt, Settings, Signer};
use pii_core::keyring::{Keyring, RootKey};
use pii_core::vault::{Deposit, Held, Login, People, Vault, VaultLocation};
use pii_core::vocab::{Actor, Category, DatasetId, Domain, Identifier, IdentifierKind};

#[path = "../../tests/postgres.rs"]
#[allow(dead_code, reason = "tests use the rest of it")]
mod postgres;

fn main() {
    // `cargo bench` adds `--bench`.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let [row, folder, people] = args.as_slice() else {
        eprintln!("usage: vault sqlite|postgres FOLDER PEOPLE; or both: cargo xtask bench vault");
        return;
    };
    let (folder, people) = (PathBuf::from(folder), people.parse().unwrap());
    std::fs::create_dir_all(&folder).unwrap();
    match row.as_str() {
        "sqlite" => {
            measure(&Stand::new(&folder, VaultLocation::File(folder.join("vault.db")), Login::default()), people)
        }
        "postgres" => {
            let server = postgres::Postgres::durable();
            let login = Login { passfile: Some(server.passfile(&folder)), ..Login::default() };
            let at = VaultLocation::parse(&server.url("owner"), &folder).unwrap();
            let stand = Stand::new(&folder, at, login);
            let put = measure(&stand, people);
            bare(&server, &folder, people, put);
            0.0
        }
        _ => panic!("no row `{row}`"),
    };
}

/// A vault to measure, and a log for its receipts.
struct Stand {
    vault: Vault,
    keys: Keyring,
    recorded: Receipt,
    dataset: DatasetId,
}

impl Stand {
    fn new(folder: &Path, at: VaultLocation, login: Login) -> Self {
        let keys = Keyring::create(folder, &RootKey::generate().unwrap()).unwrap();
        let signer = Signer::from_seed("bench/audit", &keys.audit_seed().unwrap()).unwrap();
        let log = AuditLog::create(&folder.join("audit"), signer, Settings::new("bench")).unwrap();
        let vault = Vault::create(&at, &login, &folder.join("epochs"), &keys, Timestamp::now()).unwrap();
        let recorded = log.append(&Event::new(Action::VaultDeposit, Actor::local("bench"))).unwrap();
        Self { vault, keys, recorded, dataset: DatasetId::parse("crm.customers").unwrap() }
    }

    fn put(&self, from: usize, rows: usize) -> u64 {
        let column = |value: &dyn Fn(usize) -> String| StringArray::from_iter_values((from..from + rows).map(value));
        let held = |path: &str, category: &str, identifier: Option<&str>, values: StringArray| Held {
            path: path.to_owned(),
            category: Category::parse(category).unwrap(),
            region: None,
            identifier: identifier.map(|kind| IdentifierKind::parse(kind).unwrap()),
            values,
        };
        let columns = [
            held("customer_id", "user.unique_id", Some("customer_id"), column(&|n| format!("C{n:09}"))),
            held("name", "user.name", None, column(&|n| format!("Agatha Winterbourne {}", n % 9_973))),
            held("email", "user.contact.email", Some("email"), column(&|n| format!("agatha.w{n}@mail.example"))),
            held("phone", "user.contact.phone_number", Some("phone"), column(&|n| format!("+44770{n:09}"))),
            held(
                "born",
                "user.demographic.date_of_birth",
                None,
                column(&|n| format!("19{:02}-03-1{}", n % 97, n % 10)),
            ),
        ];
        let deposit = Deposit { dataset: &self.dataset, subject: 0, columns: &columns, at: Timestamp::now() };
        self.vault.deposit(&self.keys, &deposit, &mut People::default(), &self.recorded).unwrap().new_values
    }

    fn who(&self, n: usize) -> pii_core::vault::Person {
        let identifier = Identifier::parse(&format!("customer_id=C{n:09}")).unwrap();
        self.vault.find(&self.keys, &identifier).unwrap().pop().unwrap()
    }
}

/// Puts people in, reads some, puts them in again, finds one by a pseudonym, shreds some. Values a second of the first.
fn measure(stand: &Stand, people: usize) -> f64 {
    let put = || {
        let begun = Instant::now();
        let values: u64 = (0..people).step_by(BATCH).map(|from| stand.put(from, BATCH.min(people - from))).sum();
        (values, begun.elapsed().as_secs_f64())
    };
    let before = cpu();
    let (values, seconds) = put();
    let rate = values as f64 / seconds;
    let busy = cpu() - before;
    println!("put      {values} values in {seconds:.2} s: {rate:.0} values/s; {busy:.2} s of the processor");
    let (_, again) = put();
    println!("again    nothing new in {again:.2} s: {:.0} values/s", values as f64 / again);
    report("read", 200, |n| {
        let person = stand.who(n * 7_919 % people);
        assert_eq!(stand.vault.read(&person, &stand.recorded).unwrap().len(), 5);
    });
    let domain = Domain::parse("warehouse").unwrap();
    let begun = Instant::now();
    stand.vault.find_pseudonym(&stand.keys, &domain, "1", &stand.recorded).unwrap();
    println!("index    {:.2} s for the first pseudonym that is looked up", begun.elapsed().as_secs_f64());
    let gone: Vec<_> = (0..20).map(|n| stand.who(n * 104_729 % people)).collect();
    report("shred", gone.len(), |n| {
        assert_eq!(stand.vault.shred(&gone[n..=n], Timestamp::now(), &stand.recorded).unwrap().keys, 1);
    });
    let many: Vec<_> = (0..1_000).map(|n| stand.who((n * 97 + 13) % people)).collect();
    let begun = Instant::now();
    let done = stand.vault.shred(&many, Timestamp::now(), &stand.recorded).unwrap();
    println!("shred    1,000 at once in {:.2} s, {} keys wrapped anew", begun.elapsed().as_secs_f64(), done.rewrapped);
    println!("size     {} bytes a value", stand.vault.status().unwrap().bytes / values);
    rate
}

/// Seconds of the processor that this process took so far.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// The median and the worst of so many.
fn report(what: &str, times: usize, work: impl Fn(usize)) {
    let mut taken: Vec<f64> = (0..times)
        .map(|n| {
            let begun = Instant::now();
            work(n);
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    taken.sort_by(f64::total_cmp);
    println!("{what:<8} one: {:.2} ms, at worst {:.2} ms", taken[times / 2], taken[times - 1]);
}

/// The same rows by `psql` and COPY, over TLS, into tables of the same shape.
fn bare(server: &postgres::Postgres, folder: &Path, people: usize, put: f64) {
    let tables = ["person", "identifier", "value", "arrival"];
    let psql = |command: String| {
        let url = format!("{}&sslmode=verify-full", server.url("owner"));
        let mut psql = Command::new("psql");
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", &command, &url]).env("PGPASSWORD", "renwo");
        assert!(psql.status().unwrap().success(), "{command}");
    };
    psql("CREATE SCHEMA bare".to_owned());
    let mut seconds = 0.0;
    for table in tables {
        let file = folder.join(table).display().to_string();
        psql(format!("CREATE TABLE bare.{table} (LIKE pii.{table} INCLUDING ALL)"));
        psql(format!("\\copy pii.{table} TO '{file}' BINARY"));
        let begun = Instant::now();
        psql(format!("\\copy bare.{table} FROM '{file}' BINARY"));
        seconds += begun.elapsed().as_secs_f64();
    }
    let rate = 5.0 * people as f64 / seconds;
    println!(
        "bare     COPY of the same rows, four tables, in {seconds:.2} s: {rate:.0} values/s; put is {:.2} of it",
        put / rate
    );
}

const BATCH: usize = 32_768;
