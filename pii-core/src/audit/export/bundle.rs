use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rayon::prelude::*;
use tempfile::TempDir;

use super::Format;
use super::listed::Listed;
use super::look::{Found, look};
use super::manifest::Manifest;
use super::tally::Tally;
use super::view::{Log, View};
use crate::audit::durable;
use crate::audit::layout::{CHECKPOINT, KEYS, Layout};
use crate::audit::segment::{Block, Segment};
use crate::audit::tile;
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
    tree: Tree,
    filter: Filter,
    format: Format,
    segments: std::vec::IntoIter<u64>,
    open: Option<Segment>,
    pruned: u64,
    next: u64,
    evidence: BufWriter<File>,
    view: Option<View>,
    tally: Tally,
    /// The numbers of what was found, as long as they are few.
    few: Vec<u64>,
    /// The tile that was copied last, a level each.
    copied: Vec<Option<u64>>,
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
        let evidence = create(&draft.path().join(EVIDENCE))?;
        let view = View::open(format, draft.path(), Log::of(tree.checkpoint()))?;
        let mut export = Self {
            draft,
            to: to.to_owned(),
            layout,
            tree,
            filter,
            format,
            segments: segments.into_iter(),
            open: None,
            pruned,
            next: pruned,
            evidence,
            view,
            tally: Tally::default(),
            few: Vec::new(),
            copied: vec![None; 8],
        };
        for (level, index, width) in tile::right_edge(export.size()) {
            if width > 0 {
                export.copy_tile(level, index)?;
            }
        }
        Ok(export)
    }

    /// How many entries the log has.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Looks at some more entries; returns how many are behind it, pruned ones too, or `None` at the end.
    ///
    /// # Errors
    /// [`Error::Damaged`] for an entry that is not the one that was signed: such a log gives no evidence.
    pub fn step(&mut self) -> Result<Option<u64>, Error> {
        let end = self.size();
        while self.next < end {
            let Some(segment) = &mut self.open else {
                match self.segments.next() {
                    Some(first) if first == self.next => {
                        self.open = Some(Segment::open(&self.layout, first, None)?);
                        continue;
                    }
                    _ => return Err(Error::damaged(Place::Entry(self.next), "it is in no segment")),
                }
            };
            let Some(block) = segment.block()? else {
                self.open = None;
                continue;
            };
            self.next = segment.next().min(end);
            self.take(&block, end)?;
            return Ok(Some(self.next));
        }
        Ok(None)
    }

    fn take(&mut self, block: &Block, end: u64) -> Result<(), Error> {
        let place = self.draft.path().join(EVIDENCE);
        for found in look(block, end, &self.filter, self.view.is_some())? {
            self.prove(&found)?;
            self.tally.add(&found);
            if self.few.len() <= MOST_PROOFS {
                self.few.push(found.index);
            }
            let written = self.evidence.write_all(found.payload).and_then(|()| self.evidence.write_all(b"\n"));
            written.map_err(Error::io("write", &place))?;
            if let Some(view) = &mut self.view {
                view.take(&found)?;
            }
        }
        Ok(())
    }

    /// Copies the tiles that lead from an entry to the root, and sees that they begin with it.
    fn prove(&mut self, found: &Found<'_>) -> Result<(), Error> {
        let mut index = found.index >> 8;
        let leaves = self.tree.tile(0, index)?;
        if leaves.get(found.index as usize & 255) != Some(&found.leaf) {
            return Err(Error::damaged(Place::Entry(found.index), "it is not the entry that was signed"));
        }
        // What lies beyond the full tiles was copied at the beginning.
        for level in 0..8 {
            let known = self.copied.get(usize::from(level)).copied().flatten();
            if self.tree.width(level, index) < tile::WIDTH || known == Some(index) {
                break;
            }
            self.copy_tile(level, index)?;
            index >>= 8;
        }
        Ok(())
    }

    fn copy_tile(&mut self, level: u8, index: u64) -> Result<(), Error> {
        let hashes = self.tree.tile(level, index)?;
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        let path = self.draft.path().join(tile::path(level, index, hashes.len()));
        let written = fs::write(&path, &bytes).or_else(|error| match path.parent() {
            Some(folder) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(folder).and_then(|()| fs::write(&path, &bytes))
            }
            _ => Err(error),
        });
        written.map_err(Error::io("write", &path))?;
        if let Some(copied) = self.copied.get_mut(usize::from(level)) {
            *copied = Some(index);
        }
        Ok(())
    }

    /// Writes what remains, flushes it all, and lets nobody see it yet.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::View`].
    pub fn finish(mut self, by: &Actor, at: Timestamp) -> Result<Staged, Error> {
        let folder = self.draft.path().to_owned();
        let place = folder.join(EVIDENCE);
        self.evidence.flush().map_err(Error::io("write", &place))?;
        let mut files = vec![EVIDENCE.to_owned()];
        if let Some(view) = self.view.take() {
            view.close(&self.tally)?;
            files.extend(self.format.view().map(str::to_owned));
        }
        let mut write = |name: String, text: &str| {
            let path = folder.join(&name);
            files.push(name);
            fs::write(&path, text).map_err(Error::io("write", &path))
        };
        let checkpoint = self.tree.checkpoint().clone();
        write(CHECKPOINT.to_owned(), &checkpoint.to_string())?;
        create_folder(&folder.join(KEYS))?;
        for key in self.layout.keys()? {
            let name = self.layout.key(&key);
            let name = name.file_name().unwrap_or_default().to_string_lossy();
            write(format!("{KEYS}/{name}"), &format!("{key}\n"))?;
        }
        if (1..=MOST_PROOFS).contains(&self.few.len()) {
            create_folder(&folder.join(PROOFS))?;
            for index in &self.few {
                write(format!("{PROOFS}/{index}.tlog-proof"), &self.tree.prove(*index)?.to_string())?;
            }
        }
        write("verify.py".to_owned(), VERIFIER)?;
        write("README.txt".to_owned(), README)?;
        let listed = files.par_iter().map(|file| Listed::of(&folder, file)).collect::<Result<Vec<_>, _>>();
        // Not the tiles, one for each 256 entries: the log has them, and `verify.py` would miss one.
        for inner in [KEYS, PROOFS].map(|name| folder.join(name)).iter().filter(|inner| inner.is_dir()) {
            durable::flush_folder(inner)?;
        }
        let (pruned, filter, tally) = (self.pruned, &self.filter, &self.tally);
        let manifest = Manifest::new(&checkpoint, pruned, filter, tally, self.format, (by, at), listed?);
        let text = serde_json::to_string_pretty(&manifest).map_err(|error| Error::Json(error.into()))? + "\n";
        durable::replace(&folder.join(MANIFEST), text.as_bytes())?;
        let exported = Exported {
            folder: self.to,
            format: self.format,
            entries: checkpoint.size(),
            pruned: self.pruned,
            matched: self.tally.matched,
            manifest: Hash::of(text.as_bytes()),
        };
        Ok(Staged { draft: self.draft, exported })
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

/// A file of an export, to be written from the beginning.
pub(super) fn create(path: &Path) -> Result<BufWriter<File>, Error> {
    let file = File::create_new(path).map_err(Error::io("write", path))?;
    Ok(BufWriter::with_capacity(1 << 18, file))
}

/// Up to this many entries each have a proof of their own, for any tool that reads C2SP `tlog-proof`.
const MOST_PROOFS: usize = 1000;

const EVIDENCE: &str = "entries.jsonl";
const MANIFEST: &str = "manifest.json";
const PROOFS: &str = "proofs";
const VERIFIER: &str = include_str!("verify.py");
const README: &str = include_str!("README.txt");
