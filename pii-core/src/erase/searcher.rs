use std::collections::HashMap;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::ThreadPool;
use rayon::prelude::*;

use super::place::{self, LocalFile, OpenFile};
use super::search::{self, Depth, Needles};
use super::{Address, Error, Go, Progress, Residue, Values};
use crate::store::{Everything, Listed, ListedAt, Listing, Objects};

/// Looks for values in every byte of files: of data, of logs, of what table formats write about data.
pub struct Searcher {
    needles: Needles,
    column: Option<String>,
    threads: ThreadPool,
}

/// What a search found.
#[derive(Debug, Default)]
pub struct Searched {
    /// Files that were searched to their ends.
    pub files: u64,
    /// How many bytes were looked at, after decompression.
    pub bytes: u64,
    /// Where values stand: the first places of each value in each file.
    pub places: Vec<Residue>,
    /// How many places there are in all.
    pub found: u64,
    /// Files that were not searched, or not to their ends, and why: what is in them nobody can say.
    pub failed: Vec<(Address, Error)>,
}

impl Searcher {
    /// For these values, on so many files at once; 0 stands for as many as the machine has. `column`: whose partitions may
    /// be told by short values.
    ///
    /// # Errors
    /// [`Error::Impossible`]: no threads.
    pub fn new(values: &Values, column: Option<&str>, threads: usize) -> Result<Self, Error> {
        let threads = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let impossible = |why: String| Error::Impossible { file: "the search".to_owned(), why };
        let threads = threads.map_err(|error| impossible(error.to_string()))?;
        Ok(Self { needles: Needles::new(values), column: column.map(str::to_owned), threads })
    }

    /// Searches all files and all names; of objects, also the old versions that are kept of them.
    ///
    /// # Errors
    /// [`Error::Interrupted`]. What goes wrong with a file is in the [`Searched`].
    pub fn search(
        &self,
        everything: &Everything,
        listing: &Listing,
        objects: Option<&Objects>,
        go: Go<'_>,
    ) -> Result<Searched, Error> {
        let far: Vec<ListedAt> = listing.files.iter().map(|Listed(at)| at.clone()).collect();
        let near = everything.files.iter().cloned().map(ListedAt::Path);
        let all: Vec<ListedAt> = near.chain(far).collect();
        let (bytes, of_bytes) = (AtomicU64::new(0), all.iter().map(place::bytes).sum());
        let one = |listed: &ListedAt| {
            let done = bytes.fetch_add(place::bytes(listed), Ordering::Relaxed);
            match go(Progress { bytes: done, of_bytes }) {
                ControlFlow::Continue(()) => Ok(self.listed(listed, objects)),
                ControlFlow::Break(()) => Err(Error::Interrupted),
            }
        };
        let files: Vec<_> = self.threads.install(|| all.par_iter().map(one).collect::<Result<_, _>>())?;
        let mut searched = Searched::default();
        for folder in &everything.folders {
            let mut kept = Kept::default();
            self.name(folder, &mut kept);
            searched.add(kept);
        }
        for (listed, (kept, ended)) in all.iter().zip(files) {
            searched.add(kept);
            match ended {
                Ok(bytes) => {
                    searched.files += 1;
                    searched.bytes += bytes;
                }
                Err(error) => searched.failed.push((place::address(listed), error)),
            }
        }
        Ok(searched)
    }

    fn listed(&self, listed: &ListedAt, objects: Option<&Objects>) -> (Kept, Result<u64, Error>) {
        if let ListedAt::Path(path) = listed {
            return self.file(path);
        }
        let mut kept = Kept::default();
        let told = place::address(listed).to_string();
        self.name(Path::new(&told), &mut kept);
        let ended = OpenFile::all(listed, objects).and_then(|versions| {
            let found = &mut |residue| kept.add(residue);
            versions
                .iter()
                .try_fold(0, |bytes, file| Ok(bytes + search::search(file, &self.needles, Depth::Everything, found)?))
        });
        (kept, ended)
    }

    fn file(&self, path: &Path) -> (Kept, Result<u64, Error>) {
        let mut kept = Kept::default();
        self.name(path, &mut kept);
        let ended = LocalFile::open(path)
            .and_then(|file| search::search(&file, &self.needles, Depth::Everything, &mut |residue| kept.add(residue)));
        (kept, ended)
    }

    fn name(&self, path: &Path, kept: &mut Kept) {
        let Some(name) = path.file_name() else { return };
        let told = path.display().to_string();
        let found = &mut |residue| kept.add(residue);
        search::search_name(&told, name.as_bytes(), self.column.as_deref(), &self.needles, found);
    }
}

impl Searched {
    /// Whether everything was searched, and nothing was found.
    pub fn is_clean(&self) -> bool {
        self.found == 0 && self.failed.is_empty()
    }

    fn add(&mut self, kept: Kept) {
        self.found += kept.found;
        let room = PLACES.saturating_sub(self.places.len());
        self.places.extend(kept.places.into_iter().take(room));
    }
}

/// The first places of each value in one file, and how many there are.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) places: Vec<Residue>,
    found: u64,
    of_value: HashMap<usize, u32>,
}

impl Kept {
    pub(super) fn add(&mut self, residue: Residue) {
        self.found += 1;
        let count = self.of_value.entry(residue.value).or_default();
        *count += 1;
        if *count <= OF_VALUE && self.places.len() < PLACES {
            self.places.push(residue);
        }
    }
}

/// Places of one value in one file that are told.
const OF_VALUE: u32 = 20;

/// Places that are told at all.
const PLACES: usize = 10_000;
