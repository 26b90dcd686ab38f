use arrow::array::RecordBatch;

use super::Error;
use crate::audit::Receipt;
use crate::store::{Content, Staged, TableWriter};

/// Where protected rows go. Nothing that a sink was given may be seen by anyone before [`Sink::publish`],
/// unless it is a stream by nature; it is never called without the receipt of a record.
pub trait Sink {
    /// What waits to be published.
    type Staged;

    /// Takes rows.
    ///
    /// # Errors
    /// [`Error::Store`].
    fn put(&mut self, rows: &RecordBatch, recorded: &Receipt) -> Result<(), Error>;

    /// No more rows: what there is, and its content.
    ///
    /// # Errors
    /// [`Error::Store`].
    fn stage(self) -> Result<(Content, Self::Staged), Error>;

    /// Whether nobody has seen any of it yet. What a stream was given is out.
    fn waits(staged: &Self::Staged) -> bool;

    /// Lets the recipient see it.
    ///
    /// # Errors
    /// [`Error::Store`].
    fn publish(staged: Self::Staged, recorded: &Receipt) -> Result<(), Error>;
}

impl Sink for TableWriter {
    type Staged = Staged;

    fn put(&mut self, rows: &RecordBatch, _recorded: &Receipt) -> Result<(), Error> {
        Ok(self.write(rows)?)
    }

    fn stage(self) -> Result<(Content, Staged), Error> {
        let staged = self.finish()?;
        Ok((staged.content().clone(), staged))
    }

    fn waits(staged: &Staged) -> bool {
        staged.target().is_some()
    }

    fn publish(staged: Staged, _recorded: &Receipt) -> Result<(), Error> {
        staged.publish()?;
        Ok(())
    }
}
