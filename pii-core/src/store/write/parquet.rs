use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, ArrowWriter, compute_leaves,
};
use parquet::basic::{Compression as Codec, GzipLevel, ZstdLevel};
use parquet::encryption::encrypt::FileEncryptionProperties;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::SchemaDescriptor;
use rayon::prelude::*;

use super::output::Output;
use crate::store::{Compression, ParquetKeys};

/// Writes Parquet, the columns of each batch side by side.
///
/// Column chunks come from this file's own factory and from nowhere else, so each is encrypted where the file is: chunks
/// that were copied from another file would be written as they are, in clear, under a label that says encrypted.
///
/// A row group is encoded in memory, so it ends at [`GROUP_BYTES`], or at [`GROUP_ROWS`] for narrow tables.
pub(super) struct ParquetEncoder {
    file: SerializedFileWriter<Output>,
    factory: ArrowRowGroupWriterFactory,
    schema: SchemaRef,
    /// One writer for each leaf column of the row group in progress.
    group: Vec<ArrowColumnWriter>,
    rows: usize,
}

impl ParquetEncoder {
    pub(super) fn create(
        output: Output,
        schema: &SchemaRef,
        compression: Compression,
        subject: Option<&str>,
        keys: Option<&ParquetKeys>,
    ) -> Result<Self> {
        let properties = properties(schema, compression, subject, keys)?;
        let writer = ArrowWriter::try_new(output, Arc::clone(schema), Some(properties))?;
        let (file, factory) = writer.into_serialized_writer()?;
        Ok(Self { file, factory, schema: Arc::clone(schema), group: Vec::new(), rows: 0 })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut start = 0;
        while start < batch.num_rows() {
            let rows = (batch.num_rows() - start).min(GROUP_ROWS - self.rows);
            self.encode(&batch.slice(start, rows))?;
            start += rows;
            if self.rows >= GROUP_ROWS || self.memory() >= GROUP_BYTES {
                self.flush()?;
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Output> {
        self.flush()?;
        self.file.into_inner()
    }

    fn encode(&mut self, batch: &RecordBatch) -> Result<()> {
        if self.group.is_empty() {
            self.group = self.factory.create_column_writers(self.file.flushed_row_groups().len())?;
        }
        let fields = self.schema.fields();
        let leaves = fields
            .iter()
            .zip(batch.columns())
            .map(|(field, column)| compute_leaves(field, column))
            .collect::<Result<Vec<_>>>()?;
        let leaves: Vec<_> = leaves.into_iter().flatten().collect();
        self.group.par_iter_mut().zip(&leaves).try_for_each(|(writer, leaf)| writer.write(leaf))?;
        self.rows += batch.num_rows();
        Ok(())
    }

    /// Writes the row group in progress.
    fn flush(&mut self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        self.rows = 0;
        let writers = std::mem::take(&mut self.group);
        let chunks: Vec<ArrowColumnChunk> =
            writers.into_par_iter().map(ArrowColumnWriter::close).collect::<Result<_>>()?;
        let mut group = self.file.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut group)?;
        }
        group.close()?;
        Ok(())
    }

    fn memory(&self) -> usize {
        self.group.iter().map(ArrowColumnWriter::memory_size).sum()
    }
}

fn properties(
    schema: &Schema,
    compression: Compression,
    subject: Option<&str>,
    keys: Option<&ParquetKeys>,
) -> Result<WriterProperties> {
    let codec = match compression {
        Compression::None => Codec::UNCOMPRESSED,
        Compression::Snappy => Codec::SNAPPY,
        Compression::Lz4 => Codec::LZ4_RAW,
        Compression::Deflate => Codec::GZIP(GzipLevel::default()),
        Compression::Zstd => Codec::ZSTD(ZstdLevel::try_new(1)?),
    };
    let metadata = schema.metadata().iter().map(|(k, v)| KeyValue::new(k.clone(), v.clone())).collect();
    let mut properties = WriterProperties::builder()
        .set_compression(codec)
        .set_key_value_metadata(Some(metadata))
        .set_created_by(concat!("pii ", env!("CARGO_PKG_VERSION")).to_owned());

    let columns = ArrowSchemaConverter::new().convert(schema)?;
    for column in columns.columns() {
        let root = column.path().parts().first().map(String::as_str).unwrap_or_default();
        let field = schema.field_with_name(root).map_err(ParquetError::from)?;
        if field.metadata().contains_key(PSEUDONYM) {
            // Output of a hash: it neither repeats nor compresses, and its least and greatest value say nothing.
            properties = properties
                .set_column_dictionary_enabled(column.path().clone(), false)
                .set_column_statistics_enabled(column.path().clone(), EnabledStatistics::None)
                .set_column_compression(column.path().clone(), Codec::UNCOMPRESSED);
        }
        // `parquet` writes filters in clear, whatever the keys.
        if keys.is_none() && subject.is_some_and(|subject| is_named(&column.path().string(), subject)) {
            properties = properties
                .set_column_bloom_filter_fpp(column.path().clone(), FALSE_POSITIVES)
                .set_column_bloom_filter_max_ndv(column.path().clone(), GROUP_ROWS as u64);
        }
    }
    if let Some(keys) = keys {
        properties = properties.with_file_encryption_properties(encryption(keys, &columns)?);
    }
    Ok(properties.build())
}

/// Whether a leaf column is the one of this path, or in it.
fn is_named(leaf: &str, path: &str) -> bool {
    leaf.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The keys of the file, and of each leaf column if columns have keys of their own.
fn encryption(keys: &ParquetKeys, columns: &SchemaDescriptor) -> Result<Arc<FileEncryptionProperties>> {
    let footer = keys.footer.key.to_vec();
    let mut encryption =
        FileEncryptionProperties::builder(footer).with_footer_key_metadata(keys.footer.metadata.clone());
    for column in columns.columns() {
        let root = column.path().parts().first().map(String::as_str).unwrap_or_default();
        let own = keys.columns.iter().find(|(name, _)| name == root).map(|(_, key)| key);
        if let Some(key) = own.or(keys.others.as_ref()) {
            let (path, bytes) = (column.path().string(), key.key.to_vec());
            encryption = encryption.with_column_key_and_metadata(&path, bytes, key.metadata.clone());
        }
    }
    encryption.build()
}

/// The mark of a pseudonymised column, in its metadata.
const PSEUDONYM: &str = "pii.alg";

/// How often a filter says that a row group may hold a value that it does not. The filter is made for a full row group, and
/// folded to what its distinct values need when the group ends: about a byte and a quarter each.
const FALSE_POSITIVES: f64 = 0.01;

const GROUP_ROWS: usize = 1 << 20;
const GROUP_BYTES: usize = 64 << 20;

#[cfg(test)]
mod tests;
