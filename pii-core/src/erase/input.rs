use std::ops::Range;

use super::Error;

/// A file as it is: bytes that can be read anywhere, by several threads at once.
pub trait Input: Sync {
    /// What errors and reports call it: a path, a URL.
    fn name(&self) -> &str;

    /// How many bytes.
    ///
    /// # Errors
    /// [`Error::Read`].
    fn size(&self) -> Result<u64, Error>;

    /// Reads just these bytes into `into`, whose old content goes.
    ///
    /// # Errors
    /// [`Error::Read`], also if the file ends before.
    fn read(&self, range: Range<u64>, into: &mut Vec<u8>) -> Result<(), Error>;
}
