use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::Date;
use rayon::ThreadPool;
use rayon::prelude::*;

use super::formats::Formats;
use super::place::{self, OpenFile};
use super::{Action, Address, Error, Hits, Hold, Input, Plan, PlannedFile, Replacement, Rows, Values};
use crate::store::{self, KeyFinder, Listed, ListedAt, Listing, Objects};

/// One column, one list of values, and what happens to the rows that hold them.
pub struct Eraser {
    pub(super) column: String,
    pub(super) values: Values,
    pub(super) action: Action,
    pub(super) formats: Formats,
    keys: Option<KeyFinder>,
    pub(super) holds: Vec<(Hold, Option<Formats>)>,
    pub(super) objects: Option<Arc<Objects>>,
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
        Ok(Self {
            column: column.to_owned(),
            values,
            action,
            formats,
            keys: None,
            holds: Vec::new(),
            objects: None,
            threads,
        })
    }

    /// Reaches objects, too.
    #[must_use]
    pub fn with_objects(mut self, objects: Arc<Objects>) -> Self {
        self.objects = Some(objects);
        self
    }

    /// Leaves alone what is held on this day.
    ///
    /// # Errors
    /// [`Error::Random`].
    pub fn with_holds(mut self, holds: Vec<Hold>, today: Date) -> Result<Self, Error> {
        for hold in holds.into_iter().filter(|hold| hold.holds(today)) {
            let formats = hold.values.as_ref().map(|values| Formats::new(&self.column, values)).transpose()?;
            let formats = formats.map(|formats| match &self.keys {
                Some(keys) => formats.with_keys(keys),
                None => formats,
            });
            self.holds.push((hold, formats));
        }
        Ok(self)
    }

    /// Opens encrypted files with these keys. To be called before [`Eraser::with_holds`].
    #[must_use]
    pub fn with_keys(mut self, keys: &KeyFinder) -> Self {
        self.formats = self.formats.with_keys(keys);
        self.keys = Some(keys.clone());
        self
    }

    /// The values by which rows are found.
    pub fn values(&self) -> &Values {
        &self.values
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
        let files = self.each(listing, go, |file| self.plan_file(file, to_keep))?;
        let looked_at = files.len() as u64;
        let mut files: Vec<_> = files.into_iter().flatten().map(|file| *file).collect();
        keep_some(&mut files);
        Ok(Plan {
            v: 1,
            column: self.column.clone(),
            action: self.action.clone(),
            values: self.values.digest()?,
            looked_at,
            files,
            skipped: listing.skipped.clone(),
        })
    }

    /// The files of `listing` in which rows hold a value, with how many; old versions are not looked into. Changes nothing.
    ///
    /// # Errors
    /// A file that cannot be read, or has no such column; [`Error::Interrupted`].
    pub fn holding(&self, listing: &Listing, go: Go<'_>) -> Result<Vec<(Listed, u64)>, Error> {
        let found = self.each(listing, go, |listed| {
            let format = format_of(&place::address(listed))?;
            let Some(file) = OpenFile::current(listed, self.objects.as_deref())? else { return Ok(None) };
            let rows = self.formats.of(format, file.name())?.find(&file)?.hit.count();
            Ok((rows > 0).then(|| (Listed(listed.clone()), rows)))
        })?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Does something with each file, several at once; gives the results in order, or the first error in order.
    fn each<T: Send>(
        &self,
        listing: &Listing,
        go: Go<'_>,
        act: impl Fn(&ListedAt) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        let mut seen = HashSet::new();
        let files = listing.files.iter().map(|listed| place::resolve(&listed.0)).collect::<Result<Vec<_>, _>>()?;
        let files: Vec<_> = files.into_iter().filter(|file| seen.insert(place::address(file))).collect();
        drop(seen);
        let (bytes, of_bytes) = (AtomicU64::new(0), files.iter().map(place::bytes).sum());
        let one = |file: &ListedAt| {
            let done = bytes.fetch_add(place::bytes(file), Ordering::Relaxed);
            match go(Progress { bytes: done, of_bytes }) {
                ControlFlow::Continue(()) => act(file),
                ControlFlow::Break(()) => Err(Error::Interrupted),
            }
        };
        self.threads.install(|| files.par_iter().map(one).collect())
    }

    fn plan_file(&self, listed: &ListedAt, to_keep: bool) -> Result<Option<Box<PlannedFile>>, Error> {
        let address = place::address(listed);
        let format = format_of(&address)?;
        let mut planned = PlannedFile {
            file: address,
            format: format.name().to_owned(),
            version: None,
            rows: 0,
            hits: 0,
            held: 0,
            grounds: Vec::new(),
            old: Vec::new(),
            stay: Vec::new(),
            found: None,
        };
        if let Some(file) = OpenFile::current(listed, self.objects.as_deref())? {
            let known = self.formats.of(format, file.name())?;
            let all = known.find(&file)?;
            let (free, grounds) = self.free(&file, format, &all)?;
            if !free.is_empty() {
                file.stands_alone()?;
                known.allows(&file, &self.action)?;
            }
            // A digest is the price of a whole file: only where it will be asked for.
            planned.version = Some(file.version(to_keep && !all.hit.is_empty())?);
            planned.rows = all.rows;
            planned.hits = free.count();
            planned.held = all.hit.count() - free.count();
            planned.grounds = grounds;
            planned.found = Some(Hits { rows: all.rows, hit: free });
        }
        if let ListedAt::Object(object) = listed {
            self.plan_old(object, format, &mut planned)?;
        }
        let of_interest = planned.hits > 0 || !planned.grounds.is_empty() || !planned.old.is_empty();
        // Most files have no hit, and there may be very many.
        Ok(of_interest.then(|| Box::new(planned)))
    }

    /// Those of the rows found that nothing holds, and what holds the others.
    pub(super) fn free(
        &self,
        file: &OpenFile<'_>,
        format: store::Format,
        all: &Hits,
    ) -> Result<(Rows, Vec<String>), Error> {
        let (mut free, mut grounds) = (all.hit.clone(), Vec::new());
        for (hold, formats) in &self.holds {
            let before = free.count();
            if hold.covers(file.address()) {
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

pub(super) fn format_of(file: &Address) -> Result<store::Format, Error> {
    let unknown = || store::Error::NoFormat { file: file.to_string() };
    Ok(store::Format::of_packed(file.as_name()).ok_or_else(unknown)?)
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
