use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, DictionaryArray, Int32Array, Int64Array, ListArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Field, Int32Type, Schema, UInt64Type};
use base64::Engine;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::{
    ColumnChunkMetaData, KeyValue, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader, ParquetMetaDataWriter,
};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion};
use parquet::file::statistics::Statistics;
use parquet::file::writer::TrackedWrite;
use parquet::schema::types::ColumnPath;
use proptest::prelude::*;

use super::super::memory::{Made, Memory};
use super::super::{Action, Error, Format, ParquetEraser, Residue, Values, Where};
use super::{Depth, Needles, search, search_name};

const ANNA: &str = "anna.winter@example.org";

fn values(texts: &[&str]) -> Values {
    Values::new(texts.iter().map(|text| (*text).to_owned())).unwrap()
}

fn residues(name: &'static str, file: Vec<u8>, texts: &[&str], depth: Depth<'_>) -> Result<Vec<Residue>, Error> {
    let mut all = Vec::new();
    search(&Memory(name, file), &Needles::new(&values(texts)), depth, &mut |residue| all.push(residue))?;
    Ok(all)
}

/// Where the values are, each place once: `column `email`, dictionary, row group 1 = 0`, and `part` if it is not whole.
#[track_caller]
fn places(name: &'static str, file: Vec<u8>, texts: &[&str]) -> Vec<String> {
    let all = residues(name, file, texts, Depth::Everything).unwrap();
    let mut told: Vec<_> =
        all.iter().map(|r| format!("{} = {}{}", r.at, r.value, if r.whole { "" } else { " part" })).collect();
    told.dedup();
    told
}

fn parquet_of(columns: Vec<(&str, ArrayRef)>, properties: WriterPropertiesBuilder) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder().set_compression(Compression::ZSTD(Default::default()))
}

fn emails() -> ArrayRef {
    Arc::new(StringArray::from(vec![Some("bob@example.org"), None, Some(ANNA), Some("cy@example.org")]))
}

#[test]
fn a_cell_is_found_in_every_encoding_codec_and_version_of_pages() {
    let plain =
        |p: WriterPropertiesBuilder| p.set_dictionary_enabled(false).set_statistics_enabled(EnabledStatistics::None);
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        for codec in [
            Compression::UNCOMPRESSED,
            Compression::SNAPPY,
            Compression::LZ4_RAW,
            Compression::GZIP(Default::default()),
            Compression::ZSTD(Default::default()),
        ] {
            let with = || properties().set_compression(codec).set_writer_version(version);
            let none = with().set_statistics_enabled(EnabledStatistics::None);
            let encodings = [Encoding::PLAIN, Encoding::DELTA_BYTE_ARRAY, Encoding::DELTA_LENGTH_BYTE_ARRAY];
            let encoded = encodings.map(|encoding| plain(with()).set_encoding(encoding));
            for properties in encoded.into_iter().chain([none]) {
                let file = parquet_of(vec![("email", emails())], properties);
                assert_eq!(places("a", file, &[ANNA]), ["row 3, column `email` = 0"], "{codec:?} {version:?}");
            }
            for encoding in [Encoding::PLAIN, Encoding::DELTA_BINARY_PACKED, Encoding::BYTE_STREAM_SPLIT] {
                let ids: ArrayRef = Arc::new(Int64Array::from(vec![Some(5), None, Some(1_234_567), Some(7)]));
                let file = parquet_of(vec![("id", ids)], plain(with()).set_encoding(encoding));
                assert_eq!(places("a", file, &["1234567"]), ["row 3, column `id` = 0"], "{codec:?} {encoding:?}");
            }
        }
    }
}

