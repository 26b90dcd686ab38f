use std::fmt::Write as _;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Schema};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::output::Output;
use crate::store::Error;

/// Writes delimited text (RFC 4180, with `\n`). A missing value is an empty field; dates and times are ISO 8601,
/// bytes are hexadecimal.
pub(super) struct CsvEncoder {
    writer: csv::Writer<Output>,
    text: String,
}

impl CsvEncoder {
    pub(super) fn create(output: Output, schema: &Schema, delimiter: u8) -> Result<Self, csv::Error> {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).buffer_capacity(128 << 10).from_writer(output);
        writer.write_record(schema.fields().iter().map(|f| f.name()))?;
        Ok(Self { writer, text: String::new() })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let options = FormatOptions::new();
        let columns = batch.columns().iter().map(|c| Cells::new(c, &options)).collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            for column in &columns {
                let cell = column.at(row, &mut self.text)?;
                self.writer.write_field(cell).map_err(csv_error)?;
            }
            self.writer.write_record(None::<&[u8]>).map_err(csv_error)?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Output, std::io::Error> {
        self.writer.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// The first column that a line of text has no place for.
pub(super) fn check(schema: &Schema) -> Result<(), Error> {
    match schema.fields().iter().find(|f| is_nested(f.data_type())) {
        Some(field) => Err(Error::NestedInCsv { column: field.name().clone() }),
        None => Ok(()),
    }
}

fn is_nested(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, value) => is_nested(value),
        other => other.is_nested(),
    }
}

/// The values of a column as text. Text itself, the usual case, is not formatted.
enum Cells<'a> {
    Text(&'a StringArray),
    Any(&'a dyn Array, ArrayFormatter<'a>),
}

impl<'a> Cells<'a> {
    fn new(column: &'a ArrayRef, options: &'a FormatOptions<'a>) -> Result<Self, ArrowError> {
        Ok(match column.as_string_opt::<i32>() {
            Some(text) => Self::Text(text),
            None => Self::Any(column.as_ref(), ArrayFormatter::try_new(column.as_ref(), options)?),
        })
    }

    fn at<'b>(&'b self, row: usize, text: &'b mut String) -> Result<&'b str, ArrowError> {
        text.clear();
        match self {
            Self::Text(column) if column.is_valid(row) => return Ok(column.value(row)),
            Self::Any(column, formatter) if column.is_valid(row) => {
                write!(text, "{}", formatter.value(row))
                    .map_err(|_| ArrowError::ComputeError(format!("row {} has a value that has no text", row + 1)))?;
            }
            Self::Text(_) | Self::Any(..) => {}
        }
        Ok(text)
    }
}

fn csv_error(error: csv::Error) -> ArrowError {
    ArrowError::CsvError(error.to_string())
}
