use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Int64Array, ListArray, RecordBatch,
    StringArray, StringViewArray, StructArray, TimestampMillisecondArray,
};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::{DataType, Field, Fields, Int8Type, Int32Type, Schema, SchemaRef};
use arrow::ipc::reader::{FileReader, StreamReader};
use arrow::ipc::writer::{DictionaryHandling, FileWriter, IpcWriteOptions, StreamWriter};
use arrow::ipc::{CompressionType, MetadataVersion};
use proptest::prelude::*;

use super::IpcEraser;
use crate::erase::memory::{Made, Memory};
use crate::erase::{Action, Error, Format, Replacement, Rewritten, Values};

fn act(bytes: &[u8], column: &str, values: &[&str], action: &Action) -> Result<(Vec<u8>, Rewritten), Error> {
    let eraser = IpcEraser::new(column, Values::new(values.iter().map(|v| (*v).to_owned())).unwrap())?;
    let input = Memory("a.arrow", bytes.to_vec());
    let hits = eraser.find(&input)?;
    let mut made = Made::of(bytes);
    let done = eraser.rewrite(&input, &hits, action, &mut made)?;
    assert_eq!(done.copied + done.made, made.1.len() as u64);
    Ok((made.1, done))
}

fn erase(bytes: &[u8], column: &str, values: &[&str]) -> Result<(Vec<u8>, Rewritten), Error> {
    act(bytes, column, values, &Action::DeleteRow)
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    File,
    Stream,
}

fn write(form: Form, compression: Option<CompressionType>, batches: &[RecordBatch]) -> Vec<u8> {
    let options = IpcWriteOptions::try_new(8, false, MetadataVersion::V5).unwrap();
    let options = options.try_with_compression(compression).unwrap();
    let schema = batches[0].schema();
    match form {
        Form::File => {
            let options = options.with_dictionary_handling(DictionaryHandling::Delta);
            let mut writer = FileWriter::try_new_with_options(Vec::new(), &schema, options).unwrap();
            writer.write_metadata("made by", "a test");
            batches.iter().for_each(|batch| writer.write(batch).unwrap());
            writer.into_inner().unwrap()
        }
        Form::Stream => {
            let mut writer = StreamWriter::try_new_with_options(Vec::new(), &schema, options).unwrap();
            batches.iter().for_each(|batch| writer.write(batch).unwrap());
            writer.into_inner().unwrap()
        }
    }
}

fn read(bytes: &[u8]) -> (SchemaRef, Vec<RecordBatch>) {
    if bytes.starts_with(b"ARROW1") {
        let reader = FileReader::try_new(std::io::Cursor::new(bytes), None).unwrap();
        assert_eq!(reader.custom_metadata().get("made by").map(String::as_str), Some("a test"));
        (reader.schema(), reader.map(Result::unwrap).collect())
    } else {
        let reader = StreamReader::try_new(bytes, None).unwrap();
        (reader.schema(), reader.map(Result::unwrap).collect())
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

/// `people`, and what else a batch may have: views, lists, structs, decimals.
fn batch(people: &[Option<&str>], from: i64) -> RecordBatch {
    let len = people.len() as i64;
    let texts = || people.iter().map(|who| who.map(|who| format!("a longer text that speaks of {who}")));
    let tags = ListArray::from_iter_primitive::<Int32Type, _, _>(
        people.iter().map(|who| who.map(|who| vec![Some(who.len() as i32), None])),
    );
    let fields = Fields::from(vec![Field::new("mail", DataType::Utf8, true), Field::new("n", DataType::Int64, false)]);
    let parts: Vec<ArrayRef> =
        vec![Arc::new(texts().collect::<StringArray>()), Arc::new(Int64Array::from_iter_values(from..from + len))];
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("who", Arc::new(people.iter().copied().collect::<StringArray>()), true),
        ("id", Arc::new(Int64Array::from_iter_values(from..from + len)), false),
        ("note", Arc::new(texts().collect::<StringViewArray>()), true),
        ("tags", Arc::new(tags), true),
        ("of", Arc::new(StructArray::new(fields, parts, None)), true),
        (
            "paid",
            Arc::new(
                Decimal128Array::from_iter_values((from..from + len).map(i128::from))
                    .with_precision_and_scale(12, 2)
                    .unwrap(),
            ),
            true,
        ),
        ("day", Arc::new(Date32Array::from_iter_values((from..from + len).map(|n| n as i32))), true),
        ("at", Arc::new(TimestampMillisecondArray::from_iter_values((from..from + len).map(|n| n * 1_000))), true),
    ];
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, column, nullable)| Field::new(*name, column.data_type().clone(), *nullable))
        .collect();
    let schema = Schema::new_with_metadata(fields, HashMap::from([("of".to_owned(), "the schema".to_owned())]));
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, column, _)| column).collect()).unwrap()
}

