use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A decision that cannot stand: where it is, what is wrong with it, and what mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// A stable name, such as `unknown-category`.
    pub code: &'static str,
    /// Where in which file.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub mend: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// A place in a policy file. It carries the file's text, so that the line can be shown.
///
/// Printed as `policies/crm.toml:12:5`.
#[derive(Clone)]
pub struct Place {
    source: Arc<Source>,
    span: Range<usize>,
}

/// A policy file as it was read.
pub(super) struct Source {
    pub(super) file: PathBuf,
    pub(super) text: String,
}

impl Place {
    pub(super) fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        // A parser may point behind the last byte: a file that ends too soon.
        let end = span.end.min(source.text.len());
        Self { source: Arc::clone(source), span: span.start.min(end)..end }
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.source.file
    }

    /// The whole text of the file.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// The bytes of [`text`](Self::text) that are meant. Empty where something is missing.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        self.before().matches('\n').count() + 1
    }

    /// The column in characters, counted from 1.
    pub fn column(&self) -> usize {
        self.before().rsplit('\n').next().unwrap_or_default().chars().count() + 1
    }

    /// The line's text.
    pub fn source_line(&self) -> &str {
        self.text().lines().nth(self.line() - 1).unwrap_or_default()
    }

    /// The text that is meant.
    pub fn excerpt(&self) -> &str {
        self.text().get(self.span()).unwrap_or_default()
    }

    fn before(&self) -> &str {
        self.text().get(..self.span.start).unwrap_or_default()
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.file() == other.file() && self.span == other.span
    }
}

impl Eq for Place {}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file().display(), self.line(), self.column())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A value, and where it was written.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) at: Place,
}

/// The violations found so far.
#[derive(Default)]
pub(super) struct Found(Vec<Violation>);

impl Found {
    pub(super) fn report(
        &mut self,
        code: &'static str,
        place: &Place,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) {
        let violation = Violation { code, place: place.clone(), message: message.into(), mend: mend.into() };
        if !self.0.contains(&violation) {
            self.0.push(violation);
        }
    }

    /// All of them, by file and place.
    pub(super) fn into_violations(mut self) -> Vec<Violation> {
        self.0.sort_by(|a, b| (a.place.file(), a.place.span.start).cmp(&(b.place.file(), b.place.span.start)));
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let text = "a = 1\nname = \"Löwe\" # é\n".to_owned();
        let start = text.find('#').unwrap();
        let source = Arc::new(Source { file: "policies/crm.toml".into(), text });
        let place = Place::new(&source, start..start + 1);
        assert_eq!((place.line(), place.column()), (2, 15));
        assert_eq!(place.source_line(), "name = \"Löwe\" # é");
        assert_eq!(place.excerpt(), "#");
        assert_eq!(place.to_string(), "policies/crm.toml:2:15");
    }

    #[test]
    fn a_place_behind_the_end_is_the_end() {
        let source = Arc::new(Source { file: "a.toml".into(), text: "a = \n".into() });
        assert_eq!(Place::new(&source, 9..12).span(), 5..5);
    }
}
