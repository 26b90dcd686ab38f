use std::io;

use arrow::error::ArrowError;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::{Candidate, Move, PlaceName, Right, State};
use crate::audit;
use crate::erase;
use crate::keyring;
use crate::register;
use crate::state;
use crate::store;
use crate::vault;
use crate::vocab::{DatasetId, IdentifierKind, PurposeId};

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
    /// Rows have a shape that cannot be handled.
    #[error("rows cannot be read")]
    Shape(#[from] ArrowError),
    /// Nobody proved who they are.
    #[error("it is not proven who makes request {id}")]
    Unproven {
        /// Which.
        id: Uuid,
    },
    /// Rows do not say whom they are about.
    #[error("there is no column `{column}`, which says whom a row is about")]
    NoSubjectColumn {
        /// Which column.
        column: String,
    },
    /// Nothing was planned yet.
    #[error("request {id} has no plan")]
    NoPlan {
        /// Which.
        id: Uuid,
    },
    /// It is no certificate, or not the one that was signed.
    #[error("that is not a certificate as it was signed: {0}")]
    NotACertificate(String),
    /// Nobody is answered before every recipient was told (Art. 19).
    #[error("request {id}: `{recipient}` is not told yet")]
    Untold {
        /// Which.
        id: Uuid,
        /// Who.
        recipient: String,
    },
    /// A line does not say what is right.
    #[error("a correction is a line of `WHAT=VALUE`, such as `user.contact.email=…` or `crm.customers.city=…`")]
    NotACorrection,
    /// A correction is of nothing that the policy knows.
    #[error("`{what}` is no category of any column, and no column of a dataset")]
    NothingToCorrect {
        /// What was to be corrected.
        what: String,
    },
    /// A key of the controller's own is no datum of the person's that could be wrong.
    #[error("`{what}` is a key that tells people apart: to give somebody another one is to tag their rows again")]
    KeyCorrected {
        /// What was to be corrected.
        what: String,
    },
    /// What is said to be right of a birthday is no day.
    #[error("what is said of `{what}` is no day of the calendar")]
    NotADay {
        /// What was to be corrected.
        what: String,
    },
    /// A rectification says what is right, and nothing else does.
    #[error("a rectification, and nothing else, says what is right")]
    Correctionless {
        /// Which of those asked.
        place: usize,
    },
    /// Rows were rewritten, and are not as they were to be.
    #[error("{place}: what is right does not stand in `{column}` of {rows} {}: where nothing stood, nothing is filled in", rows_of(*.rows))]
    NotRight {
        /// Where.
        place: PlaceName,
        /// In which column.
        column: String,
        /// How many.
        rows: u64,
    },
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
    /// The policy names no such place.
    #[error("there is no place `{place}`")]
    UnknownPlace {
        /// What was named.
        place: PlaceName,
    },
    /// Rows that are about others speak of the person: nothing was done to them.
    #[error("{place}: {rows} {} about others {} of the person", if *.rows == 1 { "row" } else { "rows" }, if *.rows == 1 { "speaks" } else { "speak" })]
    Mentioned {
        /// Where.
        place: PlaceName,
        /// How many.
        rows: u64,
    },
    /// A file that was sealed as a whole: rows can be neither found nor changed in it.
    #[error("`{file}` is sealed as a whole, and nobody can look for rows in it")]
    SealedFile {
        /// Which.
        file: String,
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
    /// The package cannot be written.
    #[error("cannot write the package")]
    Write(#[source] io::Error),
    /// The package cannot be read: not a word about whether it is what it was.
    #[error("cannot read the package")]
    Read(#[source] io::Error),
    /// The policy says nothing about columns: nobody knows what they are, and whether they belong to the person.
    #[error("nothing decides {} of `{dataset}`", .columns.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", "))]
    Undecided {
        /// Where.
        dataset: DatasetId,
        /// Their paths.
        columns: Vec<String>,
    },
    /// A column holds what no package can show.
    #[error("column `{column}` of `{dataset}` holds {data_type}, which cannot be put into a package")]
    Unsupported {
        /// Where.
        dataset: DatasetId,
        /// Its path.
        column: String,
        /// The Arrow type.
        data_type: String,
    },
    /// A value is out of what its type can be written as, such as a date in the year 300,000.
    #[error("row {row} of `{dataset}`: the value of `{column}` cannot be written")]
    Unwritable {
        /// Where.
        dataset: DatasetId,
        /// The column.
        column: String,
        /// From 1.
        row: u64,
    },
    /// Rows are read twice, and were others the second time.
    #[error("`{dataset}` had {first} rows, then {second}: it changed while the package was written")]
    RowsChanged {
        /// Where.
        dataset: DatasetId,
        /// Rows at first.
        first: u64,
        /// Rows then.
        second: u64,
    },
    /// Two tables of one name.
    #[error("`{0}` stands in the package twice")]
    Twice(DatasetId),
    /// A dataset serves a purpose that the cover does not name: the person would not be told what for.
    #[error("`{dataset}` serves `{purpose}`, which the cover does not name")]
    UnnamedPurpose {
        /// The dataset.
        dataset: DatasetId,
        /// The purpose.
        purpose: PurposeId,
    },
    /// The passphrase can be guessed.
    #[error("the passphrase is too short: take {0} characters or more")]
    ShortPassphrase(usize),
    /// Not a key that a package can be encrypted to.
    #[error("it is not an age key: {0}")]
    MalformedAgeKey(&'static str),
    /// Encrypted, and not to what was brought.
    #[error("the package does not open with what was given")]
    NotOpened,
    /// It should be an age file, and is none.
    #[error("it is not encrypted with age, or its header was altered")]
    NotEncrypted,
    /// Encrypting failed.
    #[error("cannot encrypt the package: {0}")]
    Encrypt(String),
    /// Not a public key in the form of minisign.
    #[error("it is not a public key of minisign: {0}")]
    MalformedKey(&'static str),
    /// The key for documents cannot be made.
    #[error("the seed of the key for documents is refused")]
    Seed,
    /// The log.
    #[error(transparent)]
    Audit(#[from] audit::Error),
    /// Files.
    #[error(transparent)]
    Erase(#[from] Box<erase::Error>),
    /// Where files lie.
    #[error(transparent)]
    Store(#[from] Box<store::Error>),
    /// The keys.
    #[error(transparent)]
    Key(#[from] keyring::Error),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// What people forbid.
    #[error(transparent)]
    Register(#[from] register::Error),
    /// The state database.
    #[error(transparent)]
    State(#[from] state::Error),
}

impl From<erase::Error> for Error {
    fn from(error: erase::Error) -> Self {
        Self::Erase(Box::new(error))
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(Box::new(error))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::State(error.into())
    }
}

fn rows_of(count: u64) -> &'static str {
    if count == 1 { "row" } else { "rows" }
}
