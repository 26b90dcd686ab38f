use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeListArray, ListArray, MapBuilder, RecordBatch, StringArray, StringBuilder,
    StructArray,
};
use arrow::compute::cast;
use arrow::datatypes::Int32Type;
use jiff::Timestamp;

use super::*;
use crate::batch::{Batch, Protected};
use crate::keyring::{Lock, RootKey};
use crate::register::Register;

const POLICY: &str = r#"
    controller = { name = "Acme GmbH", contact = "dpo@acme.example" }
    purpose = [{ id = "analytics", lawful_basis = "legitimate-interests" }]
    recipient = [{ id = "warehouse", purpose = "analytics", methods = {
        "user.contact" = "pseudonymise", "user.demographic.date_of_birth" = "year", "none" = "keep" } }]
    [[dataset]]
    id = "crm.customers"
    location = "customers.parquet"
    purposes = ["analytics"]
    subject = { column = "emails", kind = "email" }
    retention = { keep = "P1Y", then = "delete-row" }
    [dataset.columns]
    emails = "user.contact.email"
    scores = "none"
    "answers.keys" = "user.demographic.date_of_birth"
    "answers.values" = "none"
    "visits.keys" = "none"
    "visits.values" = "user.name"
    "contacts.keys" = "none"
    "contacts.values" = "user.contact.email"
    "home.email" = "user.contact.email"
    "home.city" = "none"
    email = "user.contact.email"
    EMAIL__epoch1 = "none"
"#;

fn protect(column: &str, array: ArrayRef) -> Result<Batch<Protected>, Error> {
    let rows = RecordBatch::try_from_iter_with_nullable([(column, array, true)]).unwrap();
    protect_rows(rows, &keys(1), None)
}

/// With a bridge, if `since` names an epoch.
fn protect_rows(rows: RecordBatch, keys: &Keyring, since: Option<u32>) -> Result<Batch<Protected>, Error> {
    let policy = Policy::parse(&[("policies/acme.toml".into(), POLICY.to_owned())]).unwrap();
    let dataset = DatasetId::parse("crm.customers").unwrap();
    let warehouse = RecipientId::parse("warehouse").unwrap();
    let mut to = Addressee::from(&warehouse);
    if let Some(since) = since {
        to = to.bridged_since(Epoch::new(since).unwrap());
    }
    let dir = tempfile::tempdir().unwrap();
    let register = Register::open(&dir.path().join("state.db")).unwrap();
    let protection = Protection::new(&policy, &dataset, to, keys, &register, rows.schema_ref())?;
    Batch::raw(dataset, rows).tag(&policy)?.protect(&protection)
}

/// Keys whose domain `warehouse` is in this epoch.
fn keys(epoch: u32) -> Keyring {
    let dir = tempfile::tempdir().unwrap();
    let (root, domain) = (RootKey::generate().unwrap(), Domain::parse("warehouse").unwrap());
    Keyring::create(dir.path(), &root).unwrap();
    let lock = Lock::take(dir.path()).unwrap();
    let to = Epoch::new(epoch).unwrap();
    Keyring::epoch_begun(&lock, &domain, Epoch::FIRST, to, Timestamp::UNIX_EPOCH).unwrap().make().unwrap();
    Keyring::open(dir.path(), &root).unwrap()
}

fn emails() -> ArrayRef {
    Arc::new(StringArray::from(vec![Some("a@example.org"), None]))
}

fn map(key: &str, value: &str) -> ArrayRef {
    let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    map.keys().append_value(key);
    map.values().append_value(value);
    map.append(true).unwrap();
    map.append(false).unwrap();
    Arc::new(map.finish())
}

#[test]
fn lists_keep_their_shape_whatever_their_sort() {
    let item = Arc::new(Field::new_list_field(DataType::Utf8, true));
    let values: ArrayRef = Arc::new(StringArray::from(vec![Some("a@example.org"), None, Some("b@example.org")]));
    let lists = ListArray::new(
        item.clone(),
        arrow::buffer::OffsetBuffer::from_lengths([1, 0, 0, 2]),
        values,
        Some(vec![true, false, true, true].into()),
    );
    for list in [DataType::List(item.clone()), DataType::LargeList(item.clone())] {
        let emails = cast(&lists, &list).unwrap();
        let left = protect("emails", emails.slice(1, 3)).unwrap();
        let left = cast(&left.rows()["emails"], &DataType::List(item.clone())).unwrap();
        let left = left.as_list::<i32>();
        assert!(left.is_null(0) && left.value(1).is_empty());
        assert!(left.value(2).is_null(0) && left.value(2).as_string::<i32>().value(1).starts_with('1'));
    }
    let pairs = [Some(vec![Some(1), None]), None];
    let pairs = FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>(pairs, 2);
    let left = protect("scores", Arc::new(pairs.clone())).unwrap();
    assert_eq!(left.rows()["scores"].as_fixed_size_list(), &pairs);
}

