//! What may leave, and how.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListBuilder, MapBuilder, RecordBatch, StringArray};
use arrow::array::{StringBuilder, StructArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};
use pii_core::audit::{Action, Event};
use pii_core::batch::{self, Batch, Protection};
use pii_core::catalog::Catalog;
use pii_core::outbound::{self, Writer};
use pii_core::policy::Refusal;
use pii_core::store::{Compression, Destination, TableWriter, WriteOptions};
use pii_core::vocab::Actor;
use proptest::prelude::*;

use crate::world::{World, dataset, holds, recipient, table};

/// What a customer tells.
#[derive(Clone, Debug)]
struct Customer {
    id: String,
    email: String,
    name: String,
    phones: Vec<String>,
    street: String,
}

impl Customer {
    /// Whatever of it the warehouse must never see.
    fn clear(&self) -> impl Iterator<Item = &String> {
        [&self.id, &self.email, &self.name, &self.street].into_iter().chain(&self.phones)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_clear_value_is_in_what_leaves(people in customers(), dictionaries: bool, skip in 0usize..3) {
        let world = World::new();
        let all = nested(&people, dictionaries);
        // A slice still holds the rows around it.
        let skip = skip.min(all.num_rows() - 1);
        for rows in [all.clone(), all.slice(skip, all.num_rows() - skip)] {
            let flat = rows.project(&[0, 1, 2]).unwrap();
            for (rows, format) in [(&flat, "csv"), (&rows, "jsonl"), (&rows, "parquet"), (&rows, "arrow"), (&rows, "avro")] {
                let bytes = write(&world, rows, format);
                for value in people.iter().flat_map(Customer::clear) {
                    prop_assert!(!holds(&bytes, value), "`{}` in {}", value, format);
                }
            }
        }
    }

    #[test]
    fn what_is_kept_is_kept(people in customers()) {
        let world = World::new();
        let left = world.protect("crm.customers", "warehouse", &nested(&people, false));
        let country = left.rows()["address"].as_struct().column_by_name("country").unwrap();
        prop_assert!(country.as_string::<i32>().iter().all(|c| c == Some("KR")));
        prop_assert_eq!(left.num_rows(), people.len());
    }
}

#[test]
fn a_dropped_part_of_a_column_is_gone_and_the_rest_stays() {
    let world = World::new();
    let rows = nested(&[anna()], false);
    let protection = world.protection("crm.customers", "warehouse", &rows);
    let DataType::Struct(address) = protection.schema().field_with_name("address").unwrap().data_type() else {
        panic!()
    };
    assert_eq!(address.iter().map(|f| f.name().as_str()).collect::<Vec<_>>(), ["country"]);
    assert!(protection.schema().field_with_name("name").is_err());
    // A partner who gets no part of it does not get the column.
    assert!(world.protection("crm.customers", "partner", &rows).schema().field_with_name("address").is_err());
}

#[test]
fn an_item_of_a_list_has_the_pseudonym_of_the_same_value_elsewhere() {
    let world = World::new();
    let left = world.protect("crm.customers", "warehouse", &nested(&[anna(), anna()], false));
    let phones = left.rows()["phones"].as_list::<i32>();
    assert_eq!(phones.value(0).to_data(), phones.value(1).to_data());
    assert!(phones.value(0).as_string::<i32>().value(0).starts_with('1'));
}

#[test]
fn keys_and_values_of_a_map_are_decided_each_for_itself() {
    let world = World::new();
    let mut answers = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    answers.keys().append_value("anna@example.org");
    answers.values().append_value("bert@example.org");
    answers.append(true).unwrap();
    let rows = RecordBatch::try_from_iter([("answers", Arc::new(answers.finish()) as ArrayRef)]).unwrap();
    let left = world.protect("crm.customers", "warehouse", &rows);
    let emails =
        world.protect("crm.customers", "warehouse", &table(&[("email", &["anna@example.org", "bert@example.org"])]));
    let emails = emails.rows()["email"].as_string::<i32>();
    let map = left.rows()["answers"].as_map();
    assert_eq!(map.keys().as_string::<i32>().value(0), emails.value(0));
    assert_eq!(map.values().as_string::<i32>().value(0), emails.value(1));
}

#[test]
fn metadata_of_the_source_stay_behind() {
    let world = World::new();
    let note = [("author".to_owned(), "anna@example.org".to_owned())];
    let field = Field::new("total", DataType::Int64, true).with_metadata(note.clone().into_iter().collect());
    let schema = arrow::datatypes::Schema::new_with_metadata(vec![field], note.into_iter().collect());
    let rows = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(Int64Array::from(vec![3]))]).unwrap();
    let left = world.protect("crm.customers", "warehouse", &rows);
    assert!(!format!("{:?}", left.rows().schema()).contains("anna"));
}

