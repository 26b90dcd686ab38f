use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use super::object::StoredObject;
use super::{Error, Format, ObjectLocation, Objects};

/// Where a dataset lies: a file, a folder of files, a glob such as `in/*.csv`, or `-` for standard input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location(Place);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Place {
    Stdin,
    Path(PathBuf),
}

impl Location {
    /// Standard input.
    pub const STDIN: Self = Self(Place::Stdin);

    /// Reads a location.
    ///
    /// # Errors
    /// For an empty one, and for `s3://`, `postgres://`, `mysql://` or any other scheme: only paths so far.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ok(match local(text)? {
            "-" => Self::STDIN,
            path => Self::from(PathBuf::from(path)),
        })
    }

    /// Whether it is standard input.
    pub fn is_stdin(&self) -> bool {
        self.0 == Place::Stdin
    }

    /// The path or the pattern, unless it is standard input.
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Place::Stdin => None,
            Place::Path(path) => Some(path),
        }
    }
}

impl From<PathBuf> for Location {
    fn from(path: PathBuf) -> Self {
        Self(Place::Path(path))
    }
}

impl FromStr for Location {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path() {
            Some(path) => path.display().fmt(f),
            None => f.write_str("-"),
        }
    }
}

/// Where a table is written to: a file, or `-` for standard output.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Destination {
    /// Standard output.
    Stdout,
    /// A file. It appears under its name when it is published, whole.
    Path(PathBuf),
}

impl Destination {
    /// Reads a destination.
    ///
    /// # Errors
    /// As for [`Location::parse`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ok(match local(text)? {
            "-" => Self::Stdout,
            path => Self::Path(PathBuf::from(path)),
        })
    }
}

impl FromStr for Destination {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("standard output"),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

/// Refuses a destination that is one of the input files, by whatever path.
///
/// # Errors
/// [`Error::Overwrite`].
pub fn refuse_overwrite(inputs: &[PathBuf], destination: &Destination) -> Result<(), Error> {
    let Destination::Path(path) = destination else { return Ok(()) };
    // A target that does not exist yet is no input.
    let Ok(target) = path.canonicalize() else { return Ok(()) };
    if inputs.iter().any(|input| input.canonicalize().is_ok_and(|input| input == target)) {
        return Err(Error::Overwrite { file: path.display().to_string() });
    }
    Ok(())
}

/// The files that some locations stand for, and those that were passed over because their name tells no format.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Files, in the order of the locations, and of their names within a folder.
    pub files: Vec<Listed>,
    /// Files in a folder or under a glob whose name tells no format, or another one than was asked for.
    pub skipped: Vec<String>,
}

/// A file that was listed.
#[derive(Clone, Debug)]
pub struct Listed(pub(crate) ListedAt);

#[derive(Clone, Debug)]
pub(crate) enum ListedAt {
    Path(PathBuf),
    Object(StoredObject),
}

impl Listing {
    /// Looks where files lie: folders with the folders in them, globs, single files.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::EmptyFolder`], [`Error::NoMatch`], [`Error::Pattern`]; [`Error::EmptyLocation`] for
    /// standard input, which lies nowhere.
    pub fn of(locations: &[Location], asked: Option<Format>) -> Result<Self, Error> {
        let mut found = Found { packed: true, ..Found::default() };
        for location in locations {
            found.add(location.path().ok_or(Error::EmptyLocation)?, asked)?;
        }
        let files = found.files.into_iter().map(|path| Listed(ListedAt::Path(path))).collect();
        Ok(Self { files, skipped: found.skipped.iter().map(|path| path.display().to_string()).collect() })
    }

    /// That a file is not there, of the first one that is not: a path that names one file is listed as it is.
    pub fn missing(&self) -> Option<Error> {
        self.files.iter().find_map(|file| match &file.0 {
            ListedAt::Path(path) => {
                fs::metadata(path).err().map(|source| Error::Read { file: path.display().to_string(), source })
            }
            ListedAt::Object(_) => None,
        })
    }

    /// Looks for objects, too: a folder with all that is in it, those that a pattern matches, or one. Where the bucket keeps
    /// old versions, with these, and with objects of which nothing else is left.
    ///
    /// # Errors
    /// [`Error::NoObject`], [`Error::EmptyFolder`], [`Error::NoMatch`], [`Error::Pattern`]; [`Error::NoBucket`],
    /// [`Error::ObjectDenied`], [`Error::ObjectStore`].
    pub fn add(&mut self, objects: &Objects, source: &ObjectLocation) -> Result<(), Error> {
        let (files, skipped) = objects.find(source)?;
        self.files.extend(files.into_iter().map(|object| Listed(ListedAt::Object(object))));
        self.skipped.extend(skipped);
        Ok(())
    }
}

/// Where a dataset lies, with what it takes to come there.
#[derive(Clone, Debug)]
pub enum Whereabouts {
    /// On this machine.
    Here(Location),
    /// In a bucket: an object, a folder, a pattern.
    Bucket(ObjectLocation, Arc<Objects>),
}

