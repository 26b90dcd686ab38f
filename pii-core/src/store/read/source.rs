use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::align::{Common, check_columns};
use super::input::{Input, Meter, unpacked_name};
use super::{Opened, ReadOptions, avro, csv, ipc, json, parquet};
use crate::store::location::Found;
use crate::store::{Error, Format, Listed, Location, Objects};

/// A dataset that is ready to be read: its files are found, and agree on their columns.
pub struct Source {
    options: ReadOptions,
    format: Format,
    files: Vec<PathBuf>,
    skipped: Vec<PathBuf>,
    inputs: VecDeque<Input>,
    common: Common,
    /// The first input, opened: standard input can be opened only once.
    first: Option<(String, Opened)>,
    rows: Option<u64>,
    bytes: Option<u64>,
    progress: Progress,
}

impl Source {
    /// Finds the files and reads their columns. JSON lines are read from end to end.
    ///
    /// Standard input needs [`ReadOptions::format`]; for JSON lines, Parquet and Arrow it is kept in an unnamed
    /// temporary file.
    ///
    /// # Errors
    /// Where there are no files, they cannot be read, are of several formats, or do not agree on their columns.
    pub fn open(locations: &[Location], options: &ReadOptions) -> Result<Self, Error> {
        let mut found = Found::default();
        for path in locations.iter().filter_map(Location::path) {
            found.add(path, options.format)?;
        }
        let stdin = locations.iter().any(Location::is_stdin);
        let inputs: VecDeque<Input> = if stdin && locations.len() > 1 {
            return Err(Error::StdinNotAlone);
        } else if stdin {
            VecDeque::from([Input::Stdin])
        } else {
            found.files.iter().cloned().map(Input::File).collect()
        };
        Self::of(inputs, found, options)
    }

    /// Files that were listed, as one dataset. What everybody sees of an object, and what is packed in a text, is kept in an
    /// unnamed temporary file while it is read.
    ///
    /// # Errors
    /// As for [`Source::open`]; [`Error::NoCredentials`] for an object without a store, and what the store says.
    pub fn listed(files: &[Listed], objects: Option<&Objects>, options: &ReadOptions) -> Result<Self, Error> {
        let inputs = files.iter().map(|file| Input::listed(file, objects)).collect::<Result<Vec<_>, _>>()?;
        Self::of(inputs.into_iter().flatten().collect(), Found::default(), options)
    }

    fn of(mut inputs: VecDeque<Input>, found: Found, options: &ReadOptions) -> Result<Self, Error> {
        let format = one_format(&inputs, options.format)?;
        // A single stream of CSV or Avro is read as it comes; anything else is read twice, or from its end.
        if inputs.len() > 1 || matches!(format, Format::JsonLines | Format::Parquet | Format::ArrowIpc) {
            inputs = inputs.into_iter().map(Input::spool).collect::<Result<_, _>>()?;
        }
        let inferred = match format {
            Format::JsonLines => Some(json::infer(inputs.make_contiguous(), options)?),
            _ => None,
        };

        let progress = Progress::default();
        let (mut first, mut common, mut rows) = (None, None::<Common>, Some(0));
        for input in &inputs {
            let name = input.name();
            let meter = if first.is_none() { progress.bytes.clone() } else { Meter::default() };
            let opened = open(input, format, options, &meter, inferred.as_ref())?;
            check_columns(&opened.schema, &name)?;
            rows = rows.zip(opened.rows).map(|(sum, more)| sum + more);
            match &mut common {
                Some(common) => common.admit(&opened.schema, &name)?,
                None => common = Some(Common { schema: Arc::clone(&opened.schema), file: name.clone() }),
            }
            if first.is_none() {
                first = Some((name, opened));
            }
        }
        let bytes = inputs.iter().map(Input::size).sum();
        inputs.pop_front();
        Ok(Self {
            options: options.clone(),
            format,
            files: found.files,
            skipped: found.skipped,
            inputs,
            common: common.ok_or(Error::NoSource)?,
            first,
            rows,
            bytes,
            progress,
        })
    }

