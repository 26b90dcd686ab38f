use std::collections::BTreeSet;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::{can_cast_types, filter_record_batch};
use arrow::datatypes::{DataType, Schema};
use rayon::prelude::*;

use super::Error;
use super::probe::{Probe, probes, side_by_side};
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
        Ok(Self { forbidden, columns })
    }

    /// What was read of the register.
    pub(super) fn forbidden(&self) -> &Forbidden {
        &self.forbidden
    }

    /// The rows that may leave.
    pub(super) fn apply(&self, rows: RecordBatch) -> Result<(RecordBatch, Dropped), Error> {
        let mut dropped = Dropped::default();
        if self.columns.is_empty() || rows.num_rows() == 0 {
            return Ok((rows, dropped));
        }
        let stretches: Vec<usize> = (0..rows.num_rows()).step_by(STRETCH).collect();
        let bars = stretches.into_par_iter().map(|from| {
            let stretch = rows.slice(from, STRETCH.min(rows.num_rows() - from));
            side_by_side(&self.forbidden, &self.columns, stretch.columns(), stretch.num_rows())
        });
        let bars = bars.collect::<Result<Vec<_>, Error>>()?;
        for bar in bars.iter().flatten() {
            match bar {
                Bar::Nothing => {}
                Bar::Objection => dropped.objections += 1,
                Bar::Restriction => dropped.restrictions += 1,
            }
        }
        if dropped == Dropped::default() {
            return Ok((rows, dropped));
        }
        let stays: BooleanArray = bars.iter().flatten().map(|bar| Some(*bar == Bar::Nothing)).collect();
        Ok((filter_record_batch(&rows, &stays)?, dropped))
    }
}

/// Rows that one thread takes at a time.
const STRETCH: usize = 8_192;