impl Whereabouts {
    /// The files there.
    ///
    /// # Errors
    /// As of [`Listing::of`] and [`Listing::add`].
    pub fn listing(&self) -> Result<Listing, Error> {
        match self {
            Self::Here(location) => Listing::of(std::slice::from_ref(location), None),
            Self::Bucket(location, objects) => {
                let mut listing = Listing::default();
                listing.add(objects, location)?;
                Ok(listing)
            }
        }
    }

    /// The store of objects that they lie in, if they do.
    pub fn objects(&self) -> Option<&Arc<Objects>> {
        match self {
            Self::Here(_) => None,
            Self::Bucket(_, objects) => Some(objects),
        }
    }
}

/// All that lies at some locations, whatever it is called: data, and what was written about data.
#[derive(Clone, Debug, Default)]
pub struct Everything {
    /// Files, hidden ones too, in the order of the locations, and of their names within a folder.
    pub files: Vec<PathBuf>,
    /// The folders that they lie in, from the locations on.
    pub folders: Vec<PathBuf>,
    /// What is no file and no folder, and links to folders: nobody looks into these.
    pub skipped: Vec<PathBuf>,
}

impl Everything {
    /// Looks where files lie.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::EmptyFolder`], [`Error::NoMatch`], [`Error::Pattern`]; [`Error::EmptyLocation`] for
    /// standard input, which lies nowhere.
    pub fn at(locations: &[Location]) -> Result<Self, Error> {
        let mut all = Self::default();
        for path in locations.iter().map(Location::path) {
            let path = path.ok_or(Error::EmptyLocation)?;
            let before = all.files.len() + all.skipped.len();
            match pattern(path) {
                Some(pattern) => {
                    matches(pattern, glob::MatchOptions::new())?.iter().try_for_each(|path| all.add(path))?;
                    if all.files.len() + all.skipped.len() == before {
                        return Err(Error::NoMatch { pattern: pattern.to_owned() });
                    }
                }
                None => all.add(path)?,
            }
            if path.is_dir() && all.files.len() + all.skipped.len() == before {
                return Err(Error::EmptyFolder { folder: path.display().to_string() });
            }
        }
        let mut seen = std::collections::HashSet::new();
        all.files.retain(|path| seen.insert(path.clone()));
        Ok(all)
    }

    fn add(&mut self, path: &Path) -> Result<(), Error> {
        if !path.is_dir() {
            // What is not there is an error of whoever opens it; a pipe would be waited for.
            let there = path.exists() && !path.is_file();
            if there {
                self.skipped.push(path.to_owned())
            } else {
                self.files.push(path.to_owned())
            }
            return Ok(());
        }
        self.folders.push(path.to_owned());
        let unreadable = |source| Error::Read { file: path.display().to_string(), source };
        let mut entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(unreadable)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            // A link to a folder is not followed: it may lead back up.
            let link = entry.file_type().map_err(unreadable)?.is_symlink();
            if link && entry.path().is_dir() {
                self.skipped.push(entry.path());
            } else {
                self.add(&entry.path())?;
            }
        }
        Ok(())
    }
}

/// The files of some locations.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) files: Vec<PathBuf>,
    /// Files in a folder or under a glob whose name tells no format.
    pub(super) skipped: Vec<PathBuf>,
    /// Whether text that is packed, `.csv.gz`, counts.
    packed: bool,
}

impl Found {
    /// Adds what a path stands for. Folders are read in the order of their names, and so are the folders in them.
    pub(super) fn add(&mut self, path: &Path, asked: Option<Format>) -> Result<(), Error> {
        let before = self.files.len();
        if path.is_dir() {
            self.add_folder(path, asked)?;
            if self.files.len() == before {
                return Err(Error::EmptyFolder { folder: path.display().to_string() });
            }
        } else if let Some(pattern) = pattern(path) {
            self.add_matches(pattern, asked)?;
            if self.files.len() == before {
                return Err(Error::NoMatch { pattern: pattern.to_owned() });
            }
        } else {
            self.files.push(path.to_owned());
        }
        Ok(())
    }

    fn add_matches(&mut self, pattern: &str, asked: Option<Format>) -> Result<(), Error> {
        let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
        for path in matches(pattern, options)? {
            if path.is_dir() {
                self.add_folder(&path, asked)?;
            } else {
                self.add_file(path, asked);
            }
        }
        Ok(())
    }

