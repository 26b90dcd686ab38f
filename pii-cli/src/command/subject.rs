//! A person, named to a command: through standard input or a file, never on the command line.

use std::io::Read;
use std::path::{Path, PathBuf};

use pii_core::vocab::{Identifier, Personal};

use crate::error::Error;

/// Where the identifiers of a person come from: one of these, or none.
#[derive(Debug, clap::Args)]
#[group(id = "who", multiple = false)]
pub(crate) struct SubjectArgs {
    /// Read identifiers from standard input: `--subject -`
    #[arg(long, value_name = "-")]
    subject: Option<String>,
    /// Read identifiers from a file
    #[arg(long, value_name = "FILE")]
    subject_file: Option<PathBuf>,
}

impl SubjectArgs {
    /// Whether a person is asked for.
    pub(crate) fn is_given(&self) -> bool {
        self.subject.is_some() || self.subject_file.is_some()
    }

    /// Reads lines of `kind=value`. `misplaced` is what else stood on the command line, and is not repeated.
    pub(crate) fn read(&self, misplaced: &[String], hint: &str) -> Result<Vec<Identifier>, Error> {
        refuse(misplaced, hint)?;
        if self.subject.as_ref().is_some_and(|subject| subject != "-") {
            return Err(on_the_command_line(hint));
        }
        let text = text(self.subject_file.as_deref().unwrap_or(Path::new("-")))?;
        let lines = text.expose().lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
        let identifiers = lines.map(Identifier::parse).collect::<Result<Vec<_>, _>>();
        let identifiers = identifiers.map_err(|e| Error::usage(e.to_string(), hint))?;
        if identifiers.is_empty() {
            return Err(Error::usage("no identifier was given", hint));
        }
        Ok(identifiers)
    }

    /// Reads what else is said of the person from a file, or from standard input if the identifiers do not come from there.
    pub(crate) fn lines(&self, file: &Path) -> Result<Personal<String>, Error> {
        if file == Path::new("-") && self.subject.is_some() {
            return Err(Error::usage(
                "identifiers and more cannot both come from standard input",
                "put one of them into a file: `--subject-file FILE`",
            ));
        }
        text(file)
    }

    /// Reads a note, as [`lines`](Self::lines).
    pub(crate) fn note(&self, file: &Path) -> Result<Personal<String>, Error> {
        let note = Personal::new(self.lines(file)?.expose().trim().to_owned());
        if note.expose().is_empty() {
            return Err(Error::usage("the note is empty", "leave `--note-file` out if there is nothing to say"));
        }
        Ok(note)
    }
}

/// What was given may be personal: it is not repeated, as an unexpected argument would be.
pub(crate) fn refuse(misplaced: &[String], hint: &str) -> Result<(), Error> {
    if misplaced.is_empty() { Ok(()) } else { Err(on_the_command_line(hint)) }
}

fn on_the_command_line(hint: &str) -> Error {
    Error::usage("identifiers of a person do not belong on the command line", hint)
}

/// A small text file, or standard input.
fn text(file: &Path) -> Result<Personal<String>, Error> {
    let mut text = String::new();
    if file == Path::new("-") {
        let read = std::io::stdin().lock().take(LIMIT).read_to_string(&mut text);
        read.map_err(|e| Error::failed("io", format!("standard input: {e}")))?;
    } else {
        let read = std::fs::File::open(file).and_then(|f| f.take(LIMIT).read_to_string(&mut text));
        read.map_err(|source| pii_core::error::Error::Io { path: file.to_owned(), source })?;
    }
    if text.len() as u64 == LIMIT {
        return Err(Error::usage("that is too much to read", "give identifiers of a few people, or a short note"));
    }
    Ok(Personal::new(text))
}

const LIMIT: u64 = 1 << 20;
