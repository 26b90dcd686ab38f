//! Nothing of an encrypted file stands in clear, and no altered one is believed.

use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef, Int64Array, ListArray, StringArray, StructArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Fields, Int64Type};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::column::writer::ColumnCloseResult;
use parquet::encryption::decrypt::FileDecryptionProperties;
use zeroize::Zeroizing;

use super::*;
use crate::store::write::TableWriter;
use crate::store::{Destination, Error, KeyFinder, Location, ParquetKey, ReadOptions, Source, WriteOptions};

/// Words that stand nowhere else, so that they are found if they are left in clear: values, the names of columns, and
/// what metadata say.
const SECRETS: [&str; 7] = [
    "anna.mueller@",
    "zoe.zimmer@",
    "Glockengiesser",
    "e-mail-of-someone",
    "secret-street",
    "crm.secret",
    "friends-of",
];

fn people() -> RecordBatch {
    let emails: Vec<_> = (0..400)
        .map(|n| if n % 2 == 0 { format!("anna.mueller@{n}.example") } else { format!("zoe.zimmer@{n}.example") })
        .collect();
    let streets: ArrayRef = Arc::new(StringArray::from(vec!["Glockengiesser Wall 7"; 400]));
    let street = Fields::from(vec![Field::new("secret-street", DataType::Utf8, false)]);
    let friends = ListArray::from_iter_primitive::<Int64Type, _, _>((0..400).map(|n| Some(vec![Some(n)])));
    let tag = [("pii.category".to_owned(), "crm.secret".to_owned())].into();
    let fields = vec![
        Field::new("id", DataType::Int64, false),
        Field::new("e-mail-of-someone", DataType::Utf8, false).with_metadata(tag),
        Field::new("address", DataType::Struct(street.clone()), false),
        Field::new("friends-of", friends.data_type().clone(), true),
    ];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(0..400)),
        Arc::new(StringArray::from(emails)),
        Arc::new(StructArray::new(street, vec![streets], None)),
        Arc::new(friends),
    ];
    let metadata = [("pii.dataset".to_owned(), "crm.secret".to_owned())].into();
    RecordBatch::try_new(Arc::new(Schema::new_with_metadata(fields, metadata)), columns).unwrap()
}

fn key(name: &str) -> ParquetKey {
    let mut bytes = Zeroizing::new([7; 32]);
    bytes.iter_mut().zip(name.bytes()).for_each(|(key, byte)| *key = byte);
    ParquetKey::new(bytes, name.as_bytes().to_vec())
}

fn uniform() -> ParquetKeys {
    ParquetKeys::uniform(key("footer"))
}

fn by_column() -> ParquetKeys {
    let columns = ["e-mail-of-someone", "address"].map(|name| (name.to_owned(), key(name)));
    ParquetKeys::columns(key("footer"), key("footer"), columns.into())
}

/// Gives a key for the names it knows, which are the key metadata here.
fn knows(names: &'static [&'static str]) -> KeyFinder {
    KeyFinder::new(move |metadata| {
        let name = names.iter().find(|name| name.as_bytes() == metadata);
        name.map(|name| key(name).key).ok_or_else(|| "nobody gave it away".to_owned())
    })
}

const ALL: &[&str] = &["footer", "e-mail-of-someone", "address"];

fn write(path: &Path, rows: &RecordBatch, keys: &ParquetKeys) {
    // Uncompressed, so that a value in clear would be seen.
    let options = WriteOptions { compression: Some(Compression::None), ..WriteOptions::default() };
    let to = Destination::Path(path.to_owned());
    let mut writer = TableWriter::create_encrypted(&to, &rows.schema(), &options, keys).unwrap();
    writer.write(rows).unwrap();
    writer.finish().unwrap().publish().unwrap();
}

fn read(path: &Path, keys: Option<KeyFinder>) -> Result<RecordBatch, Error> {
    let options = ReadOptions { keys, ..ReadOptions::default() };
    let source = Source::open(&[Location::from(path.to_owned())], &options)?;
    let schema = source.schema();
    let batches = source.batches().collect::<Result<Vec<_>, _>>()?;
    Ok(concat_batches(&schema, &batches).unwrap())
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.parquet");
    (folder, path)
}

#[track_caller]
fn hides(bytes: &[u8], words: &[&str]) {
    for word in words {
        assert!(!bytes.windows(word.len()).any(|w| w == word.as_bytes()), "`{word}` stands in clear");
    }
}

#[test]
fn nothing_stands_in_clear_and_the_keys_open_it() {
    let (_folder, path) = place();
    for keys in [uniform(), by_column()] {
        write(&path, &people(), &keys);
        let mut hidden = SECRETS.to_vec();
        if !keys.columns.is_empty() {
            // The crypto metadata of columns with keys of their own stand inside the encrypted footer, too.
            hidden.push("ARROW:schema");
        }
        hides(&fs::read(&path).unwrap(), &hidden);
        assert_eq!(read(&path, Some(knows(ALL))).unwrap(), people());
    }
}

