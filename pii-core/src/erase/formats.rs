use ring::hmac;
use ring::rand::SystemRandom;

use super::{AvroEraser, CsvEraser, CsvForm, Error, Format, JsonLinesEraser, ParquetEraser, Values};
use crate::store;

/// How one column and one list of values are found in files of each format; made once, so that a pseudonym is the same in
/// all files of a run, whatever their formats.
pub(super) struct Formats {
    avro: AvroEraser,
    csv: CsvEraser,
    json: JsonLinesEraser,
    parquet: ParquetEraser,
}

impl Formats {
    pub(super) fn new(column: &str, values: &Values) -> Result<Self, Error> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map_err(|_| Error::Random)?;
        Ok(Self {
            avro: AvroEraser::new(column, values.clone()),
            csv: CsvEraser::new(column, values.clone(), CsvForm::default())?.with_key(&key),
            json: JsonLinesEraser::new(column, values.clone())?.with_key(&key),
            parquet: ParquetEraser::new(column, values.clone())?.with_key(&key),
        })
    }

    /// The one for `file`.
    pub(super) fn of(&self, format: store::Format, file: &str) -> Result<&dyn Format, Error> {
        match format {
            store::Format::Avro => Ok(&self.avro),
            store::Format::Csv => Ok(&self.csv),
            store::Format::JsonLines => Ok(&self.json),
            store::Format::Parquet => Ok(&self.parquet),
            store::Format::ArrowIpc => {
                Err(Error::Unsupported { file: file.to_owned(), what: "the format `arrow`".to_owned() })
            }
        }
    }
}
