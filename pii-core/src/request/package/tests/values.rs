use arrow::array::builder::{Int32Builder, MapBuilder, StringBuilder};
use arrow::array::{
    BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array, Int64Array,
    LargeListArray, ListArray, MapArray, NullArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow::datatypes::{Float64Type, Int32Type};
use proptest::prelude::*;

use super::super::{Column, table};
use super::*;
use crate::vocab::{Origin, Tag};

/// A package of one table whose columns are all decided.
fn of(columns: &[(&str, ArrayRef)]) -> Result<Vec<u8>, Error> {
    let (policy, rows) = (policy(), Held(vec![batch(columns)]));
    let mut table = Table::of(policy.dataset(&dataset("risk.scores")).unwrap(), &rows);
    table.columns.extend(columns.iter().map(|(name, _)| Column {
        path: (*name).to_owned(),
        tag: Tag::NotPersonal,
        meaning: None,
        origin: Origin::Provided,
        of_subject: true,
    }));
    put(&cover(Kind::Access, &policy), &[table])
}

const JSONL: &str = "data/risk.scores.jsonl";
const CSV: &str = "data/risk.scores.csv";

/// How one column of one value is written: JSON, and the cell of CSV as it stands.
#[track_caller]
fn written(array: ArrayRef) -> (String, String) {
    let zip = of(&[("x", array)]).unwrap();
    let json = file(&zip, JSONL);
    let csv = file(&zip, CSV);
    let json = json.strip_prefix("{\"x\":").and_then(|rest| rest.strip_suffix("}\n")).unwrap().to_owned();
    (json, csv.strip_prefix("\u{feff}x\r\n").unwrap().strip_suffix("\r\n").unwrap().to_owned())
}

#[test]
fn values_of_every_sort() {
    let dictionary: DictionaryArray<Int32Type> = [Some("b")].into_iter().collect();
    let nothing: DictionaryArray<Int32Type> = [None::<&str>].into_iter().collect();
    let time = |zone: Option<&str>| {
        let array = TimestampMicrosecondArray::from(vec![1_700_000_000_000_001]);
        Arc::new(zone.map_or(array.clone(), |zone| array.with_timezone(zone))) as ArrayRef
    };
    let cases: Vec<(ArrayRef, &str, &str)> = vec![
        (Arc::new(Int64Array::from(vec![i64::MIN])), "-9223372036854775808", "-9223372036854775808"),
        (Arc::new(UInt64Array::from(vec![u64::MAX])), "18446744073709551615", "18446744073709551615"),
        (Arc::new(BooleanArray::from(vec![true])), "true", "true"),
        (Arc::new(Float64Array::from(vec![1e300])), "1e+300", "1e+300"),
        (Arc::new(Float32Array::from(vec![0.1])), "0.1", "0.1"),
        (Arc::new(Float64Array::from(vec![f64::NAN])), "\"NaN\"", "NaN"),
        (Arc::new(Float64Array::from(vec![f64::NEG_INFINITY])), "\"-Infinity\"", "-Infinity"),
        (Arc::new(Decimal128Array::from(vec![-1250]).with_precision_and_scale(9, 2).unwrap()), "\"-12.50\"", "-12.50"),
        (Arc::new(Date32Array::from(vec![20_000])), "\"2024-10-04\"", "2024-10-04"),
        (time(None), "\"2023-11-14T22:13:20.000001\"", "2023-11-14T22:13:20.000001"),
        (time(Some("Asia/Seoul")), "\"2023-11-15T07:13:20.000001+09:00\"", "2023-11-15T07:13:20.000001+09:00"),
        (time(Some("+00:00")), "\"2023-11-14T22:13:20.000001Z\"", "2023-11-14T22:13:20.000001Z"),
        (Arc::new(BinaryArray::from_vec(vec![b"\xfb\xff\0"])), "\"+/8A\"", "'+/8A"),
        (Arc::new(dictionary), "\"b\"", "b"),
        (Arc::new(nothing), "null", ""),
        (Arc::new(NullArray::new(1)), "null", ""),
        (texts(&[None]), "null", ""),
        (texts(&[Some("")]), "\"\"", "\"\""),
        (texts(&[Some("a\0b")]), "\"a\\u0000b\"", "a\0b"),
        (texts(&[Some("a\r\nb, \"c\"")]), "\"a\\r\\nb, \\\"c\\\"\"", "\"a\r\nb, \"\"c\"\"\""),
        (texts(&[Some("-1+1")]), "\"-1+1\"", "'-1+1"),
        (texts(&[Some("\u{202e}שלום")]), "\"\u{202e}שלום\"", "\u{202e}שלום"),
    ];
    for (array, json, csv) in cases {
        assert_eq!(written(Arc::clone(&array)), (json.to_owned(), csv.to_owned()), "{:?}", array.data_type());
    }
}

#[test]
fn lists_and_maps_are_json_in_both() {
    let list = ListArray::from_iter_primitive::<Float64Type, _, _>([Some(vec![Some(1.5), None])]);
    assert_eq!(written(Arc::new(list)), ("[1.5,null]".into(), "\"[1.5,null]\"".into()));
    let large = LargeListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![])]);
    assert_eq!(written(Arc::new(large)), ("[]".into(), "[]".into()));
    let mut texts = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    texts.keys().append_value("a\"");
    texts.values().append_value(1);
    texts.append(true).unwrap();
    assert_eq!(written(Arc::new(texts.finish())).0, r#"{"a\"":1}"#);
    let mut numbers = MapBuilder::new(None, Int32Builder::new(), StringBuilder::new());
    numbers.keys().append_value(7);
    numbers.values().append_null();
    numbers.append(true).unwrap();
    let map: MapArray = numbers.finish();
    assert_eq!(written(Arc::new(map)).0, r#"[{"key":7,"value":null}]"#);
}

/// Parquet files bring slices: the rows of a batch need not begin where its buffers do.
#[test]
fn a_slice_of_a_batch_is_its_own_rows() {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1)]), Some(vec![Some(2), Some(3)])]);
    let sliced: ArrayRef = arrow::array::Array::slice(&list, 1, 1);
    assert_eq!(written(sliced).0, "[2,3]");
}

