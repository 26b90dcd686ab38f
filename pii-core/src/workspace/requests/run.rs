use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;

use jiff::civil::Date;
use uuid::Uuid;

use super::again::again;
use super::hold::{InForce, held};
use super::places::{Aim, Spot};
use crate::audit::{Action, Event, Hash};
use crate::erase;
use crate::erase::Go;
use crate::error::Error;
use crate::request;
use crate::request::{Deed, Intent, Letters, PlaceName, Plan, PlannedPlace, Ran, Right, Sought, State};
use crate::vocab::{DatasetId, Identifier, IdentifierKind, RecipientId};
use crate::workspace::Workspace;

/// A place of a plan, and what became of it.
pub type EndedPlace = (PlannedPlace, Result<Ran, request::Error>);

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// Every place of the plan, in order, and what became of it. One that was not come to, as one before it failed, is left
    /// out.
    pub places: Vec<EndedPlace>,
    /// How far the requests have come by it.
    pub state: State,
}

impl Workspace {
    /// Carries out a plan, just that one. Every place is on record before it is touched and remembered when it is done, so
    /// that a run that was killed is taken up where it was. The vault comes last, and only if no place failed: whoever is
    /// to be found again must not be forgotten.
    ///
    /// # Errors
    /// [`Error::Request`] if the plan is not the last one of each request, or the policy is another since; nothing was done
    /// then. [`request::Error::Busy`] if somebody else runs it. What went wrong in a place is in [`Ended`].
    pub fn run_requests(&self, plan: &Plan, go: Go<'_>) -> Result<Ended, Error> {
        let digest = plan.digest()?.to_string();
        let _only = self.only_runner(&digest)?;
        if plan.policy != Hash::from_bytes(self.policy.digest()).to_string() {
            return Err(request::Error::OtherPolicy.into());
        }
        // Without it nothing is begun.
        self.vault()?;
        if matches!(plan.right, Right::Objection | Right::Restriction) {
            return self.run_forbidding(plan, &digest);
        }
        let aim = self.aim(plan.right, &plan.requests)?;
        self.begin(&plan.requests, &digest)?;

        let by_hand: Vec<_> = plan.places.iter().filter_map(by_hand).collect();
        let sought = self.seek(&plan.requests)?;
        let looked = self.holds_in_force()?;
        let mut holds = Guard { holds: self.holds_over(&sought)?, looked, plan };
        let spots = self.places(&aim, &sought, &by_hand, &holds.holds)?;
        let held = held(&holds.holds);
        if let Aim::Forgotten = aim {
            self.keep_to_know_again(plan, &sought, &held)?;
        }
        let free = if held.is_empty() { None } else { Some(sought.part(&held, false)) };
        let rights = if let Aim::Right(rights) = &aim { Some(rights) } else { None };
        self.make_notices(plan, &digest, free.as_ref().unwrap_or(&sought), rights)?;
        // The places know whom they look for; the rest of so many people need not stay in memory.
        drop((sought, free));
        let before = self.requests.places_done(&digest)?;
        let (mut places, mut failed) = (Vec::new(), 0_u64);
        for (number, planned) in plan.places.iter().enumerate() {
            if planned.place == PlaceName::Vault && failed > 0 {
                break;
            }
            let ended = match before.iter().find(|done| done.place == planned.place) {
                Some(done) => Ok(done.ran.clone()),
                None => {
                    let free = self.still_free(&mut holds, planned);
                    free.and_then(|()| self.run_place(plan, number, &spots, &digest, go))
                }
            };
            let ended = match ended {
                Err(Error::Request(error)) => Err(error),
                Err(error) => return Err(error),
                Ok(ran) => Ok(ran),
            };
            failed += u64::from(ended.is_err());
            places.push((planned.clone(), ended));
        }
        for (deed, ids) in endings(plan, failed) {
            self.step_requests(&ids, &deed)?;
        }
        self.tell(&plan.requests)?;
        let state = self.requests.heads(&plan.requests)?.iter().map(|head| head.state).min();
        Ok(Ended { places, state: state.unwrap_or(State::RecipientsTold) })
    }

