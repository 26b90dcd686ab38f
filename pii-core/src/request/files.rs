use std::fs::File;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Error, Intent, Place, PlaceName, Ran};
use crate::audit::Receipt;
use crate::erase::{Eraser, Go, OnRecord};
use crate::seal::Envelope;
use crate::store::{ListedAt, Listing, Whereabouts};

/// Files of a dataset, or a copy of it, in which people are found by one column.
pub struct Files {
    /// What they are called.
    pub name: PlaceName,
    /// Where they lie.
    pub at: Whereabouts,
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
        let listing = readable(&self.at)?;
        let plan = self.eraser.plan(&listing, self.keep.is_none(), go)?;
        Ok(match &self.keep {
            // What everybody sees may hold nothing of them, and an old version all of it.
            _ if plan.is_empty() && plan.held() == 0 => Intent::Absent,
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

/// The files of a place, if rows can be looked for in all of them.
///
/// # Errors
/// [`Error::SealedFile`]: nobody knows whose rows are in it. What the listing fails with.
pub fn readable(at: &Whereabouts) -> Result<Listing, Error> {
    let listing = at.listing()?;
    let files = listing.files.iter().map(|file| match &file.0 {
        ListedAt::Path(path) => path.display().to_string(),
        ListedAt::Object(object) => object.location.to_string(),
    });
    match files.chain(listing.skipped.iter().cloned()).find(|file| is_sealed(file)) {
        Some(file) => Err(Error::SealedFile { file }),
        None => Ok(listing),
    }
}

/// Whether a file was sealed as a whole: by its first bytes here, by its name in a bucket.
fn is_sealed(file: &str) -> bool {
    let named = Path::new(file).extension().is_some_and(|end| end == "sealed");
    named || File::open(file).is_ok_and(|mut file| Envelope::read(&mut file).is_ok())
}
