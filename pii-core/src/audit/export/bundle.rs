use std::fs;
use std::io;
use std::iter;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rayon::prelude::*;
use tempfile::TempDir;

use super::Format;
use super::listed::{Hashed, Listed};
use super::look::{Found, look};
use super::manifest::Manifest;
use super::proofs::Proofs;
use super::tally::Tally;
use super::view::{Log, View};
use crate::audit::durable;
use crate::audit::layout::{CHECKPOINT, KEYS, Layout};
use crate::audit::segment::{Block, Segment};
use crate::audit::{Error, Filter, Hash, Place, Receipt, Tree};
use crate::vocab::Actor;

/// An export in the making: a hidden folder beside its place.
///
/// [`Export::step`] until it returns `None`, [`Export::finish`], put what was exported on record, and
/// [`Staged::publish`]. Dropped before that, nothing stays.
#[must_use = "an export must be finished, or nothing is there"]
pub struct Export {
    draft: TempDir,
    to: PathBuf,
    layout: Layout,
    proofs: Proofs,
    filter: Filter,
    format: Format,
    segments: std::vec::IntoIter<u64>,
    open: Option<Segment>,
    pruned: u64,
    /// How many entries have been looked at.
    done: u64,
    shown: Shown,
}

/// What was found, as it is written.
struct Shown {
    evidence: Hashed,
    view: Option<View>,
    tally: Tally,
    /// The numbers of what was found, as long as they are few.
    few: Vec<u64>,
}

impl Export {
    /// Begins an export of the entries under the newest checkpoint of the log in `log` that `filter` wants, to the
    /// folder `to`, which must be empty or absent.
    ///
    /// # Errors
    /// [`Error::Occupied`], [`Error::WithinLog`], and as [`Tree::open`].
    pub fn begin(log: &Path, to: &Path, filter: Filter, format: Format) -> Result<Self, Error> {
        let tree = Tree::open(log)?;
        let layout = Layout::new(log);
        let draft = draft(log, to)?;
        let segments = layout.segments()?;
        let pruned = segments.first().copied().unwrap_or(tree.size()).min(tree.size());
        let shown = Shown {
            evidence: Hashed::create(&draft.path().join(EVIDENCE))?,
            view: View::open(format, draft.path(), Log::of(tree.checkpoint()))?,
            tally: Tally::default(),
            few: Vec::new(),
        };
        let proofs = Proofs::begin(tree, draft.path())?;
        let (to, segments) = (to.to_owned(), segments.into_iter());
        Ok(Self { draft, to, layout, proofs, filter, format, segments, open: None, pruned, done: pruned, shown })
    }

    /// How many entries the log has.
    pub fn size(&self) -> u64 {
        self.proofs.size()
    }

    /// Looks at some more entries; returns how many are behind it, pruned ones too, or `None` at the end.
    ///
    /// # Errors
    /// [`Error::Damaged`] for an entry that is not the one that was signed: such a log gives no evidence.
    pub fn step(&mut self) -> Result<Option<u64>, Error> {
        let end = self.size();
        let Some(block) = self.block()? else { return Ok(None) };
        let found = look(&block, end, &self.filter, self.shown.view.is_some())?;
        self.done = block.end().min(end);
        let Self { proofs, shown, .. } = self;
        let prove = || found.iter().try_for_each(|found| proofs.take(found));
        let show = || found.iter().try_for_each(|found| shown.take(found));
        let (proved, written) = rayon::join(prove, show);
        proved.and(written)?;
        Ok(Some(self.done))
    }

    /// The next entries; `None` behind the last that was signed.
    fn block(&mut self) -> Result<Option<Block>, Error> {
        while self.done < self.size() {
            let Some(segment) = &mut self.open else {
                match self.segments.next() {
                    Some(first) if first == self.done => self.open = Some(Segment::open(&self.layout, first, None)?),
                    _ => return Err(Error::damaged(Place::Entry(self.done), "it is in no segment")),
                }
                continue;
            };
            match segment.block()? {
                None => self.open = None,
                block => return Ok(block),
            }
        }
        Ok(None)
    }

