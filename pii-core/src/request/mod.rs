//! What does the person ask, by when, is it done, can we prove it?
//!
//! A [`Request`] is one [`Claim`] of one person. It goes through [`State`]s, one [`Deed`] at a time; each is on record in
//! the log before it counts, and what may follow what is decided in one place ([`State::after`]). Its time runs from the
//! day it arrived ([`Deadline`]). [`Requests`] remembers all this without knowing who the person is: what names them lies
//! in the vault, sealed with a key of the request's own, under the request's number.
//!
//! What goes to the person is a [`Package`](package::Package): there is no other door to them, and none of it leads to a
//! recipient. Papers that leave are signed with the [`DocumentKey`], so that whoever has its public half can tell.

mod amend;
mod asking;
mod certificate;
mod correction;
mod course;
mod deadline;
mod deed;
mod erased;
mod error;
mod files;
mod forget;
mod hold;
mod kept;
mod ledger;
mod letter;
mod mentions;
mod notice;
mod opendsr;
pub mod package;
mod paper;
mod place;
mod plan;
mod progress;
mod right;
mod rows;
mod sign;
mod sought;
mod state;

pub use amend::Amend;
pub use asking::{Asking, Head};
pub use certificate::{Certificate, CertifiedEntry, CertifiedNotice, CertifiedPlace, Outcome, SignedCertificate};
pub use correction::{Corrected, Correction};
pub use course::{Course, Request};
pub use deadline::{Deadline, Extension};
pub use deed::{Deed, Delay, Ground, Step};
pub use erased::{Erased, ErasedOne, Norms, kcv};
pub use error::Error;
pub use files::{Files, passed_over, readable};
pub use forget::Memory;
pub use hold::{HoldScope, LegalHold};
pub use kept::{ForbiddenOne, KeptLedger, KeptLine};
pub use ledger::{Filed, Filing, Requests};
pub use letter::{Letters, is_reserved, is_well_formed};
pub use mentions::{Mentions, Words};
pub use notice::{Concerned, Notice, RightThere, Told};
pub use opendsr::{DsrIdentity, DsrStatus, OpenDsr, check_signature};
pub use place::{Intent, Place, PlaceName, Ran};
pub use plan::{Plan, PlannedHold, PlannedPlace};
pub use progress::PlaceDone;
pub use right::{Claim, Contest, Right};
pub use rows::{HeldRows, PersonRows};
pub use sign::{DocumentKey, PublicKey};
pub use sought::{Candidate, Sought, Wanted, kind_of};
pub use state::{Move, State};

/// Proof that whoever asks is the person they ask about (Art. 12(6)). Nothing goes to anybody without one.
#[derive(Debug)]
pub struct IdentityVerified {
    _made_here: (),
}

impl IdentityVerified {
    /// Once it is on record how, and by whom.
    pub(super) fn recorded() -> Self {
        Self { _made_here: () }
    }
}