#[test]
fn a_value_is_what_the_column_means_by_it() {
    let id = "123e4567-e89b-12d3-a456-426614174000";
    let uuid = uuid::Uuid::parse_str(id).unwrap();
    let raw = arrow::array::FixedSizeBinaryArray::try_from_iter([[0; 16], *uuid.as_bytes()].into_iter()).unwrap();
    let decimals = arrow::array::PrimitiveArray::<Decimal128Type>::from(vec![1, -1250]).with_precision_and_scale(20, 2);
    let file = parquet_of(
        vec![
            ("uuid", Arc::new(raw) as ArrayRef),
            ("day", Arc::new(arrow::array::PrimitiveArray::<Date32Type>::from(vec![0, 5250]))),
            ("big", Arc::new(arrow::array::PrimitiveArray::<UInt64Type>::from(vec![1, u64::MAX]))),
            ("sum", Arc::new(decimals.unwrap())),
            ("real", Arc::new(arrow::array::Float64Array::from(vec![0.5, 2.25]))),
        ],
        properties().set_dictionary_enabled(false).set_statistics_enabled(EnabledStatistics::None),
    );
    for (value, column) in
        [(id, "uuid"), ("1984-05-17", "day"), ("18446744073709551615", "big"), ("-12.5", "sum"), ("2.25", "real")]
    {
        assert_eq!(places("a", file.clone(), &[value]), [format!("row 2, column `{column}` = 0")]);
    }
}

#[test]
fn free_text_is_told_as_text_and_another_of_a_like_name_is_not() {
    let notes: ArrayRef = Arc::new(StringArray::from(vec![
        format!("call {ANNA} back"),
        format!("xx{ANNA}"),
        serde_json::to_string(&format!("{{\"m\":\"{ANNA}\"}}")).unwrap().replace('@', "\\u0040"),
        "91234567 and 7".to_owned(),
    ]));
    for properties in [properties(), properties().set_dictionary_enabled(false)] {
        let file =
            parquet_of(vec![("note", notes.clone())], properties.set_statistics_enabled(EnabledStatistics::None));
        assert_eq!(
            places("a", file.clone(), &[ANNA]),
            ["row 1, column `note` = 0 part", "row 3, column `note` = 0 part"]
        );
        assert_eq!(places("a", file.clone(), &["1234567"]), Vec::<String>::new());
        assert_eq!(places("a", file, &["7"]), ["row 4, column `note` = 0 part"]);
    }
}

#[test]
fn rows_of_lists_are_counted_as_rows() {
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(
            (0..5000).map(|row| (row % 3 > 0).then(|| vec![Some(row), None, Some(900_000 + row)])),
        );
        let small =
            properties().set_writer_version(version).set_data_page_row_count_limit(100).set_write_batch_size(64);
        let small = small.set_statistics_enabled(EnabledStatistics::None);
        let file = parquet_of(vec![("orders", Arc::new(lists) as ArrayRef)], small);
        assert_eq!(places("a", file, &["904001"]), ["row 4002, column `orders.list.item` = 0"]);
    }
}

/// A file whose rows no longer have Anna, and one that has her still: what is of the second is put into the first.
fn with_and_without(properties: impl Fn() -> WriterPropertiesBuilder) -> [Vec<u8>; 2] {
    let others: ArrayRef =
        Arc::new(StringArray::from(vec![Some("bob@example.org"), None, None, Some("cy@example.org")]));
    [emails(), others].map(|column| parquet_of(vec![("email", column)], properties()))
}

/// The second file with the footer made anew from what `change` does to its metadata.
fn with_footer(file: &[u8], change: impl Fn(ParquetMetaData) -> ParquetMetaData) -> Vec<u8> {
    let bytes = Bytes::copy_from_slice(file);
    let metadata = ParquetMetaDataReader::new()
        .with_page_index_policy(PageIndexPolicy::Required)
        .parse_and_finish(&bytes)
        .unwrap();
    let end = file.len() - 8 - u32::from_le_bytes(*file[..file.len() - 4].last_chunk().unwrap()) as usize;
    // Indexes are written again, behind the old ones; the old ones are left out.
    let indexes = |c: &ColumnChunkMetaData| c.column_index_offset().or(c.offset_index_offset());
    let first = metadata.row_groups().iter().flat_map(|group| group.columns()).filter_map(indexes).min();
    let mut made = Vec::new();
    let mut out = TrackedWrite::new(&mut made);
    out.write_all(&file[..first.map_or(end, |at| at as usize)]).unwrap();
    ParquetMetaDataWriter::new_with_tracked(out, &change(metadata)).finish().unwrap();
    made
}