#[test]
fn a_date_beyond_the_calendar_is_an_error_and_shows_nothing() {
    let dates: ArrayRef = Arc::new(Date32Array::from(vec![i32::MAX]));
    let error = of(&[("w", texts(&[Some("a")])), ("x", dates)]).unwrap_err();
    assert_eq!(error.to_string(), "row 1 of `risk.scores`: the value of `x` cannot be written");
}

#[test]
fn a_type_that_cannot_be_shown_is_named() {
    let union = arrow::datatypes::DataType::RunEndEncoded(
        Arc::new(Field::new("run_ends", DataType::Int32, false)),
        Arc::new(Field::new("values", DataType::Utf8, true)),
    );
    let error = of(&[("x", arrow::array::new_empty_array(&union))]).unwrap_err();
    assert!(matches!(error, Error::Unsupported { column, .. } if column == "x"));
}

#[test]
fn a_value_of_ten_megabytes_goes_through_and_is_cut_on_the_page() {
    let long = "가\"".repeat(2_500_000);
    let zip = of(&[("x", texts(&[Some(&long)]))]).unwrap();
    assert_eq!(lines(&zip, JSONL)[0]["x"], long.as_str());
    assert_eq!(records(&zip, CSV)[1], [long.as_str()]);
    let page = file(&zip, "index.html");
    assert!(page.len() < 20_000 && page.contains("Long values are cut short here"));
}

#[test]
fn columns_of_one_name_as_part_of_another_are_apart() {
    let found = table::Column {
        path: "a".into(),
        tag: Tag::NotPersonal,
        meaning: None,
        origin: Origin::Provided,
        of_subject: true,
    };
    let (policy, rows) = (policy(), scores());
    let mut table = Table::of(policy.dataset(&dataset("risk.scores")).unwrap(), &rows);
    table.columns = vec![found];
    assert!(table.column("a.b.c").is_some());
    assert!(table.column("ab").is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever a person wrote, both formats give it back: JSON exactly, CSV but for the mark before a formula.
    #[test]
    fn any_text_comes_back(values in proptest::collection::vec(proptest::option::of(any::<String>()), 1..12)) {
        let column = texts(&values.iter().map(Option::as_deref).collect::<Vec<_>>());
        let zip = of(&[("x", column), ("y", Arc::new(NullArray::new(values.len())))]).unwrap();
        let json: Vec<_> = lines(&zip, JSONL).iter().map(|line| line["x"].as_str().map(str::to_owned)).collect();
        prop_assert_eq!(&json, &values);
        let csv = records(&zip, CSV);
        for (record, value) in csv[1..].iter().zip(&values) {
            let value = value.clone().unwrap_or_default();
            let marked = if value.starts_with(super::super::csv::FORMULA) { format!("'{value}") } else { value };
            prop_assert_eq!(&record[0], &marked);
        }
    }
}
