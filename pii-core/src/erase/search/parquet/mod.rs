//! Parquet: every page decompressed, every dictionary, bound, index and note read, and what nothing speaks of told.
//!
//! With the page reader and the decoders of the Parquet crate, which the erasure does not use.

mod bloom;
mod chunk;
mod decode;
mod footer;
mod gaps;
mod reader;

use std::sync::Arc;

use parquet::basic::Compression;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};

use super::super::{Error, Input};
use super::finds::Finds;
use super::{Depth, Needles};
use reader::{Reader, of_file};

pub(super) fn search(
    input: &dyn Input,
    needles: &Needles,
    depth: Depth<'_>,
    finds: &mut Finds<'_>,
) -> Result<(), Error> {
    let reader = Reader::new(input)?;
    let metadata = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional);
    let metadata = metadata.parse_and_finish(&reader).map_err(|error| of_file(input.name(), error))?;
    readable(input.name(), &metadata)?;
    footer::search(input, &metadata, needles, depth, finds)?;
    let columns = chunk::columns(&metadata, needles);
    let mut filters: Vec<_> = columns.iter().map(|_| bloom::Answers::default()).collect();
    let reader = Arc::new(reader);
    let fault = |error| of_file(input.name(), error);
    let mut row = 0;
    for (group, of) in metadata.row_groups().iter().enumerate() {
        let rows = of.num_rows().try_into().unwrap_or(0);
        for ((chunk, column), filter) in of.columns().iter().zip(&columns).zip(&mut filters) {
            let only_described = matches!(depth, Depth::Described(subject) if !super::is_of(subject, &column.path));
            let place = chunk::Place { group, row, rows, only_described };
            let there = chunk::search(&reader, chunk, column, place, finds).map_err(fault)?;
            if !only_described {
                filter.ask(&reader, chunk, column, &there, group).map_err(fault)?;
            }
        }
        row += rows as u64;
    }
    filters.into_iter().zip(&columns).for_each(|(filter, column)| filter.tell(column, finds));
    gaps::search(input, &reader, &metadata, needles, finds)
}

/// Refuses, by name, what cannot be decoded: nobody could say what it holds.
fn readable(file: &str, metadata: &ParquetMetaData) -> Result<(), Error> {
    let unsupported = |what: &str| Err(Error::Unsupported { file: file.to_owned(), what: what.to_owned() });
    for chunk in metadata.row_groups().iter().flat_map(|group| group.columns()) {
        match chunk.compression() {
            Compression::BROTLI(_) => return unsupported("Brotli"),
            Compression::LZO => return unsupported("LZO"),
            _ if chunk.crypto_metadata().is_some() => return unsupported("encryption"),
            _ if chunk.file_path().is_some_and(|path| !path.is_empty()) => {
                return unsupported("columns in other files");
            }
            _ => {}
        }
    }
    Ok(())
}