fn three() -> Vec<RecordBatch> {
    vec![
        batch(&[Some("bob"), None, Some("cid")], 0),
        batch(&[Some("ann"), Some("bob"), Some("ann")], 3),
        batch(&[Some(""), Some("dan")], 6),
    ]
}

/// What arrow's own filter leaves.
fn oracle(batches: &[RecordBatch], keep: impl Fn(i64) -> bool) -> RecordBatch {
    let all = concat_batches(&batches[0].schema(), batches).unwrap();
    let ids = all.column_by_name("id").unwrap().as_any().downcast_ref::<Int64Array>().unwrap().clone();
    filter_record_batch(&all, &BooleanArray::from_iter(ids.iter().map(|id| Some(keep(id.unwrap()))))).unwrap()
}

const ALL: [(Form, Option<CompressionType>); 6] = [
    (Form::File, None),
    (Form::File, Some(CompressionType::LZ4_FRAME)),
    (Form::File, Some(CompressionType::ZSTD)),
    (Form::Stream, None),
    (Form::Stream, Some(CompressionType::LZ4_FRAME)),
    (Form::Stream, Some(CompressionType::ZSTD)),
];

#[test]
fn rows_leave_the_batches_that_have_them_and_the_others_are_copied() {
    for (form, compression) in ALL {
        let batches = three();
        let old = write(form, compression, &batches);
        let (new, done) = erase(&old, "who", &["ann"]).unwrap();
        let (schema, left) = read(&new);
        assert_eq!((schema.as_ref(), left.len()), (batches[0].schema().as_ref(), 3));
        assert_eq!(concat_batches(&schema, &left).unwrap(), oracle(&batches, |id| id != 3 && id != 5));
        assert_eq!((done.rows, done.erased), (6, 2));
        assert!(done.copied > old.len() as u64 / 3 && done.reencoded > 0, "{done:?}");
        assert!(compression.is_some() || holds(&old, "ann") && !holds(&new, "ann"), "{form:?}");
        assert_eq!(erase(&old, "who", &["nobody"]).unwrap().0, old);
        assert_eq!(read(&erase(&old, "who", &[""]).unwrap().0).1[2].num_rows(), 1);
    }
}

#[test]
fn a_column_is_named_by_its_path_and_values_are_written_as_people_write_them() {
    let batches = three();
    let old = write(Form::File, None, &batches);
    for (column, value, gone) in [
        ("of.mail", "a longer text that speaks of cid", &[2][..]),
        ("of.n", "4", &[4]),
        ("note", "a longer text that speaks of ann", &[3, 5]),
        ("tags", "0", &[6]),
        ("tags.item", "0", &[6]),
        ("tags.list.item", "0", &[6]),
        ("paid", "0.07", &[7]),
        ("paid", "0.074", &[]),
        ("day", "1970-01-03", &[2]),
        ("at", "1970-01-01T00:00:05Z", &[5]),
        ("at", "1970-01-01T00:00:05.0001Z", &[]),
        ("id", "x", &[]),
    ] {
        let (new, done) = erase(&old, column, &[value]).unwrap();
        let (schema, left) = read(&new);
        let left = concat_batches(&schema, &left).unwrap();
        assert_eq!(left, oracle(&batches, |id| !gone.contains(&id)), "{column} {value}");
        assert_eq!(done.erased, gone.len() as u64);
    }
    assert_eq!(erase(&old, "whom", &["x"]).unwrap_err().to_string(), "`a.arrow` has no column `whom`");
    assert!(matches!(erase(&old, "of", &["x"]).unwrap_err(), Error::Unsupported { .. }));
}

