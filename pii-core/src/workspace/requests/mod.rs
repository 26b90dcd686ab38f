//! The verbs for requests of data subjects: each decides, records, and then acts.

mod open;
mod step;

pub use open::{Asked, Opened};
