use std::io::BufReader;

use arrow_avro::reader::ReaderBuilder;

use super::super::{Error, Input};
use super::Needles;
use super::array::Arrays;
use super::finds::{Finds, Once};
use super::ipc::of_file;
use super::stream::Stream;

/// Looks into an Avro object container: its metadata, and every value of its blocks.
pub(super) fn search(input: &dyn Input, needles: &Needles, finds: &mut Finds<'_>) -> Result<(), Error> {
    let file = input.name();
    let bytes = BufReader::with_capacity(1 << 18, Stream::new(input)?);
    let mut reader = ReaderBuilder::new().build(bytes).map_err(|error| of_file(file, error))?;
    let header = reader.avro_header();
    let codec = header.get("avro.codec").map(String::from_utf8_lossy).unwrap_or_default();
    if !matches!(codec.as_ref(), "" | "null" | "deflate" | "snappy" | "zstandard") {
        return Err(Error::Unsupported { file: file.to_owned(), what: format!("the codec `{codec}`") });
    }
    let mut once = Once::default();
    for (key, value) in header.metadata() {
        needles.in_text(key, &mut |hit| once.add(hit.value, hit.whole));
        needles.in_text(value, &mut |hit| once.add(hit.value, hit.whole));
    }
    once.iter().for_each(|(value, whole)| finds.part("metadata of the file", value, whole));
    // The reader takes the end of the file for the end of the data, also in the middle of a block.
    let (sync, size, mut end) = (header.sync(), input.len()?, Vec::new());
    input.read(size.saturating_sub(16)..size, &mut end)?;
    if end != sync {
        return Err(Error::Damaged { file: file.to_owned(), why: "its last block is not whole".to_owned() });
    }
    let mut arrays = Arrays::new(needles);
    for batch in reader.by_ref() {
        let batch = batch.map_err(|error| of_file(file, error))?;
        arrays
            .look(&batch, finds)
            .map_err(|kind| Error::Unsupported { file: file.to_owned(), what: format!("the type {kind}") })?;
    }
    Ok(())
}
