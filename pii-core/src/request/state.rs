use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Claim, Right};

/// How far a request has come.
///
/// ```text
/// received ─▶ identity-pending ⇄ verified ─▶ planned ─▶ approved ─▶ running ─▶ fulfilled ─▶ recipients-told ─▶ closed
///                                  ▲            ▲                     │ ▲
///                                  └────────────┴── partly-done, held ◀┘ │   (each can be planned and run again;
///                                                                       │    of one that is held, the person is answered)
/// until it runs: refused, withdrawn                                      └── a run that was killed
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It arrived.
    Received,
    /// The person was asked to prove who they are (Art. 12(6)).
    IdentityPending,
    /// It is known who asks.
    Verified,
    /// What it would do is computed, and lies in a file.
    Planned,
    /// Somebody confirmed that plan.
    Approved,
    /// The plan is being carried out, or was when the machine stopped.
    Running,
    /// Some places are done, and some are not.
    PartlyDone,
    /// All is done but what a ground keeps; it comes back when that ends.
    Held,
    /// All is done and was looked at again: for an erasure, the person is absent.
    Fulfilled,
    /// Every recipient has been told (Art. 19).
    RecipientsTold,
    /// The person has their answer.
    Closed,
    /// Refused, on a ground (Art. 12(5)).
    Refused,
    /// The person took it back.
    Withdrawn,
}

/// What is done to a request. Each is on record in the log before it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Move {
    /// The person is asked who they are.
    AskIdentity,
    /// They proved it.
    ProveIdentity,
    /// A plan was made, or another one.
    Plan,
    /// Somebody confirmed it.
    Approve,
    /// It is carried out.
    Run,
    /// All of it was done.
    Fulfil,
    /// Some places failed, or could not be searched.
    Part,
    /// All of it was done but what a ground keeps.
    Hold,
    /// Recipients were told, or there are none.
    Tell,
    /// The answer went out.
    Close,
    /// The answer went out, and a ground keeps some of it still.
    Answer,
    /// It is refused.
    Refuse,
    /// It is taken back.
    Withdraw,
    /// Its time is extended.
    Extend,
}

impl State {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 13] = [
        Self::Received,
        Self::IdentityPending,
        Self::Verified,
        Self::Planned,
        Self::Approved,
        Self::Running,
        Self::PartlyDone,
        Self::Held,
        Self::Fulfilled,
        Self::RecipientsTold,
        Self::Closed,
        Self::Refused,
        Self::Withdrawn,
    ];

    /// As it is stored: `partly-done`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::IdentityPending => "identity-pending",
            Self::Verified => "verified",
            Self::Planned => "planned",
            Self::Approved => "approved",
            Self::Running => "running",
            Self::PartlyDone => "partly-done",
            Self::Held => "held",
            Self::Fulfilled => "fulfilled",
            Self::RecipientsTold => "recipients-told",
            Self::Closed => "closed",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// As people read it: what is fulfilled depends on what was asked.
    pub fn of(self, right: Right) -> &'static str {
        match (self, right) {
            // Nobody was to be told.
            (Self::RecipientsTold, right) if !right.tells_recipients() => Self::Fulfilled.of(right),
            (Self::Fulfilled, Right::Erasure) => "verified-absent",
            (Self::Fulfilled, Right::Access | Right::Portability) => "packed",
            (Self::Fulfilled, Right::Rectification) => "rectified",
            (Self::Fulfilled, Right::Restriction) => "restricted",
            (Self::Fulfilled, Right::Objection) => "observed",
            _ => self.name(),
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether the person has their answer: nothing is due any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Refused | Self::Withdrawn)
    }

    /// Where a move leads; nowhere, if it cannot be made here.
    pub fn after(self, step: Move, claim: &Claim) -> Option<Self> {
        use State::{
            Approved, Closed, Fulfilled, Held, IdentityPending, PartlyDone, Planned, Received, RecipientsTold, Refused,
            Running, Verified, Withdrawn,
        };
        match (step, self) {
            (Move::AskIdentity, Received | Verified | Planned | Approved) => Some(IdentityPending),
            (Move::ProveIdentity, Received | IdentityPending | Verified | Planned) => Some(Verified),
            (Move::Plan, Verified | Planned | Approved | PartlyDone | Held) => Some(Planned),
            (Move::Approve, Planned) => Some(Approved),
            (Move::Run, Approved | Running) => Some(Running),
            (Move::Fulfil, Running) => Some(Fulfilled),
            (Move::Part, Running) => Some(PartlyDone),
            (Move::Hold, Running) => Some(Held),
            (Move::Tell, Fulfilled) => Some(RecipientsTold),
            (Move::Close, RecipientsTold) => Some(Closed),
            (Move::Answer, Held) => Some(Held),
            (Move::Refuse, Received | IdentityPending | Verified | Planned) if claim.may_be_refused() => Some(Refused),
            (Move::Withdraw, Received | IdentityPending | Verified | Planned | Approved | PartlyDone | Held) => {
                Some(Withdrawn)
            }
            (Move::Extend, state) if !state.is_over() => Some(state),
            _ => None,
        }
    }
}

