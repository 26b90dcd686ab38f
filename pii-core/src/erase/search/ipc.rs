use std::io::BufReader;

use arrow::array::RecordBatchReader;
use arrow::datatypes::{DataType, Field, FieldRef};
use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader};

use super::super::{Error, Input, Residue};
use super::Needles;
use super::array::Arrays;
use super::finds::{Finds, Once};
use super::stream::Stream;
use super::text::{self, Kind};

/// Looks into an Arrow file: its notes, its cells, its dictionaries; then into its bytes, for what is in none of these.
pub(super) fn search_file(input: &dyn Input, needles: &Needles, finds: &mut Finds<'_>) -> Result<(), Error> {
    let reader = BufReader::with_capacity(CHUNK, Stream::new(input)?);
    let reader = FileReader::try_new(reader, None).map_err(|error| of_file(input.name(), error))?;
    let notes = reader.custom_metadata().clone();
    let notes = notes.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    search(input, reader, notes, needles, finds)
}

/// The same of a stream that was kept in a file.
pub(super) fn search_stream(input: &dyn Input, needles: &Needles, finds: &mut Finds<'_>) -> Result<(), Error> {
    let reader = BufReader::with_capacity(CHUNK, Stream::new(input)?);
    let reader = StreamReader::try_new(reader, None).map_err(|error| of_file(input.name(), error))?;
    search(input, reader, std::iter::empty(), needles, finds)
}

fn search<'n>(
    input: &dyn Input,
    reader: impl RecordBatchReader,
    notes: impl Iterator<Item = (&'n str, &'n str)>,
    needles: &Needles,
    finds: &mut Finds<'_>,
) -> Result<(), Error> {
    let file = finds.file();
    let schema = reader.schema();
    let (mut arrays, mut told) = (Arrays::new(needles), Once::default());
    let mut once = Once::default();
    notes.for_each(|(key, value)| note(needles, key, value, &mut once));
    schema.metadata().iter().for_each(|(key, value)| note(needles, key, value, &mut once));
    schema.fields().iter().for_each(|of| field(needles, of, &mut once));
    for (value, whole) in once.iter() {
        told.add(value, whole);
        finds.part("schema and its metadata", value, whole);
    }
    for batch in reader {
        let batch = batch.map_err(|error| of_file(file, error))?;
        let mut outer: Vec<Residue> = Vec::new();
        let mut inner = |residue| outer.push(residue);
        let mut seen = Finds::new(file, &mut inner);
        let looked = arrays.look(&batch, &mut seen);
        let bytes = seen.bytes();
        looked.map_err(|kind| Error::Unsupported { file: file.to_owned(), what: format!("the type {kind}") })?;
        finds.looked_at(bytes as usize);
        for residue in outer {
            told.add(residue.value, residue.whole);
            finds.tell(residue.at, residue.value, residue.whole);
        }
    }
    let mut rest = Once::default();
    let mut found = |residue: Residue| rest.add(residue.value, false);
    text::search(Stream::new(input)?, None, Kind::Words, needles, &mut Finds::new(file, &mut found))?;
    rest.iter()
        .filter(|(value, _)| !told.has(*value))
        .for_each(|(value, _)| finds.part("bytes of no cell", value, false));
    Ok(())
}

fn note(needles: &Needles, key: &str, value: &str, once: &mut Once) {
    for text in [key, value] {
        needles.in_text(text.as_bytes(), &mut |hit| once.add(hit.value, hit.whole));
    }
}

/// Names and notes of a column and of those in it.
fn field(needles: &Needles, of: &FieldRef, once: &mut Once) {
    note(needles, of.name(), "", once);
    of.metadata().iter().for_each(|(key, value)| note(needles, key, value, once));
    let inner: Vec<&FieldRef> = match of.data_type() {
        DataType::Struct(fields) => fields.iter().collect(),
        DataType::List(of) | DataType::LargeList(of) | DataType::FixedSizeList(of, _) | DataType::Map(of, _) => {
            vec![of]
        }
        _ => Vec::new(),
    };
    inner.into_iter().for_each(|of: &std::sync::Arc<Field>| field(needles, of, once));
}

/// What the Arrow crate says, as what the file is.
pub(super) fn of_file(file: &str, error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, error) => text::of_stream(file, error),
        ArrowError::NotYetImplemented(what) => Error::Unsupported { file: file.to_owned(), what },
        other => Error::Damaged { file: file.to_owned(), why: other.to_string() },
    }
}

const CHUNK: usize = 1 << 18;
