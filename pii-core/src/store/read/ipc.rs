use std::io::{BufReader, Read};

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader};

use super::input::{Input, Meter, Metered};
use super::{Opened, ReadOptions, Rows};
use crate::store::{Error, Format};

/// Opens an Arrow IPC file, or a stream that was kept in a file.
pub(super) fn open(input: &Input, options: &ReadOptions, meter: &Meter) -> Result<Opened, Error> {
    let name = input.name();
    let damaged = |error: ArrowError| Error::reading(&name, Format::ArrowIpc, &error);

    let mut mark = Vec::with_capacity(MARK.len());
    let read = input.file()?.take(MARK.len() as u64).read_to_end(&mut mark);
    read.map_err(|source| input.unreadable(source))?;
    if mark.is_empty() {
        return Err(Error::Damaged { file: name, format: Format::ArrowIpc, reason: "it is empty".to_owned() });
    }
    let reader = BufReader::with_capacity(1 << 20, Metered { inner: input.file()?, meter: meter.clone() });
    if mark == MARK {
        Ok(opened(FileReader::try_new(reader, None).map_err(damaged)?, &name, options))
    } else {
        Ok(opened(StreamReader::try_new(reader, None).map_err(damaged)?, &name, options))
    }
}

fn opened(reader: impl RecordBatchReader + Send + 'static, name: &str, options: &ReadOptions) -> Opened {
    let schema = reader.schema();
    let (name, most) = (name.to_owned(), options.batch_rows.max(1));
    let batches: Rows = Box::new(reader.flat_map(move |batch| match batch {
        Ok(batch) => slices(batch, most),
        Err(error) => Box::new(std::iter::once(Err(Error::reading(&name, Format::ArrowIpc, &error)))),
    }));
    Opened { schema, rows: None, batches }
}

/// The writer chose the size of its batches; ours are no larger than was asked. Slices share memory.
fn slices(batch: RecordBatch, most: usize) -> Rows {
    let rows = batch.num_rows();
    Box::new((0..rows).step_by(most).map(move |start| Ok(batch.slice(start, most.min(rows - start)))))
}

const MARK: &[u8] = b"ARROW1";
