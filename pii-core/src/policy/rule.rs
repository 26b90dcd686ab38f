use std::fmt;

use super::{Choice, Dataset, Method, Place, Policy, Purpose, Recipient, Refusal};
use crate::vocab::{Category, DatasetId, RecipientId, Tag};

/// What becomes of a column on its way to a recipient, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What the column is.
    pub tag: Tag,
    /// What becomes of it.
    pub method: Method,
    /// The ground for letting it leave in clear, if one is stated.
    pub ground: Option<String>,
    /// Where the method comes from.
    pub because: Because,
}

/// What one recipient would get of a column.
#[derive(Clone, Debug)]
pub struct Outcome<'p> {
    /// The recipient.
    pub recipient: &'p Recipient,
    /// What becomes of the column, or why nothing of the dataset goes there.
    pub rule: Result<Rule, Refusal>,
}

/// Where a method comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Because {
    /// The column states it for this recipient.
    Column(Place),
    /// The recipient lists the column's category, or the closest wider one.
    Category(Category, Place),
    /// The recipient lists `none`, and the column is not personal.
    NotPersonal(Place),
    /// Nothing is stated, and personal data that nothing lists are dropped.
    NothingListed,
    /// Nothing is stated, and what is not personal is kept.
    NothingPersonal,
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Column(place) => write!(f, "the column's own method ({place})"),
            Self::Category(category, place) => write!(f, "category `{category}` ({place})"),
            Self::NotPersonal(place) => write!(f, "`none` ({place})"),
            Self::NothingListed => f.write_str("by default: personal data that nothing lists are dropped"),
            Self::NothingPersonal => f.write_str("by default: what is not personal is kept"),
        }
    }
}

impl Policy {
    /// What becomes of a column on its way to a recipient.
    ///
    /// The closest statement wins: the column's own for this recipient, then its category, then each wider
    /// category. Personal data that nothing lists are dropped; what is not personal is kept.
    ///
    /// # Errors
    /// [`Refusal::UndecidedColumn`]: the policy says nothing about the column, so it may not pass.
    pub fn rule(&self, dataset: &Dataset, column: &str, recipient: &Recipient) -> Result<Rule, Refusal> {
        let decided = dataset
            .column(column)
            .ok_or_else(|| Refusal::UndecidedColumn { dataset: dataset.id().clone(), column: column.to_owned() })?;
        Ok(decide(decided.tag, decided.methods.get(recipient.id()), recipient))
    }

    /// Whether a dataset may go to a recipient at all: its purpose must be among the dataset's (Art. 5(1)(b)).
    ///
    /// # Errors
    /// A [`Refusal`] that says which of the two is unknown, or that the purposes do not meet.
    pub fn release(
        &self,
        dataset: &DatasetId,
        recipient: &RecipientId,
    ) -> Result<(&Dataset, &Recipient, &Purpose), Refusal> {
        let dataset = self.dataset(dataset).ok_or_else(|| Refusal::UnknownDataset(dataset.clone()))?;
        let recipient = self.recipient(recipient).ok_or_else(|| Refusal::UnknownRecipient(recipient.clone()))?;
        match self.purpose(recipient.purpose()) {
            Some(purpose) if dataset.allows(purpose.id()) => Ok((dataset, recipient, purpose)),
            _ => Err(Refusal::PurposeNotAllowed {
                dataset: dataset.id().clone(),
                recipient: recipient.id().clone(),
                purpose: recipient.purpose().clone(),
                allowed: dataset.purposes().cloned().collect(),
            }),
        }
    }

    /// What each recipient would get of a column, or why it gets nothing, in the order of the policy.
    ///
    /// # Errors
    /// [`Refusal::UnknownDataset`], [`Refusal::UndecidedColumn`].
    pub fn explain(&self, dataset: &DatasetId, column: &str) -> Result<Vec<Outcome<'_>>, Refusal> {
        let known = self.dataset(dataset).ok_or_else(|| Refusal::UnknownDataset(dataset.clone()))?;
        let outcome = |recipient| {
            let rule = self.rule(known, column, recipient)?;
            Ok(Outcome { recipient, rule: self.release(dataset, recipient.id()).map(|_| rule) })
        };
        self.recipients().iter().map(outcome).collect()
    }
}

/// The closest statement on data of `tag`; `own` is what the column states for this recipient.
pub(super) fn decide(tag: Tag, own: Option<&Choice>, recipient: &Recipient) -> Rule {
    let rule =
        |choice: &Choice, because| Rule { tag, method: choice.method.clone(), ground: choice.ground.clone(), because };
    if let Some(choice) = own {
        return rule(choice, Because::Column(choice.place.clone()));
    }
    let Some(category) = tag.category() else {
        return match recipient.methods.get(&Tag::NotPersonal) {
            Some(choice) => rule(choice, Because::NotPersonal(choice.place.clone())),
            None => Rule { tag, method: Method::Keep, ground: None, because: Because::NothingPersonal },
        };
    };
    category
        .lineage()
        .find_map(|wider| recipient.methods.get(&Tag::Personal(wider)).map(|choice| (wider, choice)))
        .map_or(Rule { tag, method: Method::Drop, ground: None, because: Because::NothingListed }, |(wider, choice)| {
            rule(choice, Because::Category(wider, choice.place.clone()))
        })
}
