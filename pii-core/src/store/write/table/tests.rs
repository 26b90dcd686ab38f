use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int64Array, ListArray, StringArray,
};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema};
use sha2::Digest;

use super::*;
use crate::store::{Location, ReadOptions, Source};

fn people() -> RecordBatch {
    let pseudonym = HashMap::from([("pii.alg".to_owned(), "hmac-sha256".to_owned())]);
    let fields = vec![
        Field::new("id", DataType::Int64, false),
        Field::new("name", DataType::Utf8, true).with_metadata(pseudonym),
        Field::new("born", DataType::Date32, true),
        Field::new("score", DataType::Float64, true),
        Field::new("vip", DataType::Boolean, true),
    ];
    let metadata = HashMap::from([("dataset".to_owned(), "crm.customers".to_owned())]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![1, 2, 3])),
        Arc::new(StringArray::from(vec![Some("김민준"), Some("Groß, \"Jürgen\"\nŁódź"), None])),
        Arc::new(Date32Array::from(vec![Some(0), None, Some(19_723)])),
        Arc::new(Float64Array::from(vec![Some(0.1), Some(-3.0), None])),
        Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
    ];
    RecordBatch::try_new(Arc::new(Schema::new_with_metadata(fields, metadata)), columns).unwrap()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn stage(&self, name: &str, batch: &RecordBatch, options: &WriteOptions) -> Result<Staged, Error> {
        let mut writer = TableWriter::create(&Destination::Path(self.path(name)), &batch.schema(), options)?;
        writer.write(batch)?;
        writer.finish()
    }

    fn write(&self, name: &str, batch: &RecordBatch) {
        self.stage(name, batch, &WriteOptions::default()).unwrap().publish().unwrap();
    }

    fn source(&self, name: &str) -> Source {
        Source::open(&[Location::from(self.path(name))], &ReadOptions::default()).unwrap()
    }

    fn read(&self, name: &str) -> Result<RecordBatch, Error> {
        let source = Source::open(&[Location::from(self.path(name))], &ReadOptions::default())?;
        let schema = source.schema();
        let batches = source.batches().collect::<Result<Vec<_>, _>>()?;
        Ok(concat_batches(&schema, &batches).unwrap())
    }
}

#[test]
fn columnar_formats_keep_types_values_and_metadata() {
    let people = people();
    for (name, compressions) in [
        ("a.parquet", &Compression::ALL[..]),
        ("a.arrow", &[Compression::None, Compression::Lz4, Compression::Zstd]),
        ("a.avro", &[Compression::None, Compression::Snappy, Compression::Deflate, Compression::Zstd]),
    ] {
        for compression in compressions {
            let folder = Folder::new();
            let options = WriteOptions { compression: Some(*compression), ..WriteOptions::default() };
            folder.stage(name, &people, &options).unwrap().publish().unwrap();
            let back = folder.read(name).unwrap();
            assert_eq!(back.columns(), people.columns(), "{name} {compression}");
            let name_field = back.schema().field_with_name("name").unwrap().clone();
            assert_eq!(name_field.metadata().get("pii.alg").unwrap(), "hmac-sha256", "{name}");
            if name != "a.avro" {
                assert_eq!(back.schema(), people.schema(), "{name}");
            }
        }
    }
}

#[test]
fn a_compression_that_a_format_does_not_have_is_refused() {
    let folder = Folder::new();
    let options = WriteOptions { compression: Some(Compression::Lz4), ..WriteOptions::default() };
    let error = folder.stage("a.avro", &people(), &options).unwrap_err().to_string();
    assert_eq!(error, "avro files cannot be compressed with lz4");
    assert!(folder.stage("a.csv", &people(), &options).is_err());
    assert!(folder.names().is_empty());
}

#[test]
fn csv_is_readable_text() {
    let folder = Folder::new();
    folder.write("a.csv", &people());
    assert_eq!(
        fs::read_to_string(folder.path("a.csv")).unwrap(),
        "id,name,born,score,vip\n1,김민준,1970-01-01,0.1,true\n2,\"Groß, \"\"Jürgen\"\"\nŁódź\",,-3.0,\n3,,2024-01-01,,false\n"
    );
    let once = folder.read("a.csv").unwrap();
    folder.write("b.tsv", &once);
    assert_eq!(folder.read("b.tsv").unwrap(), once, "text stays text");
}