#[test]
fn no_filter_over_a_column_stands_in_an_encrypted_file() {
    let (_folder, path) = place();
    let (to, rows) = (Destination::Path(path.clone()), people());
    let subject = Some("e-mail-of-someone".to_owned());
    let options = WriteOptions { subject, ..WriteOptions::default() };
    let columns = |keys: Option<&ParquetKeys>| {
        let writer = match keys {
            Some(keys) => TableWriter::create_encrypted(&to, &rows.schema(), &options, keys),
            None => TableWriter::create(&to, &rows.schema(), &options),
        };
        let mut writer = writer.unwrap();
        writer.write(&rows).unwrap();
        writer.finish().unwrap().publish().unwrap();
        let footer = FileDecryptionProperties::builder(key("footer").key.to_vec()).build().unwrap();
        let read = ArrowReaderOptions::new();
        let read = if keys.is_some() { read.with_file_decryption_properties(footer) } else { read };
        let seen = ArrowReaderMetadata::load(&fs::File::open(&path).unwrap(), read).unwrap();
        let columns = seen.metadata().row_group(0).columns();
        columns.iter().map(|column| column.bloom_filter_length().unwrap_or(0)).collect::<Vec<_>>()
    };
    assert_eq!(columns(Some(&uniform())), [0; 4]);
    // 400 values at 1 %: half a kilobyte, and a header.
    let clear = columns(None);
    assert!(clear[0] == 0 && (500..=600).contains(&clear[1]) && clear[2..] == [0, 0], "{clear:?}");
}

#[test]
fn statistics_of_a_column_need_its_key_even_inside_the_footer() {
    let (_folder, path) = place();
    write(&path, &people(), &by_column());
    // Whoever has the footer's key alone sees this much.
    let footer =
        FileDecryptionProperties::builder(key("footer").key.to_vec()).with_column_key("id", key("footer").key.to_vec());
    let options = ArrowReaderOptions::new().with_file_decryption_properties(footer.build().unwrap());
    let seen = ArrowReaderMetadata::load(&fs::File::open(&path).unwrap(), options).unwrap();
    let columns = seen.metadata().row_group(0).columns();
    assert!(columns[0].statistics().is_some() && columns[1].statistics().is_none(), "that of `id`, and no other");
    hides(format!("{:?}", seen.metadata()).as_bytes(), &["anna", "zoe", "Glocken"]);
}

#[test]
fn a_key_that_is_missing_refused_or_wrong_is_a_sentence() {
    let (_folder, path) = place();
    write(&path, &people(), &by_column());
    let file = path.display().to_string();
    let said = |keys| read(&path, keys).unwrap_err().to_string();
    assert_eq!(said(None), format!("`{file}` is encrypted, and no keys are at hand"));
    let refused = format!("`{file}` is encrypted, and its key cannot be had: nobody gave it away");
    assert_eq!(said(Some(knows(&[]))), refused);
    assert_eq!(said(Some(knows(&["footer"]))), refused);
    let wrong = KeyFinder::new(|_| Ok(Zeroizing::new([1; 32])));
    assert!(said(Some(wrong)).contains("is not a sound parquet file"));
}

#[test]
fn a_file_in_ctr_mode_is_named_as_one() {
    let (_folder, path) = place();
    // Crypto metadata of the second algorithm of the union, with nothing in it, and a footer of nothing.
    let footer = [0x1c, 0x2c, 0, 0, 0];
    let bytes = [b"PARE".as_slice(), &footer, &(footer.len() as u32).to_le_bytes(), b"PARE"].concat();
    fs::write(&path, bytes).unwrap();
    let said = read(&path, Some(knows(ALL))).unwrap_err().to_string();
    assert!(said.contains("AES_GCM_CTR_V1, which cannot be read: write it with AES_GCM_V1"), "{said}");
}

#[test]
fn only_parquet_is_encrypted_and_never_without_keys() {
    let (_folder, path) = place();
    let rows = people();
    let csv = Destination::Path(path.with_extension("jsonl"));
    let error = TableWriter::create_encrypted(&csv, &rows.schema(), &WriteOptions::default(), &uniform()).unwrap_err();
    assert!(matches!(error, Error::NotEncryptable { .. }), "{error}");
    let wished = WriteOptions { encryption: Some(crate::store::Encryption::Uniform), ..WriteOptions::default() };
    let error = TableWriter::create(&Destination::Path(path.clone()), &rows.schema(), &wished).unwrap_err();
    assert!(matches!(error, Error::KeysNeeded { .. }), "{error}");
    assert!(!path.exists());
}

