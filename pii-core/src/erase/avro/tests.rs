use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow_avro::compression::CompressionCodec;
use arrow_avro::reader::ReaderBuilder;
use arrow_avro::writer::WriterBuilder;
use arrow_avro::writer::format::AvroOcfFormat;

use super::super::memory::{Made, Memory};
use super::super::{Action, Error, Format, Replacement, Rewritten, Values};
use super::AvroEraser;

fn erase(bytes: &[u8], column: &str, value: &str) -> Result<(Vec<u8>, Rewritten), Error> {
    act(bytes, column, value, &Action::DeleteRow)
}

fn act(bytes: &[u8], column: &str, value: &str, action: &Action) -> Result<(Vec<u8>, Rewritten), Error> {
    let eraser = AvroEraser::new(column, Values::new([value.to_owned()]).unwrap())?;
    let input = Memory("a.avro", bytes.to_vec());
    let hits = eraser.find(&input)?;
    let mut made = Made::of(bytes);
    let done = eraser.rewrite(&input, &hits, action, &mut made)?;
    Ok((made.1, done))
}

/// Three blocks of three rows each.
fn file(codec: Option<CompressionCodec>) -> Vec<u8> {
    let schema = Schema::new(vec![Field::new("id", DataType::Int64, false), Field::new("who", DataType::Utf8, true)]);
    let mut writer =
        WriterBuilder::new(schema.clone()).with_compression(codec).build::<_, AvroOcfFormat>(Vec::new()).unwrap();
    for block in 0..3 {
        let ids = Int64Array::from(vec![block * 3, block * 3 + 1, block * 3 + 2]);
        let who = StringArray::from(vec![Some("bob"), None, Some(if block == 1 { "ann" } else { "cid" })]);
        writer
            .write(&RecordBatch::try_new(Arc::new(schema.clone()), vec![Arc::new(ids), Arc::new(who)]).unwrap())
            .unwrap();
    }
    writer.finish().unwrap();
    writer.into_inner()
}

fn ids(bytes: &[u8]) -> Vec<i64> {
    let reader = ReaderBuilder::new().build(bytes).unwrap();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    batches
        .iter()
        .flat_map(|batch| batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().values().to_vec())
        .collect()
}

#[test]
fn rows_leave_avro_blocks_of_every_codec_and_other_blocks_stay() {
    for codec in
        [None, Some(CompressionCodec::Deflate), Some(CompressionCodec::Snappy), Some(CompressionCodec::ZStandard)]
    {
        let old = file(codec);
        let (new, done) = erase(&old, "who", "ann").unwrap();
        assert_eq!(ids(&new), [0, 1, 2, 3, 4, 6, 7, 8]);
        assert_eq!((done.rows, done.erased, done.reencoded), (8, 1, 0));
        assert_eq!(done.copied + done.made, new.len() as u64);
        assert!(done.copied > old.len() as u64 / 2 && done.made > 0);
        assert_eq!(erase(&old, "who", "nobody").unwrap().0, old);
        assert_eq!(ids(&erase(&old, "id", "4").unwrap().0), [0, 1, 2, 3, 5, 6, 7, 8]);
    }
}

#[test]
fn a_broken_avro_file_is_an_error_that_names_it() {
    let old = file(None);
    let complaint = |bytes: &[u8], column: &str| erase(bytes, column, "ann").unwrap_err().to_string();
    assert_eq!(complaint(&old, "whom"), "`a.avro` has no column `whom`");
    assert_eq!(complaint(&old[..old.len() - 3], "who"), "`a.avro` is damaged: a block is cut off");
    assert_eq!(complaint(&old[..40], "who"), "`a.avro` is damaged: its header is cut off");
    assert_eq!(complaint(b"", "who"), "`a.avro` is damaged: it does not begin as an Avro file does");
    let mut wrong = old.clone();
    *wrong.last_mut().unwrap() ^= 1;
    assert!(complaint(&wrong, "who").ends_with("does not end with the sync marker"));
}

/// A container of one uncompressed block, byte by byte.
fn by_hand(schema: &str, rows: &[&[u8]]) -> Vec<u8> {
    let long = |number: usize| match number << 1 {
        small @ 0..128 => vec![small as u8],
        large => vec![(large & 0x7f) as u8 | 0x80, (large >> 7) as u8],
    };
    let data = rows.concat();
    let sync = [7; 16];
    let mut file = b"Obj\x01\x02\x16avro.schema".to_vec();
    file.extend([long(schema.len()), schema.into(), vec![0], sync.to_vec()].concat());
    file.extend([long(rows.len()), long(data.len()), data, sync.to_vec()].concat());
    file
}