#[test]
fn a_lone_missing_value_is_still_a_row_of_csv() {
    let folder = Folder::new();
    let column: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("b")]));
    let batch = RecordBatch::try_from_iter_with_nullable([("only", column, true)]).unwrap();
    folder.write("a.csv", &batch);
    assert_eq!(folder.read("a.csv").unwrap(), batch);
}

#[test]
fn json_lines_leave_missing_values_out() {
    let folder = Folder::new();
    folder.write("a.jsonl", &people());
    let text = fs::read_to_string(folder.path("a.jsonl")).unwrap();
    assert_eq!(text.lines().nth(2), Some(r#"{"id":3,"born":"2024-01-01","vip":false}"#));
    let back = folder.read("a.jsonl").unwrap();
    assert_eq!(back.column(0), people().column(0));
    assert_eq!(back.column_by_name("name").unwrap(), people().column(1));
}

#[test]
fn nested_columns_go_everywhere_but_into_csv() {
    let lists = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1), None]), None, Some(vec![])]);
    let batch = RecordBatch::try_from_iter_with_nullable([("tags", Arc::new(lists) as ArrayRef, true)]).unwrap();
    let folder = Folder::new();
    for name in ["a.parquet", "a.arrow", "a.avro", "a.jsonl"] {
        folder.write(name, &batch);
        assert_eq!(folder.read(name).unwrap().column(0), batch.column(0), "{name}");
    }
    let error = folder.stage("a.csv", &batch, &WriteOptions::default()).unwrap_err().to_string();
    assert_eq!(error, "column `tags` holds lists or records, which csv cannot: use jsonl, parquet, arrow or avro");
}

#[test]
fn dictionaries_that_differ_from_batch_to_batch_can_be_written() {
    let batch = |words: Vec<&str>| {
        let column: ArrayRef = Arc::new(words.into_iter().collect::<DictionaryArray<Int32Type>>());
        RecordBatch::try_from_iter([("word", column)]).unwrap()
    };
    let (one, two) = (batch(vec!["a", "b", "a"]), batch(vec!["c", "a"]));
    for name in ["a.parquet", "a.arrow", "a.avro", "a.csv", "a.jsonl"] {
        let folder = Folder::new();
        let to = Destination::Path(folder.path(name));
        let mut writer = TableWriter::create(&to, &one.schema(), &WriteOptions::default()).unwrap();
        writer.write(&one).unwrap();
        writer.write(&two).unwrap();
        assert_eq!(writer.finish().unwrap().publish().unwrap().rows, 5);
        let back = folder.read(name).unwrap();
        let words = arrow::compute::cast(back.column(0), &DataType::Utf8).unwrap();
        assert_eq!(words.as_ref(), &StringArray::from(vec!["a", "b", "a", "c", "a"]), "{name}");
    }
}

#[test]
fn a_table_without_rows_has_its_columns() {
    let empty = people().slice(0, 0);
    let folder = Folder::new();
    for name in ["a.csv", "a.parquet", "a.arrow", "a.avro"] {
        folder.write(name, &empty);
        let source = folder.source(name);
        assert_eq!(source.schema().fields().len(), 5, "{name}");
        assert_eq!(source.batches().map(|b| b.unwrap().num_rows()).sum::<usize>(), 0, "{name}");
    }
}

#[test]
fn the_digest_is_that_of_the_file() {
    for name in ["a.csv", "a.jsonl", "a.parquet", "a.arrow", "a.avro"] {
        let folder = Folder::new();
        let staged = folder.stage(name, &people(), &WriteOptions::default()).unwrap();
        let content = staged.content().clone();
        assert_eq!(staged.publish().unwrap(), content);
        let bytes = fs::read(folder.path(name)).unwrap();
        assert_eq!(content.bytes, bytes.len() as u64, "{name}");
        assert_eq!(content.sha256, <[u8; 32]>::from(sha2::Sha256::digest(&bytes)), "{name}");
        assert_eq!(content.rows, 3, "{name}");
    }
}

#[test]
fn nothing_is_left_of_what_is_not_published() {
    for name in ["a.csv", "a.jsonl", "a.parquet", "a.arrow", "a.avro"] {
        let folder = Folder::new();
        let to = Destination::Path(folder.path(name));
        let mut writer = TableWriter::create(&to, &people().schema(), &WriteOptions::default()).unwrap();
        writer.write(&people()).unwrap();
        let names = folder.names();
        assert!(names.len() == 1 && names[0].starts_with(&format!(".{name}.pii-")), "{names:?}");
        drop(writer);
        assert!(folder.names().is_empty());
        drop(folder.stage(name, &people(), &WriteOptions::default()).unwrap());
        assert!(folder.names().is_empty());
    }
}

