use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
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
use crate::seal::Envelope;
use crate::store::{ListedAt, Listing, ReadOptions, Whereabouts};

/// Files of a dataset, or a copy of it, in which people are found by one column.
pub struct Files {
    /// What they are called.
    pub name: PlaceName,
    /// Where they lie.
    pub at: Whereabouts,
    /// By which column, whose values, and what happens to the rows.
    pub eraser: Eraser,
    /// How they are read.
    pub reading: ReadOptions,
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
        let (files, objects) = (readable(&self.at)?.files, self.at.objects().cloned());
        let rows = PersonRows::open(files, objects, self.reading.clone(), subject, &values)?;
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

/// The files of a place in which rows can be looked for; of the others, [`passed_over`] tells.
///
/// # Errors
/// [`Error::SealedFile`], if it is the one that is meant; what the listing fails with.
pub fn readable(at: &Whereabouts) -> Result<Listing, Error> {
    let listing = at.listing()?;
    let sealed = listing.files.iter().find_map(|file| match &file.0 {
        ListedAt::Path(path) => is_sealed(path).then(|| path.display().to_string()),
        ListedAt::Object(object) => is_sealed(Path::new(object.location.key())).then(|| object.location.to_string()),
    });
    sealed.map_or(Ok(listing), |file| Err(Error::SealedFile { file }))
}

/// That files lie there which nobody can look into, if some do: sealed as a whole, of an unknown format, links to folders.
/// They are told by the ends of their names: the names may be people's.
///
/// # Errors
/// What the listing fails with.
pub fn passed_over(at: &Whereabouts) -> Result<Option<String>, Error> {
    let skipped = at.listing()?.skipped;
    let end = |file: &String| match Path::new(file).extension().and_then(OsStr::to_str) {
        Some(end) => format!("`.{end}`"),
        None => "without an ending".to_owned(),
    };
    let ends: BTreeSet<_> = skipped.iter().map(end).collect();
    let ends = ends.into_iter().collect::<Vec<_>>().join(", ");
    Ok(match skipped.len() {
        0 => None,
        1 => Some(format!("a file was passed over, as nobody can look for rows in it: {ends}")),
        many => Some(format!("{many} files were passed over, as nobody can look for rows in them: {ends}")),
    })
}

/// Whether a file was sealed as a whole: by its name, or by its first bytes.
fn is_sealed(file: &Path) -> bool {
    let named = file.extension().is_some_and(|end| end == "sealed" || end == "age");
    named || File::open(file).is_ok_and(|mut file| Envelope::read(&mut file).is_ok())
}