    /// Refuses a place of which a hold, set since the plan was made, keeps something. Asked right before it is touched.
    fn still_free(&self, guard: &mut Guard<'_>, planned: &PlannedPlace) -> Result<(), Error> {
        if !planned.intent.acts() {
            return Ok(());
        }
        let now = self.holds_in_force()?;
        if !now.is_subset(&guard.looked) {
            guard.holds = self.holds_over(&self.seek(&guard.plan.requests)?)?;
            guard.looked.extend(now);
        }
        let keeps = |one: &InForce| match &planned.place {
            PlaceName::Dataset(dataset) => {
                let kind = self.subject_kind(&planned.place);
                one.dataset() == Some(dataset) || kind.is_some_and(|kind| one.theirs.spellings(&kind).is_some())
            }
            PlaceName::Copy { .. } => one.dataset().is_none(),
            PlaceName::Mentions { .. } | PlaceName::Others { .. } | PlaceName::Register | PlaceName::Log => false,
            PlaceName::Vault => !one.theirs.people().is_empty(),
        };
        match guard.since().find(|one| keeps(one)) {
            Some(one) => {
                let (place, ground) = (planned.place.clone(), one.hold.ground.clone());
                Err(request::Error::NowHeld { place, ground }.into())
            }
            None => Ok(()),
        }
    }

    /// What is to be known of these people once the vault has forgotten them: tags, for whoever brings them back; and, as
    /// long as a ground keeps rows of theirs, by what they are found there, in the letter of each request.
    fn keep_to_know_again(&self, plan: &Plan, sought: &Sought, held: &BTreeSet<Uuid>) -> Result<(), Error> {
        let receipt = self.log.append(&self.event(Action::VaultDeposit).with_rows(plan.requests.len() as u64))?;
        let now = self.caller.clock.now();
        self.requests.remember_erased(&self.keys, &self.policy, sought, held, now, &receipt)?;
        let kept = plan.places.iter().filter(|planned| matches!(planned.intent, Intent::Keep { .. }));
        let mut kinds: BTreeSet<_> = kept.filter_map(|planned| self.subject_kind(&planned.place)).collect();
        if !kinds.is_empty() {
            // Planned again, a dataset that was never taken in can be searched by nothing else.
            let places = plan.places.iter().filter(|planned| self.is_unmet(&planned.place));
            kinds.extend(places.filter_map(|planned| self.subject_kind(&planned.place)));
        }
        let wanted = |who: &[Identifier]| -> Vec<Identifier> {
            who.iter().filter(|identifier| kinds.contains(&identifier.kind)).cloned().collect()
        };
        let letters: Vec<_> = sought.named().iter().map(|(id, who)| (*id, wanted(who))).collect();
        let letters: Vec<_> =
            letters.iter().filter(|(_, who)| !who.is_empty()).map(|(id, who)| (*id, who.as_slice())).collect();
        if !letters.is_empty() {
            Letters::new(self.vault()?, &self.keys).keep(&letters, now, &receipt)?;
        }
        Ok(())
    }

    fn is_unmet(&self, place: &PlaceName) -> bool {
        let PlaceName::Dataset(dataset) = place else { return false };
        matches!(self.catalog.dataset(dataset), Ok(None))
    }

    fn subject_kind(&self, place: &PlaceName) -> Option<IdentifierKind> {
        let PlaceName::Dataset(dataset) = place else { return None };
        let dataset = DatasetId::parse(dataset).ok()?;
        Some(self.policy.dataset(&dataset)?.subject()?.kind.clone())
    }

    /// Approved and running, whether it is the first time or a run before this one was killed.
    pub(super) fn begin(&self, ids: &[Uuid], digest: &str) -> Result<(), Error> {
        let heads = self.requests.heads(ids)?;
        let planned: Vec<_> = heads.iter().filter(|head| head.state == State::Planned).map(|head| head.id).collect();
        self.step_requests(&planned, &Deed::Approve { digest: digest.to_owned() })?;
        self.step_requests(ids, &Deed::Run { digest: digest.to_owned() })?;
        Ok(())
    }

