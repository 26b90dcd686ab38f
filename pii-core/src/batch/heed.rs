use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::compute::{can_cast_types, concat, filter, filter_record_batch};
use arrow::datatypes::{DataType, Schema};
use rayon::prelude::*;

use super::Error;
use super::probe::{Probe, Shape, handed_on, probes, side_by_side};
use crate::keyring::Keyring;
use crate::policy::Dataset;
use crate::pseudonym::Normaliser;
use crate::register::{Bar, Forbidden, Marker, Register};
use crate::tag::leaf_columns;
use crate::vocab::{IdentifierKind, PurposeId, RecipientId};

/// Whose rows may not go to a recipient, and in which columns it stands whose they are: every identifier of a row counts,
/// that of another person, too.
#[derive(Debug)]
pub(super) struct Heed {
    forbidden: Forbidden,
    columns: Vec<Probe>,
    /// Columns of texts that somebody else needs in the same normal form, by their places.
    shared: Vec<(usize, Box<Marker>)>,
}

/// Rows that may leave.
pub(super) struct Passed {
    pub(super) rows: RecordBatch,
    /// Columns that were brought into their normal form on the way, by their places.
    pub(super) normal: BTreeMap<usize, StringArray>,
    pub(super) dropped: Dropped,
}

/// Rows that stayed behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Of people who object to the purpose (Art. 21).
    pub objections: u64,
    /// Of people whose data are restricted (Art. 18).
    pub restrictions: u64,
}

impl std::ops::AddAssign for Dropped {
    fn add_assign(&mut self, other: Self) {
        self.objections += other.objections;
        self.restrictions += other.restrictions;
    }
}

impl Heed {
    /// What there is to heed in rows of shape `schema`, on the way to a recipient.
    pub(super) fn new(
        register: &Register,
        keys: &Keyring,
        dataset: &Dataset,
        schema: &Schema,
        to: (&PurposeId, &RecipientId),
    ) -> Result<Self, Error> {
        let leaves = leaf_columns(schema);
        let kinds: BTreeSet<_> = leaves.iter().filter_map(|(path, _)| dataset.identifier(path)).collect();
        let forbidden = register.forbidden(to.0, to.1, &kinds)?;
        for (path, data_type) in &leaves {
            let is_asked = dataset.identifier(path).is_some_and(|kind| forbidden.concerns(&kind));
            if is_asked && !can_cast_types(data_type, &DataType::Utf8) {
                let (dataset, column) = (dataset.id().clone(), path.clone());
                return Err(Error::Unheedable { dataset, column, data_type: data_type.clone() });
            }
        }
        let columns = probes(schema.fields(), None, &mut |path| {
            let known = |kind: &IdentifierKind| forbidden.concerns(kind);
            let Some(kind) = dataset.identifier(path).filter(known) else { return Ok(None) };
            let Some(rule) = dataset.column(path) else { return Ok(None) };
            let normaliser = rule.tag().category().map(|category| Normaliser::for_category(category, rule.region()));
            Ok(Some(Marker::new(keys, &kind, normaliser.unwrap_or(Normaliser::Text))?))
        })?;
        Ok(Self { forbidden, columns, shared: Vec::new() })
    }

    /// Keeps the normal forms of texts that `wanted` wants in the same form, so that each is made once. Rows are of shape
    /// `schema`, and columns are named by their places.
    pub(super) fn hand_on(&mut self, schema: &Schema, wanted: impl Fn(usize) -> Option<Normaliser>) {
        let is_text = |at: usize| schema.fields().get(at).is_some_and(|field| *field.data_type() == DataType::Utf8);
        for Probe { at, of } in std::mem::take(&mut self.columns) {
            match of {
                Shape::Leaf(marker) if is_text(at) && wanted(at) == Some(marker.normaliser()) => {
                    self.shared.push((at, marker));
                }
                of => self.columns.push(Probe { at, of }),
            }
        }
    }

    /// What was read of the register.
    pub(super) fn forbidden(&self) -> &Forbidden {
        &self.forbidden
    }

    /// The rows that may leave.
    pub(super) fn apply(&self, rows: RecordBatch) -> Result<Passed, Error> {
        let mut passed = Passed { rows, normal: BTreeMap::new(), dropped: Dropped::default() };
        let count = passed.rows.num_rows();
        if (self.columns.is_empty() && self.shared.is_empty()) || count == 0 {
            return Ok(passed);
        }
        let stretches: Vec<usize> = (0..count).step_by(STRETCH).collect();
        let looked =
            stretches.into_par_iter().map(|from| self.look(&passed.rows.slice(from, STRETCH.min(count - from))));
        let looked = looked.collect::<Result<Vec<Looked>, Error>>()?;
        for (nth, (at, _)) in self.shared.iter().enumerate() {
            let Some(column) = passed.rows.columns().get(*at) else { continue };
            let pieces: Vec<_> = looked.iter().filter_map(|looked| looked.normal.get(nth)).collect();
            passed.normal.insert(*at, joined(column.as_string(), &pieces)?);
        }
        let bars = || looked.iter().flat_map(|looked| &looked.bars);
        for bar in bars() {
            match bar {
                Bar::Nothing => {}
                Bar::Objection => passed.dropped.objections += 1,
                Bar::Restriction => passed.dropped.restrictions += 1,
            }
        }
        if passed.dropped != Dropped::default() {
            let stays: BooleanArray = bars().map(|bar| Some(*bar == Bar::Nothing)).collect();
            passed.rows = filter_record_batch(&passed.rows, &stays)?;
            for normal in passed.normal.values_mut() {
                *normal = filter(normal, &stays)?.as_string().clone();
            }
        }
        Ok(passed)
    }

    /// What keeps back the rows of a stretch.
    fn look(&self, stretch: &RecordBatch) -> Result<Looked, Error> {
        let mut bars = side_by_side(&self.forbidden, &self.columns, stretch.columns(), stretch.num_rows())?;
        let mut normal = Vec::with_capacity(self.shared.len());
        for (at, marker) in &self.shared {
            let Some(texts) = stretch.columns().get(*at) else { continue };
            let (own, forms) = handed_on(&self.forbidden, marker, texts.as_string());
            for (worst, bar) in bars.iter_mut().zip(own) {
                *worst = bar.max(*worst);
            }
            normal.push(forms);
        }
        Ok(Looked { bars, normal })
    }
}

/// What was seen in a stretch.
struct Looked {
    bars: Vec<Bar>,
    /// Of each shared column the normal forms, unless they are the texts themselves.
    normal: Vec<Option<StringArray>>,
}

/// A column in its normal form, of which each stretch may be so already.
fn joined(column: &StringArray, stretches: &[&Option<StringArray>]) -> Result<StringArray, Error> {
    if stretches.iter().all(|stretch| stretch.is_none()) {
        return Ok(column.clone());
    }
    let mut from = 0;
    let mut pieces: Vec<ArrayRef> = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        let piece = (*stretch).clone().unwrap_or_else(|| column.slice(from, STRETCH.min(column.len() - from)));
        from += piece.len();
        pieces.push(Arc::new(piece));
    }
    let pieces: Vec<&dyn Array> = pieces.iter().map(AsRef::as_ref).collect();
    Ok(concat(&pieces)?.as_string().clone())
}

/// Rows that one thread takes at a time.
const STRETCH: usize = 8_192;
