use std::fs::File;
use std::io::BufWriter;

use super::look::Found;
use super::row::{COLUMNS, Cell, cells, neutral};
use crate::audit::Error;

/// RFC 4180: a head, lines that end in CR LF, UTF-8 without a byte order mark.
pub(super) struct Csv(csv::Writer<BufWriter<File>>);

impl Csv {
    pub(super) fn new(file: BufWriter<File>) -> Result<Self, Error> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(file);
        writer.write_record(COLUMNS).map_err(failed)?;
        Ok(Self(writer))
    }

    pub(super) fn take(&mut self, found: &Found<'_>) -> Result<(), Error> {
        for cell in cells(found)? {
            let written = match cell {
                Cell::Empty => self.0.write_field(""),
                Cell::Number(number) => self.0.write_field(number.to_string()),
                Cell::Text(text) => self.0.write_field(neutral(text).as_ref()),
            };
            written.map_err(failed)?;
        }
        self.0.write_record(None::<&[u8]>).map_err(failed)
    }

    pub(super) fn close(mut self) -> Result<(), Error> {
        self.0.flush().map_err(failed)
    }
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::View { file: "entries.csv", why: error.to_string() }
}
