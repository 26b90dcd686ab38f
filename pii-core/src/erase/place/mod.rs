//! Where do the files lie, and how does a new one take the place of an old one?
//!
//! So far in folders of this machine. A [`LocalFile`] is read by ranges; a [`Draft`] is written beside it, under the hidden
//! name `.NAME.pii-erase`, and takes its name in one step.

mod draft;
mod file;

pub(super) use draft::Draft;
pub(super) use file::{LocalFile, clear, resolve};
