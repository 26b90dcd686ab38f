use std::path::Path;

use arrow::array::{AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use jiff::Timestamp;
use jiff::civil::Date;

use super::package::Rows;
use super::rows::PersonRows;
use super::{Error, Intent, Place, PlaceName, Ran};
use crate::audit::Receipt;
use crate::batch::leaf;
use crate::erase::{Action, Correction, Eraser, Go, OnRecord, Values};
use crate::store::{Listing, Location, ReadOptions};

/// Files of a dataset, or a copy of it, in which people are found by one column.
pub struct Files {
    /// What they are called.
    pub name: PlaceName,
    /// Where they lie.
    pub location: Location,
    /// By which column, whose values, and what happens to the rows.
    pub eraser: Eraser,
    /// Why rows stay, if they do, and until when.
    pub keep: Option<(String, Option<Date>)>,
}

impl Place for Files {
    fn name(&self) -> PlaceName {
        self.name.clone()
    }

    fn plan(&self, go: Go<'_>) -> Result<Intent, Error> {
        let listing = Listing::of(std::slice::from_ref(&self.location), None)?;
        let plan = self.eraser.plan(&listing, self.keep.is_none(), go)?;
        Ok(match &self.keep {
            _ if plan.rows() + plan.held() == 0 => Intent::Absent,
            Some((ground, until)) => {
                Intent::Keep { ground: ground.clone(), until: *until, rows: plan.rows() + plan.held() }
            }
            None => Intent::Erase { plan },
        })
    }

    fn run(
        &self,
        intent: &Intent,
        _at: Timestamp,
        journal: &Path,
        go: Go<'_>,
        recorded: &Receipt,
    ) -> Result<Ran, Error> {
        let Intent::Erase { plan } = intent else { return Ok(Ran::default()) };
        let outcome = self.eraser.run(plan, &OnRecord::By(recorded), Some(journal), false, go)?;
        let ran = Ran { rows: plan.rows(), held: plan.held(), files: outcome.files.len() as u64 };
        if let Some(error) = outcome.into_failure() {
            return Err(error.into());
        }
        if let (Action::Rectify(corrections), 0) = (&plan.action, plan.held()) {
            // Those of the plan do not say what is right.
            let (column, action) = self.eraser.action();
            let right = if let Action::Rectify(right) = action { right } else { corrections };
            self.all_right(column, right)?;
        }
        Ok(ran)
    }
}

impl Files {
    /// Whether what is right stands in the person's rows, as a reader sees it that has nothing to do with what wrote them.
    fn all_right(&self, subject: &str, corrections: &[Correction]) -> Result<(), Error> {
        let Some(values) =
            Values::new(
                self.eraser.values().iter().map(str::to_owned).chain(
                    corrections.iter().filter(|one| one.column == subject).map(|one| one.value.expose().clone()),
                ),
            )
        else {
            return Ok(());
        };
        let rows = PersonRows::open(self.location.clone(), ReadOptions::default(), subject, &values)?;
        let mut wrong = vec![0; corrections.len()];
        for batch in rows.batches()? {
            let batch = batch?;
            for (wrong, correction) in wrong.iter_mut().zip(corrections) {
                *wrong += not_right(&batch, correction)?;
            }
        }
        match wrong.into_iter().zip(corrections).find(|(rows, _)| *rows > 0) {
            Some((rows, correction)) => {
                Err(Error::NotRight { place: self.name(), column: correction.column.clone(), rows })
            }
            None => Ok(()),
        }
    }
}

/// How many rows of a batch hold something else, or nothing. What is in lists is not looked at.
fn not_right(batch: &RecordBatch, correction: &Correction) -> Result<u64, Error> {
    let Some(column) = leaf(batch, &correction.column) else { return Ok(batch.num_rows() as u64) };
    if column.data_type().is_nested() {
        return Ok(0);
    }
    let right = StringArray::from(vec![correction.value.expose().as_str()]);
    let right = cast(&right, column.data_type())?;
    // Both as text, so that all sorts of text and dictionaries are alike.
    let (column, right) = (cast(&column, &DataType::Utf8)?, cast(&right, &DataType::Utf8)?);
    let right = right.as_string::<i32>().iter().next().flatten().map(str::to_owned);
    let differs = |value: &Option<&str>| value.is_none() || value.map(str::to_owned) != right;
    Ok(column.as_string::<i32>().iter().filter(differs).count() as u64)
}