#[test]
fn a_dataset_goes_nowhere_for_a_purpose_that_it_does_not_have() {
    let world = World::new();
    let rows = table(&[("customer_id", &["7"])]);
    let refused = |of, to| {
        Protection::new(&world.policy, &dataset(of), &recipient(to), &world.keys, &world.register, rows.schema_ref())
            .unwrap_err()
    };
    for (of, to) in [("crm.customers", "bank"), ("shop.invoices", "warehouse")] {
        let error = refused(of, to);
        assert!(matches!(error, batch::Error::Refused(Refusal::PurposeNotAllowed { .. })), "{error}");
    }
    assert!(matches!(refused("crm.nothing", "warehouse"), batch::Error::Refused(Refusal::UnknownDataset(_))));
    assert!(matches!(refused("crm.customers", "nobody"), batch::Error::Refused(Refusal::UnknownRecipient(_))));
}

#[test]
fn what_is_not_decided_does_not_pass() {
    let world = World::new();
    let rows = table(&[("customer_id", &["7"]), ("kakao_id", &["anna7"]), ("shoe_size", &["38"])]);
    let error = Batch::raw(dataset("crm.customers"), rows.clone()).tag(&world.policy).unwrap_err();
    assert_eq!(error.to_string(), "columns `kakao_id`, `shoe_size` of `crm.customers` have no tag");
    let of = dataset("crm.customers");
    let error =
        Protection::new(&world.policy, &of, &recipient("warehouse"), &world.keys, &world.register, rows.schema_ref())
            .unwrap_err();
    assert!(matches!(error, batch::Error::Refused(Refusal::UndecidedColumn { .. })), "{error}");
}

#[test]
fn a_protection_fits_its_own_dataset_and_columns_only() {
    let world = World::new();
    let customers = table(&[("customer_id", &["7"]), ("email", &["anna@example.org"])]);
    let protection = world.protection("crm.customers", "warehouse", &customers);
    let fewer = world.tag("crm.customers", table(&[("email", &["anna@example.org"])]));
    assert!(matches!(fewer.protect(&protection), Err(batch::Error::Mismatch { .. })));
    let invoices = world.tag("shop.invoices", table(&[("customer_id", &["7"])]));
    assert!(matches!(invoices.protect(&protection), Err(batch::Error::Mismatch { .. })));
}

#[test]
fn a_door_takes_only_the_rows_that_it_was_opened_for() {
    let world = World::new();
    let rows = table(&[("email", &["anna@example.org"])]);
    let protection = world.protection("crm.customers", "warehouse", &rows);
    let path = world.path().join("out.csv");
    let mut door = door(&world, &protection, &path, "csv");

    let partners = world.protect("crm.customers", "partner", &rows);
    assert!(matches!(door.write(partners), Err(outbound::Error::WrongRecipient { .. })));
    // The same columns for the same recipient, of a dataset that the record does not name.
    let accounts = world.protect("web.accounts", "warehouse", &rows);
    assert!(matches!(door.write(accounts), Err(outbound::Error::WrongRows { .. })));
    // The same dataset under another keyring: the disclosure would name the wrong key.
    let others = World::new().protect("crm.customers", "warehouse", &rows);
    assert!(matches!(door.write(others), Err(outbound::Error::WrongRows { .. })));
    door.write(world.protect("crm.customers", "warehouse", &rows)).unwrap();
}

#[test]
fn nothing_is_seen_before_the_record_of_it_stands() {
    let world = World::new();
    let rows = table(&[("email", &["anna@example.org"])]);
    let protection = world.protection("crm.customers", "warehouse", &rows);
    let path = world.path().join("out.csv");
    let mut door = door(&world, &protection, &path, "csv");
    door.write(world.protect("crm.customers", "warehouse", &rows)).unwrap();
    assert!(!path.exists());
    let catalog = Catalog::open(&world.path().join("state.db")).unwrap();
    let at = "2026-11-21T00:00:00Z".parse().unwrap();
    let disclosed = door.finish(event(), &world.register, &catalog, at, path.display().to_string()).unwrap();
    assert!(path.exists());
    assert_eq!(
        (disclosed.rows, disclosed.recipient.as_str(), disclosed.purpose.as_str()),
        (1, "warehouse", "analytics")
    );
    assert_eq!(catalog.disclosures(None).unwrap(), std::slice::from_ref(&disclosed));
    let entries: Vec<_> = pii_core::audit::read(&world.path().join("audit")).unwrap().map(Result::unwrap).collect();
    let (_, entry) = entries.iter().find(|(index, _)| *index == disclosed.audit_entry).unwrap();
    assert_eq!(entry.event.content.unwrap().to_string(), disclosed.sha256);
}