#[test]
fn bounds_of_a_chunk_that_nobody_made_anew_are_found() {
    let [_, without] = with_and_without(|| properties().set_statistics_enabled(EnabledStatistics::Chunk));
    assert_eq!(places("a", without.clone(), &[ANNA]), Vec::<String>::new());
    for (bound, whole) in [(ANNA, ""), ("anna.winter@exam", " part")] {
        let file = with_footer(&without, |metadata| {
            let mut made = metadata.into_builder();
            let groups = made.take_row_groups().into_iter().map(|group| {
                let mut made = group.into_builder();
                let columns = made.take_columns().into_iter().map(|column| {
                    let bounds = Statistics::byte_array(Some(bound.into()), Some("cy".into()), None, Some(2), false);
                    column.into_builder().set_statistics(bounds).build().unwrap()
                });
                let columns = columns.collect();
                made.set_column_metadata(columns).build().unwrap()
            });
            let groups = groups.collect();
            made.set_row_groups(groups).build()
        });
        assert_eq!(places("a", file, &[ANNA]), [format!("column `email`, statistics, row group 1 = 0{whole}")]);
    }
}

#[test]
fn bounds_of_a_page_are_found_in_its_header_and_in_the_index() {
    let indexed = || properties().set_statistics_enabled(EnabledStatistics::Page).set_dictionary_enabled(false);
    let [with, without] = with_and_without(indexed);
    let index = |file: &[u8]| {
        let bytes = Bytes::copy_from_slice(file);
        let metadata = ParquetMetaDataReader::new()
            .with_page_index_policy(PageIndexPolicy::Required)
            .parse_and_finish(&bytes)
            .unwrap();
        metadata.column_index().unwrap().clone()
    };
    let old = index(&with);
    let file = with_footer(&without, |metadata| metadata.into_builder().set_column_index(Some(old.clone())).build());
    assert_eq!(places("a", file, &[ANNA]), ["column `email`, column index, row group 1 = 0"]);

    let headed = || indexed().set_write_page_header_statistics(true);
    let told = places("a", parquet_of(vec![("email", emails())], headed()), &[ANNA]);
    assert!(told.contains(&"column `email`, header of page 1, row group 1 = 0".to_owned()), "{told:?}");
}

#[test]
fn notes_of_a_file_are_read_and_base64_in_them_too() {
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("\0\x01\x02 {ANNA} \x03"));
    for (note, whole) in [(format!("exported for {ANNA}"), " part"), (ANNA.to_owned(), ""), (encoded, " part")] {
        let note = vec![KeyValue::new("made".to_owned(), note)];
        let file = parquet_of(
            vec![("n", Arc::new(Int32Array::from(vec![1])))],
            properties().set_key_value_metadata(Some(note)),
        );
        assert_eq!(places("a", file, &[ANNA]), [format!("key-value metadata = 0{whole}")]);
    }
}