    fn add_folder(&mut self, folder: &Path, asked: Option<Format>) -> Result<(), Error> {
        let unreadable = |source| Error::Read { file: folder.display().to_string(), source };
        let mut entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(unreadable)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            if is_hidden(&entry.path()) {
                continue;
            }
            // A link to a folder is not followed: it may lead back up.
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() {
                self.add_folder(&entry.path(), asked)?;
            } else if entry.path().is_file() {
                self.add_file(entry.path(), asked);
            } else if kind.is_symlink() {
                self.skipped.push(entry.path());
            }
        }
        Ok(())
    }

    fn add_file(&mut self, path: PathBuf, asked: Option<Format>) {
        let wanted = match (asked, if self.packed { Format::of_packed(&path) } else { Format::of_path(&path) }) {
            (Some(asked), Some(found)) => asked == found,
            (Some(_), None) => path.extension().is_none(),
            (None, found) => found.is_some(),
        };
        match wanted {
            _ if is_hidden(&path) => {}
            true => self.files.push(path),
            false => self.skipped.push(path),
        }
    }
}

/// Names that Spark, Delta and others give to what is not data: `_SUCCESS`, `_delta_log`, `.part-0.crc`.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| matches!(name.as_encoded_bytes().first(), Some(b'.' | b'_')))
}

fn matches(pattern: &str, options: glob::MatchOptions) -> Result<Vec<PathBuf>, Error> {
    let paths =
        glob::glob_with(pattern, options).map_err(|source| Error::Pattern { pattern: pattern.to_owned(), source })?;
    let unreadable = |e: glob::GlobError| Error::Read { file: e.path().display().to_string(), source: e.into() };
    paths.map(|path| path.map_err(unreadable)).collect()
}

/// A file that exists is not a pattern, whatever its name.
fn pattern(path: &Path) -> Option<&str> {
    let text = path.to_str()?;
    (text.contains(['*', '?', '[']) && !path.exists()).then_some(text)
}

fn local(text: &str) -> Result<&str, Error> {
    if text.is_empty() {
        return Err(Error::EmptyLocation);
    }
    match text.split_once("://") {
        None => Ok(text),
        Some((scheme @ ("s3" | "postgres" | "postgresql" | "mysql"), _)) => {
            Err(Error::NotSupportedYet { scheme: scheme.to_owned() })
        }
        Some((scheme, _)) => Err(Error::UnknownScheme { scheme: scheme.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(found: &[PathBuf], root: &Path) -> Vec<String> {
        found.iter().map(|p| p.strip_prefix(root).unwrap().display().to_string()).collect()
    }

    #[test]
    fn a_database_is_refused_without_repeating_its_password() {
        let error = Location::parse("postgres://dpo:secret@crm/shop").unwrap_err().to_string();
        assert_eq!(error, "`postgres://` is not supported yet: export the data to a file first");
        assert!(matches!(Location::parse("s3://lake/a.parquet"), Err(Error::NotSupportedYet { .. })));
        assert!(matches!(Destination::parse("gs://lake/a.parquet"), Err(Error::UnknownScheme { .. })));
        assert!(matches!(Location::parse(""), Err(Error::EmptyLocation)));
    }

    #[test]
    fn a_dash_is_standard_input() {
        assert!(Location::parse("-").unwrap().is_stdin());
        assert_eq!(Destination::parse("-").unwrap(), Destination::Stdout);
        assert_eq!(Location::parse("a.csv").unwrap().to_string(), "a.csv");
    }

    #[test]
    fn a_folder_gives_its_data_files_in_order() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["day=2/b.csv", "day=1/a.csv", "_SUCCESS", ".a.csv.crc", "_delta_log/0.csv", "README.md"] {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "a\n").unwrap();
        }
        let mut found = Found::default();
        found.add(dir.path(), None).unwrap();
        assert_eq!(names(&found.files, dir.path()), ["day=1/a.csv", "day=2/b.csv"]);
        assert_eq!(names(&found.skipped, dir.path()), ["README.md"]);
    }

    #[test]
    fn a_glob_or_a_folder_without_files_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let mut found = Found::default();
        assert!(matches!(found.add(dir.path(), None), Err(Error::EmptyFolder { .. })));
        assert!(matches!(found.add(&dir.path().join("*.csv"), None), Err(Error::NoMatch { .. })));
        assert!(matches!(found.add(&dir.path().join("a***"), None), Err(Error::Pattern { .. })));
    }

    #[test]
    fn a_name_with_brackets_is_a_file_if_there_is_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a[1].csv");
        fs::write(&path, "a\n").unwrap();
        let mut found = Found::default();
        found.add(&path, None).unwrap();
        assert_eq!(found.files, [path]);
    }

    #[test]
    fn the_output_cannot_be_an_input() {
        let dir = tempfile::tempdir().unwrap();
        let input = dir.path().join("a.csv");
        fs::write(&input, "a\n").unwrap();
        let by_another_way = Destination::Path(dir.path().join(".").join("a.csv"));
        assert!(matches!(
            refuse_overwrite(std::slice::from_ref(&input), &by_another_way),
            Err(Error::Overwrite { .. })
        ));
        refuse_overwrite(&[input], &Destination::Path(dir.path().join("b.csv"))).unwrap();
    }
}
