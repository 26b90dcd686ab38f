//! What is this column?
//!
//! A [`Survey`] looks at a table batch by batch and proposes, for each column, the categories of personal data that
//! it may hold, best first, each with its confidence and its [`Evidence`]. A detector only proposes; the policy
//! decides.
//!
//! ```
//! use std::sync::Arc;
//! use arrow::array::{ArrayRef, RecordBatch, StringArray};
//! use pii_core::tag::{PROPOSE, Survey};
//!
//! let emails = StringArray::from(vec!["anna@example.com", "ben@example.org"]);
//! let batch = RecordBatch::try_from_iter([("contact", Arc::new(emails) as ArrayRef)])?;
//! let mut survey = Survey::new(&batch.schema());
//! survey.observe(&batch)?;
//! let finding = survey.finish().remove(0).proposals.remove(0);
//! assert_eq!(finding.detector, "EMAIL_ADDRESS");
//! assert!(finding.confidence >= PROPOSE);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How it is decided
//!
//! Four things speak, and their log-odds are added: the words of the column's name (whole words, never parts of
//! one), the kind of value (a truth value is never an e-mail address), the **distinct** values (form, check digit,
//! list, spread), and the other columns (a city is personal beside a name). Look-alikes take away what the values
//! alone would say: hashes, UUIDs, ISBNs, times, versions, prices, running numbers.
//!
//! Evidence holds no clear value: examples are [masked](mask).

mod around;
mod checksum;
mod date;
mod detector;
mod error;
mod evidence;
mod fold;
mod freetext;
mod kind;
mod leaf;
mod lexicon;
mod mask;
mod name;
mod national;
mod negative;
mod pattern;
mod people;
mod phone;
mod profile;
mod reading;
mod sample;
mod score;
mod survey;
mod words;

#[cfg(test)]
mod tests;

use arrow::datatypes::DataType;

pub use error::Error;
pub use evidence::{Evidence, Rule};
pub use leaf::leaf_columns;
pub use mask::mask;
pub use survey::Survey;

use crate::vocab::Category;

/// From this confidence on a finding counts as personal data: likelier than not.
pub const PROPOSE: f64 = 0.5;

/// What was found in one column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnFinding {
    /// Its path: `email`, or `address.city` inside a struct. A list's items have the list's path.
    pub column: String,
    /// How it is stored.
    pub data_type: DataType,
    /// How many values there are, nulls counted: rows, or items where the column lies in a list.
    pub rows: u64,
    /// How many of them are null.
    pub nulls: u64,
    /// How many were looked at, blank ones aside.
    pub examined: u64,
    /// How many distinct values were kept of those.
    pub distinct: u64,
    /// What it may be, best first. Those below [`PROPOSE`] are runners-up.
    pub proposals: Vec<Finding>,
}

impl ColumnFinding {
    /// The best proposal, if it reaches [`PROPOSE`].
    pub fn proposed(&self) -> Option<&Finding> {
        self.proposals.first().filter(|finding| finding.confidence >= PROPOSE)
    }
}

/// One category that a column may hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The category that is proposed.
    pub category: Category,
    /// The detector's infoType, in Google DLP's spelling where there is one: `EMAIL_ADDRESS`.
    pub detector: &'static str,
    /// From 0 to 1: the odds that the name, the values and the other columns give together.
    pub confidence: f64,
    /// Why.
    pub evidence: Evidence,
}