#[test]
fn values_become_null_or_another_one_and_the_rows_stay() {
    for (form, compression) in ALL {
        let old = write(form, compression, &three());
        let columns = || ["who", "note", "of.mail", "tags"].map(str::to_owned).to_vec();
        let (new, done) = act(&old, "who", &["ann"], &Action::NullColumns(columns())).unwrap();
        let (schema, left) = read(&new);
        let left = concat_batches(&schema, &left).unwrap();
        assert_eq!((done.rows, done.erased, left.num_rows()), (8, 2, 8));
        assert_eq!((left["who"].null_count(), left["note"].null_count()), (3, 3));
        assert!(compression.is_some() || !holds(&new, "ann"), "nothing is left beneath the nulls");
        let replace = Action::Replace(vec!["who".into(), "paid".into()], Replacement::Constant("9".into()));
        let left = read(&act(&old, "who", &["ann"], &replace).unwrap().0).1;
        let (who, paid) = (&left[1]["who"], &left[1]["paid"]);
        assert_eq!(who.as_ref(), &StringArray::from(vec!["9", "bob", "9"]) as &dyn Array);
        let wanted = Decimal128Array::from(vec![900, 4, 900]).with_precision_and_scale(12, 2).unwrap();
        assert_eq!(paid.as_ref(), &wanted as &dyn Array);
        let hide = Action::Replace(vec!["who".into(), "note".into()], Replacement::Pseudonym);
        let left = read(&act(&old, "who", &["ann", "bob"], &hide).unwrap().0).1;
        let who = left[1]["who"].as_any().downcast_ref::<StringArray>().unwrap();
        assert!(who.value(0) == who.value(2) && who.value(0) != who.value(1) && who.value(0).len() == 32);
        let bob = left[0]["who"].as_any().downcast_ref::<StringArray>().unwrap().value(0).to_owned();
        assert_eq!(bob, who.value(1), "the same in every batch");
    }
    let old = write(Form::File, None, &three());
    let error = act(&old, "who", &["ann"], &Action::NullColumns(vec!["id".into()])).unwrap_err().to_string();
    assert_eq!(
        error,
        "`a.arrow` cannot be changed in this way: the column `id` is required, so nothing in it can become null"
    );
}

fn coded(codes: &[Option<i8>], entries: &[&str], from: i64) -> RecordBatch {
    let who = DictionaryArray::<Int8Type>::new(
        codes.iter().copied().collect(),
        Arc::new(StringArray::from(entries.to_vec())),
    );
    let ids = Int64Array::from_iter_values(from..from + codes.len() as i64);
    RecordBatch::try_from_iter([("who", Arc::new(who) as ArrayRef), ("id", Arc::new(ids))]).unwrap()
}

/// The people of a coded column, and the entries of its dictionary at last.
fn people(bytes: &[u8]) -> (Vec<Option<String>>, Vec<String>) {
    let (_, batches) = read(bytes);
    let (mut people, mut last) = (Vec::new(), Vec::new());
    for batch in batches {
        let who = batch["who"].as_any().downcast_ref::<DictionaryArray<Int8Type>>().unwrap().clone();
        let entries = who.values().as_any().downcast_ref::<StringArray>().unwrap().clone();
        people.extend(who.keys().iter().map(|key| key.map(|key| entries.value(key as usize).to_owned())));
        last = entries.iter().map(|entry| entry.unwrap().to_owned()).collect();
    }
    (people, last)
}

#[test]
fn a_dictionary_loses_the_entries_that_only_erased_rows_used() {
    let entries = ["ann", "bob", "cid", "dan"];
    let batches = [
        coded(&[Some(1), None, Some(0)], &entries, 0),
        coded(&[Some(2), Some(1)], &entries, 3),
        coded(&[Some(3), Some(3)], &entries, 5),
    ];
    for (form, compression) in ALL {
        let old = write(form, compression, &batches);
        let (new, done) = erase(&old, "who", &["ann"]).unwrap();
        let some = |texts: &[Option<&str>]| texts.iter().map(|text| text.map(str::to_owned)).collect::<Vec<_>>();
        let (left, last) = people(&new);
        assert_eq!(left, some(&[Some("bob"), None, Some("cid"), Some("bob"), Some("dan"), Some("dan")]), "{form:?}");
        assert_eq!(last, ["dan", "bob", "cid"], "the last takes the place that became free");
        assert!(compression.is_some() || !holds(&new, "ann"));
        assert!(done.copied > 0);
        // Somebody else has the same id: the entry stays.
        let (left, last) = people(&erase(&old, "id", &["0"]).unwrap().0);
        assert_eq!((left.len(), last.len()), (6, 4));
        let null = Action::NullColumns(vec!["who".into()]);
        let (left, last) = people(&act(&old, "who", &["dan"], &null).unwrap().0);
        assert_eq!((left[5].as_deref(), last), (None, ["ann", "bob", "cid"].map(str::to_owned).to_vec()));
        let replace = Action::Replace(vec!["who".into()], Replacement::Constant("eve".into()));
        let (left, last) = people(&act(&old, "who", &["bob"], &replace).unwrap().0);
        assert_eq!(
            (left[0].as_deref(), left[4].as_deref(), left[3].as_deref()),
            (Some("eve"), Some("eve"), Some("cid"))
        );
        assert_eq!(last.len(), 4, "{last:?}");
        assert!(!last.contains(&"bob".to_owned()) && last.contains(&"eve".to_owned()));
        let (left, last) = people(&erase(&old, "who", &entries).unwrap().0);
        assert_eq!((left, last.len()), (vec![None], 0));
    }
}

