//! The verbs for requests of data subjects: each decides, records, and then acts.

mod certify;
mod notify;
mod open;
mod places;
mod plan;
mod release;
mod run;
mod seek;
mod step;

pub use open::{Asked, Opened};
pub use release::{Packed, Packing};
pub use run::Ended;
