use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Error, Intent, Place, PlaceName, Ran};
use crate::audit::Receipt;
use crate::erase::{Eraser, Go, OnRecord};
use crate::store::{Listing, Location};

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
        match outcome.into_failure() {
            Some(error) => Err(error.into()),
            None => Ok(ran),
        }
    }
}