    /// Writes what remains, flushes it all, and lets nobody see it yet.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::View`].
    pub fn finish(mut self, by: &Actor, at: Timestamp) -> Result<Staged, Error> {
        let folder = self.draft.path().to_owned();
        let Shown { evidence, view, tally, few } = self.shown;
        let evidence = evidence.close(EVIDENCE)?;
        let mut files = Vec::new();
        if let Some(view) = view {
            view.close(&tally)?;
            files.extend(self.format.view().map(str::to_owned));
        }
        let mut write = |name: String, text: &str| {
            let path = folder.join(&name);
            files.push(name);
            fs::write(&path, text).map_err(Error::io("write", &path))
        };
        let checkpoint = self.proofs.tree().checkpoint().clone();
        write(CHECKPOINT.to_owned(), &checkpoint.to_string())?;
        create_folder(&folder.join(KEYS))?;
        for key in self.layout.keys()? {
            let name = self.layout.key(&key);
            let name = name.file_name().unwrap_or_default().to_string_lossy();
            write(format!("{KEYS}/{name}"), &format!("{key}\n"))?;
        }
        if (1..=MOST_PROOFS).contains(&few.len()) {
            create_folder(&folder.join(PROOFS))?;
            for index in &few {
                write(format!("{PROOFS}/{index}.tlog-proof"), &self.proofs.tree().prove(*index)?.to_string())?;
            }
        }
        write("verify.py".to_owned(), VERIFIER)?;
        write("README.txt".to_owned(), README)?;
        let others = files.par_iter().map(|file| Listed::of(&folder, file)).collect::<Result<Vec<_>, _>>()?;
        let listed = iter::once(evidence).chain(others).collect();
        // Not the tiles, one for each 256 entries: the log has them, and `verify.py` would miss one.
        for inner in [KEYS, PROOFS].map(|name| folder.join(name)).iter().filter(|inner| inner.is_dir()) {
            durable::flush_folder(inner)?;
        }
        let manifest = Manifest::new(&checkpoint, self.pruned, &self.filter, &tally, self.format, (by, at), listed);
        let text = serde_json::to_string_pretty(&manifest).map_err(|error| Error::Json(error.into()))? + "\n";
        durable::replace(&folder.join(MANIFEST), text.as_bytes())?;
        let exported = Exported {
            folder: self.to,
            format: self.format,
            entries: checkpoint.size(),
            pruned: self.pruned,
            matched: tally.matched,
            manifest: Hash::of(text.as_bytes()),
        };
        Ok(Staged { draft: self.draft, exported })
    }
}

impl Shown {
    fn take(&mut self, found: &Found<'_>) -> Result<(), Error> {
        self.tally.add(found);
        if self.few.len() <= MOST_PROOFS {
            self.few.push(found.index);
        }
        self.evidence.line(found.payload)?;
        self.view.as_mut().map_or(Ok(()), |view| view.take(found))
    }
}

/// An export that is on disk and that nobody sees yet.
#[must_use = "an export must be published, or nothing is there"]
pub struct Staged {
    draft: TempDir,
    exported: Exported,
}

impl Staged {
    /// What it is.
    pub fn exported(&self) -> &Exported {
        &self.exported
    }

    /// Lets it be seen, now that it is on record.
    ///
    /// # Errors
    /// [`Error::Io`], also if the folder has been filled in the meantime.
    pub fn publish(self, _recorded: &Receipt) -> Result<Exported, Error> {
        let to = &self.exported.folder;
        fs::rename(self.draft.path(), to).map_err(Error::io("create", to))?;
        // It has another name now: there is nothing left to take away.
        let _ = self.draft.keep();
        durable::flush_folder(parent(to))?;
        Ok(self.exported)
    }
}

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// Where it lies.
    pub folder: PathBuf,
    /// How it is shown, besides the evidence.
    pub format: Format,
    /// How many entries the log has under the checkpoint.
    pub entries: u64,
    /// How many of them were pruned before, and could not be looked at.
    pub pruned: u64,
    /// How many were asked for, and are in it.
    pub matched: u64,
    /// SHA-256 of `manifest.json`, which names the digests of the rest.
    pub manifest: Hash,
}

/// A hidden folder beside `to`, which must be empty or absent and not within the log.
fn draft(log: &Path, to: &Path) -> Result<TempDir, Error> {
    match fs::read_dir(to).map(Iterator::count) {
        Ok(0) => {}
        Ok(_) => return Err(Error::Occupied { path: to.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(Error::io("create", to)(error)),
    }
    let parent = parent(to);
    create_folder(parent)?;
    let real = |path: &Path| fs::canonicalize(path).map_err(Error::io("read", path));
    if real(parent)?.starts_with(real(log)?) {
        return Err(Error::WithinLog { path: to.to_owned() });
    }
    tempfile::Builder::new().prefix(".audit-export-").tempdir_in(parent).map_err(Error::io("write in", parent))
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn create_folder(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(Error::io("create", path))
}

/// Up to this many entries each have a proof of their own, for any tool that reads C2SP `tlog-proof`.
const MOST_PROOFS: usize = 1000;

const EVIDENCE: &str = "entries.jsonl";
const MANIFEST: &str = "manifest.json";
const PROOFS: &str = "proofs";
const VERIFIER: &str = include_str!("verify.py");
const README: &str = include_str!("README.txt");