#[test]
fn a_path_goes_through_records_arrays_maps_unions_and_names() {
    let schema = r#"{"type":"record","name":"r","fields":[
        {"name":"kind","type":{"type":"enum","name":"n.k","symbols":["A","B"]}},
        {"name":"of","type":["null",{"type":"array","items":{"type":"record","name":"p","fields":[
            {"name":"id","type":"bytes"},{"name":"like","type":"k"},{"name":"next","type":["null","p"]}]}}]},
        {"name":"by","type":{"type":"map","values":"long"}}]}"#;
    let rows: [&[u8]; 3] = [
        // A, [{ann, B, {x, A, null}}], {}
        &[0, 2, 2, 6, b'a', b'n', b'n', 2, 2, 2, b'x', 0, 0, 0, 0],
        // B, null, {k: -3}
        &[2, 0, 2, 2, b'k', 5, 0],
        // A, [{y, A, null}] as a block with its size, {}
        &[0, 2, 1, 8, 2, b'y', 0, 0, 0, 0],
    ];
    let old = by_hand(schema, &rows);
    for (column, value, gone) in [
        ("kind", "B", &[1][..]),
        ("of.id", "ann", &[0]),
        ("of.id", "x", &[]),
        ("of.next.id", "x", &[0]),
        ("of.like", "A", &[2]),
        ("by.k", "-3", &[1]),
        ("by.j", "-3", &[]),
    ] {
        let left: Vec<&[u8]> = (0..3).filter(|row| !gone.contains(row)).map(|row| rows[row]).collect();
        assert_eq!(erase(&old, column, value).unwrap().0, by_hand(schema, &left), "{column} {value}");
    }
    let error = erase(&old, "of.nexd.id", "x").unwrap_err().to_string();
    assert_eq!(error, "`a.avro` has no column `of.nexd.id`");
    let error = erase(&old, "of.next", "x").unwrap_err().to_string();
    assert_eq!(error, "`a.avro` uses the type `record` for the column, which cannot be read yet");
}

#[test]
fn values_become_null_or_another_one_in_their_rows_and_other_blocks_stay() {
    let null = |column: &str| Action::NullColumns(vec![column.to_owned()]);
    let set =
        |column: &str, text: &str| Action::Replace(vec![column.to_owned()], Replacement::Constant(text.to_owned()));
    let hide = Action::Replace(vec!["who".to_owned()], Replacement::Pseudonym);
    let people = |bytes: &[u8]| -> Vec<Option<String>> {
        let reader = ReaderBuilder::new().build(bytes).unwrap();
        let texts = |batch: RecordBatch| {
            let texts = batch.column(1).as_any().downcast_ref::<StringArray>().unwrap().clone();
            texts.iter().map(|text| text.map(str::to_owned)).collect::<Vec<_>>()
        };
        reader.map(Result::unwrap).flat_map(texts).collect()
    };
    for codec in [None, Some(CompressionCodec::Deflate), Some(CompressionCodec::ZStandard)] {
        let old = file(codec);
        let (new, done) = act(&old, "who", "ann", &null("who")).unwrap();
        assert_eq!((done.rows, done.erased, ids(&new)), (9, 1, (0..9).collect()));
        assert_eq!(people(&new)[5], None);
        assert!(done.copied > old.len() as u64 / 2);
        assert_eq!(people(&act(&old, "who", "bob", &set("who", "")).unwrap().0)[3].as_deref(), Some(""));
        assert_eq!(ids(&act(&old, "who", "ann", &set("id", "-70")).unwrap().0), [0, 1, 2, 3, 4, -70, 6, 7, 8]);
        let hidden = people(&act(&old, "who", "bob", &hide).unwrap().0);
        assert!(hidden[0] == hidden[3] && hidden[0].as_ref().unwrap().len() == 32 && hidden[1].is_none());
    }
    let old = file(None);
    let complaint = |action| act(&old, "who", "ann", &action).unwrap_err().to_string();
    assert!(complaint(null("id")).ends_with("the column `id` is required, so nothing in it can become null"));
    assert!(complaint(set("id", "x")).ends_with("the column `id` is of a type that the new value is not of"));
    assert_eq!(complaint(null("ib")), "`a.avro` has no column `ib`");
}

#[test]
fn a_value_changes_within_arrays_maps_and_blocks_that_say_their_size() {
    let schema = r#"{"type":"record","name":"r","fields":[
        {"name":"of","type":["null",{"type":"array","items":{"type":"record","name":"p","fields":[
            {"name":"id","type":"string"},{"name":"mail","type":["string","null"]}]}}]},
        {"name":"by","type":{"type":"map","values":"long"}},
        {"name":"k","type":{"type":"enum","name":"e","symbols":["A","B"]}}]}"#;
    // [{ann, x@y}, {bob, null}] as a block of 14 bytes, {k: -3}, A
    let row: &[u8] =
        &[2, 3, 28, 6, b'a', b'n', b'n', 0, 6, b'x', b'@', b'y', 6, b'b', b'o', b'b', 2, 0, 2, 2, b'k', 5, 0, 0];
    let old = by_hand(schema, &[row]);
    let changed = |action: &Action| act(&old, "of.id", "ann", action).unwrap().0;
    let null = |column: &str| changed(&Action::NullColumns(vec![column.to_owned()]));
    let set =
        |column: &str, text: &str| changed(&Action::Replace(vec![column.into()], Replacement::Constant(text.into())));
    let mail: &[u8] = &[2, 4, 6, b'a', b'n', b'n', 2, 6, b'b', b'o', b'b', 2, 0, 2, 2, b'k', 5, 0, 0];
    assert_eq!(null("of.mail"), by_hand(schema, &[mail]), "the size of the block is left out");
    assert_eq!(null("of"), by_hand(schema, &[&[0, 2, 2, b'k', 5, 0, 0]]));
    let ids: &[u8] = &[2, 4, 2, b'z', 0, 6, b'x', b'@', b'y', 2, b'z', 2, 0, 2, 2, b'k', 5, 0, 0];
    assert_eq!(set("of.id", "z"), by_hand(schema, &[ids]));
    let same = |tail: &[u8]| by_hand(schema, &[&[&row[..row.len() - tail.len()], tail].concat()]);
    assert_eq!(set("by.k", "7"), same(&[14, 0, 0]));
    assert_eq!(set("k", "B"), same(&[2]));
}