#[test]
fn an_entry_of_a_dictionary_that_no_row_has_is_found() {
    // Two row groups of two rows; the second file's dictionary page is put before the first file's indexes.
    let one = |emails: Vec<&str>| {
        parquet_of(
            vec![("email", Arc::new(StringArray::from(emails)) as ArrayRef)],
            properties().set_compression(Compression::UNCOMPRESSED).set_statistics_enabled(EnabledStatistics::None),
        )
    };
    let with = one(vec!["bob@example.org", ANNA, "bob@example.org"]);
    let told = places("a", with.clone(), &[ANNA]);
    assert_eq!(told, ["row 2, column `email` = 0"]);
    // The index of Anna becomes that of Bob: two entries, one bit each, in a bit-packed run.
    let at = memchr::memmem::rfind(&with[..with.len() - 200], ANNA.as_bytes()).unwrap() + ANNA.len();
    let mut changed = false;
    let mut without = with.clone();
    for place in at..with.len() - 8 {
        if without[place] == 0b010 && without[place - 1] == 0b011 {
            without[place] = 0;
            changed = true;
            break;
        }
    }
    assert!(changed, "the run of indexes was found");
    assert_eq!(places("a", without, &[ANNA]), ["column `email`, dictionary, row group 1 = 0"]);
}

#[test]
fn a_bloom_filter_that_knows_the_value_is_told_and_chance_is_not() {
    let with_filter = |emails: Vec<String>, ndv| {
        let properties = properties().set_bloom_filter_fpp(0.000_1).set_bloom_filter_max_ndv(ndv);
        parquet_of(vec![("email", Arc::new(StringArray::from(emails)) as ArrayRef)], properties)
    };
    let mut people: Vec<_> = (0..50).map(|n| format!("person-{n}@example.org")).collect();
    people[25] = ANNA.to_owned();
    let old = with_filter(people.clone(), 1000);
    people[25] = "someone@example.org".to_owned();
    let mut new = with_filter(people, 1000);
    let range = |file: &[u8]| {
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&Bytes::copy_from_slice(file)).unwrap();
        let chunk = metadata.row_group(0).column(0);
        let at = chunk.bloom_filter_offset().unwrap() as usize;
        at..at + chunk.bloom_filter_length().unwrap() as usize
    };
    assert_eq!(places("a", new.clone(), &[ANNA]), Vec::<String>::new());
    let (from, to) = (range(&old), range(&new));
    new[to].copy_from_slice(&old[from]);
    assert_eq!(places("a", new, &[ANNA]), ["column `email`, Bloom filter, row group 1 = 0 part"]);
    // A filter that is full says so of everybody.
    let full = with_filter((0..5000).map(|n| format!("person-{n}@example.org")).collect(), 100);
    assert_eq!(places("a", full, &[ANNA, "dora@example.org", "emil@example.org"]), Vec::<String>::new());
}

#[test]
fn old_pages_that_nothing_refers_to_are_read_and_other_bytes_are_an_error() {
    for codec in [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(Default::default())] {
        let [with, without] = with_and_without(|| properties().set_compression(codec));
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&Bytes::copy_from_slice(&with)).unwrap();
        let (from, length) = metadata.row_group(0).column(0).byte_range();
        let old = &with[from as usize..(from + length) as usize];
        let between = |bytes: &[u8]| {
            let metadata = ParquetMetaDataReader::new().parse_and_finish(&Bytes::copy_from_slice(&without)).unwrap();
            let (from, length) = metadata.row_group(0).column(0).byte_range();
            let mut file = without[..(from + length) as usize].to_vec();
            file.extend_from_slice(bytes);
            let mut bare = metadata.into_builder();
            let groups = bare.take_row_groups().into_iter().map(|group| {
                let mut made = group.into_builder();
                let columns = made.take_columns().into_iter().map(|column| {
                    let made = column.into_builder().set_column_index_offset(None).set_column_index_length(None);
                    made.set_offset_index_offset(None).set_offset_index_length(None).build().unwrap()
                });
                let columns = columns.collect();
                made.set_column_metadata(columns).build().unwrap()
            });
            let groups = groups.collect();
            ParquetMetaDataWriter::new(&mut file, &bare.set_row_groups(groups).build()).finish().unwrap();
            file
        };
        let told = places("a", between(old), &[ANNA]);
        assert!(told.len() == 1 && told[0].ends_with("which nothing refers to = 0 part"), "{codec:?}: {told:?}");
        assert_eq!(places("a", between(&[0; 64]), &[ANNA]), Vec::<String>::new());
        let error = residues("a", between(b"something of somebody else"), &[ANNA], Depth::Everything).unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    }
}

