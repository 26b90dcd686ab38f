use std::error::Error as StdError;
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::ipc::writer::FileWriter;
use arrow::json::LineDelimitedWriter;
use arrow_avro::writer::AvroWriter;

use super::csv::CsvEncoder;
use super::output::{Failure, Output, open};
use super::parquet::ParquetEncoder;
use super::{Staged, WriteOptions, avro, csv, ipc};
use crate::store::read::check_columns;
use crate::store::{Compression, Destination, Error, Format, ParquetKeys};

/// Writes one table.
///
/// Until the end it stands under a temporary name, `.NAME.pii-XXXXXX.tmp`, beside its target. Dropped before
/// [`finish`](Self::finish), it is removed.
pub struct TableWriter {
    encoder: Encoder,
    schema: SchemaRef,
    rows: u64,
    file: String,
    failure: Failure,
}

enum Encoder {
    Csv(CsvEncoder),
    JsonLines(LineDelimitedWriter<Output>),
    Parquet(ParquetEncoder),
    ArrowIpc(FileWriter<Output>, SchemaRef),
    Avro(AvroWriter<Output>, SchemaRef),
}

type Cause = Box<dyn StdError + Send + Sync>;

impl TableWriter {
    /// Opens `destination` for rows with the columns of `schema`.
    ///
    /// Metadata of the schema and of its fields are written to Parquet, Arrow and Avro. Parquet columns whose field
    /// has `pii.alg` in its metadata are stored as they are, without dictionary, statistics and compression.
    ///
    /// # Errors
    /// Where the format is unknown or cannot hold the columns, or the file cannot be made.
    pub fn create(destination: &Destination, schema: &SchemaRef, options: &WriteOptions) -> Result<Self, Error> {
        match options.encryption {
            Some(_) => Err(Error::KeysNeeded { file: destination.to_string() }),
            None => Self::open(destination, schema, options, None),
        }
    }

    /// Opens `destination` for an encrypted Parquet file, with keys that were made for it.
    ///
    /// # Errors
    /// As [`create`](Self::create); [`Error::NotEncryptable`] where the format is another.
    pub fn create_encrypted(
        destination: &Destination,
        schema: &SchemaRef,
        options: &WriteOptions,
        keys: &ParquetKeys,
    ) -> Result<Self, Error> {
        Self::open(destination, schema, options, Some(keys))
    }

    fn open(
        destination: &Destination,
        schema: &SchemaRef,
        options: &WriteOptions,
        keys: Option<&ParquetKeys>,
    ) -> Result<Self, Error> {
        let file = destination.to_string();
        let format = Format::choose(options.format, Path::new(&file))?;
        if keys.is_some() && format != Format::Parquet {
            return Err(Error::NotEncryptable { file, format });
        }
        check_columns(schema, &file)?;
        match format {
            Format::Csv => csv::check(schema)?,
            Format::Avro => avro::check(schema)?,
            Format::JsonLines | Format::Parquet | Format::ArrowIpc => {}
        }
        let plan = Plan::new(format, Path::new(&file), options)?;
        let (output, failure) = open(destination, options.private)?;
        let encoder =
            plan.start(output, schema, keys).map_err(|cause| blame(&file, format, &failure, cause.as_ref()))?;
        Ok(Self { encoder, schema: Arc::clone(schema), rows: 0, file, failure })
    }