/// A bit of every byte of a small file, one after the other: the rows are those that were written, or there is an error,
/// and never a panic of the decoder.
#[test]
fn each_flipped_bit_is_found_or_changes_nothing() {
    let (_folder, path) = place();
    let rows = people().slice(0, 3);
    for keys in [uniform(), by_column()] {
        write(&path, &rows, &keys);
        let sound = fs::read(&path).unwrap();
        let mut harmless = Vec::new();
        for at in 0..sound.len() {
            let mut bent = sound.clone();
            bent[at] ^= 1 << (at % 8);
            fs::write(&path, bent).unwrap();
            if let Ok(read) = read(&path, Some(knows(ALL))) {
                assert_eq!(read, rows, "byte {at}: other rows");
                harmless.push(at);
            }
        }
        // The page index is not read here, so it is not opened either: it stands between the pages and the footer.
        let (first, last) = (harmless.first().unwrap(), harmless.last().unwrap());
        assert_eq!(last - first + 1, harmless.len(), "one stretch: {harmless:?}");
        let index = page_index(&path, &sound);
        assert!(index.start <= *first && *last < index.end, "{first} to {last} in {index:?}");
    }
}

/// Where the column and offset indexes stand in a file.
fn page_index(path: &Path, file: &[u8]) -> std::ops::Range<usize> {
    fs::write(path, file).unwrap();
    let names = ["id", "e-mail-of-someone", "address.secret-street", "friends-of.list.item"];
    let keys = ["footer", "e-mail-of-someone", "address", "footer"].map(|name| key(name).key.to_vec());
    let properties = FileDecryptionProperties::builder(key("footer").key.to_vec());
    let properties = properties.with_column_keys(names.to_vec(), keys.to_vec()).unwrap().build().unwrap();
    let options = ArrowReaderOptions::new().with_file_decryption_properties(properties);
    let metadata = ArrowReaderMetadata::load(&fs::File::open(path).unwrap(), options).unwrap();
    let columns = metadata.metadata().row_group(0).columns();
    let ends =
        columns.iter().map(|c| c.offset_index_offset().unwrap() as usize + c.offset_index_length().unwrap() as usize);
    columns.iter().map(|c| c.column_index_offset().unwrap() as usize).min().unwrap()..ends.max().unwrap()
}

/// The trap, in parquet 59.3: a chunk that was encoded elsewhere is written as it is by `append_column`, even by a writer
/// that encrypts, and is labelled as encrypted all the same. When this test fails, the trap may be gone: read on.
#[test]
fn parquet_itself_writes_copied_chunks_in_clear() {
    let (_folder, path) = place();
    let rows = RecordBatch::try_from_iter([(
        "email",
        Arc::new(StringArray::from_iter_values((0..400).map(|n| format!("anna.mueller@{n}.example")))) as ArrayRef,
    )])
    .unwrap();
    let clear = path.with_extension("clear");
    let plain = WriterProperties::builder().set_dictionary_enabled(false);
    let mut writer =
        ArrowWriter::try_new(fs::File::create(&clear).unwrap(), rows.schema(), Some(plain.clone().build()));
    writer.as_mut().unwrap().write(&rows).unwrap();
    let metadata = writer.unwrap().close().unwrap();

    let encryption = FileEncryptionProperties::builder(vec![7; 32]).build().unwrap();
    let encrypting = plain.with_file_encryption_properties(encryption).build();
    let schema = metadata.file_metadata().schema_descr().root_schema_ptr();
    let out = fs::File::create(&path).unwrap();
    let mut file = SerializedFileWriter::new(out, schema, Arc::new(encrypting)).unwrap();
    let mut group = file.next_row_group().unwrap();
    let chunk = metadata.row_group(0).column(0).clone();
    let close = ColumnCloseResult {
        bytes_written: chunk.compressed_size() as u64,
        rows_written: 400,
        metadata: chunk,
        bloom_filter: None,
        column_index: None,
        offset_index: None,
    };
    group.append_column(&fs::File::open(&clear).unwrap(), close).unwrap();
    group.close().unwrap();
    file.close().unwrap();
    let written = fs::read(&path).unwrap();
    assert!(written.starts_with(b"PAR"), "a file");
    assert!(written.windows(13).any(|w| w == b"anna.mueller@"), "parquet encrypts copied chunks now: the trap is gone");
}

/// Ours cannot: a chunk comes from the factory of the file that it goes to, by type, and nothing here copies one.
#[test]
fn no_line_of_the_library_copies_a_chunk() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![source];
    let call = ["append", "_column("].concat();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if !entry.ends_with("parquet/tests.rs") {
                assert!(!fs::read_to_string(&entry).unwrap().contains(&call), "{}", entry.display());
            }
        }
    }
}
