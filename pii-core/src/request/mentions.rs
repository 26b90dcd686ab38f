use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use arrow::array::RecordBatch;
use jiff::Timestamp;

use super::files::readable;
use super::{Error, Intent, Place, PlaceName, Ran};
use crate::audit::Receipt;
use crate::batch::text_of;
use crate::erase;
use crate::erase::{Go, Needles, Progress, Values};
use crate::pseudonym::Normaliser;
use crate::store::{ReadOptions, Source, Whereabouts};
use crate::vocab::Category;

/// A column of free text: rows that are about others may speak of those who ask. Nothing is changed there, as it is the
/// others' too: somebody looks at it.
pub struct Mentions {
    /// Of which dataset.
    pub dataset: String,
    /// Which column, by dotted path.
    pub column: String,
    /// Where it lies.
    pub at: Whereabouts,
    /// How it is read.
    pub options: ReadOptions,
    /// Whose a row is, says this column.
    pub subject: String,
    /// Values of that column by which rows are their own.
    pub theirs: Option<Values>,
    /// What is looked for; nothing, if all of it is too short to mean them.
    pub words: Option<Arc<Words>>,
}

/// What texts call people, however it is spaced and whether its letters are small or not.
pub struct Words {
    values: Values,
    /// Made when the first text is read: a run reads none.
    needles: OnceLock<Needles>,
}

impl Words {
    /// Of these, those that are long enough to mean somebody; nothing, if there is none.
    pub(super) fn new(words: impl IntoIterator<Item = String>) -> Option<Self> {
        let words = words.into_iter().map(|word| Normaliser::Name.normalise(&word).into_owned());
        let values = Values::new(words.filter(|word| word.len() >= SHORTEST))?;
        Some(Self { values, needles: OnceLock::new() })
    }

    fn are_in(&self, text: &str) -> bool {
        let needles = self.needles.get_or_init(|| Needles::new(&self.values));
        needles.are_in(&Normaliser::Name.normalise(text))
    }
}

impl Mentions {
    /// Whether people write what they like in columns of this category.
    pub fn may_be_in(category: Category) -> bool {
        FREE_TEXT.contains(&category.name())
    }

    /// How many rows of others speak of them; nothing, if there is no such column.
    fn count(&self, rows: &RecordBatch, words: &Words, theirs: &HashSet<&str>) -> Result<Option<u64>, Error> {
        let Some(text) = text_of(rows, &self.column) else { return Ok(None) };
        let missing = || Error::NoSubjectColumn { column: self.subject.clone() };
        let whose = text_of(rows, &self.subject).ok_or_else(missing)?;
        let of_others = |whose: Option<&str>| whose.is_none_or(|whose| !theirs.contains(whose));
        let speaks = |text: Option<&str>| text.is_some_and(|text| words.are_in(text));
        Ok(Some(whose.iter().zip(&text).filter(|(whose, text)| of_others(*whose) && speaks(*text)).count() as u64))
    }
}

impl Place for Mentions {
    fn name(&self) -> PlaceName {
        PlaceName::Mentions { dataset: self.dataset.clone(), column: self.column.clone() }
    }

    fn plan(&self, go: Go<'_>) -> Result<Intent, Error> {
        let Some(words) = &self.words else {
            return Ok(Intent::Unsearched { why: "what names them is too short to be looked for in text".to_owned() });
        };
        let theirs = self.theirs.iter().flat_map(Values::iter).collect();
        let mut found = None;
        for file in readable(&self.at)?.files {
            let source = Source::listed(&[file], self.at.objects().map(Arc::as_ref), &self.options);
            let source = match source {
                // An object of which only old versions are left.
                Err(crate::store::Error::NoSource) => continue,
                source => source?,
            };
            for rows in source.batches() {
                if go(Progress::default()) == ControlFlow::Break(()) {
                    return Err(erase::Error::Interrupted.into());
                }
                if let Some(more) = self.count(&rows?, words, &theirs)? {
                    found = Some(found.unwrap_or(0) + more);
                }
            }
        }
        Ok(match found {
            None => Intent::Unsearched { why: format!("there is no column `{}`", self.column) },
            Some(0) => Intent::Absent,
            Some(rows) => Intent::Mentioned { rows },
        })
    }

    fn run(&self, _: &Intent, _: Timestamp, _: &Path, _: Go<'_>, _: &Receipt) -> Result<Ran, Error> {
        Ok(Ran::default())
    }
}

/// A word of fewer bytes stands in texts by chance.
const SHORTEST: usize = 6;

/// Where people write what they like.
const FREE_TEXT: &[&str] = &["user.free_text", "user.content"];
