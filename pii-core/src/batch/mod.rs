//! How far have these rows come?
//!
//! ```text
//! Batch<Raw> ── tag ──▶ Batch<Tagged> ── protect ──▶ Batch<Protected> ──▶ outbound::Writer
//!                            └── deposit ──▶ the vault
//! ```
//!
//! The states are types, so a wrong order does not compile: raw rows have no `protect`, and only protected
//! ones can be written to a recipient. On the way, the rows of people who object or whose data are restricted stay
//! behind, as the [register](crate::register) says. Nobody outside this crate can make a state of their own.

mod annotate;
mod deposit;
mod error;
mod heed;
mod node;
mod probe;
mod protect;
mod protection;
mod tag;

use arrow::array::RecordBatch;

use crate::vocab::{DatasetId, RecipientId, Tag};

pub(crate) use annotate::annotated;
pub(crate) use deposit::{leaf, text_of};
pub use error::Error;
pub use heed::Dropped;
pub use protection::{Addressee, ProtectedColumn, Protection};

/// Rows of one dataset, in state `S`.
#[derive(Debug)]
pub struct Batch<S: State> {
    dataset: DatasetId,
    rows: RecordBatch,
    state: S,
}

/// As it arrived. Nobody has said what it holds.
#[derive(Debug)]
pub struct Raw(());

/// Every column carries a decision of the controller's.
#[derive(Debug)]
pub struct Tagged {
    tags: Vec<(String, Tag)>,
}

/// Every personal column has been rewritten for one recipient.
#[derive(Debug)]
pub struct Protected {
    recipient: RecipientId,
    dropped: Dropped,
}

/// How far a batch has come: [`Raw`], [`Tagged`] or [`Protected`], and nothing else.
pub trait State: sealed::Sealed {}

impl State for Raw {}
impl State for Tagged {}
impl State for Protected {}

impl<S: State> Batch<S> {
    /// Whose rows.
    pub fn dataset(&self) -> &DatasetId {
        &self.dataset
    }

    /// How many.
    pub fn num_rows(&self) -> usize {
        self.rows.num_rows()
    }
}

impl Batch<Raw> {
    /// Rows of `dataset` as they arrived.
    pub fn raw(dataset: DatasetId, rows: RecordBatch) -> Self {
        Self { dataset, rows, state: Raw(()) }
    }
}

impl Batch<Tagged> {
    /// The decision on each column: dotted path and tag, in column order.
    pub fn tags(&self) -> &[(String, Tag)] {
        &self.state.tags
    }
}

impl Batch<Protected> {
    /// Who alone may get these rows.
    pub fn recipient(&self) -> &RecipientId {
        &self.state.recipient
    }

    /// How many rows stayed behind, because the people whom they are about forbid it.
    pub fn dropped(&self) -> Dropped {
        self.state.dropped
    }

    /// The rows as the recipient will see them.
    pub fn rows(&self) -> &RecordBatch {
        &self.rows
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Raw {}
    impl Sealed for super::Tagged {}
    impl Sealed for super::Protected {}
}
