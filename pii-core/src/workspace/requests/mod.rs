//! The verbs for requests of data subjects: each decides, records, and then acts.

mod again;
mod apart;
mod beside;
mod certify;
mod copies;
mod forbid;
mod hold;
mod import;
mod keep;
mod notify;
mod open;
mod places;
mod plan;
mod rectify;
mod release;
mod replay;
mod run;
mod seek;
mod step;

pub use apart::Apart;
pub use hold::HoldOn;
pub use open::{Asked, Opened};
pub use release::{Packed, Packing};
pub use replay::Replay;
pub use run::{Ended, EndedPlace};
