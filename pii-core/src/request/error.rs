use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::{Candidate, Move, PlaceName, Right, State};
use crate::audit;
use crate::erase;
use crate::keyring;
use crate::state;
use crate::store;
use crate::vault;
use crate::vocab::IdentifierKind;

/// What can go wrong with a request. No message repeats an identifier.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such request.
    #[error("there is no request {id}")]
    Unknown {
        /// What was asked for.
        id: Uuid,
    },
    /// The request is not in a state in which that can be done.
    #[error("request {id} is {state} and cannot be {}", .step.done())]
    OutOfTurn {
        /// Which.
        id: Uuid,
        /// How far it has come.
        state: State,
        /// What was to be done.
        step: Move,
    },
    /// An objection to direct marketing is not weighed (Art. 21(3)).
    #[error("request {id} objects to direct marketing and cannot be refused (Art. 21(3))")]
    NotRefusable {
        /// Which.
        id: Uuid,
    },
    /// The plan is not the last that was made for it.
    #[error("that is not the last plan that was made for request {id}")]
    OtherPlan {
        /// Which.
        id: Uuid,
    },
    /// The first month is over (Art. 12(3)).
    #[error("request {id} could be extended until {last}, within the first month (Art. 12(3))")]
    TooLate {
        /// Which.
        id: Uuid,
        /// The last day.
        last: Date,
    },
    /// Once is all that the law allows (Art. 12(3)).
    #[error("request {id} was extended before (Art. 12(3))")]
    Extended {
        /// Which.
        id: Uuid,
    },
    /// The clock of this machine is behind what was done already.
    #[error("the clock is set back: something was done to request {id} at {last}")]
    ClockBack {
        /// Which.
        id: Uuid,
        /// When that was.
        last: Timestamp,
    },
    /// Nobody is named.
    #[error("nobody is named")]
    Nameless {
        /// Which of the requests, from 0.
        place: usize,
    },
    /// An identifier of a kind by which nobody is found here.
    #[error("nobody is found by `{kind}` here")]
    UnknownKind {
        /// Which of the requests, from 0.
        place: usize,
        /// The kind.
        kind: IdentifierKind,
        /// The kinds that there are.
        known: Vec<String>,
    },
    /// An identifier that does not have the form of its kind.
    #[error("what is given as `{kind}` does not look like one")]
    Malformed {
        /// Which of the requests, from 0.
        place: usize,
        /// The kind.
        kind: IdentifierKind,
    },
    /// A request that arrived after now.
    #[error("a request cannot have arrived in the future")]
    Future {
        /// Which of the requests, from 0.
        place: usize,
    },
    /// A day that is in no calendar.
    #[error("the time is beyond all calendars")]
    Time,
    /// The ledger holds something that was not put there.
    #[error("the ledger of requests is damaged: {0}")]
    Corrupt(&'static str),
    /// What names the person names several: nobody is taken for another.
    #[error("what request {id} gives names {} people", .candidates.len())]
    Ambiguous {
        /// Which.
        id: Uuid,
        /// Whom.
        candidates: Vec<Candidate>,
    },
    /// It is no plan of requests.
    #[error("that is not a plan of requests: {0}")]
    NotAPlan(String),
    /// Requests of this right have no plan of this sort.
    #[error("request {id} is about {right}, which is not planned with erasures")]
    OtherRight {
        /// Which.
        id: Uuid,
        /// What it is about.
        right: Right,
    },
    /// The policy is another one since the plan was made.
    #[error("the policy changed since the plan was made")]
    OtherPolicy,
    /// Somebody else carries out the plan.
    #[error("another process runs this plan")]
    Busy,
    /// The place could not be looked at when the plan was made.
    #[error("{place} was not searched: {why}")]
    Unsearched {
        /// Which.
        place: PlaceName,
        /// Why.
        why: String,
    },
    /// A place of the plan is there no more.
    #[error("{place} is not there any more")]
    Vanished {
        /// Which.
        place: PlaceName,
    },
    /// A recipient who has nothing to be told.
    #[error("`{recipient}` is not to be told of request {id}")]
    NotTold {
        /// Of which request.
        id: Uuid,
        /// Who.
        recipient: String,
    },
    /// A hold that was set since the plan was made keeps the place as it is (Art. 17(3)).
    #[error("{place} is held since the plan was made: {ground}")]
    NowHeld {
        /// Which.
        place: PlaceName,
        /// Why.
        ground: String,
    },
    /// There is no such hold.
    #[error("there is no hold {id}")]
    UnknownHold {
        /// What was asked for.
        id: Uuid,
    },
    /// A hold without a reason.
    #[error("a hold says why (Art. 17(3))")]
    Groundless,
    /// What names whom the request is about is gone: it was answered.
    #[error("nothing names the person of request {id} any more")]
    Forgotten {
        /// Which.
        id: Uuid,
    },
    /// It is no ledger of erasures, or not of this workspace.
    #[error("that is not a ledger of erasures: {0}")]
    NotALedger(String),
    /// It is no request of OpenDSR, or none that can be answered.
    #[error("that is not an OpenDSR request that can be taken in: {0}")]
    OpenDsr(String),
    /// A body that is not signed as it says.
    #[error("the signature does not hold: {0}")]
    Signature(&'static str),
    /// The log.
    #[error(transparent)]
    Audit(#[from] audit::Error),
    /// Files.
    #[error(transparent)]
    Erase(#[from] erase::Error),
    /// Where files lie.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The keys.
    #[error(transparent)]
    Key(#[from] keyring::Error),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// The state database.
    #[error(transparent)]
    State(#[from] state::Error),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::State(error.into())
    }
}