#[test]
fn a_door_that_is_never_closed_leaves_nothing() {
    let world = World::new();
    let rows = table(&[("email", &["anna@example.org"])]);
    let protection = world.protection("crm.customers", "warehouse", &rows);
    let out = world.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let mut door = door(&world, &protection, &out.join("out.csv"), "csv");
    door.write(world.protect("crm.customers", "warehouse", &rows)).unwrap();
    drop(door);
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
}

/// Through the door, uncompressed, so that the bytes can be searched.
fn write(world: &World, rows: &RecordBatch, format: &str) -> Vec<u8> {
    let protection = world.protection("crm.customers", "warehouse", rows);
    let path = world.path().join("out").with_extension(format);
    let mut door = door(world, &protection, &path, format);
    door.write(world.protect("crm.customers", "warehouse", rows)).unwrap();
    let catalog = Catalog::open(&world.path().join("state.db")).unwrap();
    let at = "2026-11-21T00:00:00Z".parse().unwrap();
    let _ = door.finish(event(), &world.register, &catalog, at, path.display().to_string()).unwrap();
    std::fs::read(path).unwrap()
}

fn door<'a>(
    world: &'a World,
    protection: &'a Protection,
    path: &std::path::Path,
    format: &str,
) -> Writer<'a, TableWriter> {
    let compression = (!["csv", "jsonl"].contains(&format)).then_some(Compression::None);
    let options = WriteOptions { compression, ..WriteOptions::default() };
    let sink = TableWriter::create(&Destination::Path(path.to_owned()), protection.schema(), &options).unwrap();
    Writer::open(protection, &world.log, event(), sink).unwrap()
}

fn event() -> Event {
    Event::new(Action::Disclose, Actor::local("test"))
}

fn anna() -> Customer {
    Customer {
        id: "customer-0007".into(),
        email: "anna@example.org".into(),
        name: "Anna Musterfrau".into(),
        phones: vec!["+49 30 23125 000".into()],
        street: "Beispielstrasse 7".into(),
    }
}

prop_compose! {
    fn customer()(
        id in "[0-9]{12}", email in "[a-z]{8,12}@example\\.org", name in "[A-Z][a-z]{7} [A-Z][a-z]{9}",
        phones in prop::collection::vec("\\+4930[0-9]{9}", 0..3), street in "[A-Z][a-z]{9}strasse [0-9]{2}",
    ) -> Customer {
        Customer { id, email, name, phones, street }
    }
}

fn customers() -> impl Strategy<Value = Vec<Customer>> {
    prop::collection::vec(customer(), 1..12)
}

/// Text, dictionaries, a list and a struct. The first three columns are flat.
fn nested(people: &[Customer], dictionaries: bool) -> RecordBatch {
    let strings =
        |of: fn(&Customer) -> &str| Arc::new(StringArray::from_iter_values(people.iter().map(of))) as ArrayRef;
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let as_asked = |array: ArrayRef| if dictionaries { cast(&array, &dictionary).unwrap() } else { array };
    let mut phones = ListBuilder::new(StringBuilder::new());
    for person in people {
        person.phones.iter().for_each(|phone| phones.values().append_value(phone));
        phones.append(true);
    }
    let address = StructArray::from(vec![
        (Arc::new(Field::new("street", DataType::Utf8, true)), strings(|p| &p.street)),
        (Arc::new(Field::new("country", DataType::Utf8, true)), strings(|_| "KR")),
    ]);
    RecordBatch::try_from_iter_with_nullable([
        ("customer_id", as_asked(strings(|p| &p.id)), true),
        ("email", as_asked(strings(|p| &p.email)), true),
        ("name", as_asked(strings(|p| &p.name)), true),
        ("phones", Arc::new(phones.finish()) as ArrayRef, true),
        ("address", Arc::new(address) as ArrayRef, true),
    ])
    .unwrap()
}
