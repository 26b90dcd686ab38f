//! What did the controller decide?
//!
//! A policy is a folder of TOML files: purposes and their lawful bases, recipients and what each of them gets of
//! every category, datasets with a decision on every column. [`Policy::load`] reads them all and either returns a
//! policy in which every name leads somewhere and nothing passes without a basis, or every [`Violation`] at once,
//! each with its place and what mends it.
//!
//! What a policy does not decide does not pass: [`Policy::release`] asks whether a dataset may go to a recipient,
//! [`Policy::rule`] what becomes of each of its columns on the way.

mod calendar;
mod choice;
mod closest;
mod controller;
mod dataset;
mod dataset_read;
mod error;
mod group;
mod lawful;
mod method;
mod names;
mod purpose;
mod read;
mod recipient;
mod refer;
mod retention;
mod rule;
mod starter;
mod syntax;
mod table;
#[cfg(test)]
mod tests;
mod violation;
mod weigh;

pub use calendar::Calendar;
pub use choice::Choice;
pub use controller::Controller;
pub use dataset::{ColumnRule, Dataset, Subject};
pub use error::{Error, Refusal};
pub use method::{Method, UnknownMethod};
pub use purpose::Purpose;
pub use recipient::{PseudonymForm, Recipient};
pub use retention::{ErasureStrategy, Retention};
pub use rule::{Because, Outcome, Rule};
pub use starter::starter;
pub use violation::{Place, Violation};

use crate::vocab::{DatasetId, PurposeId, RecipientId};

/// Everything the controller decided. There is none with a [`Violation`] in it.
#[derive(Clone, Debug)]
pub struct Policy {
    controller: Controller,
    calendar: Calendar,
    purposes: Vec<Purpose>,
    recipients: Vec<Recipient>,
    datasets: Vec<Dataset>,
    digest: [u8; 32],
}

impl Policy {
    /// Who is responsible.
    pub fn controller(&self) -> &Controller {
        &self.controller
    }

    /// How long a request may take.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The purposes, in the order of files and lines.
    pub fn purposes(&self) -> &[Purpose] {
        &self.purposes
    }

    /// The recipients, in the order of files and lines.
    pub fn recipients(&self) -> &[Recipient] {
        &self.recipients
    }

    /// The datasets, in the order of files and lines.
    pub fn datasets(&self) -> &[Dataset] {
        &self.datasets
    }

    /// The purpose of that name.
    pub fn purpose(&self, id: &PurposeId) -> Option<&Purpose> {
        self.purposes.iter().find(|p| p.id() == id)
    }

    /// The recipient of that name.
    pub fn recipient(&self, id: &RecipientId) -> Option<&Recipient> {
        self.recipients.iter().find(|r| r.id() == id)
    }

    /// The dataset of that name.
    pub fn dataset(&self, id: &DatasetId) -> Option<&Dataset> {
        self.datasets.iter().find(|d| d.id() == id)
    }

    /// SHA-256 over the files, in the order of their names: for each the length of its name (64 bits, big-endian),
    /// its name without the folder, the length of its text, its text. Records say with it under which policy they acted.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }
}