    /// Adds rows. Their columns must have the names and types that the writer was made for.
    ///
    /// # Errors
    /// [`Error::Write`] where the disk refuses, [`Error::Unwritable`] where the format cannot hold a value.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let names = |schema: &SchemaRef| schema.fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>();
        if names(batch.schema_ref()) != names(&self.schema) {
            return Err(Error::OtherColumns { file: self.file.clone() });
        }
        // The columns of the batch under the names, and with the metadata, that the file promises.
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), batch.columns().to_vec())
            .map_err(|_| Error::OtherColumns { file: self.file.clone() })?;
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.encoder.write(&batch).map_err(|cause| self.blame(cause.as_ref()))?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Ends the table, and syncs it to the disk under its temporary name.
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub fn finish(self) -> Result<Staged, Error> {
        let format = self.encoder.format();
        let blamed = |cause: &(dyn StdError + 'static)| blame(&self.file, format, &self.failure, cause);
        let output = self.encoder.finish().map_err(|cause| blamed(cause.as_ref()))?;
        let write = |source| Error::Write { file: self.file.clone(), source };
        let hashed = output.into_inner().map_err(|e| write(e.into_error()))?;
        Staged::seal(hashed, self.rows).map_err(write)
    }

    fn blame(&self, cause: &(dyn StdError + 'static)) -> Error {
        blame(&self.file, self.encoder.format(), &self.failure, cause)
    }
}

impl std::fmt::Debug for TableWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableWriter").field("file", &self.file).field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// The disk's error where there was one, else the encoder's.
fn blame(file: &str, format: Format, failure: &Failure, cause: &(dyn StdError + 'static)) -> Error {
    let file = file.to_owned();
    match failure.take() {
        Some(source) => Error::Write { file, source },
        None => Error::Unwritable { file, format, reason: cause.to_string() },
    }
}

/// What is to be made, checked before anything is.
enum Plan {
    Csv { delimiter: u8 },
    JsonLines,
    Parquet(Compression, Option<String>),
    ArrowIpc(Option<arrow::ipc::CompressionType>),
    Avro(Option<arrow_avro::compression::CompressionCodec>),
}

impl Plan {
    fn new(format: Format, file: &Path, options: &WriteOptions) -> Result<Self, Error> {
        let asked = options.compression;
        Ok(match (format, asked) {
            (Format::Csv | Format::JsonLines, Some(compression)) if compression != Compression::None => {
                return Err(Error::CompressionMismatch { format, compression });
            }
            (Format::Csv, _) => {
                let tabbed = file.extension().is_some_and(|e| e.eq_ignore_ascii_case("tsv"));
                Self::Csv { delimiter: options.delimiter.unwrap_or(if tabbed { b'\t' } else { b',' }) }
            }
            (Format::JsonLines, _) => Self::JsonLines,
            (Format::Parquet, _) => Self::Parquet(asked.unwrap_or(Compression::Zstd), options.subject.clone()),
            (Format::ArrowIpc, _) => Self::ArrowIpc(ipc::codec(asked)?),
            (Format::Avro, _) => Self::Avro(avro::codec(asked)?),
        })
    }

    fn start(self, output: Output, schema: &SchemaRef, keys: Option<&ParquetKeys>) -> Result<Encoder, Cause> {
        Ok(match self {
            Self::Csv { delimiter } => Encoder::Csv(CsvEncoder::create(output, schema, delimiter)?),
            Self::JsonLines => Encoder::JsonLines(LineDelimitedWriter::new(output)),
            Self::Parquet(compression, subject) => {
                Encoder::Parquet(ParquetEncoder::create(output, schema, compression, subject.as_deref(), keys)?)
            }
            Self::ArrowIpc(codec) => {
                let plain = Arc::new(ipc::without_dictionaries(schema));
                Encoder::ArrowIpc(ipc::create(output, &plain, codec)?, plain)
            }
            Self::Avro(codec) => {
                let plain = Arc::new(avro::with_safe_metadata(&ipc::without_dictionaries(schema)));
                Encoder::Avro(avro::create(output, &plain, codec)?, plain)
            }
        })
    }
}

impl Encoder {
    fn format(&self) -> Format {
        match self {
            Self::Csv(_) => Format::Csv,
            Self::JsonLines(_) => Format::JsonLines,
            Self::Parquet(_) => Format::Parquet,
            Self::ArrowIpc(..) => Format::ArrowIpc,
            Self::Avro(..) => Format::Avro,
        }
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), Cause> {
        match self {
            Self::Csv(writer) => writer.write(batch)?,
            Self::JsonLines(writer) => writer.write(batch)?,
            Self::Parquet(writer) => writer.write(batch)?,
            Self::ArrowIpc(writer, schema) => writer.write(&ipc::unpack(batch, schema)?)?,
            Self::Avro(writer, schema) => writer.write(&ipc::unpack(batch, schema)?)?,
        }
        Ok(())
    }

    fn finish(self) -> Result<Output, Cause> {
        Ok(match self {
            Self::Csv(writer) => writer.finish()?,
            Self::JsonLines(mut writer) => {
                writer.finish()?;
                writer.into_inner()
            }
            Self::Parquet(writer) => writer.finish()?,
            Self::ArrowIpc(mut writer, _) => {
                writer.finish()?;
                writer.into_inner()?
            }
            Self::Avro(mut writer, _) => {
                writer.finish()?;
                writer.into_inner()
            }
        })
    }
}

#[cfg(test)]
mod tests;
