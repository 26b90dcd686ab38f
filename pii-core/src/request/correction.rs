use std::fmt;

use jiff::civil::Date;

use super::Error;
use super::letter::is_well_formed;
use crate::policy::{Dataset, Method, Policy};
use crate::pseudonym::Transform;
use crate::vocab::{Category, DatasetId, Identifier, Personal};

/// What is right, in the person's words (Art. 16).
#[derive(Clone, Debug)]
pub struct Correction {
    /// Of what.
    pub of: Corrected,
    /// What is to stand there.
    pub value: Personal<String>,
}

/// What of a person's data is corrected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Corrected {
    /// Every column of a category, in every dataset: `user.name.family`.
    Category(Category),
    /// One column of one dataset: `crm.customers.family_name`.
    Column {
        /// The dataset.
        dataset: DatasetId,
        /// The column, by dotted path.
        path: String,
    },
}

impl Correction {
    /// Reads a line of `WHAT=VALUE`, where WHAT is a category or a dataset and its column.
    ///
    /// # Errors
    /// [`Error::NotACorrection`] and [`Error::NothingToCorrect`]; they do not repeat the value.
    pub fn parse(policy: &Policy, line: &str) -> Result<Self, Error> {
        let (what, value) = line.split_once('=').ok_or(Error::NotACorrection)?;
        let value = value.trim();
        if value.is_empty() {
            return Err(Error::NotACorrection);
        }
        Ok(Self { of: Corrected::parse(policy, what.trim())?, value: Personal::new(value.to_owned()) })
    }

    /// The columns that it is about, each with its dataset.
    ///
    /// # Errors
    /// [`Error::NothingToCorrect`] if there is none; [`Error::KeyCorrected`] if one is a key of the controller's own, by
    /// which people are told apart; [`Error::Malformed`] and [`Error::NotADay`] if the value has not the
    /// form of what stands there.
    pub fn places<'p>(&self, policy: &'p Policy) -> Result<Vec<(&'p Dataset, &'p str)>, Error> {
        let mut places = Vec::new();
        for dataset in policy.datasets().iter().filter(|dataset| dataset.subject().is_some()) {
            for (path, rule) in dataset.columns() {
                let Some(category) = rule.tag().category() else { continue };
                let is_meant = match &self.of {
                    Corrected::Category(wanted) => *wanted == category && rule.is_of_subject(),
                    Corrected::Column { dataset: of, path: wanted } => of == dataset.id() && wanted == path,
                };
                if !is_meant {
                    continue;
                }
                if category.name().starts_with(OWN_KEYS) {
                    return Err(Error::KeyCorrected { what: self.of.to_string() });
                }
                if category.name() == BIRTH && !is_a_day(self.value.expose()) {
                    return Err(Error::NotADay { what: self.of.to_string() });
                }
                let identifier = dataset.identifier(path).map(|kind| Identifier { kind, value: self.value.clone() });
                if let Some(Identifier { kind, .. }) = identifier.filter(|who| !is_well_formed(who)) {
                    return Err(Error::Malformed { place: 0, kind });
                }
                places.push((dataset, path));
            }
        }
        if places.is_empty() { Err(Error::NothingToCorrect { what: self.of.to_string() }) } else { Ok(places) }
    }
}

impl Corrected {
    /// As [`fmt::Display`] writes it.
    ///
    /// # Errors
    /// [`Error::NothingToCorrect`] if it is neither a category nor a column of a dataset.
    pub fn parse(policy: &Policy, what: &str) -> Result<Self, Error> {
        let column = policy.datasets().iter().find_map(|dataset| {
            let path = what.strip_prefix(dataset.id().as_str())?.strip_prefix('.')?;
            dataset.columns().any(|(known, _)| known == path).then(|| (dataset.id().clone(), path.to_owned()))
        });
        match (column, Category::parse(what)) {
            (Some((dataset, path)), _) => Ok(Self::Column { dataset, path }),
            (None, Ok(category)) => Ok(Self::Category(category)),
            (None, Err(_)) => Err(Error::NothingToCorrect { what: what.to_owned() }),
        }
    }
}

impl fmt::Display for Corrected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Category(category) => f.write_str(category.name()),
            Self::Column { dataset, path } => write!(f, "{dataset}.{path}"),
        }
    }
}

/// Whether it can be a day: one of the calendar if it is written as ISO 8601 has it, else anything with a year.
fn is_a_day(text: &str) -> bool {
    let is_iso = text.as_bytes().get(4) == Some(&b'-');
    let has_year = || matches!(Transform::of_text(&Method::Year, text), Ok(Some(_)));
    text.parse::<Date>().is_ok() || (!is_iso && has_year())
}

/// Dates of birth.
const BIRTH: &str = "user.demographic.date_of_birth";
/// Below this, categories are keys that a controller gave.
const OWN_KEYS: &str = "user.unique_id";