#[test]
fn a_map_of_which_a_half_is_dropped_is_dropped() {
    assert_eq!(protect("visits", map("2026-11-21", "Anna Musterfrau")).unwrap().rows().num_columns(), 0);
}

#[test]
fn keys_of_a_map_cannot_be_made_coarser() {
    // What cannot be read would become null, and a key cannot.
    let error = protect("answers", map("1990-05-17", "yes")).unwrap_err();
    assert!(matches!(&error, Error::Column { column, .. } if column == "answers"), "{error}");
}

#[test]
fn a_bridge_stands_beside_its_column_and_is_what_that_column_was() {
    let keys = keys(3);
    let rows = RecordBatch::try_from_iter_with_nullable([("email", emails(), true)]).unwrap();
    let bridged = protect_rows(rows.clone(), &keys, Some(1)).unwrap();
    let schema = bridged.rows().schema();
    let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["email", "email__epoch1", "email__epoch2"]);
    for (n, epoch) in ["3", "1", "2"].into_iter().enumerate() {
        let column = bridged.rows().column(n).as_string::<i32>();
        assert!(column.value(0).starts_with(epoch) && column.is_null(1));
        let about = schema.field(n).metadata();
        assert_eq!(about["pii.kid"], format!("warehouse/{epoch}"));
        assert_eq!(about.get("pii.bridge").map(String::as_str), (n > 0).then_some("email"));
        assert_eq!(about.get("pii.epoch").map(String::as_str), (n > 0).then_some(epoch));
    }
    // Without one there is nothing but the current epoch; and from the current epoch on there is nothing to bridge.
    for since in [None, Some(3)] {
        let alone = protect_rows(rows.clone(), &keys, since).unwrap();
        assert_eq!(alone.rows().num_columns(), 1);
        assert_eq!(alone.rows().column(0), bridged.rows().column(0));
    }
}

#[test]
fn a_bridge_leads_from_within_a_struct_and_from_a_list() {
    let item = Arc::new(Field::new_list_field(DataType::Utf8, true));
    let lists = ListArray::new(item, arrow::buffer::OffsetBuffer::from_lengths([2, 0]), emails(), None);
    let email = Arc::new(Field::new("email", DataType::Utf8, true));
    let city = Arc::new(Field::new("city", DataType::Utf8, true));
    let home = StructArray::from(vec![(email, emails()), (city, emails())]);
    let columns = [("emails", Arc::new(lists) as ArrayRef, true), ("home", Arc::new(home) as ArrayRef, true)];
    let rows = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let left = protect_rows(rows, &keys(2), Some(1)).unwrap();
    let list = |name: &str| left.rows()[name].as_list::<i32>().value(0).as_string::<i32>().value(0).to_owned();
    assert!(list("emails").starts_with('2') && list("emails__epoch1").starts_with('1'));
    let home = left.rows()["home"].as_struct();
    assert_eq!(home.column_names(), ["email", "email__epoch1", "city"]);
    assert!(home.column(1).as_string::<i32>().value(0).starts_with('1'));
}

#[test]
fn where_there_is_no_room_for_a_bridge_none_is_made() {
    let refused = |columns: &[(&str, ArrayRef)], since| {
        let rows = RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(n, a)| (*n, a.clone(), true)));
        protect_rows(rows.unwrap(), &keys(2), Some(since)).unwrap_err().to_string()
    };
    let said = refused(&[("contacts", map("work", "a@example.org"))], 1);
    assert_eq!(
        said,
        "no bridge from column `contacts` of `crm.customers`: it is a map, which has no room beside its keys and values"
    );
    let said = refused(&[("email", emails()), ("EMAIL__epoch1", emails())], 1);
    assert!(said.ends_with("there is a column `email__epoch1` already"), "{said}");
    assert_eq!(refused(&[("email", emails())], 3), "`warehouse` has no epoch 3: it is in epoch 2");
}
