//! What does the person ask, by when, is it done, can we prove it?
//!
//! What goes to the person is a [`Package`](package::Package): there is no other door to them, and none of it leads to a
//! recipient. Papers that leave are signed with the [`DocumentKey`], so that whoever has its public half can tell.

mod error;
pub mod package;
mod sign;

pub use error::Error;
pub use sign::{DocumentKey, PublicKey};

/// Proof that whoever asks is the person they ask about (Art. 12(6)). Nothing goes to anybody without one.
#[derive(Debug)]
pub struct IdentityVerified {
    _made_here: (),
}

impl IdentityVerified {
    /// Once it is on record how, and by whom.
    #[cfg_attr(not(test), expect(dead_code, reason = "the state of a request will make it"))]
    pub(super) fn recorded() -> Self {
        Self { _made_here: () }
    }
}
