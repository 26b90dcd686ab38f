//! Files of other writers lose a person, and other readers see what is left.
//!
//! Needs a Python with pyarrow, duckdb and polars, named by `PII_TEST_PYTHON`; `cargo xtask` makes one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::ffi::OsStr;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use pii_core::erase::{Action, Error, Format, Input, IpcEraser, Output, ParquetEraser, Replacement, Values};

struct Old(String, Vec<u8>);

impl Input for Old {
    fn name(&self) -> &str {
        &self.0
    }

    fn size(&self) -> Result<u64, Error> {
        Ok(self.1.len() as u64)
    }

    fn read(&self, range: Range<u64>, into: &mut Vec<u8>) -> Result<(), Error> {
        into.clear();
        into.extend_from_slice(&self.1[range.start as usize..range.end as usize]);
        Ok(())
    }
}

struct New<'a>(&'a Old, Vec<u8>);

impl Output for New<'_> {
    fn copy(&mut self, range: Range<u64>) -> Result<(), Error> {
        self.1.extend_from_slice(&self.0.1[range.start as usize..range.end as usize]);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.1.extend_from_slice(bytes);
        Ok(())
    }

    fn position(&self) -> u64 {
        self.1.len() as u64
    }
}

fn python(script: &str, args: &[&OsStr]) -> String {
    let python = std::env::var_os("PII_TEST_PYTHON")
        .expect("PII_TEST_PYTHON names no Python: run the tests by `cargo xtask test`, or set it to one with pyarrow, duckdb, polars");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/writers").join(script);
    let output = Command::new(python).arg(script).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn three_readers_see_the_others_in_files_of_three_writers() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new, other) = (folder.path().join("old"), folder.path().join("new"), folder.path().join("other"));
    fs::create_dir(&other).unwrap();
    fs::create_dir(&old).unwrap();
    fs::create_dir(&new).unwrap();
    python("write.py", &[old.as_os_str()]);
    // The first and the last of the texts, and one in between.
    let gone = ["person-0", "person-42", "person-96"];
    let eraser = ParquetEraser::new("user", Values::new(gone.map(str::to_owned)).unwrap()).unwrap();
    for file in files(&old) {
        let input = Old(file.display().to_string(), fs::read(&file).unwrap());
        if file.file_stem() == Some(OsStr::new("brotli")) {
            assert!(matches!(eraser.find(&input), Err(Error::Unsupported { .. })));
            continue;
        }
        let hits = eraser.find(&input).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut output = New(&input, Vec::new());
        let done = eraser.rewrite(&input, &hits, &Action::DeleteRow, &mut output);
        let done = done.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(done.rows + hits.hit.count(), 3000, "{}", file.display());
        fs::write(new.join(file.file_name().unwrap()), output.1).unwrap();

        // The same rows, without the note, under another name.
        let mut nulled = New(&input, Vec::new());
        let notes = Action::NullColumns(vec!["note".to_owned(), "tags".to_owned()]);
        eraser.rewrite(&input, &hits, &notes, &mut nulled).unwrap();
        let nulled = Old(input.0.clone(), nulled.1);
        let mut renamed = New(&nulled, Vec::new());
        let nobody = Action::Replace(vec!["user".to_owned()], Replacement::Constant("nobody at all".to_owned()));
        eraser.rewrite(&nulled, &hits, &nobody, &mut renamed).unwrap();
        fs::write(other.join(file.file_name().unwrap()), renamed.1).unwrap();
    }
    let args: Vec<&OsStr> =
        [old.as_os_str(), new.as_os_str(), other.as_os_str()].into_iter().chain(gone.map(OsStr::new)).collect();
    assert_eq!(python("read.py", &args).lines().count(), files(&new).len());

    // A bit that fell over in a page with a checksum is an error.
    let file = old.join("pyarrow-crc.parquet");
    let mut input = Old(file.display().to_string(), fs::read(&file).unwrap());
    let at = input.1.windows(9).position(|window| window == b"person-42").unwrap();
    input.1[at + 7] ^= 1;
    let error = eraser.find(&input).unwrap_err();
    assert!(error.to_string().contains("checksum"), "{error}");
}

#[test]
fn three_readers_see_the_others_in_arrow_files_of_two_writers() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    fs::create_dir(&old).unwrap();
    fs::create_dir(&new).unwrap();
    python("write_arrow.py", &[old.as_os_str()]);
    let gone = ["person-0", "person-42", "person-96"];
    let eraser = IpcEraser::new("user", Values::new(gone.map(str::to_owned)).unwrap()).unwrap();
    for file in files(&old) {
        let input = Old(file.display().to_string(), fs::read(&file).unwrap());
        let hits = eraser.find(&input).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut output = New(&input, Vec::new());
        let done = eraser.rewrite(&input, &hits, &Action::DeleteRow, &mut output);
        let done = done.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(done.rows + hits.hit.count(), 3000, "{}", file.display());
        fs::write(new.join(file.file_name().unwrap()), output.1).unwrap();
    }
    let args: Vec<&OsStr> = [old.as_os_str(), new.as_os_str()].into_iter().chain(gone.map(OsStr::new)).collect();
    assert_eq!(python("read_arrow.py", &args).lines().count(), files(&old).len());
}
