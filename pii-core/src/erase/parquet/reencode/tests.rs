use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, Int64Array, ListArray, RecordBatch, StringArray,
    StructArray, TimestampMicrosecondArray,
};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::{DataType, Field, Fields, Int32Type, Schema};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::Compression;
use parquet::encryption::decrypt::FileDecryptionProperties;
use parquet::encryption::encrypt::{EncryptionPropertiesBuilder, FileEncryptionProperties};
use parquet::file::metadata::{ColumnChunkMetaData, KeyValue, ParquetMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;
use zeroize::Zeroizing;

use super::super::ParquetEraser;
use crate::erase::memory::Memory;
use crate::erase::{Action, Error, Format, Output, Replacement, Rewritten, Values};
use crate::store::{self, KeyFinder};

struct Made(Vec<u8>);

impl Output for Made {
    fn copy(&mut self, _range: Range<u64>) -> Result<(), Error> {
        panic!("nothing can be copied")
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn position(&self) -> u64 {
        self.0.len() as u64
    }
}

const NAMES: [&str; 3] = ["footer", "who", "note"];

fn key(name: &[u8]) -> Option<[u8; 32]> {
    let at = NAMES.iter().position(|known| known.as_bytes() == name)?;
    Some([at as u8 + 1; 32])
}

fn knows(names: &'static [&'static str]) -> KeyFinder {
    KeyFinder::new(move |metadata| {
        let known = names.iter().any(|name| name.as_bytes() == metadata);
        key(metadata).filter(|_| known).map(Zeroizing::new).ok_or_else(|| "nobody knows this key".to_owned())
    })
}

fn batch(people: Range<i64>) -> RecordBatch {
    let len = (people.end - people.start) as usize;
    let who = || people.clone().map(|n| (n % 7 != 3).then(|| format!("p{}", n % 10)));
    let fields = Fields::from(vec![Field::new("mail", DataType::Utf8, true), Field::new("n", DataType::Int64, false)]);
    let parts: Vec<ArrayRef> =
        vec![Arc::new(who().collect::<StringArray>()), Arc::new(Int64Array::from_iter_values(people.clone()))];
    let tags = people.clone().map(|n| (n % 5 > 0).then(|| (0..n % 5).map(|tag| Some(tag as i32)).collect::<Vec<_>>()));
    let ids = people.clone().map(|n| uuid::Uuid::from_u128(n as u128).into_bytes());
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("who", Arc::new(who().collect::<StringArray>())),
        ("note", Arc::new(StringArray::from_iter_values(people.clone().map(|n| format!("a note, the {n}th"))))),
        ("id", Arc::new(Int64Array::from_iter_values(people.clone()))),
        ("of", Arc::new(StructArray::new(fields, parts, None))),
        ("tags", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(tags))),
        ("uuid", Arc::new(FixedSizeBinaryArray::try_from_iter(ids).unwrap())),
        (
            "at",
            Arc::new(
                TimestampMicrosecondArray::from_iter_values(people.clone().map(|n| n * 1_000_000)).with_timezone("UTC"),
            ),
        ),
    ];
    let fields: Vec<_> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), *name != "id")).collect();
    assert!(columns.iter().all(|(_, column)| column.len() == len));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, column)| column).collect())
        .unwrap()
}

/// Row groups of 40, 1 and 20 rows.
fn write(encryption: EncryptionPropertiesBuilder) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_column_compression(ColumnPath::from("note"), Compression::UNCOMPRESSED)
        .set_column_dictionary_enabled(ColumnPath::from("note"), false)
        .set_column_statistics_enabled(ColumnPath::from("note"), EnabledStatistics::None)
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_key_value_metadata(Some(vec![KeyValue::new("of".to_owned(), "the file".to_owned())]))
        .with_file_encryption_properties(encryption.build().unwrap())
        .build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch(0..1).schema(), Some(properties)).unwrap();
    for rows in [0..40, 40..41, 41..61] {
        writer.write(&batch(rows)).unwrap();
        writer.flush().unwrap();
    }
    writer.close().unwrap();
    file
}

