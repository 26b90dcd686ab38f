//! What do we have, where, about whom?
//!
//! The catalog remembers every dataset that came through the door: its columns and their tags, the
//! evidence a detector gave, when it was seen and how many rows, and every disclosure of it. It holds no
//! personal data: evidence is counts and masked examples.

mod error;
mod read;
mod record;
mod schema;

use jiff::Timestamp;
use serde::Serialize;

use crate::state::Database;

pub use error::Error;

/// The catalog of a workspace.
#[derive(Debug)]
pub struct Catalog {
    database: Database,
}

/// A dataset as it was last seen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dataset {
    /// Its name in the policy.
    pub id: String,
    /// Where the rows came from.
    pub location: String,
    /// When it was first ingested.
    pub first_seen: Timestamp,
    /// When it was last ingested.
    pub last_seen: Timestamp,
    /// How many rows then.
    pub rows: u64,
    /// How many people the vault met for the first time then.
    pub new_subjects: u64,
}

/// A column of a dataset.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Column {
    /// Dotted path: `address.city`.
    pub path: String,
    /// Arrow type.
    pub data_type: String,
    /// The decision: a category, or `none`.
    pub tag: String,
    /// The detector that agrees most, if any proposed something.
    pub detector: Option<String>,
    /// What that detector proposed.
    pub proposed: Option<String>,
    /// How sure it was, 0 to 1.
    pub confidence: Option<f64>,
    /// Why, in words.
    pub evidence: Option<String>,
    /// When the decision was last applied.
    pub seen: Timestamp,
}

/// One disclosure: which rows went to whom, for what (Art. 19, 30(1)(d)).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Disclosure {
    /// Its random id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Of what.
    pub dataset: String,
    /// To whom (Art. 4(9)).
    pub recipient: String,
    /// For which purpose.
    pub purpose: String,
    /// Where to.
    pub destination: String,
    /// How many rows.
    pub rows: u64,
    /// How many rows stayed behind, of people who object to the purpose (Art. 21).
    pub dropped_objections: u64,
    /// How many rows stayed behind, of people whose data are restricted (Art. 18).
    pub dropped_restrictions: u64,
    /// How many bytes.
    pub bytes: u64,
    /// SHA-256 of the content, hex.
    pub sha256: String,
    /// The columns that left and what became of each.
    pub columns: Vec<DisclosedColumn>,
    /// The audit entry that records it.
    pub audit_entry: u64,
}

/// A column that left.
#[derive(Clone, Debug, PartialEq, Serialize, serde::Deserialize)]
pub struct DisclosedColumn {
    /// Dotted path.
    pub path: String,
    /// Its tag.
    pub tag: String,
    /// The method, as the policy spells it.
    pub method: String,
    /// For pseudonyms: domain and epoch, `warehouse/1`.
    pub key: Option<String>,
    /// Of a bridge to an older epoch: the column beside which it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bridges: Option<String>,
}

/// What an ingest saw.
#[derive(Clone, Debug)]
pub struct Ingest {
    /// The dataset.
    pub dataset: Dataset,
    /// Its columns.
    pub columns: Vec<Column>,
}
