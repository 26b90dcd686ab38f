//! Packages as people, programs and forgers meet them.

mod contents;
mod forged;
mod outside;
mod page;
mod values;

use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, StructArray};
use arrow::datatypes::{DataType, Field, SchemaRef};
use jiff::civil::date;
use uuid::Uuid;

use super::zip::Reader;
use super::{Batches, Cover, Kind, Language, Package, PurposeLine, RecipientLine, Rows, Table, Written};
use crate::policy::Policy;
use crate::request::{DocumentKey, Error, IdentityVerified};
use crate::vocab::DatasetId;

/// Rows that are here.
struct Held(Vec<RecordBatch>);

impl Rows for Held {
    fn schema(&self) -> SchemaRef {
        self.0[0].schema()
    }

    fn batches(&self) -> Result<Batches<'_>, Error> {
        Ok(Box::new(self.0.iter().cloned().map(Ok)))
    }
}

fn policy() -> Policy {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("shop.toml"), include_str!("policy.toml")).unwrap();
    Policy::load(folder.path()).unwrap()
}

fn dataset(name: &str) -> DatasetId {
    DatasetId::parse(name).unwrap()
}

fn cover(kind: Kind, policy: &Policy) -> Cover {
    let (request, generated) = (Uuid::from_u128(0x2026_1121), "2026-11-21T08:00:00Z".parse().unwrap());
    let mut cover = Cover::new(request, kind, policy.controller(), date(2026, 11, 2), generated);
    cover.purposes = policy.purposes().iter().map(PurposeLine::of).collect();
    let warehouse = &policy.recipients()[0];
    cover.recipients = vec![RecipientLine::of(warehouse, vec![dataset("shop.students")], Some(date(2026, 10, 30)))];
    cover.authority = Some("the Data Protection Commission".to_owned());
    cover
}

fn key() -> DocumentKey {
    DocumentKey::from_seed(&[7; 32]).unwrap()
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn batch(columns: &[(&str, ArrayRef)]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(name, array)| (*name, Arc::clone(array), true)))
        .unwrap()
}

fn students() -> Held {
    let field = |name: &str| Arc::new(Field::new(name, DataType::Utf8, true));
    let address = StructArray::from(vec![
        (field("city"), texts(&[Some("Mapo-gu"), Some("Köln")])),
        (field("score"), texts(&[Some("A"), None])),
    ]);
    Held(vec![batch(&[
        ("student_id", texts(&[Some("s-7"), Some("s-7")])),
        ("name", texts(&[Some("김하늘"), Some("Änne <b>Groß</b>")])),
        ("email", texts(&[Some("haneul@mail.example"), None])),
        ("note", texts(&[Some("=HYPERLINK(\"https://evil.example\",\"click\")"), Some("")])),
        ("manager", texts(&[Some("boss@firm.example"), None])),
        ("segment", texts(&[Some("night owl"), None])),
        ("address", Arc::new(address)),
        ("created_at", texts(&[Some("2024-03-01"), Some("2025-01-31")])),
    ])])
}

fn clicks() -> Held {
    let pages: Vec<_> = (0..250).map(|n| format!("/course/{n}")).collect();
    let pages: Vec<_> = pages.iter().map(|page| Some(page.as_str())).collect();
    Held(vec![batch(&[("student_id", texts(&vec![Some("s-7"); 250])), ("page", texts(&pages))])])
}

fn scores() -> Held {
    Held(vec![batch(&[("student_id", texts(&[Some("s-7")])), ("score", texts(&[Some("0.93")]))])])
}

/// A package of the three, in clear.
fn shop(kind: Kind, language: Language) -> Vec<u8> {
    let policy = policy();
    let (students, clicks, scores) = (students(), clicks(), scores());
    let table = |name: &str, rows| Table::of(policy.dataset(&dataset(name)).unwrap(), rows);
    let tables = [table("shop.students", &students), table("shop.clicks", &clicks), table("risk.scores", &scores)];
    let cover = Cover { language, ..cover(kind, &policy) };
    put(&cover, &tables).unwrap()
}

/// A small one.
fn small() -> Vec<u8> {
    let policy = policy();
    let scores = scores();
    put(&cover(Kind::Access, &policy), &[Table::of(policy.dataset(&dataset("risk.scores")).unwrap(), &scores)]).unwrap()
}

fn put(cover: &Cover, tables: &[Table<'_>]) -> Result<Vec<u8>, Error> {
    let mut zip = Vec::new();
    Package::new(cover, tables, &key(), &IdentityVerified::recorded())?.put(&mut zip)?;
    Ok(zip)
}

/// One file of a package.
fn file(zip: &[u8], name: &str) -> String {
    let mut reader = Reader::open(Cursor::new(zip), |_| true).unwrap();
    String::from_utf8(reader.small(name, u64::MAX).unwrap()).unwrap()
}

fn names(zip: &[u8]) -> Vec<String> {
    let reader = Reader::open(Cursor::new(zip), |_| true).unwrap();
    reader.entries().iter().map(|entry| entry.name.clone()).collect()
}

fn json(zip: &[u8], name: &str) -> serde_json::Value {
    serde_json::from_str(&file(zip, name)).unwrap()
}

fn lines(zip: &[u8], name: &str) -> Vec<serde_json::Value> {
    file(zip, name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn records(zip: &[u8], name: &str) -> Vec<Vec<String>> {
    let text = file(zip, name);
    let text = text.strip_prefix('\u{feff}').unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// What the doors give: an entry on record, then the bytes.
fn through_the_doors(
    write: impl FnOnce(&Package<'_>, &crate::audit::Receipt, &mut Vec<u8>) -> Result<Written, Error>,
) -> (Written, Vec<u8>) {
    use crate::audit::{Action, AuditLog, Event, Settings, Signer};
    let home = tempfile::tempdir().unwrap();
    let signer = Signer::from_seed("acme.example/audit", &[9; 32]).unwrap();
    let log = AuditLog::create(&home.path().join("audit"), signer, Settings::new("db-1")).unwrap();
    let event = Event::new(Action::RequestDeliver, crate::vocab::Actor::local("anna"));
    let receipt = log.append(&event).unwrap();
    let (policy, scores) = (policy(), scores());
    let cover = cover(Kind::Access, &policy);
    let tables = [Table::of(policy.dataset(&dataset("risk.scores")).unwrap(), &scores)];
    let key = key();
    let package = Package::new(&cover, &tables, &key, &IdentityVerified::recorded()).unwrap();
    let mut out = Vec::new();
    let written = write(&package, &receipt, &mut out).unwrap();
    (written, out)
}