fn uniform() -> EncryptionPropertiesBuilder {
    FileEncryptionProperties::builder(vec![1; 32]).with_footer_key_metadata(b"footer".to_vec())
}

fn columns() -> EncryptionPropertiesBuilder {
    let own = |all: EncryptionPropertiesBuilder, path: &str, name: &str| {
        all.with_column_key_and_metadata(path, key(name.as_bytes()).unwrap().to_vec(), name.as_bytes().to_vec())
    };
    let all = own(own(uniform(), "who", "who"), "note", "note");
    ["id", "of.mail", "of.n", "tags.list.item", "uuid", "at"]
        .into_iter()
        .fold(all, |all, path| own(all, path, "footer"))
}

fn read(file: &[u8]) -> (RecordBatch, Arc<ParquetMetaData>) {
    let retriever = store::Asking::new(knows(&NAMES));
    let properties: Arc<FileDecryptionProperties> = retriever.properties().unwrap();
    let options = ArrowReaderOptions::new().with_file_decryption_properties(properties);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(Bytes::copy_from_slice(file), options).unwrap();
    let (schema, metadata) = (Arc::clone(builder.schema()), Arc::clone(builder.metadata()));
    let batches: Vec<_> = builder.build().unwrap().map(Result::unwrap).collect();
    (concat_batches(&schema, &batches).unwrap(), metadata)
}

fn eraser(column: &str, values: &[&str], names: &'static [&'static str]) -> ParquetEraser {
    ParquetEraser::new(column, Values::new(values.iter().map(|v| (*v).to_owned())).unwrap())
        .unwrap()
        .with_keys(knows(names))
}

fn act(file: &[u8], column: &str, values: &[&str], action: &Action) -> Result<(Vec<u8>, Rewritten), Error> {
    let eraser = eraser(column, values, &NAMES);
    let input = Memory("sealed.parquet", file.to_vec());
    let hits = eraser.find(&input)?;
    let mut made = Made(Vec::new());
    let done = eraser.rewrite(&input, &hits, action, &mut made)?;
    assert_eq!((done.made, done.copied), (made.0.len() as u64, 0));
    assert_eq!(eraser.find(&Memory("sealed.parquet", made.0.clone()))?.rows, done.rows);
    Ok((made.0, done))
}

#[test]
fn a_person_leaves_an_encrypted_file_and_it_stays_what_it_was() {
    let prefixed = || uniform().with_aad_prefix(b"of this file".to_vec()).with_aad_prefix_storage(true);
    let signed = || columns().with_plaintext_footer(true);
    for (how, encryption) in [uniform(), columns(), prefixed(), signed()].into_iter().enumerate() {
        let old = write(encryption);
        let (before, described) = read(&old);
        let (new, done) = act(&old, "who", &["p0", "p4"], &Action::DeleteRow).unwrap();
        assert_eq!(new[..4], old[..4]);
        let (after, metadata) = read(&new);
        let keep = before["who"].as_string::<i32>().iter().map(|who| Some(!matches!(who, Some("p0" | "p4"))));
        assert_eq!(after, filter_record_batch(&before, &keep.collect::<BooleanArray>()).unwrap(), "{how}");
        assert_eq!((done.rows, done.erased + done.rows), (after.num_rows() as u64, 61));
        assert!(done.reencoded > 0);
        let groups: Vec<_> = metadata.row_groups().iter().map(|group| group.num_rows()).collect();
        assert_eq!(groups.len(), 2, "the group of one row, who went, is gone");
        assert_eq!(metadata.file_metadata().key_value_metadata(), described.file_metadata().key_value_metadata());
        assert_eq!(metadata.file_metadata().schema(), described.file_metadata().schema());
        for (one, other) in metadata.row_group(1).columns().iter().zip(described.row_group(2).columns()) {
            assert_eq!(one.compression(), other.compression());
            assert_eq!(one.statistics().is_some(), other.statistics().is_some(), "{}", one.column_path());
            let coded = |chunk: &ColumnChunkMetaData| chunk.dictionary_page_offset().is_some();
            assert_eq!(coded(one), coded(other), "{} of {how}", one.column_path());
            assert_eq!(one.crypto_metadata(), other.crypto_metadata());
        }
        assert!(!new.windows(8).any(|bytes| bytes == b"a note, "), "nothing stands in clear");
    }
}

