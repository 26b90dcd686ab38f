use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector};
use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaDataReader};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::memory::{Made, Memory};
use super::super::{Action, Error, Format, Hits, Replacement, Rewritten, Values};
use super::ParquetEraser;

fn values(texts: &[&str]) -> Values {
    Values::new(texts.iter().map(|text| (*text).to_owned())).unwrap()
}

/// Erases, and gives the new file.
fn erase(file: &[u8], column: &str, texts: &[&str], action: &Action) -> (Vec<u8>, Hits, Rewritten) {
    let eraser = ParquetEraser::new(column, values(texts)).unwrap();
    let input = Memory("a.parquet", file.to_vec());
    let hits = eraser.find(&input).unwrap();
    let mut made = Made::of(file);
    let rewritten = eraser.rewrite(&input, &hits, action, &mut made).unwrap();
    assert_eq!(rewritten.copied + rewritten.made, made.1.len() as u64);
    (made.1, hits, rewritten)
}

fn read(file: &[u8]) -> RecordBatch {
    let file = Bytes::copy_from_slice(file);
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let schema = reader.schema().clone();
    let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

/// Reads every other few rows by the page index: wrong offsets, wrong row numbers show here.
fn read_some(file: &[u8], skip: usize, take: usize) -> (RecordBatch, Vec<bool>) {
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(Bytes::copy_from_slice(file), options).unwrap();
    let rows = reader.metadata().file_metadata().num_rows() as usize;
    let mask: Vec<bool> = (0..rows).map(|row| row % (skip + take) >= skip).collect();
    let mut selectors = Vec::new();
    let mut at = 0;
    while at < rows {
        let skipped = skip.min(rows - at);
        let taken = take.min(rows - at - skipped);
        selectors.push(RowSelector::skip(skipped));
        selectors.push(RowSelector::select(taken));
        at += skipped + taken;
    }
    let schema = reader.schema().clone();
    let reader = reader.with_row_selection(RowSelection::from(selectors)).build().unwrap();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    (concat_batches(&schema, &batches).unwrap(), mask)
}

fn schema() -> SchemaRef {
    let field = |name: &str, kind: DataType| Field::new(name, kind, true);
    let list = |kind: DataType| DataType::List(Arc::new(field("element", kind)));
    let of = |fields: Vec<Field>| DataType::Struct(Fields::from(fields));
    Arc::new(Schema::new(vec![
        field("user", DataType::Utf8),
        Field::new("seq", DataType::Int64, false),
        Field::new("label", DataType::Utf8, false),
        field("i8", DataType::Int8),
        field("i32", DataType::Int32),
        field("i64", DataType::Int64),
        field("u16", DataType::UInt16),
        field("u64", DataType::UInt64),
        field("f32", DataType::Float32),
        field("f64", DataType::Float64),
        field("bool", DataType::Boolean),
        field("date", DataType::Date32),
        field("stamp", DataType::Timestamp(TimeUnit::Nanosecond, None)),
        field("dec", DataType::Decimal128(9, 2)),
        field("wide", DataType::Decimal128(30, 2)),
        field("text", DataType::Utf8),
        field("tags", list(DataType::Utf8)),
        field("place", of(vec![field("city", DataType::Utf8), field("zip", DataType::Int32)])),
        field("orders", list(of(vec![field("id", DataType::Int64), field("items", list(DataType::Utf8))]))),
    ]))
}

/// Rows by a simple generator of numbers.
fn rows(seed: u64, count: usize, people: u64) -> RecordBatch {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut rows = Vec::new();
    for seq in 0..count {
        let mut row = serde_json::Map::new();
        let mut put = |name: &str, value: Value, null: bool| {
            row.insert(name.to_owned(), if null { Value::Null } else { value });
        };
        let person = next(people);
        put("user", json!(format!("person-{person}")), next(12) == 0);
        put("seq", json!(seq), false);
        put("label", json!(format!("label {}", next(5))), false);
        put("i8", json!(next(200) as i64 - 100), next(3) == 0);
        put("i32", json!(next(1 << 30) as i64 - (1 << 29)), next(9) == 0);
        put("i64", json!(next(1 << 31) as i64 * -77), false);
        put("u16", json!(next(60_000)), next(2) == 0);
        put("u64", json!(u64::MAX - next(99)), next(9) == 0);
        put("f32", json!(next(1000) as f64 / 8.0 - 50.0), next(9) == 0);
        put("f64", json!(next(1000) as f64 / 8.0 - 50.0), next(9) == 0);
        put("bool", json!(next(2) == 0), next(4) == 0);
        put("date", json!(format!("20{:02}-01-{:02}", next(99), next(28) + 1)), next(9) == 0);
        put("stamp", json!(format!("2024-05-05T10:{:02}:00.000000001", next(60))), next(9) == 0);
        put("dec", json!(format!("{}.25", next(2000) as i64 - 1000)), next(9) == 0);
        put("wide", json!(format!("{}.50", next(1 << 31) as i64 * -9)), next(9) == 0);
        put("text", json!(format!("{}{}", "é".repeat(next(60) as usize), next(10_000))), next(5) == 0);
        let tags: Vec<Value> =
            (0..next(4)).map(|_| if next(5) == 0 { Value::Null } else { json!(format!("tag {}", next(9))) }).collect();
        put("tags", json!(tags), next(6) == 0);
        let city = if next(4) == 0 { Value::Null } else { json!(format!("city {}", next(50))) };
        put("place", json!({ "city": city, "zip": next(99_999) }), next(5) == 0);
        let orders: Vec<Value> = (0..next(3))
            .map(|_| {
                let items: Vec<Value> = (0..next(3)).map(|_| json!(format!("item {}", next(30)))).collect();
                json!({ "id": next(1000), "items": if next(4) == 0 { Value::Null } else { json!(items) } })
            })
            .collect();
        put("orders", json!(orders), next(7) == 0);
        rows.push(Value::Object(row));
    }
    let mut decoder = arrow::json::ReaderBuilder::new(schema()).with_batch_size(count.max(1)).build_decoder().unwrap();
    decoder.serialize(&rows).unwrap();
    decoder.flush().unwrap().unwrap_or_else(|| RecordBatch::new_empty(schema()))
}

#[derive(Clone, Debug)]
struct How {
    seed: u64,
    rows: usize,
    people: u64,
    group: usize,
    page: usize,
    second: bool,
    dictionary: bool,
    /// The dictionary is given up after so many bytes.
    dictionary_size: usize,
    encodings: usize,
    codec: Compression,
    statistics: EnabledStatistics,
    offset_index: bool,
    bloom: bool,
}

impl How {
    fn plain() -> Self {
        Self {
            seed: 7,
            rows: 300,
            people: 20,
            group: 100,
            page: 20,
            second: false,
            dictionary: true,
            dictionary_size: 1 << 20,
            encodings: 0,
            codec: Compression::UNCOMPRESSED,
            statistics: EnabledStatistics::Page,
            offset_index: true,
            bloom: false,
        }
    }

    fn write(&self, batch: &RecordBatch) -> Vec<u8> {
        let version = if self.second { WriterVersion::PARQUET_2_0 } else { WriterVersion::PARQUET_1_0 };
        let mut properties = WriterProperties::builder()
            .set_writer_version(version)
            .set_max_row_group_row_count(Some(self.group))
            .set_data_page_row_count_limit(self.page)
            .set_write_batch_size(self.page.min(7))
            .set_dictionary_enabled(self.dictionary)
            .set_dictionary_page_size_limit(self.dictionary_size)
            .set_compression(self.codec)
            .set_statistics_enabled(self.statistics)
            .set_offset_index_disabled(!self.offset_index)
            .set_write_page_header_statistics(true)
            .set_bloom_filter_enabled(self.bloom);
        let columns: [(&[&str], [Encoding; 3]); 4] = [
            (
                &["seq", "i8", "i32", "i64", "u16", "u64", "date", "stamp", "dec"],
                [Encoding::PLAIN, Encoding::DELTA_BINARY_PACKED, Encoding::BYTE_STREAM_SPLIT],
            ),
            (&["f32", "f64", "wide"], [Encoding::PLAIN, Encoding::BYTE_STREAM_SPLIT, Encoding::BYTE_STREAM_SPLIT]),
            (
                &["user", "text", "label", "tags.list.element", "place.city"],
                [Encoding::PLAIN, Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY],
            ),
            (&["bool"], [Encoding::PLAIN, Encoding::RLE, Encoding::RLE]),
        ];
        if self.encodings > 0 {
            for (names, encodings) in columns {
                for name in names {
                    let path = ColumnPath::new(name.split('.').map(str::to_owned).collect());
                    properties = properties.set_column_encoding(path, encodings[self.encodings - 1]);
                }
            }
        }
        let mut file = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties.build())).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
        file
    }
}