fn arrow_file(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = arrow::ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn arrow_files_are_searched_beneath_nulls_and_in_dictionaries() {
    let metadata = [("for".to_owned(), ANNA.to_owned())].into();
    let hidden = arrow::array::ArrayData::builder(DataType::Int64)
        .len(2)
        .buffers(vec![arrow::buffer::Buffer::from_vec(vec![1_234_567_i64, 5])])
        .null_bit_buffer(Some(arrow::buffer::Buffer::from([0b10])))
        .build()
        .unwrap();
    let words = StringArray::from(vec!["bob@example.org", ANNA]);
    let keys = Int32Array::from(vec![Some(0), Some(0)]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(hidden)),
        Arc::new(DictionaryArray::new(keys, Arc::new(words))),
        Arc::new(StringArray::from(vec![Some("x"), Some("dora@example.org")])),
    ];
    let names = ["id", "email", "name"];
    let fields: Vec<_> = names.iter().zip(&columns).map(|(n, c)| Field::new(*n, c.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
    let batch = RecordBatch::try_new(schema, columns).unwrap();
    let file = arrow_file(&batch);
    assert_eq!(places("a.arrow", file.clone(), &["1234567"]), ["column `id`, row 1, beneath its null = 0"]);
    assert_eq!(
        places("a.arrow", file.clone(), &[ANNA]),
        ["schema and its metadata = 0", "column `email`, dictionary = 0"]
    );
    assert_eq!(places("a.arrow", file.clone(), &["dora@example.org"]), ["row 2, column `name` = 0"]);
    assert!(residues("a.arrow", file[..file.len() / 2].to_vec(), &[ANNA], Depth::Everything).is_err());
    let mut stream = arrow::ipc::writer::StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    stream.write(&batch).unwrap();
    stream.finish().unwrap();
    let stream = stream.into_inner().unwrap();
    assert_eq!(places("a.arrow", stream, &["dora@example.org"]), ["row 2, column `name` = 0"]);
}

#[test]
fn avro_is_searched_in_every_codec_and_bounds_that_iceberg_keeps_as_bytes_are_read() {
    use arrow_avro::compression::CompressionCodec;
    use arrow_avro::writer::{WriterBuilder, format::AvroOcfFormat};
    let bounds: ArrayRef =
        Arc::new(arrow::array::BinaryArray::from_vec(vec![b"bob", &1_234_567_i64.to_le_bytes(), b"anna.winter@exam"]));
    let emails: ArrayRef = Arc::new(StringArray::from(vec![ANNA, "cy@example.org", "dora@example.org"]));
    let batch = RecordBatch::try_from_iter([("email", emails), ("lower", bounds)]).unwrap();
    for codec in
        [None, Some(CompressionCodec::Deflate), Some(CompressionCodec::Snappy), Some(CompressionCodec::ZStandard)]
    {
        let schema = batch.schema().as_ref().clone();
        let builder = WriterBuilder::new(schema).with_compression(codec);
        let mut writer = builder.build::<_, AvroOcfFormat>(Vec::new()).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        let file = writer.into_inner();
        assert_eq!(
            places("m.avro", file.clone(), &[ANNA]),
            ["row 1, column `email` = 0", "row 3, column `lower` = 0 part"]
        );
        assert_eq!(places("m.avro", file.clone(), &["1234567"]), ["row 2, column `lower` = 0"]);
        let long = "anna.winter@exam-and-some-more.example.org";
        assert_eq!(places("m.avro", file.clone(), &[long]), ["row 3, column `lower` = 0 part"], "a bound that was cut");
        let cut = file[..file.len() - 7].to_vec();
        assert!(matches!(residues("m.avro", cut, &[ANNA], Depth::Everything), Err(Error::Damaged { .. })));
    }
}

#[test]
fn every_member_of_what_is_packed_is_text() {
    let gzip = |text: &str| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        packed.finish().unwrap()
    };
    let log = [gzip("GET /\n"), gzip(&format!("GET /?m={}\n", ANNA.replace('@', "%40")))].concat();
    assert_eq!(places("access.log.1.gz", log.clone(), &[ANNA]), ["byte 14 of what is packed by gzip = 0"]);
    let cut = log[..log.len() - 3].to_vec();
    assert!(residues("access.log.1.gz", cut, &[ANNA], Depth::Everything).is_err());
    let zstd = [zstd::encode_all(&b"one\n"[..], 1).unwrap(), zstd::encode_all(ANNA.as_bytes(), 1).unwrap()].concat();
    assert_eq!(places("a", zstd, &[ANNA]), ["byte 4 of what is packed by zstd = 0"]);
    let twice = gzip("x");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&twice).unwrap();
    let error = residues("a.gz", packed.finish().unwrap(), &[ANNA], Depth::Everything).unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
}

