use std::fs::File;
use std::io::BufWriter;
use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, RecordBatch, StringBuilder, TimestampNanosecondBuilder, UInt64Builder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::look::Found;
use super::row::{COLUMNS, Cell, cells, entry};
use crate::audit::Error;

/// Parquet: the columns of the tables, with times in nanoseconds UTC and lists as lists.
pub(super) struct Parquet {
    writer: ArrowWriter<BufWriter<File>>,
    schema: SchemaRef,
    columns: Vec<Column>,
    rows: usize,
}

/// The values of one column that are not written yet.
enum Column {
    Text(StringBuilder),
    Number(UInt64Builder),
    Time(TimestampNanosecondBuilder),
    List(ListBuilder<StringBuilder>),
}

impl Parquet {
    pub(super) fn new(file: BufWriter<File>) -> Result<Self, Error> {
        let columns: Vec<Column> = COLUMNS.iter().map(|name| Column::of(name)).collect();
        let fields = COLUMNS.iter().zip(&columns);
        let schema: SchemaRef =
            Arc::new(Schema::new(fields.map(|(name, column)| column.field(name)).collect::<Vec<_>>()));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROWS_A_GROUP))
            .build();
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties)).map_err(failed)?;
        Ok(Self { writer, schema, columns, rows: 0 })
    }

    pub(super) fn take(&mut self, found: &Found<'_>) -> Result<(), Error> {
        let entry = entry(found)?;
        let event = &entry.event;
        let subjects: Vec<String> = event.subjects.iter().map(ToString::to_string).collect();
        for ((name, column), cell) in COLUMNS.iter().zip(&mut self.columns).zip(cells(found)?) {
            match (column, cell) {
                (Column::Text(values), Cell::Text(text)) => values.append_value(text),
                (Column::Text(values), _) => values.append_null(),
                (Column::Number(values), Cell::Number(number)) => values.append_value(number),
                (Column::Number(values), _) => values.append_null(),
                (Column::Time(values), _) => values.append_option(i64::try_from(entry.time.as_nanosecond()).ok()),
                (Column::List(values), _) => {
                    let list = match *name {
                        "categories" => &event.categories,
                        "columns" => &event.columns,
                        "keys" => &event.keys,
                        _ => &subjects,
                    };
                    list.iter().for_each(|value| values.values().append_value(value));
                    values.append(true);
                }
            }
        }
        self.rows += 1;
        if self.rows == ROWS_A_BATCH { self.write() } else { Ok(()) }
    }

    pub(super) fn close(mut self) -> Result<(), Error> {
        self.write()?;
        self.writer.close().map_err(failed)?;
        Ok(())
    }

    fn write(&mut self) -> Result<(), Error> {
        self.rows = 0;
        let columns = self.columns.iter_mut().map(Column::finish).collect();
        let batch = RecordBatch::try_new(self.schema.clone(), columns).map_err(failed)?;
        self.writer.write(&batch).map_err(failed)
    }
}

impl Column {
    fn of(name: &str) -> Self {
        match name {
            "entry" | "rows" | "count" | "dropped_objections" | "dropped_restrictions" => {
                Self::Number(UInt64Builder::new())
            }
            "time" => Self::Time(TimestampNanosecondBuilder::new().with_timezone("UTC")),
            "categories" | "columns" | "keys" | "subjects" => Self::List(ListBuilder::new(StringBuilder::new())),
            _ => Self::Text(StringBuilder::new()),
        }
    }

    fn field(&self, name: &str) -> Field {
        let data_type = match self {
            Self::Text(_) => DataType::Utf8,
            Self::Number(_) => DataType::UInt64,
            Self::Time(_) => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
            Self::List(_) => DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))),
        };
        Field::new(name, data_type, true)
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(values) => Arc::new(values.finish()),
            Self::Number(values) => Arc::new(values.finish()),
            Self::Time(values) => Arc::new(values.finish()),
            Self::List(values) => Arc::new(values.finish()),
        }
    }
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::View { file: "entries.parquet", why: error.to_string() }
}

const ROWS_A_BATCH: usize = 8_192;
const ROWS_A_GROUP: usize = 65_536;
