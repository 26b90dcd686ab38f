//! The file to protect: ten columns, three of them personal, one row a person.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::Result;
use crate::rng::Rng;

/// A Parquet file of `rows` people, made once and kept in `folder`.
pub(super) fn file(folder: &Path, rows: usize) -> Result<PathBuf> {
    let (file, unfinished) = (folder.join(format!("people-{rows}.parquet")), folder.join("people.unfinished"));
    if !file.exists() {
        eprintln!("   making {} (once)", file.display());
        write(&unfinished, rows)?;
        fs::rename(&unfinished, &file)?;
    }
    Ok(file)
}

/// How many rows a Parquet file has, and how they are compressed.
pub(super) fn shape(file: &Path) -> Result<(usize, Compression)> {
    let metadata = ParquetRecordBatchReaderBuilder::try_new(File::open(file)?)?.metadata().clone();
    let codec =
        metadata.row_groups().iter().flat_map(|group| group.columns()).map(|column| column.compression()).next();
    Ok((usize::try_from(metadata.file_metadata().num_rows())?, codec.unwrap_or(Compression::UNCOMPRESSED)))
}

fn write(file: &Path, rows: usize) -> Result {
    let rng = &mut Rng::of("bench");
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let file = File::create(file)?;
    let mut writer = ArrowWriter::try_new(file, batch(rng, 0, 0)?.schema(), Some(properties))?;
    for from in (0..rows).step_by(BATCH) {
        writer.write(&batch(rng, from, rows.min(from + BATCH))?)?;
    }
    writer.close()?;
    Ok(())
}

fn batch(rng: &mut Rng, from: usize, to: usize) -> Result<RecordBatch> {
    let numbers = || from as i64..to as i64;
    let names: Vec<(&str, &str)> = numbers().map(|_| (rng.pick(GIVEN), rng.pick(FAMILIES))).collect();
    let text = |values: StringArray| Arc::new(values) as ArrayRef;
    let emails = names.iter().zip(numbers()).map(|((given, family), number)| {
        Some(format!("{}.{}{number}@example.org", given.to_lowercase(), family.to_lowercase()))
    });
    let columns = [
        ("student_id", Arc::new(Int64Array::from_iter_values(numbers())) as ArrayRef),
        ("email", text(emails.collect())),
        ("phone", text(numbers().map(|_| Some(rng.digits("+82 10-0###-####"))).collect())),
        ("name", text(names.iter().map(|(given, family)| Some(format!("{given} {family}"))).collect())),
        ("amount", Arc::new(Float64Array::from_iter_values(numbers().map(|_| rng.below(20_000) as f64 / 100.0)))),
        ("country", text(numbers().map(|_| Some(rng.pick(&["KR", "DE", "FR", "PL", "GB", "US"]))).collect())),
        ("course_id", text(numbers().map(|_| Some(rng.digits("course-###"))).collect())),
        ("ts", Arc::new(TimestampMicrosecondArray::from_iter_values(numbers().map(|n| START + n * 1_000_000)))),
        ("score", Arc::new(Float64Array::from_iter_values(numbers().map(|_| rng.below(1_000) as f64 / 1_000.0)))),
        ("flag", Arc::new(numbers().map(|_| Some(rng.chance(30))).collect::<BooleanArray>())),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

/// Columns of the file.
pub(super) const COLUMNS: usize = 10;

const BATCH: usize = 65_536;

/// 2025-01-01, in microseconds.
const START: i64 = 1_735_689_600_000_000;

const GIVEN: &[&str] = &["Anna", "Jürgen", "Zoë", "Łukasz", "서연", "Minjun", "Olivia", "Emre", "Chloé", "Paweł"];

const FAMILIES: &[&str] = &["Kim", "Müßig", "Lefèvre", "Wiśniewski", "Park", "Schröder", "Patel", "Nowak", "Dubois"];