#[test]
fn a_dictionary_that_grows_or_changes_on_the_way_is_understood() {
    let grows = [
        coded(&[Some(0), Some(1)], &["ann", "bob"], 0),
        coded(&[Some(2), Some(0)], &["ann", "bob", "cid"], 2),
        coded(&[Some(3), Some(1)], &["ann", "bob", "cid", "dan"], 4),
    ];
    let old = write(Form::File, None, &grows);
    let (left, last) = people(&erase(&old, "who", &["ann"]).unwrap().0);
    assert_eq!(left.iter().flatten().collect::<Vec<_>>(), ["bob", "cid", "dan", "bob"]);
    assert_eq!(last, ["dan", "bob", "cid"]);
    let changes = [
        coded(&[Some(0), Some(1)], &["ann", "bob"], 0),
        coded(&[Some(0), Some(1)], &["cid", "ann"], 2),
        coded(&[Some(1), Some(1)], &["dan", "eve"], 4),
    ];
    let old = write(Form::Stream, Some(CompressionType::ZSTD), &changes);
    let (left, last) = people(&erase(&old, "who", &["ann"]).unwrap().0);
    assert_eq!(left.iter().flatten().collect::<Vec<_>>(), ["bob", "cid", "eve", "eve"]);
    assert_eq!(last, ["dan", "eve"]);
}

#[test]
fn a_broken_file_is_an_error_that_names_it() {
    let old = write(Form::File, None, &three());
    let complaint = |bytes: &[u8]| erase(bytes, "who", &["ann"]).unwrap_err().to_string();
    assert_eq!(complaint(b""), "`a.arrow` is damaged: it is empty");
    assert_eq!(
        complaint(b"PAR1PAR1"),
        "`a.arrow` is damaged: it begins neither as an Arrow file nor as an Arrow stream"
    );
    for cut in [8, 20, old.len() / 2, old.len() - 1] {
        assert_eq!(complaint(&old[..cut]), "`a.arrow` is damaged: it does not end as an Arrow file does", "{cut}");
    }
    let stream = write(Form::Stream, None, &three());
    assert_eq!(complaint(&stream[..stream.len() - 20]), "`a.arrow` is damaged: it is cut off");
    // Any byte may be another: an error, or other values, but never the end of the process.
    for bytes in [old, stream] {
        let messages = super::Layout::read(&Memory("a.arrow", bytes.clone())).unwrap().messages;
        let (first, last) = (messages[0].range.start as usize, messages[2].range.end as usize);
        for at in (first..last).step_by(7) {
            let mut other = bytes.clone();
            other[at] ^= 0x55;
            let _ = erase(&other, "who", &["ann"]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn what_is_left_is_what_arrows_filter_leaves(
        sizes in prop::collection::vec(0_usize..6, 1..6),
        people in prop::collection::vec(prop::option::of("[a-c]{0,2}"), 40),
        gone in prop::collection::vec("[a-c]{0,2}", 1..4),
        how in 0_usize..6,
    ) {
        let mut from = 0;
        let batches: Vec<_> = sizes.iter().map(|size| {
            let some: Vec<_> = people[from..from + size].iter().map(Option::as_deref).collect();
            from += size;
            batch(&some, (from - size) as i64)
        }).collect();
        let (form, compression) = ALL[how];
        let gone: Vec<&str> = gone.iter().map(String::as_str).collect();
        let (new, done) = erase(&write(form, compression, &batches), "who", &gone).unwrap();
        let (schema, left) = read(&new);
        let wanted = oracle(&batches, |id| people[id as usize].as_deref().is_none_or(|who| !gone.contains(&who)));
        prop_assert_eq!(concat_batches(&schema, &left).unwrap(), wanted.clone());
        prop_assert_eq!(done.rows, wanted.num_rows() as u64);
    }
}
