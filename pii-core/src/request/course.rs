use jiff::Timestamp;
use jiff::civil::Date;

use super::{Claim, Deadline, Deed, Error, Extension, IdentityVerified, Move, State, Step};
use crate::policy::Calendar;
use uuid::Uuid;

/// A claim of one person, and how far it has come. Nothing here says who the person is.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its number.
    pub id: Uuid,
    /// What is asked.
    pub claim: Claim,
    /// When it arrived.
    pub received: Timestamp,
    /// How far it has come.
    pub state: State,
    /// The name that another system has for it.
    pub reference: Option<String>,
    /// What its time depends on.
    pub course: Course,
    /// What was done, in order.
    pub steps: Vec<Step>,
}

/// What happened to a request that its time depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// When it arrived.
    pub received: Timestamp,
    /// While the person was asked who they are: from the question to the answer; to no answer yet.
    pub waits: Vec<(Timestamp, Option<Timestamp>)>,
    /// By how much it was extended.
    pub extended: Option<Extension>,
}

impl Request {
    /// By when it is to be answered.
    ///
    /// # Errors
    /// [`Error::Time`].
    pub fn deadline(&self, calendar: &Calendar, now: Timestamp) -> Result<Deadline, Error> {
        Deadline::of(&self.course, calendar, now)
    }

    /// That it is known who asks, if it is: proven, and not asked for again since.
    pub fn identity(&self) -> Option<IdentityVerified> {
        let last =
            self.steps.iter().rev().find(|step| matches!(step.deed.step(), Move::AskIdentity | Move::ProveIdentity));
        last.filter(|step| step.deed.step() == Move::ProveIdentity).map(|_| IdentityVerified::recorded())
    }

    /// The digest of the plan that was made last, and whether it was approved.
    pub fn plan(&self) -> Option<(&str, bool)> {
        self.steps.iter().rev().find_map(|step| match &step.deed {
            Deed::Approve { digest } => Some((digest.as_str(), true)),
            Deed::Plan { digest, .. } => Some((digest.as_str(), false)),
            _ => None,
        })
    }

    /// Whether the person has their answer while a ground keeps some of it (Art. 17(3)): then nothing is due before it ends,
    /// and that is its last day, if it is known.
    pub fn waits(&self) -> Option<Option<Date>> {
        let last = self.steps.iter().rev();
        let mut last = last.skip_while(|step| matches!(step.deed.step(), Move::Extend));
        last.next().filter(|step| step.deed.step() == Move::Answer)?;
        self.steps.iter().rev().find_map(|step| match &step.deed {
            Deed::Hold { until } => Some(*until),
            _ => None,
        })
    }

    /// Where a deed leads, done now.
    ///
    /// # Errors
    /// [`Error::OutOfTurn`] if the state does not allow it, [`Error::NotRefusable`] if the law does not;
    /// [`Error::OtherPlan`] if it is of another plan than the last; [`Error::TooLate`], [`Error::Extended`];
    /// [`Error::ClockBack`] if something was done after now.
    pub fn may(&self, deed: &Deed, calendar: &Calendar, now: Timestamp) -> Result<State, Error> {
        let last = self.steps.last().map_or(self.received, |step| step.at);
        if now < last {
            return Err(Error::ClockBack { id: self.id, last });
        }
        let step = deed.step();
        if step == Move::Refuse && !self.claim.may_be_refused() {
            return Err(Error::NotRefusable { id: self.id });
        }
        let next = self.state.after(step, &self.claim);
        let next = next.ok_or(Error::OutOfTurn { id: self.id, state: self.state, step })?;
        match deed {
            Deed::Approve { digest } | Deed::Run { digest } if self.plan().map(|(plan, _)| plan) != Some(digest) => {
                Err(Error::OtherPlan { id: self.id })
            }
            Deed::Extend { .. } if self.course.extended.is_some() => Err(Error::Extended { id: self.id }),
            Deed::Extend { .. } => {
                let first = Deadline::to_extend(&self.course, calendar, now)?;
                if first.is_past(now) { Err(Error::TooLate { id: self.id, last: first.due }) } else { Ok(next) }
            }
            _ => Ok(next),
        }
    }
}

/// What the steps say of the time.
pub(super) fn course(received: Timestamp, steps: &[Step]) -> Course {
    let mut course = Course { received, ..Course::default() };
    for step in steps {
        match step.deed.step() {
            Move::AskIdentity => course.waits.push((step.at, None)),
            Move::ProveIdentity => {
                if let Some((_, answered @ None)) = course.waits.last_mut() {
                    *answered = Some(step.at);
                }
            }
            _ => course.extended = step.deed.extension().or(course.extended),
        }
    }
    course
}