    /// The columns of every batch.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.common.schema)
    }

    /// The files, in the order in which they are read; none for standard input.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Files in a folder or under a glob that are left out, because their name tells no format or another than the
    /// one asked for. Hidden files, and names that begin with `_`, are not counted.
    pub fn skipped(&self) -> &[PathBuf] {
        &self.skipped
    }

    /// The format of all files.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The number of rows, where the files say: in Parquet.
    pub fn rows_hint(&self) -> Option<u64> {
        self.rows
    }

    /// The size of all files in bytes; unknown for standard input.
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// A view of how far the reading has come.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Reads the rows. After an error there are no more.
    pub fn batches(self) -> Batches {
        Batches {
            options: self.options,
            format: self.format,
            inputs: self.inputs,
            common: self.common,
            current: self.first,
            progress: self.progress,
            failed: false,
        }
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("format", &self.format).field("files", &self.files).finish_non_exhaustive()
    }
}

/// How far the reading of a [`Source`] has come. Clones see the same reading, from any thread.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    bytes: Meter,
    rows: Meter,
}

impl Progress {
    /// Bytes read, of [`Source::bytes`].
    pub fn bytes(&self) -> u64 {
        self.bytes.get()
    }

    /// Rows handed out.
    pub fn rows(&self) -> u64 {
        self.rows.get()
    }
}

/// The rows of a [`Source`], file after file.
pub struct Batches {
    options: ReadOptions,
    format: Format,
    inputs: VecDeque<Input>,
    common: Common,
    current: Option<(String, Opened)>,
    progress: Progress,
    failed: bool,
}

impl Batches {
    fn read(&mut self) -> Result<Option<RecordBatch>, Error> {
        loop {
            if let Some((name, opened)) = &mut self.current {
                if let Some(batch) = opened.batches.next() {
                    // Also checks a file that was opened a second time, and has changed since the first.
                    let batch = self.common.align(&batch?, name)?.map_err(|e| Error::reading(name, self.format, &e))?;
                    self.progress.rows.add(batch.num_rows() as u64);
                    return Ok(Some(batch));
                }
                self.current = None;
            }
            let Some(input) = self.inputs.pop_front() else { return Ok(None) };
            let inferred = (self.format == Format::JsonLines).then_some(&self.common.schema);
            let opened = open(&input, self.format, &self.options, &self.progress.bytes, inferred)?;
            self.current = Some((input.name(), opened));
        }
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let batch = self.read();
        self.failed = batch.is_err();
        batch.transpose()
    }
}

fn open(
    input: &Input,
    format: Format,
    options: &ReadOptions,
    meter: &Meter,
    inferred: Option<&SchemaRef>,
) -> Result<Opened, Error> {
    match (format, inferred) {
        (_, Some(schema)) => json::open(input, options, meter, schema),
        (Format::JsonLines, None) => {
            let schema = json::infer(std::slice::from_ref(input), options)?;
            json::open(input, options, meter, &schema)
        }
        (Format::Csv, None) => csv::open(input, options, meter),
        (Format::Parquet, None) => parquet::open(input, options, meter),
        (Format::ArrowIpc, None) => ipc::open(input, options, meter),
        (Format::Avro, None) => avro::open(input, options, meter),
    }
}

fn one_format(inputs: &VecDeque<Input>, asked: Option<Format>) -> Result<Format, Error> {
    let Some(first) = inputs.front() else { return Err(Error::NoSource) };
    let format = Format::choose(asked, path_or_name(first).as_ref())?;
    for other in inputs.iter().skip(1) {
        let other_format = Format::choose(asked, path_or_name(other).as_ref())?;
        if other_format != format {
            return Err(Error::MixedFormats {
                first: first.name(),
                first_format: format,
                other: other.name(),
                other_format,
            });
        }
    }
    Ok(format)
}

fn path_or_name(input: &Input) -> PathBuf {
    match input.path() {
        Some(path) => path.to_owned(),
        // What is kept was unpacked.
        None => unpacked_name(Path::new(&input.name())).to_owned(),
    }
}

#[cfg(test)]
mod tests;
