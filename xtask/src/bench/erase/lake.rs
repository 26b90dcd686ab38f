//! The lake to erase in, and a copy of it to work on.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::step;

pub(in crate::bench) struct Lake {
    /// As it was made: never written to.
    pub(in crate::bench) whole: PathBuf,
    work: PathBuf,
}

impl Lake {
    /// Makes a lake of so many files, each of `percent` of 524,288 rows, unless it is there.
    pub(in crate::bench) fn make(python: &Path, folder: &Path, files: usize, percent: usize) -> Result<Self> {
        let whole = folder.join(format!("lake-{files}-{percent}"));
        if !whole.join("done").exists() {
            eprintln!("   making {} (once; two or three minutes)", whole.display());
            let scale = percent as f64 / 100.0;
            let mut make = Command::new(python);
            make.args(["-c", include_str!("lake.py")]).arg(&whole).args([files.to_string(), scale.to_string()]);
            step::stream(&mut make)?;
        }
        Ok(Self { whole, work: folder.join(format!("work-{files}-{percent}")) })
    }

    /// The list of so many people.
    pub(in crate::bench) fn people(&self, count: usize) -> PathBuf {
        self.whole.join(format!("erase-{count}.txt"))
    }

    /// The files of a layout, as they were made.
    pub(in crate::bench) fn layout(&self, layout: &str) -> PathBuf {
        self.whole.join(layout)
    }

    /// Where the copy of a layout is.
    pub(in crate::bench) fn work(&self, layout: &str) -> PathBuf {
        self.work.join(layout)
    }

    /// A copy of a layout, of which the disk knows already. Files that nobody wrote to since the last time stay.
    pub(in crate::bench) fn fresh(&self, layout: &str) -> Result<PathBuf> {
        let work = self.work(layout);
        fs::create_dir_all(&work)?;
        for file in fs::read_dir(self.layout(layout))? {
            let file = file?;
            let copy = work.join(file.file_name());
            let original = file.metadata()?;
            // The copy has the time of the original until somebody erases in it.
            let same =
                fs::metadata(&copy).is_ok_and(|copy| (copy.len(), copy.mtime()) == (original.len(), original.mtime()));
            if !same {
                fs::copy(file.path(), &copy)?;
                let copy = File::options().write(true).open(&copy)?;
                copy.set_modified(original.modified()?)?;
                copy.sync_all()?;
            }
        }
        Ok(work)
    }

    /// The files of a layout under names of their own: for a peer that removes the files that it replaced.
    pub(in crate::bench) fn linked(&self, layout: &str) -> Result<PathBuf> {
        let links = self.scratch("table")?;
        fs::create_dir_all(&links)?;
        for file in fs::read_dir(self.layout(layout))? {
            let file = file?;
            fs::hard_link(file.path(), links.join(file.file_name()))?;
        }
        Ok(links)
    }

    /// A place for a folder that is not there yet, or for a file.
    pub(in crate::bench) fn scratch(&self, name: &str) -> Result<PathBuf> {
        let folder = self.work.join(name);
        if folder.is_dir() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&self.work)?;
        Ok(folder)
    }

    /// Removes the copies; the lake too, unless it is to be kept for the next time.
    pub(in crate::bench) fn clear(self, keep: bool) -> Result {
        fs::remove_dir_all(&self.work)?;
        if keep { Ok(()) } else { Ok(fs::remove_dir_all(&self.whole)?) }
    }
}

/// The size of all files of a folder, in bytes.
pub(in crate::bench) fn size(folder: &Path) -> Result<u64> {
    let mut size = 0;
    for file in fs::read_dir(folder)? {
        size += file?.metadata()?.len();
    }
    Ok(size)
}
