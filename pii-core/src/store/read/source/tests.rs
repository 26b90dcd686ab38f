use std::fs;

use arrow::array::{ArrayRef, AsArray, Int64Array, StringArray};
use arrow::datatypes::Int64Type;
use arrow::ipc::writer::StreamWriter;

use super::*;
use crate::store::{Destination, TableWriter, WriteOptions};

fn numbers(values: std::ops::Range<i64>) -> RecordBatch {
    let text: StringArray = values.clone().map(|v| Some(format!("{v}@example.org"))).collect();
    let numbers = Int64Array::from_iter_values(values);
    RecordBatch::try_from_iter([("id", Arc::new(numbers) as ArrayRef), ("email", Arc::new(text) as ArrayRef)]).unwrap()
}

fn write(path: &Path, batch: &RecordBatch) {
    let to = Destination::Path(path.to_owned());
    let mut writer = TableWriter::create(&to, &batch.schema(), &WriteOptions::default()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap().publish().unwrap();
}

fn open(path: &Path) -> Result<Source, Error> {
    Source::open(&[Location::from(path.to_owned())], &ReadOptions::default())
}

fn ids(source: Source) -> Result<Vec<i64>, Error> {
    let mut ids = Vec::new();
    for batch in source.batches() {
        ids.extend_from_slice(batch?.column(0).as_primitive::<Int64Type>().values());
    }
    Ok(ids)
}

#[test]
fn a_folder_is_one_dataset() {
    for extension in ["parquet", "arrow", "avro", "jsonl"] {
        let dir = tempfile::tempdir().unwrap();
        write(&dir.path().join(format!("b.{extension}")), &numbers(10..20_000));
        write(&dir.path().join(format!("a.{extension}")), &numbers(0..10).project(&[0, 1]).unwrap());
        fs::write(dir.path().join("_SUCCESS"), "").unwrap();
        let source = open(dir.path()).unwrap();
        assert_eq!(source.files().len(), 2);
        let (progress, bytes) = (source.progress(), source.bytes());
        assert_eq!(ids(source).unwrap(), (0..20_000).collect::<Vec<_>>(), "{extension}");
        assert_eq!(progress.rows(), 20_000);
        if extension != "arrow" {
            assert_eq!(Some(progress.bytes()), bytes, "{extension}");
        }
    }
}

#[test]
fn columns_in_another_order_are_put_in_the_first_files_order() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("a.parquet"), &numbers(0..3));
    write(&dir.path().join("b.parquet"), &numbers(3..6).project(&[1, 0]).unwrap());
    let source = open(dir.path()).unwrap();
    assert_eq!(source.rows_hint(), Some(6));
    assert_eq!(ids(source).unwrap(), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn files_that_disagree_are_both_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.csv"), "id,email\n1,a@example.org\n").unwrap();
    fs::write(dir.path().join("b.csv"), "id,mail\n1,a@example.org\n").unwrap();
    let error = open(dir.path()).unwrap_err().to_string();
    let folder = dir.path().display();
    assert_eq!(error, format!("`{folder}/b.csv` lacks column `email`, which `{folder}/a.csv` has"));
}

#[test]
fn a_dataset_has_one_format() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.csv"), "id\n1\n").unwrap();
    write(&dir.path().join("b.parquet"), &numbers(0..3));
    assert!(matches!(open(dir.path()), Err(Error::MixedFormats { .. })));
    let options = ReadOptions { format: Some(Format::Parquet), ..ReadOptions::default() };
    let source = Source::open(&[Location::from(dir.path().to_owned())], &options).unwrap();
    assert_eq!(source.skipped(), [dir.path().join("a.csv")]);
    assert_eq!(ids(source).unwrap(), [0, 1, 2]);
}

#[test]
fn a_format_must_be_known() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.xlsx");
    fs::write(&path, "PK").unwrap();
    let error = open(&path).unwrap_err().to_string();
    assert!(error.ends_with("a.xlsx` is unknown: name one of csv, jsonl, parquet, arrow, avro"), "{error}");
    assert!(matches!(Source::open(&[Location::STDIN], &ReadOptions::default()), Err(Error::NoFormat { .. })));
    assert!(matches!(Source::open(&[], &ReadOptions::default()), Err(Error::NoSource)));
    let with_stdin = [Location::STDIN, Location::from(path)];
    assert!(matches!(Source::open(&with_stdin, &ReadOptions::default()), Err(Error::StdinNotAlone)));
}

#[test]
fn a_missing_file_is_the_systems_error() {
    let error = open(Path::new("nowhere/a.csv")).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().downcast_ref::<std::io::Error>().unwrap();
    assert_eq!(source.kind(), std::io::ErrorKind::NotFound);
    assert!(error.to_string().starts_with("cannot read `nowhere/a.csv`: "), "{error}");
}