fn how() -> impl Strategy<Value = How> {
    let codec = prop_oneof![
        Just(Compression::UNCOMPRESSED),
        Just(Compression::SNAPPY),
        Just(Compression::ZSTD(Default::default())),
        Just(Compression::LZ4_RAW),
        Just(Compression::LZ4),
        Just(Compression::GZIP(Default::default())),
    ];
    let statistics =
        prop_oneof![Just(EnabledStatistics::Page), Just(EnabledStatistics::Chunk), Just(EnabledStatistics::None)];
    (
        (any::<u32>(), 1..200usize, 1..30u64, 1..120usize, 1..60usize),
        (any::<bool>(), any::<bool>(), prop_oneof![Just(40usize), Just(1 << 20)], 0..4usize),
        (codec, statistics, any::<bool>(), any::<bool>()),
    )
        .prop_map(|(size, form, rest)| How {
            seed: u64::from(size.0),
            rows: size.1,
            people: size.2,
            group: size.3,
            page: size.4,
            second: form.0,
            dictionary: form.1,
            dictionary_size: form.2,
            encodings: form.3,
            codec: rest.0,
            offset_index: rest.2 || rest.1 == EnabledStatistics::Page,
            statistics: rest.1,
            bloom: rest.3,
        })
}

/// The rows that stay.
fn others(batch: &RecordBatch, texts: &[&str]) -> RecordBatch {
    let users = batch.column(0).as_string::<i32>();
    let keep: BooleanArray =
        (0..users.len()).map(|row| Some(users.is_null(row) || !texts.contains(&users.value(row)))).collect();
    filter_record_batch(batch, &keep).unwrap()
}