#[test]
fn the_old_file_stands_until_the_new_one_is_published() {
    let folder = Folder::new();
    fs::write(folder.path("a.csv"), "old\n").unwrap();
    let staged = folder.stage("a.csv", &people(), &WriteOptions::default()).unwrap();
    assert_eq!(fs::read_to_string(folder.path("a.csv")).unwrap(), "old\n");
    staged.publish().unwrap();
    assert!(fs::read_to_string(folder.path("a.csv")).unwrap().starts_with("id,"));
    assert_eq!(folder.names(), ["a.csv"]);
}

#[cfg(unix)]
#[test]
fn a_link_and_its_files_permissions_are_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new();
    fs::write(folder.path("real.csv"), "old\n").unwrap();
    fs::set_permissions(folder.path("real.csv"), fs::Permissions::from_mode(0o664)).unwrap();
    symlink(folder.path("real.csv"), folder.path("link.csv")).unwrap();
    folder.write("link.csv", &people());
    assert!(folder.path("link.csv").is_symlink());
    assert!(fs::read_to_string(folder.path("real.csv")).unwrap().starts_with("id,"));
    let mode = fs::metadata(folder.path("real.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o664);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_apart() {
    let to = Destination::Path(PathBuf::from("/dev/full"));
    for format in Format::ALL {
        let options = WriteOptions { format: Some(format), ..WriteOptions::default() };
        let written = TableWriter::create(&to, &people().schema(), &options).and_then(|mut writer| {
            writer.write(&people())?;
            writer.finish()
        });
        let error = written.unwrap_err();
        let source = std::error::Error::source(&error).unwrap().downcast_ref::<std::io::Error>().unwrap();
        assert_eq!(source.kind(), std::io::ErrorKind::StorageFull, "{format}");
        assert!(error.to_string().starts_with("cannot write `/dev/full`: "), "{error}");
    }
    assert!(!PathBuf::from("/dev/full").is_file(), "a device is written to, not replaced");
}

#[test]
fn a_target_that_cannot_be_is_refused_before_anything_is_written() {
    let folder = Folder::new();
    let create = |path: &str| {
        let to = Destination::Path(folder.path(path));
        TableWriter::create(&to, &people().schema(), &WriteOptions::default()).unwrap_err()
    };
    assert!(matches!(create("missing/a.csv"), Error::NoFolder { .. }));
    assert!(matches!(create("a.xlsx"), Error::NoFormat { .. }));
    fs::create_dir(folder.path("d.csv")).unwrap();
    assert!(matches!(create("d.csv"), Error::TargetIsFolder { .. }));
    let error = TableWriter::create(&Destination::Stdout, &people().schema(), &WriteOptions::default()).unwrap_err();
    assert!(matches!(error, Error::NoFormat { .. }));
}

#[test]
fn rows_of_another_table_are_refused() {
    let folder = Folder::new();
    let to = Destination::Path(folder.path("a.csv"));
    let mut writer = TableWriter::create(&to, &people().schema(), &WriteOptions::default()).unwrap();
    assert!(matches!(writer.write(&people().project(&[1, 0]).unwrap()), Err(Error::OtherColumns { .. })));
}

#[test]
fn a_name_that_avro_does_not_have_is_refused_and_not_changed() {
    let folder = Folder::new();
    let column: ArrayRef = Arc::new(StringArray::from(vec!["김민준"]));
    let batch = RecordBatch::try_from_iter([("이름", column)]).unwrap();
    let error = folder.stage("a.avro", &batch, &WriteOptions::default()).unwrap_err();
    assert!(matches!(error, Error::NotAnAvroName { column } if column == "이름"));
    folder.write("a.parquet", &batch);
    assert_eq!(folder.read("a.parquet").unwrap(), batch);
}

#[test]
fn pseudonyms_are_stored_plain_and_without_statistics() {
    let folder = Folder::new();
    folder.write("a.parquet", &people());
    let file = fs::File::open(folder.path("a.parquet")).unwrap();
    let reader = ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let group = reader.metadata().row_group(0);
    let (id, name) = (group.column(0), group.column(1));
    assert!(id.statistics().is_some() && name.statistics().is_none());
    assert_eq!(name.compression(), ::parquet::basic::Compression::UNCOMPRESSED);
    assert_eq!(name.dictionary_page_offset(), None);
}