impl Move {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::AskIdentity,
        Self::ProveIdentity,
        Self::Plan,
        Self::Approve,
        Self::Run,
        Self::Fulfil,
        Self::Part,
        Self::Hold,
        Self::Tell,
        Self::Close,
        Self::Answer,
        Self::Refuse,
        Self::Withdraw,
        Self::Extend,
    ];

    /// As people read it, after "cannot be": `run`, `extended`.
    pub fn done(self) -> &'static str {
        match self {
            Self::AskIdentity => "asked for an identity",
            Self::ProveIdentity => "given an identity",
            Self::Plan => "planned",
            Self::Approve => "approved",
            Self::Run => "run",
            Self::Fulfil => "fulfilled",
            Self::Part => "partly done",
            Self::Hold => "held",
            Self::Tell => "told to recipients",
            Self::Close => "closed",
            Self::Answer => "answered",
            Self::Refuse => "refused",
            Self::Withdraw => "withdrawn",
            Self::Extend => "extended",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every state that a request can come to from `from`.
    fn reachable(from: State, claim: &Claim, barred: &[Move]) -> BTreeSet<State> {
        let (mut seen, mut open) = (BTreeSet::from([from]), vec![from]);
        while let Some(state) = open.pop() {
            let moves = Move::ALL.into_iter().filter(|step| !barred.contains(step));
            for next in moves.filter_map(|step| state.after(step, claim)) {
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        seen
    }

    #[test]
    fn every_state_can_be_reached_and_every_open_one_can_be_closed() {
        assert_eq!(reachable(State::Received, &Claim::Erasure, &[]), State::ALL.into_iter().collect());
        for state in State::ALL.into_iter().filter(|state| !state.is_over()) {
            let ends = reachable(state, &Claim::Erasure, &[]);
            assert!(ends.contains(&State::Closed), "{state} ends nowhere");
        }
    }

    #[test]
    fn what_is_over_stays_over() {
        for state in State::ALL.into_iter().filter(|state| state.is_over()) {
            assert_eq!(reachable(state, &Claim::Erasure, &[]), [state].into());
        }
    }

    #[test]
    fn nothing_runs_for_somebody_who_did_not_prove_who_they_are() {
        let without = reachable(State::Received, &Claim::Erasure, &[Move::ProveIdentity]);
        assert!(!without.contains(&State::Planned) && !without.contains(&State::Running), "{without:?}");
    }

    #[test]
    fn nothing_runs_that_nobody_approved_and_partly_done_is_never_done() {
        assert!(!reachable(State::Received, &Claim::Erasure, &[Move::Approve]).contains(&State::Running));
        for unfinished in [State::PartlyDone, State::Held] {
            let others = reachable(unfinished, &Claim::Erasure, &[Move::Plan]);
            assert!(
                !others.contains(&State::Fulfilled) && !others.contains(&State::Closed),
                "{unfinished}: {others:?}"
            );
        }
    }

    #[test]
    fn an_objection_to_direct_marketing_cannot_be_refused() {
        let marketing = Claim::Objection { purpose: "marketing".to_owned(), marketing: true };
        assert!(!reachable(State::Received, &marketing, &[]).contains(&State::Refused));
        let other = Claim::Objection { purpose: "analytics".to_owned(), marketing: false };
        assert!(reachable(State::Received, &other, &[]).contains(&State::Refused));
    }

    #[test]
    fn names_are_read_back() {
        for state in State::ALL {
            assert_eq!(State::parse(state.name()), Some(state));
        }
    }
}
