use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::RowGroupMetaData;

use super::input::{Input, Meter};
use super::{BATCH_BYTES, Opened, ReadOptions};
use crate::store::{Error, Format};

/// Opens a Parquet file. Its metadata are read now, its column chunks as the batches are asked for.
pub(super) fn open(input: &Input, options: &ReadOptions, meter: &Meter) -> Result<Opened, Error> {
    let name = input.name();
    let damaged = |error: &(dyn std::error::Error + 'static)| Error::reading(&name, Format::Parquet, error);
    let mut file = input.file()?;
    if let Some(reason) = broken_frame(&mut file).map_err(|source| input.unreadable(source))? {
        return Err(Error::Damaged { file: name, format: Format::Parquet, reason: reason.to_owned() });
    }
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| damaged(&e))?;
    let schema = builder.schema().clone();
    let groups = builder.metadata().row_groups();
    let rows: u64 = groups.iter().map(rows).sum();
    let batch_rows = groups.iter().map(rows_in_a_batch).min().unwrap_or(usize::MAX).clamp(1, options.batch_rows.max(1));
    let reader = builder.with_batch_size(batch_rows).build().map_err(|e| damaged(&e))?;

    // Chunks are read in an order of their own, so progress goes by rows.
    let size = input.size().unwrap_or_default();
    let meter = meter.clone();
    let (mut rows_read, mut bytes_shown) = (0, 0);
    let batches = reader.map(move |batch| {
        let batch = batch.map_err(|e| Error::reading(&name, Format::Parquet, &e))?;
        rows_read += batch.num_rows() as u64;
        let bytes = u128::from(size) * u128::from(rows_read) / u128::from(rows.max(1));
        let bytes = u64::try_from(bytes).unwrap_or(size);
        meter.add(bytes.saturating_sub(bytes_shown));
        bytes_shown = bytes;
        Ok(batch)
    });
    Ok(Opened { schema, rows: Some(rows), batches: Box::new(batches) })
}

/// A plain word for the damage that is most frequent, before the parser has its own.
fn broken_frame(file: &mut File) -> io::Result<Option<&'static str>> {
    let size = file.seek(SeekFrom::End(0))?;
    if size == 0 {
        return Ok(Some("it is empty"));
    }
    let mut mark = [0; 4];
    file.rewind()?;
    let mut frame = |at| -> io::Result<[u8; 4]> {
        file.seek(at)?;
        file.read_exact(&mut mark)?;
        Ok(mark)
    };
    if size < SMALLEST {
        return Ok(Some("it is too short to be one"));
    }
    let reason = match (&frame(SeekFrom::Start(0))?, &frame(SeekFrom::End(-4))?) {
        (b"PAR1", b"PAR1") => None,
        (b"PARE", _) => Some("it is encrypted"),
        (b"PAR1", _) => Some("it is cut short: its footer is missing"),
        _ => Some("it does not begin as one"),
    };
    file.rewind()?;
    Ok(reason)
}

fn rows(group: &RowGroupMetaData) -> u64 {
    u64::try_from(group.num_rows()).unwrap_or_default()
}

/// How many rows of this row group make a batch of the usual size.
fn rows_in_a_batch(group: &RowGroupMetaData) -> usize {
    let bytes = usize::try_from(group.total_byte_size()).unwrap_or_default();
    let rows = usize::try_from(group.num_rows()).unwrap_or_default();
    BATCH_BYTES / (bytes / rows.max(1)).max(1)
}

/// Mark, footer of no length, length, mark.
const SMALLEST: u64 = 12;
