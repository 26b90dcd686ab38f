use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::Date;
use rayon::ThreadPool;
use rayon::prelude::*;

use super::formats::Formats;
use super::place::{self, LocalFile};
use super::plan::ListDigest;
use super::{Action, Error, Hits, Hold, Input, Plan, PlannedFile, Replacement, Rows, Values};
use crate::store::{self, Listing};

/// One column, one list of values, and what happens to the rows that hold them.
pub struct Eraser {
    pub(super) column: String,
    pub(super) values: Values,
    pub(super) action: Action,
    pub(super) formats: Formats,
    holds: Vec<(Hold, Option<Formats>)>,
    pub(super) threads: ThreadPool,
}

/// Told how far a plan, a search or a run has come; may say stop. Called by several threads.
pub type Go<'a> = &'a (dyn Fn(Progress) -> ControlFlow<()> + Sync);

/// How far it has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Bytes of the files that are done with.
    pub bytes: u64,
    /// Bytes of all files.
    pub of_bytes: u64,
}

impl Eraser {
    /// Works on as many files at once as there are `threads`; 0 stands for as many as the machine has.
    ///
    /// # Errors
    /// [`Error::Random`]; [`Error::Impossible`] if a value would be replaced by one of the list.
    pub fn new(column: &str, values: Values, action: Action, threads: usize) -> Result<Self, Error> {
        if let Action::Replace(_, Replacement::Constant(text)) = &action
            && values.iter().any(|value| value == text)
        {
            let why = "what is to take the place of the values is one of them".to_owned();
            return Err(Error::Impossible { file: column.to_owned(), why });
        }
        let formats = Formats::new(column, &values)?;
        let threads = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let threads = threads.map_err(|error| Error::Impossible { file: column.to_owned(), why: error.to_string() })?;
        Ok(Self { column: column.to_owned(), values, action, formats, holds: Vec::new(), threads })
    }

    /// Leaves alone what is held on this day.
    ///
    /// # Errors
    /// [`Error::Random`].
    pub fn with_holds(mut self, holds: Vec<Hold>, today: Date) -> Result<Self, Error> {
        for hold in holds.into_iter().filter(|hold| hold.holds(today)) {
            let formats = hold.values.as_ref().map(|values| Formats::new(&self.column, values)).transpose()?;
            self.holds.push((hold, formats));
        }
        Ok(self)
    }

    /// The column and what happens, for the log.
    pub fn action(&self) -> (&str, &Action) {
        (&self.column, &self.action)
    }

    /// Looks for the rows in all files of `listing`; changes nothing. `to_keep`: another process may run the plan, so each
    /// file is told by the digest of its bytes.
    ///
    /// # Errors
    /// A file that cannot be read, or has no such column, or more names than one (its bytes would stay under the other),
    /// is an error of the whole plan. [`Error::Interrupted`].
    pub fn plan(&self, listing: &Listing, to_keep: bool, go: Go<'_>) -> Result<Plan, Error> {
        let files = self.each(listing, go, |path| self.plan_file(path, to_keep))?;
        let looked_at = files.len() as u64;
        let mut files: Vec<_> = files.into_iter().flatten().collect();
        keep_some(&mut files);
        Ok(Plan {
            v: 1,
            column: self.column.clone(),
            action: self.action.clone(),
            values: ListDigest::new(&self.values)?,
            looked_at,
            files,
            skipped: listing.skipped.clone(),
        })
    }

    /// Does something with each file, several at once; gives the results in order, or the first error in order.
    fn each<T: Send>(
        &self,
        listing: &Listing,
        go: Go<'_>,
        act: impl Fn(&Path) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        let mut seen = HashSet::new();
        let files = listing.files.iter().map(|path| place::resolve(path)).collect::<Result<Vec<PathBuf>, _>>()?;
        let files: Vec<_> = files.into_iter().filter(|path| seen.insert(path.clone())).collect();
        let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        let (bytes, of_bytes) = (AtomicU64::new(0), files.iter().map(size).sum());
        let one = |path: &PathBuf| {
            let done = bytes.fetch_add(size(path), Ordering::Relaxed);
            match go(Progress { bytes: done, of_bytes }) {
                ControlFlow::Continue(()) => act(path),
                ControlFlow::Break(()) => Err(Error::Interrupted),
            }
        };
        self.threads.install(|| files.par_iter().map(one).collect())
    }

    fn plan_file(&self, path: &Path, to_keep: bool) -> Result<Option<PlannedFile>, Error> {
        let file = LocalFile::open(path)?;
        let format = format_of(path)?;
        let all = self.formats.of(format, file.name())?.find(&file)?;
        if all.hit.is_empty() {
            return Ok(None);
        }
        let (free, grounds) = self.free(&file, format, &all)?;
        if !free.is_empty() && file.names() > 1 {
            let why = "it has another name (a hard link), under which its bytes would stay".to_owned();
            return Err(Error::Impossible { file: file.name().to_owned(), why });
        }
        Ok(Some(PlannedFile {
            path: path.to_owned(),
            format: format.name().to_owned(),
            version: file.version(to_keep)?,
            rows: all.rows,
            hits: free.count(),
            held: all.hit.count() - free.count(),
            grounds,
            found: Some(Hits { rows: all.rows, hit: free }),
        }))
    }

    /// Those of the rows found that nothing holds, and what holds the others.
    pub(super) fn free(
        &self,
        file: &LocalFile,
        format: store::Format,
        all: &Hits,
    ) -> Result<(Rows, Vec<String>), Error> {
        let (mut free, mut grounds) = (all.hit.clone(), Vec::new());
        for (hold, formats) in &self.holds {
            let before = free.count();
            if hold.covers(file.path()) {
                free = Rows::default();
            } else if let Some(formats) = formats {
                free = free.without(&formats.of(format, file.name())?.find(file)?.hit);
            }
            if free.count() < before {
                grounds.push(hold.ground.clone());
            }
        }
        Ok((free, grounds))
    }
}

pub(super) fn format_of(path: &Path) -> Result<store::Format, Error> {
    let unknown = || store::Error::NoFormat { file: path.display().to_string() };
    Ok(store::Format::of_path(path).ok_or_else(unknown)?)
}

/// Row numbers are kept for the run as long as they are few: what is forgotten is found again.
fn keep_some(files: &mut [PlannedFile]) {
    let mut room = RANGES;
    for file in files {
        let ranges = file.found.as_ref().map_or(0, |hits| hits.hit.ranges().len());
        match room.checked_sub(ranges) {
            Some(left) => room = left,
            None => file.found = None,
        }
    }
}

/// 16 bytes each.
const RANGES: usize = 2 << 20;
