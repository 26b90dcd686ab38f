//! The verbs for requests of data subjects: each decides, records, and then acts.

mod certify;
mod notify;
mod open;
mod places;
mod plan;
mod run;
mod seek;
mod step;

pub use open::{Asked, Opened};
pub use run::Ended;