#[test]
fn text_of_two_bytes_a_letter_is_text() {
    for order in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
        let text =
            "\u{feff}id;name\r\n7;\u{d64d}\u{ae38}\u{b3d9}\r\n".encode_utf16().flat_map(order).collect::<Vec<u8>>();
        assert_eq!(places("a.csv", text.clone(), &["\u{d64d}\u{ae38}\u{b3d9}"]), ["byte 11 of its text as UTF-8 = 0"]);
        assert_eq!(places("a.csv", text, &["7"]), ["byte 9 of its text as UTF-8 = 0"]);
    }
}

#[test]
fn a_delta_log_tells_by_bounds_and_by_the_words_of_the_delete() {
    // As delta-rs writes them: bounds are JSON within a JSON string.
    let value = "anna \"the\" winter";
    let bounds = serde_json::json!({ "numRecords": 8, "minValues": { "name": value } }).to_string();
    let add = serde_json::json!({ "add": { "path": "part-0.parquet", "stats": bounds } });
    let predicate = serde_json::json!({ "operationParameters": { "predicate": format!("name = '{value}'") } });
    let log = format!("{add}\n{}\n", serde_json::json!({ "commitInfo": predicate }));
    let told = residues("00000000000000000001.json", log.into_bytes(), &[value], Depth::Everything).unwrap();
    assert_eq!(told.iter().map(|residue| residue.whole).collect::<Vec<_>>(), [true, true]);
}

#[test]
fn names_tell_too() {
    let needles = Needles::new(&values(&[ANNA, "7"]));
    let told = |name: &str, column: Option<&str>| {
        let mut all = Vec::new();
        search_name(name, name.as_bytes(), column, &needles, &mut |residue| all.push((residue.value, residue.whole)));
        all
    };
    assert_eq!(told("email=anna.winter%40example.org", None), [(0, true)]);
    assert_eq!(told("export-anna.winter@example.org.csv", None), [(0, false)]);
    assert_eq!(told("day=7", None), []);
    assert_eq!(told("user_id=7", Some("user_id")), [(1, true)]);
}

