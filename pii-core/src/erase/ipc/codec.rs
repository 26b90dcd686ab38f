use std::collections::HashMap;

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::read_record_batch;
use arrow::ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions};
use arrow::ipc::{
    BodyCompression, BodyCompressionArgs, DictionaryBatch, DictionaryBatchArgs, KeyValue, KeyValueArgs,
    Message as Header, MessageArgs, MessageHeader, RecordBatch as Flat, RecordBatchArgs, root_as_message,
};
use flatbuffers::FlatBufferBuilder;

use super::layout::{Kind, Message, PREFIX};
use super::shape::fits;
use super::{File, damaged, unreadable};
use crate::erase::Error;

/// Where buffers and messages begin: what readers that map files into memory ask for at most.
const ALIGNMENT: usize = 64;

impl File<'_> {
    /// A batch, with numbers where there are dictionary codes; some columns, or all.
    pub(super) fn batch(&self, message: &Message, columns: Option<&[usize]>) -> Result<RecordBatch, Error> {
        self.decode(message, &self.layout.schema.plain, columns)
    }

    /// A batch, or the entries of a dictionary as a batch of one column.
    pub(super) fn decode(
        &self,
        message: &Message,
        schema: &SchemaRef,
        columns: Option<&[usize]>,
    ) -> Result<RecordBatch, Error> {
        let at = message.range.start;
        let wrong = || damaged(self.input, format!("the message at byte {at} does not fit its schema"));
        let mut head = Vec::new();
        self.input.read(at + PREFIX..at + message.head, &mut head)?;
        let header = root_as_message(&head).map_err(|_| wrong())?;
        let dictionary = header.header_as_dictionary_batch().and_then(|dictionary| dictionary.data());
        let flat = header.header_as_record_batch().or(dictionary).ok_or_else(wrong)?;
        let mut body = Vec::new();
        self.input.read(at + message.head..message.range.end, &mut body)?;
        if !fits(flat, schema, &body, header.version()) {
            return Err(wrong());
        }
        let body = Buffer::from_vec(body);
        read_record_batch(&body, flat, SchemaRef::clone(schema), &HashMap::new(), columns, &header.version())
            .map_err(|error| unreadable(self.input, at, &error))
    }

    /// A batch as a message in the manner of the one whose place it takes.
    pub(super) fn encode(&self, batch: &RecordBatch, old: &Message) -> Result<Vec<u8>, Error> {
        let mut head = Vec::new();
        self.input.read(old.range.start + PREFIX..old.range.start + old.head, &mut head)?;
        let header = root_as_message(&head)
            .map_err(|_| damaged(self.input, format!("the message at byte {} cannot be read", old.range.start)))?;
        encode(batch, header, old.kind).map_err(|error| unreadable(self.input, old.range.start, &error))
    }
}

fn encode(batch: &RecordBatch, old: Header<'_>, kind: Kind) -> Result<Vec<u8>, ArrowError> {
    let dictionary = old.header_as_dictionary_batch().and_then(|dictionary| dictionary.data());
    let compression = old.header_as_record_batch().or(dictionary).and_then(|flat| flat.compression());
    let options = IpcWriteOptions::try_new(ALIGNMENT, false, old.version())?
        .try_with_compression(compression.map(|compression| compression.codec()))?;
    let mut tracker = DictionaryTracker::new(true);
    let made = IpcDataGenerator::default().encode(batch, &mut tracker, &options, &mut IpcWriteContext::default())?;
    let body = made.1.arrow_data;
    let new = root_as_message(&made.1.ipc_message).map_err(|error| ArrowError::IpcError(error.to_string()))?;
    let metadata = match (new.header_as_record_batch(), kind, old.custom_metadata()) {
        (Some(flat), ..) => wrap(flat, kind, old, body.len()),
        _ => return Err(ArrowError::IpcError("no record batch was made".to_owned())),
    };
    let size = (PREFIX as usize + metadata.len()).next_multiple_of(ALIGNMENT);
    let mut message = Vec::with_capacity(size + body.len());
    message.extend_from_slice(&[0xff; 4]);
    message.extend_from_slice(&i32::try_from(size - PREFIX as usize).unwrap_or(i32::MAX).to_le_bytes());
    message.extend_from_slice(&metadata);
    message.resize(size, 0);
    message.extend_from_slice(&body);
    Ok(message)
}

/// The metadata of a message: what arrow made of the batch, within what the old message was.
fn wrap(flat: Flat<'_>, kind: Kind, old: Header<'_>, body: usize) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let nodes: Vec<_> = flat.nodes().into_iter().flatten().copied().collect();
    let buffers: Vec<_> = flat.buffers().into_iter().flatten().copied().collect();
    let views: Option<Vec<i64>> = flat.variadicBufferCounts().map(|counts| counts.iter().collect());
    let compression = flat.compression().map(|old| {
        BodyCompression::create(&mut builder, &BodyCompressionArgs { codec: old.codec(), method: old.method() })
    });
    let args = RecordBatchArgs {
        length: flat.length(),
        nodes: Some(builder.create_vector(&nodes)),
        buffers: Some(builder.create_vector(&buffers)),
        compression,
        variadicBufferCounts: views.map(|views| builder.create_vector(&views)),
    };
    let batch = Flat::create(&mut builder, &args);
    let (header_type, header) = match kind {
        Kind::Batch { .. } => (MessageHeader::RecordBatch, batch.as_union_value()),
        Kind::Dictionary { id, delta } => {
            let args = DictionaryBatchArgs { id, data: Some(batch), isDelta: delta };
            (MessageHeader::DictionaryBatch, DictionaryBatch::create(&mut builder, &args).as_union_value())
        }
    };
    let said: Vec<_> = old
        .custom_metadata()
        .into_iter()
        .flatten()
        .map(|pair| {
            let key = pair.key().map(|key| builder.create_string(key));
            let value = pair.value().map(|value| builder.create_string(value));
            KeyValue::create(&mut builder, &KeyValueArgs { key, value })
        })
        .collect();
    let args = MessageArgs {
        version: old.version(),
        header_type,
        header: Some(header),
        bodyLength: i64::try_from(body).unwrap_or(i64::MAX),
        custom_metadata: old.custom_metadata().map(|_| builder.create_vector(&said)),
    };
    let message = Header::create(&mut builder, &args);
    builder.finish(message, None);
    builder.finished_data().to_vec()
}
