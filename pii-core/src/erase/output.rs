use std::ops::Range;

use super::Error;

/// The file that takes the place of an [`Input`], written from the beginning to the end.
pub trait Output {
    /// Takes over bytes of the input as they are: by the kernel, or by the store.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Write`].
    fn copy(&mut self, range: Range<u64>) -> Result<(), Error>;

    /// Adds new bytes.
    ///
    /// # Errors
    /// [`Error::Write`].
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error>;

    /// How many bytes there are so far.
    fn position(&self) -> u64;
}
