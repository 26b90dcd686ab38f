//! Arguments that several commands share.

#![expect(clippy::field_reassign_with_default, reason = "the options may grow fields, so they cannot be written out")]

use pii_core::store::{
    Compression, Destination, Encoding, Encryption, Format, KeyFinder, Location, ReadOptions, Source, WriteOptions,
};

use crate::error::Error;
use crate::ui::Ui;

/// How to read a source.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Reading")]
pub(crate) struct SourceArgs {
    /// Format of the source, if its name does not tell: csv, jsonl, parquet, arrow, avro
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// CSV: what stands between fields, one ASCII character or `tab`
    #[arg(long, value_name = "CHAR")]
    delimiter: Option<String>,
    /// CSV: what stands around fields
    #[arg(long, value_name = "CHAR")]
    quote: Option<String>,
    /// Text encoding: utf-8, utf-16le, utf-16be, euc-kr, windows-1252; a byte order mark is understood
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
}

impl SourceArgs {
    /// Opens files, folders, globs or `-` as one dataset.
    pub(crate) fn open(&self, sources: &[String], keys: KeyFinder, ui: Ui) -> Result<Source, Error> {
        self.open_in(sources, ReadOptions::default(), keys, ui)
    }

    /// The same, in batches of so many rows.
    pub(crate) fn open_in_batches(
        &self,
        rows: usize,
        sources: &[String],
        keys: KeyFinder,
        ui: Ui,
    ) -> Result<Source, Error> {
        self.open_in(sources, ReadOptions { batch_rows: rows, ..ReadOptions::default() }, keys, ui)
    }

    fn open_in(&self, sources: &[String], mut options: ReadOptions, keys: KeyFinder, ui: Ui) -> Result<Source, Error> {
        let locations = sources.iter().map(|s| Location::parse(s)).collect::<Result<Vec<_>, _>>()?;
        options.format = self.format.as_deref().map(format).transpose()?;
        options.delimiter = self.delimiter.as_deref().map(|d| ascii("--delimiter", d)).transpose()?;
        options.quote = self.quote.as_deref().map(|q| ascii("--quote", q)).transpose()?;
        options.encoding = self.encoding.as_deref().map(encoding).transpose()?;
        options.keys = Some(keys);
        let source = Source::open(&locations, &options)?;
        // What was passed over may hold personal data too: nobody should think that it was looked at.
        for file in source.skipped() {
            ui.warn(format!("`{}` was passed over: its name tells no format, or another one", file.display()));
        }
        Ok(source)
    }
}

/// How to write an output.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Writing")]
pub(crate) struct OutputArgs {
    /// Format of the output, if its name does not tell; needed for `-o -`
    #[arg(long, value_name = "FORMAT")]
    to_format: Option<String>,
    /// Compression of Parquet and Avro: none, snappy, zstd
    #[arg(long, value_name = "NAME")]
    compression: Option<String>,
    /// Encrypt a Parquet output: `uniform`, one key, or `columns`, a key for each personal column
    #[arg(long, value_name = "HOW")]
    encrypt: Option<String>,
}

impl OutputArgs {
    pub(crate) fn options(&self) -> Result<WriteOptions, Error> {
        let mut options = WriteOptions::default();
        options.format = self.to_format.as_deref().map(format).transpose()?;
        if let Some(name) = &self.compression {
            options.compression = Some(name.parse::<Compression>().map_err(Error::from)?);
        }
        options.encryption = self.encrypt.as_deref().map(str::parse::<Encryption>).transpose().map_err(Error::from)?;
        Ok(options)
    }
}

/// Reads `-o`.
pub(crate) fn destination(text: &str) -> Result<Destination, Error> {
    Ok(Destination::parse(text)?)
}

fn format(name: &str) -> Result<Format, Error> {
    Ok(name.parse::<Format>()?)
}

fn encoding(name: &str) -> Result<Encoding, Error> {
    Ok(name.parse::<Encoding>()?)
}

fn ascii(option: &str, text: &str) -> Result<u8, Error> {
    match (text, text.as_bytes()) {
        ("tab" | "\\t", _) => Ok(b'\t'),
        (_, [byte]) if byte.is_ascii() => Ok(*byte),
        _ => Err(Error::usage(format!("`{text}` is not one ASCII character"), format!("for example `{option} ';'`"))),
    }
}
