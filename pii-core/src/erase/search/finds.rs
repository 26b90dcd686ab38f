use super::super::{Residue, Where};

/// Takes what is found in one file, and tells it on.
pub(super) struct Finds<'a> {
    file: &'a str,
    found: &'a mut dyn FnMut(Residue),
    /// Bytes that were looked at, after decompression.
    bytes: u64,
}

impl<'a> Finds<'a> {
    pub(super) fn new(file: &'a str, found: &'a mut dyn FnMut(Residue)) -> Self {
        Self { file, found, bytes: 0 }
    }

    pub(super) fn file(&self) -> &'a str {
        self.file
    }

    pub(super) fn looked_at(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn tell(&mut self, at: Where, value: usize, whole: bool) {
        (self.found)(Residue { file: self.file.to_owned(), at, value, whole });
    }

    pub(super) fn cell(&mut self, row: u64, column: &str, value: usize, whole: bool) {
        self.tell(Where::Cell(row, column.to_owned()), value, whole);
    }

    pub(super) fn column(&mut self, column: &str, part: impl Into<String>, value: usize, whole: bool) {
        self.tell(Where::Column(column.to_owned(), part.into()), value, whole);
    }

    pub(super) fn part(&mut self, part: impl Into<String>, value: usize, whole: bool) {
        self.tell(Where::Part(part.into()), value, whole);
    }
}

/// The values that were found in one place, each once: whole if it is so anywhere in it.
#[derive(Default)]
pub(super) struct Once(Vec<(usize, bool)>);

impl Once {
    pub(super) fn add(&mut self, value: usize, whole: bool) {
        match self.0.iter_mut().find(|(known, _)| *known == value) {
            Some((_, known)) => *known |= whole,
            None => self.0.push((value, whole)),
        }
    }

    pub(super) fn has(&self, value: usize) -> bool {
        self.0.iter().any(|(known, _)| *known == value)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, bool)> + '_ {
        self.0.iter().copied()
    }
}
