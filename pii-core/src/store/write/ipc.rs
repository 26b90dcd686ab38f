use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::CompressionType;
use arrow::ipc::writer::{FileWriter, IpcWriteOptions};

use super::output::Output;
use crate::store::{Compression, Error, Format};

/// Creates an Arrow IPC file.
pub(super) fn create(
    output: Output,
    schema: &Schema,
    compression: Option<CompressionType>,
) -> Result<FileWriter<Output>, ArrowError> {
    let options = IpcWriteOptions::default().try_with_compression(compression)?;
    FileWriter::try_new_with_options(output, schema, options)
}

pub(super) fn codec(asked: Option<Compression>) -> Result<Option<CompressionType>, Error> {
    match asked.unwrap_or(Compression::None) {
        Compression::None => Ok(None),
        Compression::Lz4 => Ok(Some(CompressionType::LZ4_FRAME)),
        Compression::Zstd => Ok(Some(CompressionType::ZSTD)),
        compression => Err(Error::CompressionMismatch { format: Format::ArrowIpc, compression }),
    }
}

/// The same columns with values in place of dictionaries: an Arrow file holds one dictionary for all of its
/// batches, and an Avro enumeration is part of the schema, but the batches of a source bring one each.
pub(super) fn without_dictionaries(schema: &Schema) -> Schema {
    let plain = |field: &Field| match field.data_type() {
        DataType::Dictionary(_, value) => field.clone().with_data_type(value.as_ref().clone()),
        _ => field.clone(),
    };
    let fields: Vec<Field> = schema.fields().iter().map(|field| plain(field)).collect();
    Schema::new_with_metadata(fields, schema.metadata().clone())
}

/// A batch with the types of `schema`, which may have values where the batch has dictionaries.
pub(super) fn unpack(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| arrow::compute::cast(column, field.data_type()))
        .collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(SchemaRef::clone(schema), columns)
}
