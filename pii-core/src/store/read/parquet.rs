use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::RowGroupMetaData;

use super::decrypt::{Asking, Before, before_footer, modules_fit};
use super::input::{Input, Meter};
use super::{BATCH_BYTES, Opened, ReadOptions};
use crate::store::{Error, Format};

/// Opens a Parquet file. Its metadata are read now, its column chunks as the batches are asked for.
pub(super) fn open(input: &Input, options: &ReadOptions, meter: &Meter) -> Result<Opened, Error> {
    let name = input.name();
    let damaged = |error: &(dyn std::error::Error + 'static)| Error::reading(&name, Format::Parquet, error);
    let mut file = input.file()?;
    let frame = frame(&mut file).map_err(|source| input.unreadable(source))?;
    if let Frame::Broken(reason) = frame {
        return Err(Error::Damaged { file: name, format: Format::Parquet, reason: reason.to_owned() });
    }
    let altered = || Error::Damaged { file: name.clone(), format: Format::Parquet, reason: ALTERED.to_owned() };
    if frame == Frame::Encrypted {
        match before_footer(&mut file).map_err(|source| input.unreadable(source))? {
            Before::Gcm if options.keys.is_none() => return Err(Error::Encrypted { file: name }),
            Before::Gcm => {}
            Before::Ctr => return Err(Error::CtrEncrypted { file: name }),
            Before::Broken => return Err(altered()),
        }
    }
    let asking = options.keys.clone().map(Asking::new);
    let mut reading = ArrowReaderOptions::new();
    if let Some(asking) = &asking {
        reading = reading.with_file_decryption_properties(asking.properties().map_err(|e| damaged(&e))?);
    }
    let mut same_file = file.try_clone().map_err(|source| input.unreadable(source))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, reading);
    let builder = builder.map_err(|e| explain(asking.as_deref(), &name, damaged(&e)))?;
    if !modules_fit(&mut same_file, builder.metadata()).map_err(|source| input.unreadable(source))? {
        return Err(altered());
    }
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
        let batch = batch.map_err(|e| explain(asking.as_deref(), &name, Error::reading(&name, Format::Parquet, &e)))?;
        rows_read += batch.num_rows() as u64;
        let bytes = u128::from(size) * u128::from(rows_read) / u128::from(rows.max(1));
        let bytes = u64::try_from(bytes).unwrap_or(size);
        meter.add(bytes.saturating_sub(bytes_shown));
        bytes_shown = bytes;
        Ok(batch)
    });
    Ok(Opened { schema, rows: Some(rows), batches: Box::new(batches) })
}

/// The error of a key that could not be had, if that was it.
fn explain(asking: Option<&Asking>, file: &str, error: Error) -> Error {
    match asking {
        Some(asking) => asking.explain(file, error),
        None => error,
    }
}

/// What the first and the last bytes of a file say.
#[derive(Clone, Copy, PartialEq)]
enum Frame {
    Clear,
    Encrypted,
    /// A plain word for the damage that is most frequent, before the parser has its own.
    Broken(&'static str),
}

fn frame(file: &mut File) -> io::Result<Frame> {
    let size = file.seek(SeekFrom::End(0))?;
    if size == 0 {
        return Ok(Frame::Broken("it is empty"));
    }
    let mut mark = [0; 4];
    file.rewind()?;
    let mut four = |at| -> io::Result<[u8; 4]> {
        file.seek(at)?;
        file.read_exact(&mut mark)?;
        Ok(mark)
    };
    if size < SMALLEST {
        return Ok(Frame::Broken("it is too short to be one"));
    }
    let frame = match (&four(SeekFrom::Start(0))?, &four(SeekFrom::End(-4))?) {
        (b"PAR1", b"PAR1") => Frame::Clear,
        (b"PARE", b"PARE") => Frame::Encrypted,
        (b"PAR1" | b"PARE", _) => Frame::Broken("it is cut short: its footer is missing"),
        _ => Frame::Broken("it does not begin as one"),
    };
    file.rewind()?;
    Ok(frame)
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

const ALTERED: &str = "it is encrypted, and was altered or cut short";

/// Mark, footer of no length, length, mark.
const SMALLEST: u64 = 12;
