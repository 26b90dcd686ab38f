//! The audit log where everything goes wrong: writers that are killed, disks that refuse, ends that are torn.
//!
//! The writers are this very test binary, run once more (`child`), so that what dies or fails is a whole process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod child;
mod desk;
mod inherit;
mod kill;
mod refuse;
mod short;
mod torn;
