//! The container: a ZIP file (PKWARE APPNOTE 6.3) of which every byte outside the compressed data is determined.
//!
//! A ZIP says most things twice, and readers disagree about which to believe: one could be shown other files than another.
//! So packages have one spelling: entries from the first byte on, one after the other, without gaps; all deflated,
//! with a descriptor behind; no comments, no dates, no extra fields but that of ZIP64, and that one only where a number
//! needs it. [`Reader`] builds each record again from what it says and refuses a file in which one differs. That is why this is
//! not left to a general library. `docs/design.md` has it byte by byte.

mod reader;
mod record;
mod writer;

pub(super) use reader::{Reader, Unreadable};
pub(super) use writer::{Digested, Writer};
