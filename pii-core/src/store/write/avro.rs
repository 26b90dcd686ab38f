use arrow::datatypes::{Field, Schema};
use arrow_avro::compression::CompressionCodec;
use arrow_avro::errors::AvroError;
use arrow_avro::schema::SCHEMA_METADATA_KEY;
use arrow_avro::writer::format::AvroOcfFormat;
use arrow_avro::writer::{AvroWriter, WriterBuilder};

use super::output::Output;
use crate::store::{Compression, Error, Format};

/// Creates an Avro object container file.
pub(super) fn create(
    output: Output,
    schema: &Schema,
    codec: Option<CompressionCodec>,
) -> Result<AvroWriter<Output>, AvroError> {
    WriterBuilder::new(schema.clone()).with_compression(codec).build::<_, AvroOcfFormat>(output)
}

/// Refuses names that Avro does not have. The encoder would write `_` for each letter that Avro lacks, and two
/// columns could become one.
pub(super) fn check(schema: &Schema) -> Result<(), Error> {
    match schema.fields().iter().find(|f| !is_name(f.name())) {
        Some(field) => Err(Error::NotAnAvroName { column: field.name().clone() }),
        None => Ok(()),
    }
}

/// Avro 1.12, "Names".
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Metadata become attributes of the Avro schema; those that Avro gives a meaning to must not be overwritten.
pub(super) fn with_safe_metadata(schema: &Schema) -> Schema {
    let safe = |metadata: &std::collections::HashMap<String, String>| {
        metadata
            .iter()
            .filter(|(key, _)| !RESERVED.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    let fields: Vec<Field> =
        schema.fields().iter().map(|f| f.as_ref().clone().with_metadata(safe(f.metadata()))).collect();
    Schema::new_with_metadata(fields, safe(schema.metadata()))
}

pub(super) fn codec(asked: Option<Compression>) -> Result<Option<CompressionCodec>, Error> {
    match asked.unwrap_or(Compression::Deflate) {
        Compression::None => Ok(None),
        Compression::Deflate => Ok(Some(CompressionCodec::Deflate)),
        Compression::Snappy => Ok(Some(CompressionCodec::Snappy)),
        Compression::Zstd => Ok(Some(CompressionCodec::ZStandard)),
        compression @ Compression::Lz4 => Err(Error::CompressionMismatch { format: Format::Avro, compression }),
    }
}

const RESERVED: [&str; 9] =
    [SCHEMA_METADATA_KEY, "type", "name", "namespace", "doc", "default", "aliases", "order", "fields"];
