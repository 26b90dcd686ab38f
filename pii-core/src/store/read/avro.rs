use std::io::{self, BufReader, Read};
use std::sync::{Arc, Mutex};

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};
use arrow_avro::reader::ReaderBuilder;
use arrow_avro::schema::SCHEMA_METADATA_KEY;
use serde_json::Value;

use super::input::{Input, Meter};
use super::{Opened, ReadOptions};
use crate::store::{Error, Format};

/// Opens an Avro object container file.
pub(super) fn open(input: &Input, options: &ReadOptions, meter: &Meter) -> Result<Opened, Error> {
    let name = input.name();
    let ending = Ending::default();
    let bytes = Tail { inner: input.bytes(meter)?, ending: ending.clone() };
    let mut reader = ReaderBuilder::new()
        .with_batch_size(options.batch_rows.max(1))
        .build(BufReader::with_capacity(128 << 10, bytes))
        .map_err(|e| Error::reading(&name, Format::Avro, &e))?;

    let schema =
        Arc::new(own_schema(&reader.schema(), reader.avro_header().get(SCHEMA_METADATA_KEY).unwrap_or_default()));

    let ours = Arc::clone(&schema);
    let mut done = false;
    let batches = std::iter::from_fn(move || {
        if done {
            return None;
        }
        let reading = |error| Error::reading(&name, Format::Avro, &error);
        let batch = match reader.next() {
            Some(batch) => batch
                .and_then(|batch| RecordBatch::try_new(Arc::clone(&ours), batch.columns().to_vec()))
                .map_err(reading),
            // The reader takes the end of the file for the end of the data, also in the middle of a block.
            None if ending.last() == reader.avro_header().sync() => return None,
            None => {
                let reason = "it is cut short: its last block is not whole".to_owned();
                Err(Error::Damaged { file: name.clone(), format: Format::Avro, reason })
            }
        };
        done = batch.is_err();
        Some(batch)
    });
    Ok(Opened { schema, rows: None, batches: Box::new(batches) })
}

/// The columns, with the attributes of each as its metadata: the reader keeps those of types only.
///
/// The file's schema as JSON is left behind: a writer would believe it, whatever has become of the columns.
fn own_schema(read: &Schema, json: &[u8]) -> Schema {
    let mut metadata = read.metadata().clone();
    metadata.remove(SCHEMA_METADATA_KEY);
    let record: Value = serde_json::from_slice(json).unwrap_or_default();
    let described = record.get("fields").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let fields = read.fields().iter().map(|field| {
        let mut metadata = field.metadata().clone();
        let described = described.iter().filter_map(Value::as_object);
        let attributes = described.filter(|d| d.get("name").is_some_and(|name| name == field.name())).flatten();
        for (key, value) in attributes.filter(|(key, _)| !RESERVED.contains(&key.as_str())) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            metadata.insert(key.clone(), value);
        }
        field.as_ref().clone().with_metadata(metadata)
    });
    Schema::new_with_metadata(fields.collect::<Vec<Field>>(), metadata)
}

/// What Avro itself says of a field (Avro 1.12, "Complex Types", "Records").
const RESERVED: [&str; 6] = ["name", "type", "doc", "default", "order", "aliases"];

/// The last bytes that were read: those of a whole file are its sync marker (Avro 1.12, "Object Container Files").
#[derive(Clone, Default)]
struct Ending(Arc<Mutex<[u8; 16]>>);

impl Ending {
    fn last(&self) -> [u8; 16] {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn push(&self, bytes: &[u8]) {
        let mut last = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let kept = bytes.len().min(last.len());
        last.rotate_left(kept);
        let start = last.len() - kept;
        for (to, from) in last.iter_mut().skip(start).zip(bytes.iter().skip(bytes.len() - kept)) {
            *to = *from;
        }
    }
}

struct Tail<R> {
    inner: R,
    ending: Ending,
}

impl<R: Read> Read for Tail<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.ending.push(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}
