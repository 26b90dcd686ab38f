use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::policy::{Dataset, Retention};
use crate::request::Error;
use crate::vocab::{Category, DatasetId, Origin, PurposeId, Tag};

/// One person's rows of one dataset. They are read twice, once for each format, and are to be the same both times.
pub trait Rows {
    /// The columns that every batch has.
    fn schema(&self) -> SchemaRef;

    /// The rows, from the first one on.
    ///
    /// # Errors
    /// What keeps them from being read: never fewer rows.
    fn batches(&self) -> Result<Batches<'_>, Error>;
}

/// Rows, a few thousand at a time.
pub type Batches<'r> = Box<dyn Iterator<Item = Result<RecordBatch, Error>> + 'r>;

/// A dataset's part of a package.
pub struct Table<'a> {
    /// Which dataset.
    pub dataset: DatasetId,
    /// What it is, in the controller's words.
    pub description: Option<String>,
    /// Where the data come from, if not from the person (Art. 15(1)(g)).
    pub source: Option<String>,
    /// What it is used for.
    pub purposes: Vec<PurposeId>,
    /// How long it is kept (Art. 15(1)(d)).
    pub retention: Retention,
    /// What was decided on its columns. One that nothing decides is an error, not left out.
    pub columns: Vec<Column>,
    /// The person's rows.
    pub rows: &'a dyn Rows,
}

impl<'a> Table<'a> {
    /// As the policy has it.
    pub fn of(dataset: &Dataset, rows: &'a dyn Rows) -> Self {
        let columns = dataset.columns().map(|(path, rule)| Column {
            path: path.to_owned(),
            tag: rule.tag(),
            meaning: rule.meaning().map(str::to_owned),
            origin: rule.origin(),
            of_subject: rule.is_of_subject(),
        });
        Self {
            dataset: dataset.id().clone(),
            description: dataset.description().map(str::to_owned),
            source: dataset.source().map(str::to_owned),
            purposes: dataset.purposes().cloned().collect(),
            retention: dataset.retention().clone(),
            columns: columns.collect(),
            rows,
        }
    }

    /// The closest decision on a column: for `address.city` that one, else that on `address`.
    pub(super) fn column(&self, path: &str) -> Option<&Column> {
        let wider = std::iter::successors(Some(path), |path| path.rsplit_once('.').map(|(wider, _)| wider));
        wider.into_iter().find_map(|path| self.columns.iter().find(|column| column.path == path))
    }
}

/// What is known of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its path; what lies within it is decided with it.
    pub path: String,
    /// What it is.
    pub tag: Tag,
    /// What its values are, in words for the person.
    pub meaning: Option<String>,
    /// How the controller came to them.
    pub origin: Origin,
    /// Whether they are the person's own, and not another's.
    pub of_subject: bool,
}

impl Column {
    /// Whether it may hold data about other people (Art. 15(4), 20(4)): somebody should look before the package goes.
    pub fn may_speak_of_others(&self) -> bool {
        let within = |wider: &&str| {
            let wider = Category::parse(wider).ok();
            self.tag.category().zip(wider).is_some_and(|(category, wider)| category.is_within(wider))
        };
        !self.of_subject || SPEAKS_OF_OTHERS.iter().any(within)
    }
}

const SPEAKS_OF_OTHERS: &[&str] = &["user.free_text", "user.content", "user.family"];