/// Whether every bound holds for the values it speaks of, and every count is right.
fn check_metadata(file: &[u8]) {
    let bytes = Bytes::copy_from_slice(file);
    let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional);
    let data = reader.parse_and_finish(&bytes).unwrap();
    for (at, group) in data.row_groups().iter().enumerate() {
        let raw: i64 = group.columns().iter().map(|column| column.uncompressed_size()).sum();
        assert_eq!(group.total_byte_size(), raw);
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).unwrap();
        let reader = reader.with_row_groups(vec![at]).with_batch_size(1 << 20);
        let batch = reader.build().unwrap().next().unwrap().unwrap();
        for (number, column) in group.columns().iter().enumerate() {
            let name = column.column_path().string();
            if let Some(levels) = column.definition_level_histogram() {
                assert_eq!(levels.values().iter().sum::<i64>(), column.num_values(), "{name}");
            }
            let Some(cells) = batch.column_by_name(&name) else { continue };
            let statistics = column.statistics();
            if let Some(nulls) = statistics.and_then(|statistics| statistics.null_count_opt()) {
                assert_eq!(nulls, cells.null_count() as u64, "{name}");
            }
            if let Some(texts) = cells.as_string_opt::<i32>() {
                let size: usize = texts.iter().flatten().map(str::len).sum();
                assert!(column.unencoded_byte_array_data_bytes().is_none_or(|bytes| bytes == size as i64), "{name}");
                if let Some(statistics) = statistics.filter(|statistics| statistics.min_bytes_opt().is_some()) {
                    let (least, greatest) = (statistics.min_bytes_opt().unwrap(), statistics.max_bytes_opt().unwrap());
                    assert!(
                        texts.iter().flatten().all(|text| text.as_bytes() >= least && text.as_bytes() <= greatest),
                        "{name}"
                    );
                    if statistics.min_is_exact() && statistics.max_is_exact() {
                        assert!(texts.iter().flatten().any(|text| text.as_bytes() == least), "{name}");
                        assert!(texts.iter().flatten().any(|text| text.as_bytes() == greatest), "{name}");
                    }
                }
                let Some((columns, offsets)) = data.column_index().zip(data.offset_index()) else { continue };
                let parquet::file::page_index::column_index::ColumnIndexMetaData::BYTE_ARRAY(index) =
                    &columns[at][number]
                else {
                    continue;
                };
                let pages = offsets[at][number].page_locations();
                assert_eq!(pages.len() as u64, index.num_pages());
                for (page, place) in pages.iter().enumerate() {
                    let end = pages.get(page + 1).map_or(texts.len(), |next| next.first_row_index as usize);
                    let some = texts.slice(place.first_row_index as usize, end - place.first_row_index as usize);
                    if let Some(sizes) = offsets[at][number].unencoded_byte_array_data_bytes() {
                        assert_eq!(
                            sizes[page],
                            some.iter().flatten().map(|text| text.len() as i64).sum::<i64>(),
                            "{name}"
                        );
                    }
                    assert_eq!(index.is_null_page(page), some.null_count() == some.len());
                    assert!(index.null_count(page).is_none_or(|nulls| nulls == some.null_count() as i64));
                    if let Some((least, greatest)) = index.min_value(page).zip(index.max_value(page)) {
                        assert!(
                            some.iter().flatten().all(|text| text.as_bytes() >= least && text.as_bytes() <= greatest)
                        );
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_the_file_the_rows_of_others_are_left_and_readers_find_them(how in how()) {
        let batch = rows(how.seed, how.rows, how.people);
        let file = how.write(&batch);
        let texts = ["person-1", "person-3", "person-4", "nobody"];
        let (made, hits, rewritten) = erase(&file, "user", &texts, &Action::DeleteRow);
        let left = others(&batch, &texts);
        prop_assert_eq!(hits.rows, how.rows as u64);
        prop_assert_eq!(hits.hit.count(), (batch.num_rows() - left.num_rows()) as u64);
        prop_assert_eq!(rewritten.rows, left.num_rows() as u64);
        prop_assert_eq!(&read(&made), &left);
        let (some, mask) = read_some(&made, 3, 5);
        prop_assert_eq!(some, filter_record_batch(&left, &BooleanArray::from(mask)).unwrap());
        check_metadata(&made);
        let eraser = ParquetEraser::new("user", values(&texts)).unwrap();
        prop_assert!(eraser.find(&Memory("a.parquet", made)).unwrap().hit.is_empty());
    }

    #[test]
    fn values_become_null_and_the_rows_stay(how in how()) {
        let batch = rows(how.seed, how.rows, how.people);
        let file = how.write(&batch);
        let nulled = Action::NullColumns(vec!["text".into(), "place.zip".into(), "tags".into(), "user".into(), "bool".into(), "f64".into()]);
        let (made, hits, rewritten) = erase(&file, "user", &["person-1", "person-2"], &nulled);
        prop_assert_eq!(rewritten.rows, batch.num_rows() as u64);
        check_metadata(&made);
        let after = read(&made);
        for name in ["text", "user", "bool", "f64", "label", "orders", "i64"] {
            let (old, new) = (batch.column_by_name(name).unwrap(), after.column_by_name(name).unwrap());
            for row in 0..batch.num_rows() {
                let hit = hits.hit.iter().any(|hit| hit == row as u64);
                match hit && !["label", "orders", "i64"].contains(&name) {
                    true => prop_assert!(new.is_null(row)),
                    false => prop_assert_eq!(&old.slice(row, 1), &new.slice(row, 1)),
                }
            }
        }
    }

    #[test]
    fn values_become_others_and_counts_stay(how in how()) {
        let batch = rows(how.seed, how.rows, how.people);
        let file = how.write(&batch);
        let action = Action::Replace(vec!["user".into(), "text".into(), "label".into()], Replacement::Pseudonym);
        let (made, hits, _) = erase(&file, "user", &["person-1", "person-2"], &action);
        check_metadata(&made);
        let after = read(&made);
        for name in ["user", "text", "label"] {
            let (old, new) = (batch.column_by_name(name).unwrap(), after.column_by_name(name).unwrap());
            let (old, new) = (old.as_string::<i32>(), new.as_string::<i32>());
            let mut became = std::collections::HashMap::new();
            for row in 0..batch.num_rows() {
                prop_assert_eq!(old.is_null(row), new.is_null(row));
                match hits.hit.iter().any(|hit| hit == row as u64) && old.is_valid(row) {
                    true => {
                        prop_assert_eq!(new.value(row).len(), 32);
                        let first = *became.entry(old.value(row)).or_insert(new.value(row));
                        prop_assert_eq!(first, new.value(row));
                    }
                    false if old.is_valid(row) => prop_assert_eq!(old.value(row), new.value(row)),
                    false => {}
                }
            }
        }
    }
}

#[test]
fn nothing_of_an_erased_person_is_left_in_any_byte() {
    let schema = Arc::new(Schema::new(vec![
        Field::new("user", DataType::Utf8, false),
        Field::new("mail", DataType::Utf8, true),
    ]));
    // The first and the last in every order, and in a dictionary that others share.
    for (dictionary, bloom, statistics) in [
        (true, true, EnabledStatistics::Page),
        (true, false, EnabledStatistics::Chunk),
        (false, true, EnabledStatistics::Page),
        (false, false, EnabledStatistics::Chunk),
    ] {
        for name in ["aaa-secret", "mmm-secret", "zzz-secret"] {
            let users = (0..400).map(|row| if row % 97 == 5 { name.to_owned() } else { format!("user-{}", row % 31) });
            let users: Vec<String> = users.collect();
            let mails = users.iter().map(|user| format!("{user}@{}example.org", "x".repeat(70)));
            let columns: Vec<Arc<dyn Array>> = vec![
                Arc::new(arrow::array::StringArray::from(users.clone())),
                Arc::new(arrow::array::StringArray::from_iter_values(mails)),
            ];
            let batch = RecordBatch::try_new(schema.clone(), columns).unwrap();
            let how = How { dictionary, bloom, statistics, ..How::plain() };
            let file = how.write(&batch);
            let (made, hits, _) = erase(&file, "user", &[name], &Action::DeleteRow);
            assert_eq!(hits.hit.count(), 5);
            assert_eq!(read(&made), others(&batch, &[name]));
            let stands = |file: &[u8]| file.windows(name.len()).any(|window| window == name.as_bytes());
            assert!(stands(&file));
            assert!(!stands(&made), "{name}, {how:?}");
            check_metadata(&made);
        }
    }
}

#[test]
fn a_bloom_filter_of_a_rewritten_file_still_finds_the_others_and_not_the_erased() {
    let batch = rows(3, 300, 20);
    let file = How { bloom: true, ..How::plain() }.write(&batch);
    let (made, ..) = erase(&file, "user", &["person-1"], &Action::DeleteRow);
    let eraser = ParquetEraser::new("user", values(&["person-2"])).unwrap();
    let found = eraser.find(&Memory("a.parquet", made)).unwrap();
    let users = batch.column(0).as_string::<i32>();
    assert_eq!(found.hit.count(), users.iter().flatten().filter(|user| *user == "person-2").count() as u64);
}

#[test]
fn row_groups_of_one_row_each_go_or_stay_as_they_are() {
    let batch = rows(1, 20, 3);
    let file = How { group: 1, ..How::plain() }.write(&batch);
    let (made, hits, rewritten) = erase(&file, "user", &["person-1"], &Action::DeleteRow);
    assert_eq!(read(&made), others(&batch, &["person-1"]));
    assert!(hits.hit.count() > 0);
    assert_eq!(rewritten.reencoded, 0);
}

#[test]
fn a_file_may_end_without_any_row() {
    let batch = rows(1, 50, 1);
    let all = filter_record_batch(&batch, &(0..50).map(|row| Some(batch.column(0).is_valid(row))).collect()).unwrap();
    let file = How::plain().write(&all);
    let (made, ..) = erase(&file, "user", &["person-0"], &Action::DeleteRow);
    assert_eq!(read(&made).num_rows(), 0);
}

#[test]
fn numbers_dates_and_elements_of_lists_are_found_by_their_text() {
    let batch = rows(5, 200, 9);
    let file = How::plain().write(&batch);
    let find = |column: &str, text: &str| {
        ParquetEraser::new(column, values(&[text]))
            .unwrap()
            .find(&Memory("a.parquet", file.clone()))
            .unwrap()
            .hit
            .count()
    };
    assert_eq!(find("seq", "17"), 1);
    assert_eq!(find("seq", "seventeen"), 0);
    assert_eq!(find("u64", &(u64::MAX - 3).to_string()), {
        let cells = batch.column_by_name("u64").unwrap().as_primitive::<arrow::datatypes::UInt64Type>();
        cells.iter().flatten().filter(|cell| *cell == u64::MAX - 3).count() as u64
    });
    let text = |name: &str, row: usize| {
        arrow::util::display::array_value_to_string(batch.column_by_name(name).unwrap(), row).unwrap()
    };
    for name in ["i8", "date", "stamp", "dec", "wide", "f64", "bool"] {
        let row = (0..200).find(|row| batch.column_by_name(name).unwrap().is_valid(*row)).unwrap();
        let same = (0..200).filter(|other| text(name, *other) == text(name, row)).count();
        assert_eq!(find(name, &text(name, row)), same as u64, "{name} {}", text(name, row));
    }
    let tagged = (0..200).filter(|row| text("tags", *row).contains("tag 3")).count();
    assert_eq!(find("tags", "tag 3"), tagged as u64);
}

#[test]
fn damage_is_an_error_and_never_nothing_found() {
    let batch = rows(5, 60, 9);
    let file = How::plain().write(&batch);
    let eraser = ParquetEraser::new("user", values(&["person-1"])).unwrap();
    for end in [0, 3, 11, file.len() / 2, file.len() - 1] {
        assert!(matches!(eraser.find(&Memory("a.parquet", file[..end].to_vec())), Err(Error::Damaged { .. })), "{end}");
    }
    let none = ParquetEraser::new("nothing", values(&["person-1"])).unwrap();
    assert!(matches!(none.find(&Memory("a.parquet", file.clone())), Err(Error::NoColumn { .. })));
    let hits = eraser.find(&Memory("a.parquet", file.clone())).unwrap();
    let required = Action::NullColumns(vec!["label".into()]);
    let refused = eraser.rewrite(&Memory("a.parquet", file.clone()), &hits, &required, &mut Made::of(&file));
    assert!(refused.unwrap_err().to_string().contains("`label`"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn bytes_that_fell_over_make_errors_and_no_panic(how in how(), places in prop::collection::vec((any::<u32>(), any::<u8>()), 1..6)) {
        let how = How { rows: how.rows.min(60), ..how };
        let mut file = how.write(&rows(how.seed, how.rows, how.people));
        let whole = Memory("a.parquet", file.clone());
        let eraser = ParquetEraser::new("user", values(&["person-1", "person-2"])).unwrap();
        let hits = eraser.find(&whole).unwrap();
        // The footer itself is read by the crate: what breaks is before it.
        let size = u32::from_le_bytes(*file[file.len() - 8..].first_chunk().unwrap()) as usize;
        let data = file.len() - 8 - size;
        for (place, byte) in places {
            file[place as usize % data] = byte;
        }
        let broken = Memory("a.parquet", file.clone());
        let _ = eraser.find(&broken);
        let _ = eraser.rewrite(&broken, &hits, &Action::DeleteRow, &mut Made::of(&file));
        let replace = Action::Replace(vec!["user".into(), "text".into()], Replacement::Constant("x".into()));
        let _ = eraser.rewrite(&broken, &hits, &replace, &mut Made::of(&file));
    }
}

#[test]
fn the_fixtures_lose_a_person_too() {
    let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/payments.parquet")).unwrap();
    let all = read(&file);
    let column = all.schema().field(0).name().clone();
    let text = |row| arrow::util::display::array_value_to_string(all.column(0), row).unwrap();
    let first = text(0);
    let keep: BooleanArray = (0..all.num_rows()).map(|row| Some(text(row) != first)).collect();
    let (made, hits, _) = erase(&file, &column, &[&first], &Action::DeleteRow);
    assert!(hits.hit.count() > 0);
    assert_eq!(read(&made), filter_record_batch(&all, &keep).unwrap());
    let (old, new) = (ParquetMetaDataReader::new(), ParquetMetaDataReader::new());
    let old = old.parse_and_finish(&Bytes::from(file)).unwrap();
    let new = new.parse_and_finish(&Bytes::from(made)).unwrap();
    assert_eq!(old.file_metadata().key_value_metadata(), new.file_metadata().key_value_metadata());
    assert_eq!(old.file_metadata().created_by(), new.file_metadata().created_by());
    assert_eq!(old.file_metadata().schema(), new.file_metadata().schema());
}

#[test]
fn untouched_row_groups_and_pages_are_copied() {
    let mut batch = rows(2, 3000, 50);
    let users: Vec<Option<String>> = (0..3000).map(|row| Some(format!("user-{row:05}"))).collect();
    let mut columns = batch.columns().to_vec();
    columns[0] = Arc::new(arrow::array::StringArray::from(users));
    batch = RecordBatch::try_new(batch.schema(), columns).unwrap();
    let file = How { group: 1000, page: 100, dictionary: false, ..How::plain() }.write(&batch);
    let (made, hits, rewritten) = erase(&file, "user", &["user-01555"], &Action::DeleteRow);
    assert_eq!(hits.hit.iter().collect::<Vec<_>>(), [1555]);
    assert_eq!(read(&made), filter_record_batch(&batch, &(0..3000).map(|row| Some(row != 1555)).collect()).unwrap());
    // One page of ten, in one row group of three; and the footer.
    assert!(rewritten.made < file.len() as u64 / 5, "{rewritten:?} of {}", file.len());
    assert_eq!(rewritten.reencoded, 0);
}

#[test]
fn the_empty_text_is_a_person_like_any_other() {
    let schema = Arc::new(Schema::new(vec![Field::new("user", DataType::Utf8, true)]));
    for dictionary in [true, false] {
        let users =
            (0..200).map(|row| (row % 9 > 0).then(|| if row % 5 == 0 { String::new() } else { format!("user-{row}") }));
        let users: arrow::array::StringArray = users.collect();
        let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(users)]).unwrap();
        let file = How { dictionary, ..How::plain() }.write(&batch);
        let (made, hits, _) = erase(&file, "user", &[""], &Action::DeleteRow);
        assert!(hits.hit.count() > 0);
        assert_eq!(read(&made), others(&batch, &[""]));
        check_metadata(&made);
    }
}

#[test]
fn many_values_are_found_in_one_pass() {
    let batch = rows(11, 500, 400);
    let file = How::plain().write(&batch);
    let people: Vec<String> = (0..50_000).step_by(2).map(|person| format!("person-{person}")).collect();
    let eraser = ParquetEraser::new("user", Values::new(people.clone()).unwrap()).unwrap();
    let wanted: std::collections::HashSet<&str> = people.iter().map(String::as_str).collect();
    let users = batch.column(0).as_string::<i32>();
    let want: Vec<u64> = (0..500)
        .filter(|row| users.is_valid(*row) && wanted.contains(users.value(*row)))
        .map(|row| row as u64)
        .collect();
    assert_eq!(eraser.find(&Memory("a.parquet", file)).unwrap().hit.iter().collect::<Vec<_>>(), want);
}

#[test]
fn an_encrypted_file_is_refused_in_a_sentence() {
    use ::parquet::encryption::encrypt::FileEncryptionProperties;
    let batch = rows(1, 50, 5);
    for plain_footer in [true, false] {
        let keys = FileEncryptionProperties::builder(vec![7; 16]).with_plaintext_footer(plain_footer).build().unwrap();
        let properties = WriterProperties::builder().with_file_encryption_properties(keys).build();
        let mut file = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let eraser = ParquetEraser::new("user", values(&["person-1"])).unwrap();
        let error = eraser.find(&Memory("a.parquet", file)).unwrap_err();
        assert!(matches!(error, Error::Store(crate::store::Error::Encrypted { .. })), "{error}");
        assert!(error.to_string().contains("encrypted"), "{error}");
    }
}
