use std::collections::BTreeMap;

use super::violation::At;
use super::{Choice, ErasureStrategy, Place, Retention};
use crate::vocab::{Category, DatasetId, IdentifierKind, Origin, PurposeId, RecipientId, Tag};

/// A table, a folder of files, a topic: what is in it, about whom, what for, and until when.
#[derive(Clone, Debug)]
pub struct Dataset {
    pub(super) id: At<DatasetId>,
    pub(super) description: Option<String>,
    pub(super) location: String,
    pub(super) source: Option<String>,
    pub(super) purposes: Vec<At<PurposeId>>,
    pub(super) subject: Option<At<Subject>>,
    pub(super) retention: At<Retention>,
    pub(super) erasure: ErasureStrategy,
    pub(super) columns: BTreeMap<String, ColumnRule>,
}

impl Dataset {
    /// Its name, usually `system.table`.
    pub fn id(&self) -> &DatasetId {
        &self.id.value
    }

    /// What it is, in the controller's words.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Where it lies: a path relative to the workspace, or a URL.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// Where its data come from, if not from the person: in the controller's words (Art. 15(1)(g)).
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// What it may be used for (Art. 5(1)(b)).
    pub fn purposes(&self) -> impl Iterator<Item = &PurposeId> {
        self.purposes.iter().map(|p| &p.value)
    }

    /// Which column says whom a row is about. Every dataset with personal data has one.
    pub fn subject(&self) -> Option<&Subject> {
        self.subject.as_ref().map(|s| &s.value)
    }

    /// How long it is kept (Art. 5(1)(e)).
    pub fn retention(&self) -> &Retention {
        &self.retention.value
    }

    /// What an erasure does to a person's rows (Art. 17).
    pub fn erasure(&self) -> &ErasureStrategy {
        &self.erasure
    }

    /// Every decided column, by path.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &ColumnRule)> {
        self.columns.iter().map(|(path, rule)| (path.as_str(), rule))
    }

    /// The decision on a column, the closest one: for `address.city` that one, else that on `address`.
    pub fn column(&self, path: &str) -> Option<&ColumnRule> {
        std::iter::successors(Some(path), |p| parent(p)).find_map(|p| self.columns.get(p))
    }

    /// Under which kind the values of a column point to a person, if they do.
    pub fn identifier(&self, path: &str) -> Option<IdentifierKind> {
        let category = self.column(path)?.tag().category()?;
        match self.subject() {
            Some(subject) if subject.column == path => Some(subject.kind.clone()),
            _ => IdentifierKind::of_column(category, path),
        }
    }

    /// Where the policy names it.
    pub fn place(&self) -> &Place {
        &self.id.at
    }

    pub(super) fn allows(&self, purpose: &PurposeId) -> bool {
        self.purposes().any(|allowed| allowed == purpose)
    }
}

/// What the controller decided on one column.
#[derive(Clone, Debug)]
pub struct ColumnRule {
    pub(super) tag: Tag,
    pub(super) at: Place,
    pub(super) region: Option<String>,
    pub(super) of_subject: bool,
    pub(super) origin: Origin,
    pub(super) meaning: Option<String>,
    pub(super) methods: BTreeMap<RecipientId, Choice>,
}

impl ColumnRule {
    /// What the column is.
    pub fn tag(&self) -> Tag {
        self.tag
    }

    /// The country whose national spelling the values follow (ISO 3166-1 alpha-2), as `KR` for telephone numbers.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Whether the values are the subject's own. `subject = false` says that they are another person's, such as
    /// a manager's address: rewritten like any other, but not laid to the subject in the vault.
    pub fn is_of_subject(&self) -> bool {
        self.of_subject
    }

    /// How the controller came to the values.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// What the values are, in words for the person they are about.
    pub fn meaning(&self) -> Option<&str> {
        self.meaning.as_deref()
    }

    /// Methods for single recipients, which go before what the recipient lists.
    pub fn methods(&self) -> &BTreeMap<RecipientId, Choice> {
        &self.methods
    }

    /// Where the policy decides it.
    pub fn place(&self) -> &Place {
        &self.at
    }
}

impl ColumnRule {
    /// A decision that says nothing but what the column is, in a dataset whose columns are of `origin` where it says so.
    pub(super) fn of(tag: Tag, at: Place, origin: Option<Origin>) -> Self {
        Self {
            tag,
            at,
            region: None,
            of_subject: true,
            origin: usual_origin(tag, origin),
            meaning: None,
            methods: BTreeMap::new(),
        }
    }
}

/// The origin of a column that does not state its own. What is inferred says so by its category; of anything else that
/// nobody speaks of, the person gets rather more.
pub(super) fn usual_origin(tag: Tag, of_all: Option<Origin>) -> Origin {
    let inferred = Category::parse("user.inferred").ok();
    let is_inferred = tag.category().zip(inferred).is_some_and(|(category, inferred)| category.is_within(inferred));
    if is_inferred { Origin::Inferred } else { of_all.unwrap_or(Origin::Provided) }
}

/// How a row names the person it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The column's path.
    pub column: String,
    /// What sort of identifier it holds.
    pub kind: IdentifierKind,
}

/// The path of the column that holds this one.
pub(super) fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('.').map(|(parent, _)| parent)
}