#[test]
fn a_file_that_is_cut_short_is_never_read_as_a_shorter_one() {
    let dir = tempfile::tempdir().unwrap();
    for extension in ["parquet", "arrow", "avro"] {
        let whole = dir.path().join(format!("whole.{extension}"));
        write(&whole, &numbers(0..5000));
        let bytes = fs::read(&whole).unwrap();
        for kept in [0, 5, bytes.len() / 2, bytes.len() - 1] {
            let cut = dir.path().join(format!("cut.{extension}"));
            fs::write(&cut, &bytes[..kept]).unwrap();
            let error = open(&cut).and_then(ids).unwrap_err();
            assert!(matches!(error, Error::Damaged { .. }), "{extension} {kept}: {error}");
            assert!(error.to_string().contains("cut."), "{error}");
        }
    }
}

#[test]
fn garbage_is_named_as_what_it_is_not() {
    let dir = tempfile::tempdir().unwrap();
    for (extension, start) in [("parquet", "it does not begin as one"), ("arrow", ""), ("avro", "")] {
        let path = dir.path().join(format!("a.{extension}"));
        fs::write(&path, "id,email\n1,anna@example.org\n".repeat(10)).unwrap();
        let error = open(&path).and_then(ids).unwrap_err().to_string();
        let beginning = format!("`{}` is not a sound {extension} file: {start}", path.display());
        assert!(error.starts_with(&beginning), "{error}");
    }
}

#[test]
fn an_arrow_stream_is_read_too_and_its_batches_are_cut() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.arrow");
    let mut writer = StreamWriter::try_new(fs::File::create(&path).unwrap(), &numbers(0..1).schema()).unwrap();
    writer.write(&numbers(0..10_000)).unwrap();
    writer.finish().unwrap();
    let source = open(&path).unwrap();
    assert_eq!(source.batches().map(|b| b.unwrap().num_rows()).collect::<Vec<_>>(), [8192, 1808]);
}

#[test]
fn a_column_name_stands_once_in_any_format() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.arrow");
    let batch = numbers(0..3);
    let field = batch.schema().field(0).clone();
    let twice = arrow::datatypes::Schema::new(vec![field.clone(), field]);
    StreamWriter::try_new(fs::File::create(&path).unwrap(), &twice).unwrap().finish().unwrap();
    assert!(matches!(open(&path), Err(Error::DuplicateColumns { columns, .. }) if columns == ["id"]));
}

#[test]
fn after_an_error_there_are_no_rows() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    fs::write(&path, "a,b\n1,2\n3\n4,5\n").unwrap();
    let mut batches = open(&path).unwrap().batches();
    assert!(batches.next().unwrap().is_err());
    assert!(batches.next().is_none());
}

/// What `pii scan <(command)` opens.
#[cfg(unix)]
#[test]
fn a_pipe_loses_no_rows_though_it_can_be_read_only_once() {
    let dir = tempfile::tempdir().unwrap();
    for (name, row, header) in [("a.jsonl", "{\"id\": 1}\n", ""), ("a.csv", "1\n", "id\n")] {
        let pipe = dir.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let text = format!("{header}{}", row.repeat(20_000));
        let to = pipe.clone();
        let writing = std::thread::spawn(move || fs::write(to, text).unwrap());
        let rows: usize = open(&pipe).unwrap().batches().map(|b| b.unwrap().num_rows()).sum();
        assert_eq!(rows, 20_000, "{name}");
        writing.join().unwrap();
    }
}

#[test]
fn the_work_can_move_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Source>();
    is_send::<Batches>();
    is_send::<TableWriter>();
}

#[test]
fn what_was_listed_is_read_whether_it_is_packed_or_not_and_whatever_its_name_says() {
    let dir = tempfile::tempdir().unwrap();
    let text = b"id\n1\n2\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, text).unwrap();
    let gzip = gzip.finish().unwrap();
    let twice = [gzip.as_slice(), &gzip].concat();
    let zstd = zstd::encode_all(text.as_slice(), 1).unwrap();
    for (name, bytes, rows) in [
        ("a.csv", text.as_slice(), 2),
        ("b.csv.gz", &gzip, 2),
        ("c.csv.gz", &twice, 5),
        ("d.csv.zst", &zstd, 2),
        ("e.csv.gz", text, 2),
        ("f.csv", &zstd, 2),
    ] {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        let listing = crate::store::Listing::of(&[Location::from(path)], None).unwrap();
        let source = Source::listed(&listing.files, None, &ReadOptions::default()).unwrap();
        let read: usize = source.batches().map(|batch| batch.unwrap().num_rows()).sum();
        assert_eq!(read, rows, "{name}");
    }
}
