use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::csv::Csv;
use super::html::Html;
use super::listed::create;
use super::look::Found;
use super::parquet::Parquet;
use super::tally::Tally;
use super::xlsx::Xlsx;
use super::{Format, cef, ocsf, syslog};
use crate::audit::{Checkpoint, Error, Hash};

/// Our reading of the evidence, in the making.
pub(super) enum View {
    Csv(Csv),
    Html(Html),
    Lines(Lines),
    Parquet(Box<Parquet>),
    Xlsx(Box<Xlsx>),
}

/// A line for each entry.
pub(super) struct Lines {
    file: BufWriter<File>,
    name: &'static str,
    write: Line,
    log: Log,
    line: String,
}

/// Writes an entry as a line, without its end.
type Line = fn(&Found<'_>, &Log, &mut String) -> Result<(), Error>;

/// What a view says of the log.
pub(super) struct Log {
    pub(super) origin: String,
    pub(super) keys: Vec<String>,
    /// SHA-256 of the signed checkpoint.
    pub(super) checkpoint: Hash,
}

impl Log {
    pub(super) fn of(checkpoint: &Checkpoint) -> Self {
        Self {
            origin: checkpoint.origin().to_owned(),
            keys: checkpoint.note().key_ids(),
            checkpoint: Hash::of(checkpoint.to_string().as_bytes()),
        }
    }
}

impl View {
    pub(super) fn open(format: Format, folder: &Path, log: Log) -> Result<Option<Self>, Error> {
        let Some(name) = format.view() else { return Ok(None) };
        let path = folder.join(name);
        Ok(Some(match format {
            Format::Jsonl => return Ok(None),
            Format::Csv => Self::Csv(Csv::new(create(&path)?)?),
            Format::Xlsx => Self::Xlsx(Box::new(Xlsx::new(&path)?)),
            Format::Parquet => Self::Parquet(Box::new(Parquet::new(create(&path)?)?)),
            Format::Ocsf => Self::Lines(Lines::new(&path, name, ocsf::line, log)?),
            Format::Cef => Self::Lines(Lines::new(&path, name, cef::line, log)?),
            Format::Syslog => Self::Lines(Lines::new(&path, name, syslog::line, log)?),
            Format::Html => Self::Html(Html::new(create(&path)?, folder, log.origin)?),
        }))
    }

    pub(super) fn take(&mut self, found: &Found<'_>) -> Result<(), Error> {
        match self {
            Self::Csv(csv) => csv.take(found),
            Self::Html(html) => html.take(found),
            Self::Lines(lines) => lines.take(found),
            Self::Parquet(parquet) => parquet.take(found),
            Self::Xlsx(xlsx) => xlsx.take(found),
        }
    }

    pub(super) fn close(self, tally: &Tally) -> Result<(), Error> {
        match self {
            Self::Csv(csv) => csv.close(),
            Self::Html(html) => html.close(tally),
            Self::Lines(mut lines) => lines.file.flush().map_err(|error| lines.failed(&error)),
            Self::Parquet(parquet) => parquet.close(),
            Self::Xlsx(xlsx) => xlsx.close(),
        }
    }
}

impl Lines {
    fn new(path: &Path, name: &'static str, write: Line, log: Log) -> Result<Self, Error> {
        Ok(Self { file: create(path)?, name, write, log, line: String::new() })
    }

    fn take(&mut self, found: &Found<'_>) -> Result<(), Error> {
        self.line.clear();
        (self.write)(found, &self.log, &mut self.line)?;
        self.line.push('\n');
        self.file.write_all(self.line.as_bytes()).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        Error::View { file: self.name, why: error.to_string() }
    }
}