#[test]
fn what_nobody_can_look_into_is_an_error_by_name() {
    for (bytes, what) in [
        (&b"BZh91AY&SY\x01\x02"[..], "bzip2"),
        (b"\xfd7zXZ\0\0\0", "xz"),
        (b"PK\x03\x04....", "zip"),
        (b"PAR1....PARE", "encryption"),
        (b"pii-seal....", "encryption"),
        (b"ORC....", "ORC"),
    ] {
        let error = residues("a.bin", bytes.to_vec(), &[ANNA], Depth::Everything).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
    for name in ["a.parquet", "a.avro", "a.csv.gz"] {
        let error = residues(name, b"garbage of somebody".to_vec(), &[ANNA], Depth::Everything).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
    let whole = parquet_of(vec![("email", emails())], properties());
    for cut in [whole.len() - 1, whole.len() - 20, whole.len() / 2, 8] {
        assert!(residues("a.parquet", whole[..cut].to_vec(), &[ANNA], Depth::Everything).is_err(), "{cut}");
    }
}

#[test]
fn in_short_the_own_column_is_searched_and_of_others_what_describes_them() {
    let text = |first: &str| -> ArrayRef { Arc::new(StringArray::from(vec![first, "x", "y"])) };
    let plain = properties().set_dictionary_enabled(false).set_statistics_enabled(EnabledStatistics::None);
    let with = plain.set_column_dictionary_enabled(ColumnPath::from("c"), true);
    let file = parquet_of(vec![("a", text(ANNA)), ("b", text(ANNA)), ("c", text(ANNA))], with);
    let told: Vec<_> = residues("a", file, &[ANNA], Depth::Described("a")).unwrap();
    let told: Vec<_> = told.iter().map(|residue| residue.at.to_string()).collect();
    assert_eq!(told, ["row 1, column `a`", "column `c`, dictionary, row group 1"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// What finds and rewrites is judged by what searches: they share no code.
    #[test]
    fn nothing_is_left_of_a_person_and_somebody_is_found_where_they_are(
        people in prop::collection::vec(prop::option::weighted(0.9, 0_u32..40), 1..400),
        gone in 0_u32..40,
        layout in 0_usize..24,
        pages in 4_usize..90,
    ) {
        let name = |n: u32| format!("person-{n:02}@example.org");
        let emails: ArrayRef = Arc::new(people.iter().map(|n| n.map(name)).collect::<StringArray>());
        let numbers: ArrayRef = Arc::new(people.iter().map(|n| n.map(|n| i64::from(n) + 5_000_000)).collect::<Int64Array>());
        let mut with = WriterProperties::builder()
            .set_dictionary_enabled(layout % 2 == 0)
            .set_writer_version(if layout % 4 < 2 { WriterVersion::PARQUET_1_0 } else { WriterVersion::PARQUET_2_0 })
            .set_compression([Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(Default::default())][layout % 3])
            .set_data_page_row_count_limit(pages)
            .set_write_batch_size(pages)
            .set_max_row_group_row_count(Some(150))
            .set_bloom_filter_enabled(layout % 5 == 0)
            .set_statistics_enabled(EnabledStatistics::Page);
        if layout % 2 == 1 && layout % 4 == 3 {
            with = with.set_column_encoding(ColumnPath::from("email"), Encoding::DELTA_BYTE_ARRAY);
        }
        let file = parquet_of(vec![("email", emails), ("number", numbers)], with);
        let (who, number) = (name(gone), (gone + 5_000_000).to_string());
        let rows: Vec<_> = (0_u64..).zip(&people).filter(|(_, n)| **n == Some(gone)).map(|(row, _)| row).collect();

        let found = residues("a", file.clone(), &[&who, &number], Depth::Everything).unwrap();
        let cells = |value: usize| -> Vec<u64> {
            let cells = found.iter().filter(|residue| residue.value == value && residue.whole);
            cells.filter_map(|residue| match &residue.at { Where::Cell(row, _) => Some(*row), _ => None }).collect()
        };
        prop_assert_eq!(&cells(0), &rows);
        prop_assert_eq!(&cells(1), &rows);

        let eraser = ParquetEraser::new("email", values(&[&who])).unwrap();
        let input = Memory("a", file.clone());
        let hits = eraser.find(&input).unwrap();
        let mut made = Made::of(&file);
        eraser.rewrite(&input, &hits, &Action::DeleteRow, &mut made).unwrap();
        let left = residues("a", made.1, &[&who, &number], Depth::Everything).unwrap();
        prop_assert!(left.is_empty(), "{left:?}");
    }
}
