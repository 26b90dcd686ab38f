//! What an access request (Art. 15) or a portability request (Art. 20) gives to the person: one ZIP file.
//!
//! ```text
//! data/DATASET.jsonl   the person's rows, exact
//! data/DATASET.csv     the same for spreadsheets
//! schema/DATASET.json  JSON Schema of a row, with category, origin and meaning of each column
//! index.html           for people: no network, no script
//! manifest.json        what Art. 15(1) has told, and the SHA-256 of every file above
//! manifest.sig         its signature: `minisign -Vm manifest.json -x manifest.sig -p minisign.pub`
//! minisign.pub         the key, which is worth something only if it was also got on another way
//! ```
//!
//! The same input gives the same bytes: nothing asks a clock, and files stand in the order of the datasets' names. A
//! package is written in one go, in memory that does not grow with the rows, and sealed on its way
//! ([`SealTo`]). [`verify`] tells whether one is as it was signed.

mod cell;
mod cover;
mod csv;
mod lines;
mod manifest;
mod page;
mod schema;
mod seal;
mod select;
mod table;
#[cfg(test)]
mod tests;
mod verify;
mod zip;

use std::io::{self, Write};

use ring::digest::{Context, SHA256};

pub use super::paper::Language;
pub use cover::{Cover, Kind, MentionLine, PurposeLine, RecipientLine};
pub use seal::{Opener, SealTo, is_sealed};
pub use table::{Batches, Column, Rows, Table};
pub use verify::{Flaw, Package as Verified, Verdict, verify};

use self::manifest::Filed;
use self::page::Preview;
use self::select::LeftOut;
use super::{DocumentKey, Error, IdentityVerified};
use crate::audit::Receipt;
use crate::vocab::DatasetId;

/// What goes to a person, in clear: made after their identity was verified, for them alone.
pub struct Package<'a> {
    cover: &'a Cover,
    tables: Vec<&'a Table<'a>>,
    key: &'a DocumentKey,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Rows of all datasets.
    pub rows: u64,
    /// Datasets that are in it.
    pub datasets: usize,
    /// Bytes of the files in it, before they were compressed.
    pub content: u64,
    /// Bytes that were written.
    pub bytes: u64,
    /// SHA-256 of what was written, for the log.
    pub sha256: [u8; 32],
}