#[test]
fn columns_are_found_by_path_and_their_values_change() {
    let old = write(columns());
    for (column, value, hits) in [
        ("of.mail", "p1", 5),
        ("tags", "3", 12),
        ("tags.list.item", "3", 12),
        ("id", "17", 1),
        ("id", "x", 0),
        ("at", "1970-01-01T00:00:05Z", 1),
        ("who", "", 0),
    ] {
        let found = eraser(column, &[value], &NAMES).find(&Memory("sealed.parquet", old.clone())).unwrap();
        assert_eq!((found.rows, found.hit.count()), (61, hits), "{column}");
    }
    let null = Action::NullColumns(vec!["who".into(), "of.mail".into(), "tags".into()]);
    let (new, done) = act(&old, "who", &["p1"], &null).unwrap();
    let (after, _) = read(&new);
    assert_eq!((done.rows, after.num_rows()), (61, 61));
    let who = after["who"].as_string::<i32>();
    assert!(
        who.iter().flatten().all(|who| who != "p1")
            && after["of"].as_struct().column(0).null_count() == who.null_count()
    );
    let hide = Action::Replace(vec!["who".into(), "id".into()], Replacement::Pseudonym);
    let (after, _) = read(&act(&old, "who", &["p1", "p2"], &hide).unwrap().0);
    let who = after["who"].as_string::<i32>();
    assert!(who.value(1) == who.value(11) && who.value(1) != who.value(2) && who.value(1).len() == 32);
    let fixed = Action::Replace(vec!["note".into()], Replacement::Constant("gone".into()));
    let (after, _) = read(&act(&old, "id", &["5"], &fixed).unwrap().0);
    assert_eq!(after["note"].as_string::<i32>().iter().flatten().filter(|note| *note == "gone").count(), 1);
}

#[test]
fn a_key_that_nobody_has_is_named_and_damage_is_an_error() {
    let old = write(columns());
    let error = eraser("who", &["p1"], &["footer", "note"]).find(&Memory("sealed.parquet", old.clone())).unwrap_err();
    assert!(matches!(error, Error::Store(store::Error::KeyRefused { .. })), "{error}");
    assert!(error.to_string().contains("nobody knows this key"), "{error}");
    let some = eraser("who", &["p1"], &["footer", "who"]);
    let mut made = Made(Vec::new());
    if let Ok(hits) = some.find(&Memory("sealed.parquet", old.clone())) {
        let error =
            some.rewrite(&Memory("sealed.parquet", old.clone()), &hits, &Action::DeleteRow, &mut made).unwrap_err();
        assert!(matches!(error, Error::Store(store::Error::KeyRefused { .. })), "{error}");
    }
    // Nothing is found in what was altered: it is an error, wherever the subject column or the footer was.
    let (_, metadata) = read(&old);
    let (at, length) = metadata.row_group(0).column(0).byte_range();
    for at in (at..at + length).chain(old.len() as u64 - 60..old.len() as u64).step_by(5) {
        let mut other = old.clone();
        other[at as usize] ^= 0x10;
        let error = eraser("who", &["p1"], &NAMES).find(&Memory("sealed.parquet", other)).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. } | Error::Store(_)), "{at}: {error}");
    }
    for cut in [4, 100, old.len() - 1] {
        assert!(eraser("who", &["p1"], &NAMES).find(&Memory("sealed.parquet", old[..cut].to_vec())).is_err());
    }
}
