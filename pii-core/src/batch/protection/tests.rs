use arrow::array::{ListArray, MapBuilder, RecordBatch, StringArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::Int32Type;

use super::*;
use crate::batch::{Batch, Protected};
use crate::keyring::RootKey;

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
"#;

fn protect(column: &str, array: ArrayRef) -> Result<Batch<Protected>, Error> {
    let policy = Policy::parse(&[("policies/acme.toml".into(), POLICY.to_owned())]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let keys = Keyring::create(dir.path(), &RootKey::generate().unwrap()).unwrap();
    let rows = RecordBatch::try_from_iter_with_nullable([(column, array, true)]).unwrap();
    let dataset = DatasetId::parse("crm.customers").unwrap();
    let warehouse = RecipientId::parse("warehouse").unwrap();
    let protection = Protection::new(&policy, &dataset, &warehouse, &keys, rows.schema_ref())?;
    Batch::raw(dataset, rows).tag(&policy)?.protect(&protection)
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