impl<'a> Package<'a> {
    /// One of these tables. Nothing is read yet.
    ///
    /// # Errors
    /// [`Error::Twice`].
    pub fn new(
        cover: &'a Cover,
        tables: &'a [Table<'a>],
        key: &'a DocumentKey,
        _verified: &IdentityVerified,
    ) -> Result<Self, Error> {
        let mut tables: Vec<_> = tables.iter().collect();
        tables.sort_by(|a, b| a.dataset.cmp(&b.dataset));
        if let Some(twice) = tables.windows(2).find_map(|pair| match pair {
            [a, b] if a.dataset == b.dataset => Some(a.dataset.clone()),
            _ => None,
        }) {
            return Err(Error::Twice(twice));
        }
        Ok(Self { cover, tables, key })
    }

    /// Writes it so that only the person can open it (`.zip.age`). `receipt` is of the entry that says it goes to them.
    ///
    /// # Errors
    /// [`Error::Write`], what reading the rows fails with, and what cannot be put into a package. What was written until
    /// then is no package.
    pub fn write_sealed(&self, to: &SealTo, out: impl Write, _receipt: &Receipt) -> Result<Written, Error> {
        let mut sealed = to.seal(Tally::new(out))?;
        let (rows, datasets, content) = self.put(&mut sealed)?;
        sealed.finish().map_err(Error::Write)?.written(rows, datasets, content)
    }

    /// Writes it in clear (`.zip`), for a person who has no other way, into hands that they named.
    ///
    /// # Errors
    /// As [`write_sealed`](Self::write_sealed).
    pub fn write_clear(&self, out: impl Write, _receipt: &Receipt) -> Result<Written, Error> {
        let mut tally = Tally::new(out);
        let (rows, datasets, content) = self.put(&mut tally)?;
        tally.written(rows, datasets, content)
    }

    /// Writes the container, and says how many rows, datasets and bytes of files there are in it.
    fn put(&self, out: &mut dyn Write) -> Result<(u64, usize, u64), Error> {
        let mut left_out = Vec::new();
        let mut selected = Vec::new();
        for table in &self.tables {
            selected.extend(select::select(self.cover, table, &mut left_out)?);
        }
        left_out.extend(self.cover.mentions.iter().map(LeftOut::mention));
        let mut zip = zip::Writer::new(out, LEVEL);
        let (mut files, mut filed, mut previews) = (Vec::new(), Vec::new(), Vec::new());
        for selected in selected {
            let dataset = &selected.table.dataset;
            let [jsonl, csv] = data_files(dataset);
            let mut preview = Preview::default();
            let (file, first) = in_zip(zip.file(&jsonl, |out| Ok(lines::write(&selected, out)?)))?;
            files.push(file);
            let (file, second) = in_zip(zip.file(&csv, |out| Ok(csv::write(&selected, &mut preview, out)?)))?;
            files.push(file);
            if first != second {
                return Err(Error::RowsChanged { dataset: dataset.clone(), first, second });
            }
            filed.push(Filed { selected, rows: first });
            previews.push(preview);
        }
        let whole = |zip: &mut zip::Writer<_>, name: &str, content: &[u8]| {
            in_zip(zip.file(name, |out| Ok(out.write_all(content)?))).map(|(file, ())| file)
        };
        for Filed { selected, .. } in &filed {
            let text = format!("{:#}\n", schema::schema(selected));
            files.push(whole(&mut zip, &schema_file(&selected.table.dataset), text.as_bytes())?);
        }
        let page = page::page(self.cover, &filed, &previews, &left_out, self.key.public());
        files.push(whole(&mut zip, PAGE, page.as_bytes())?);
        let manifest = manifest::manifest(self.cover, &filed, &left_out, &files);
        let signature = self.key.sign(&manifest, MANIFEST, self.cover.generated);
        let key = self.key.public().file();
        for (name, content) in
            [(MANIFEST, manifest.as_slice()), (SIGNATURE, signature.as_bytes()), (KEY, key.as_bytes())]
        {
            whole(&mut zip, name, content)?;
        }
        zip.finish().map_err(Error::Write)?;
        let content = files.iter().map(|file| file.bytes).sum();
        Ok((filed.iter().map(|filed| filed.rows).sum(), filed.len(), content))
    }
}

/// What fails while a file is written into the container: the file's maker, or the container.
enum Failed {
    Maker(Error),
    Container(io::Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Maker(error)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Container(error)
    }
}

fn in_zip<T>(result: Result<T, Failed>) -> Result<T, Error> {
    result.map_err(|failed| match failed {
        Failed::Maker(error) => error,
        Failed::Container(error) => Error::Write(error),
    })
}

/// Counts and digests what goes out.
struct Tally<W> {
    out: W,
    bytes: u64,
    sha256: Context,
}

impl<W: Write> Tally<W> {
    fn new(out: W) -> Self {
        Self { out, bytes: 0, sha256: Context::new(&SHA256) }
    }

    fn written(mut self, rows: u64, datasets: usize, content: u64) -> Result<Written, Error> {
        self.out.flush().map_err(Error::Write)?;
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.sha256.finish().as_ref());
        Ok(Written { rows, datasets, content, bytes: self.bytes, sha256 })
    }
}

impl<W: Write> Write for Tally<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sha256.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The names of a dataset's rows. A dataset's name has neither slash nor capital, so it leads nowhere else.
fn data_files(dataset: &DatasetId) -> [String; 2] {
    [format!("data/{dataset}.jsonl"), format!("data/{dataset}.csv")]
}

fn schema_file(dataset: &DatasetId) -> String {
    format!("schema/{dataset}.json")
}

const PAGE: &str = "index.html";
const MANIFEST: &str = "manifest.json";
const SIGNATURE: &str = "manifest.sig";
const KEY: &str = "minisign.pub";

/// Of deflate: quick, and text shrinks well at it already.
const LEVEL: u32 = 3;