    /// Does what is planned in one place, by its number.
    pub(super) fn run_place(
        &self,
        plan: &Plan,
        number: usize,
        spots: &[Spot<'_>],
        digest: &str,
        go: Go<'_>,
    ) -> Result<Ran, Error> {
        let Some(planned) = plan.places.get(number) else { return Ok(Ran::default()) };
        let unsearched = |why: &str| request::Error::Unsearched { place: planned.place.clone(), why: why.to_owned() };
        match &planned.intent {
            Intent::Unsearched { why } => return Err(unsearched(why).into()),
            Intent::Mentioned { rows } => {
                return Err(request::Error::Mentioned { place: planned.place.clone(), rows: *rows }.into());
            }
            intent if !intent.acts() => return Ok(Ran::default()),
            _ => {}
        }
        let place = spots.iter().find_map(|spot| match spot {
            Spot::Open(place) => (place.name() == planned.place).then_some(Ok(place)),
            Spot::Known(name, intent) => match intent.as_ref() {
                // It was to be reached when the plan was made.
                Intent::Unsearched { why } => (*name == planned.place).then(|| Err(unsearched(why))),
                _ => None,
            },
        });
        let place = place.unwrap_or_else(|| Err(request::Error::Vanished { place: planned.place.clone() }))?;
        let receipt = self.log.append(&self.about_place(planned, digest))?;
        let now = self.caller.clock.now();
        let ran = match again(plan, number, planned, place.as_ref(), go)? {
            None => {
                let journal = self.plan_file(digest, &format!("{number}.journal"));
                place.run(&planned.intent, now, &journal, go, &receipt)?
            }
            Some(intent) => {
                // It was looked at anew: a run before this one cannot have left half of just that.
                let journal = self.plan_file(digest, &format!("{number}.again.journal"));
                let _ = std::fs::remove_file(&journal);
                place.run(&intent, now, &journal, go, &receipt)?
            }
        };
        self.requests.place_done(digest, &planned.place, &ran, self.caller.clock.now(), &receipt)?;
        Ok(ran)
    }

    /// What the log says before a place is touched.
    fn about_place(&self, planned: &PlannedPlace, digest: &str) -> Event {
        let action = if rectifies(&planned.intent) { Action::Rectify } else { Action::Erase };
        let event = self.event(action).with_rows(planned.intent.rows());
        let event = match Hash::parse(digest) {
            Some(hash) => event.with_content(hash),
            None => event,
        };
        let (dataset, recipient) = match &planned.place {
            PlaceName::Dataset(dataset) => (Some(dataset), None),
            PlaceName::Copy { dataset, recipient, .. } => (Some(dataset), Some(recipient)),
            PlaceName::Mentions { dataset, .. } | PlaceName::Others { dataset } => (Some(dataset), None),
            PlaceName::Register | PlaceName::Vault | PlaceName::Log => (None, None),
        };
        let event = match dataset.and_then(|dataset| DatasetId::parse(dataset).ok()) {
            Some(dataset) => event.with_dataset(dataset),
            None => event,
        };
        match recipient.and_then(|recipient| RecipientId::parse(recipient).ok()) {
            Some(recipient) => event.with_recipient(recipient),
            None => event,
        }
    }

    /// The right to run a plan, as long as the file is open.
    pub(super) fn only_runner(&self, digest: &str) -> Result<File, Error> {
        let path = self.plan_file(digest, "lock");
        let opened = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let file = opened.map_err(|source| Error::Io { path, source })?;
        file.try_lock().map_err(|_| request::Error::Busy)?;
        Ok(file)
    }
}

/// The holds that a run knows of, and those that its plan knew.
struct Guard<'a> {
    holds: Vec<InForce>,
    /// Those that were looked into, whether they concern the plan or not.
    looked: BTreeSet<Uuid>,
    plan: &'a Plan,
}

impl Guard<'_> {
    /// Those that were set since the plan was made.
    fn since(&self) -> impl Iterator<Item = &InForce> {
        let known = |one: &&InForce| self.plan.holds.iter().any(|hold| hold.id == one.hold.id);
        self.holds.iter().filter(move |one| !known(one))
    }
}

/// How far a run has brought its requests: what is kept of a place is kept of all of them, what is kept of a person of
/// theirs alone.
fn endings(plan: &Plan, failed: u64) -> Vec<(Deed, Vec<Uuid>)> {
    if failed > 0 {
        return vec![(Deed::Part { places: failed }, plan.requests.clone())];
    }
    let keep = |planned: &PlannedPlace| match &planned.intent {
        Intent::Keep { until, .. } => Some(*until),
        _ => None,
    };
    let places: Vec<Option<Date>> = plan.places.iter().filter_map(keep).collect();
    let mut endings: BTreeMap<(bool, Option<Date>), Vec<Uuid>> = BTreeMap::new();
    let held: BTreeMap<Uuid, Vec<Option<Date>>> = plan.holds.iter().fold(BTreeMap::new(), |mut held, hold| {
        for id in &hold.requests {
            held.entry(*id).or_insert_with(Vec::new).push(hold.until);
        }
        held
    });
    for id in &plan.requests {
        let kept: Vec<_> = places.iter().chain(held.get(id).into_iter().flatten()).collect();
        let first = kept.iter().copied().flatten().min().copied();
        endings.entry((kept.is_empty(), first)).or_default().push(*id);
    }
    let deed = |fulfilled, until| if fulfilled { Deed::Fulfil } else { Deed::Hold { until } };
    endings.into_iter().map(|((fulfilled, until), ids)| (deed(fulfilled, until), ids)).collect()
}

fn rectifies(intent: &Intent) -> bool {
    match intent {
        Intent::Erase { plan } => matches!(plan.action, erase::Action::Rectify(_)),
        intent => matches!(intent, Intent::Amend { .. }),
    }
}

fn by_hand(planned: &PlannedPlace) -> Option<PlaceName> {
    matches!(planned.intent, Intent::ByHand).then(|| planned.place.clone())
}
