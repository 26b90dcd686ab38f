use ring::hmac;
use ring::rand::SystemRandom;

use super::{AvroEraser, CsvEraser, CsvForm, Error, Format, IpcEraser, JsonLinesEraser, ParquetEraser, Values};
use crate::store::{self, KeyFinder};

/// How one column and one list of values are found in files of each format; made once, so that a pseudonym is the same in
/// all files of a run, whatever their formats.
pub(super) struct Formats {
    avro: AvroEraser,
    csv: CsvEraser,
    ipc: IpcEraser,
    json: JsonLinesEraser,
    parquet: ParquetEraser,
}

impl Formats {
    pub(super) fn new(column: &str, values: &Values) -> Result<Self, Error> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map_err(|_| Error::Random)?;
        Ok(Self {
            avro: AvroEraser::new(column, values.clone())?.with_key(&key),
            csv: CsvEraser::new(column, values.clone(), CsvForm::default())?.with_key(&key),
            ipc: IpcEraser::new(column, values.clone())?.with_key(&key),
            json: JsonLinesEraser::new(column, values.clone())?.with_key(&key),
            parquet: ParquetEraser::new(column, values.clone())?.with_key(&key),
        })
    }

    /// Opens encrypted files with these keys.
    pub(super) fn with_keys(self, keys: &KeyFinder) -> Self {
        Self { parquet: self.parquet.with_keys(keys.clone()), ..self }
    }

    /// The one for `file`.
    pub(super) fn of(&self, format: store::Format, _file: &str) -> Result<&dyn Format, Error> {
        match format {
            store::Format::Avro => Ok(&self.avro),
            store::Format::Csv => Ok(&self.csv),
            store::Format::JsonLines => Ok(&self.json),
            store::Format::Parquet => Ok(&self.parquet),
            store::Format::ArrowIpc => Ok(&self.ipc),
        }
    }
}
