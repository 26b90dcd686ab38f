use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::beside::free_texts;
use super::hold::{InForce, held, planned};
use super::places::{Aim, Spot};
use crate::audit::Hash;
use crate::erase::Go;
use crate::error::Error;
use crate::request;
use crate::request::{Deed, Intent, PlaceName, Plan, PlannedHold, PlannedPlace, Right};
use crate::vocab::DatasetId;
use crate::workspace::Workspace;

impl Workspace {
    /// What a request would do, in every place; changes nothing but that it is planned. Erasures, objections and restrictions
    /// can be planned together. `by_hand`: datasets, and columns of free text, that somebody else sees to. The plan is kept in
    /// the workspace, too.
    ///
    /// # Errors
    /// [`Error::Request`] if a request cannot be planned, or names several people. What is wrong with a place is in the
    /// plan: it could not be searched.
    pub fn plan_requests(&self, ids: &[Uuid], by_hand: &[PlaceName], go: Go<'_>) -> Result<Plan, Error> {
        by_hand.iter().try_for_each(|place| self.knows(place))?;
        let now = self.caller.clock.now();
        let draft = Deed::Plan { digest: String::new(), unsearched: 0 };
        let mut rights = BTreeSet::new();
        for id in ids {
            let request = self.requests.get(*id)?;
            request.may(&draft, self.policy.calendar(), now)?;
            rights.insert(request.claim.right());
        }
        let mut rights = rights.into_iter();
        let (right, other) = (rights.next().unwrap_or(Right::Erasure), rights.next());
        if let (Some(right), Some(id)) = (other, ids.first()) {
            return Err(request::Error::OtherRight { id: *id, right }.into());
        }
        match (right, ids) {
            (Right::Erasure, _) | (Right::Rectification, [_]) => {}
            (Right::Access | Right::Portability, [id]) => return self.plan_release(*id, right, by_hand, go),
            (Right::Objection | Right::Restriction, ids) => return self.plan_forbidding(ids, right),
            (_, [id, ..]) => return Err(request::Error::OtherRight { id: *id, right }.into()),
            _ => {}
        }
        let aim = self.aim(right, ids)?;
        let sought = self.seek(ids)?;
        let holds = self.holds_over(&sought)?;
        let mut places = Vec::new();
        for spot in self.places(&aim, &sought, by_hand, &holds)? {
            let (place, intent) = match spot {
                Spot::Known(place, intent) => (place, *intent),
                Spot::Open(place) => (place.name(), looked_at(place.plan(go))?),
            };
            places.push(PlannedPlace { place, intent });
        }
        let recipients = match &aim {
            Aim::Right(rights) => self.told_of_rights(rights, &places)?,
            Aim::Forgotten => self.told(&places)?,
        };
        let plan = Plan {
            v: 1,
            right,
            requests: ids.to_vec(),
            made: now,
            policy: Hash::from_bytes(self.policy.digest()).to_string(),
            known: (ids.len() - sought.unknown().len()) as u64,
            recipients: if held(&holds).len() < ids.len() { recipients } else { Vec::new() },
            holds: planned(&holds).into_iter().filter(|hold| keeps(hold, &holds, &places)).collect(),
            places,
        };
        let digest = plan.digest()?.to_string();
        self.keep(&self.plan_file(&digest, "json"), &plan.to_json()?)?;
        self.step_requests(ids, &Deed::Plan { digest, unsearched: plan.unsearched() })?;
        Ok(plan)
    }

    /// What is to become of people in each place: nothing is erased that was not asked to be.
    pub(super) fn aim(&self, right: Right, ids: &[Uuid]) -> Result<Aim, Error> {
        match (right, ids) {
            (Right::Erasure, _) => Ok(Aim::Forgotten),
            (Right::Rectification, [id]) => Ok(Aim::Right(self.rights_of(*id)?)),
            (_, [id, ..]) => Err(request::Error::OtherRight { id: *id, right }.into()),
            (_, []) => Err(request::Error::OtherPolicy.into()),
        }
    }

    /// Refuses a place that the policy does not name.
    fn knows(&self, place: &PlaceName) -> Result<(), Error> {
        let (PlaceName::Dataset(dataset) | PlaceName::Mentions { dataset, .. } | PlaceName::Others { dataset }) = place
        else {
            return Err(request::Error::UnknownPlace { place: place.clone() }.into());
        };
        let id = DatasetId::parse(dataset)?;
        let dataset = self.policy.dataset(&id).ok_or(Error::UnknownDataset(id))?;
        match place {
            PlaceName::Mentions { column, .. } if !free_texts(dataset).any(|free| free == column) => {
                Err(request::Error::UnknownPlace { place: place.clone() }.into())
            }
            _ => Ok(()),
        }
    }

    /// The plan of that digest, as it was kept.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Request`].
    pub fn kept_plan(&self, digest: &str) -> Result<Plan, Error> {
        let path = self.plan_file(digest, "json");
        let json = fs::read(&path).map_err(|source| Error::Io { path, source })?;
        Ok(Plan::from_json(&json)?)
    }

    /// To whom datasets went in which they are.
    fn told(&self, places: &[PlannedPlace]) -> Result<Vec<String>, Error> {
        let mut told = BTreeSet::new();
        for disclosure in self.catalog.disclosures(None)? {
            let is_of = |planned: &PlannedPlace| match &planned.place {
                PlaceName::Dataset(dataset) => {
                    *dataset == disclosure.dataset
                        && !matches!(planned.intent, Intent::Absent)
                        && !(planned.intent.held() > 0 && planned.intent.rows() == 0)
                }
                PlaceName::Copy { recipient, .. } => *recipient == disclosure.recipient && planned.intent.acts(),
                PlaceName::Mentions { .. }
                | PlaceName::Others { .. }
                | PlaceName::Vault
                | PlaceName::Register
                | PlaceName::Log => false,
            };
            if places.iter().any(is_of) {
                told.insert(disclosure.recipient);
            }
        }
        Ok(told.into_iter().collect())
    }

    /// Writes a small file for nobody else's eyes: a guess of who is meant can be tested with it.
    pub(super) fn keep(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let written = fs::create_dir_all(self.plans())
            .and_then(|()| fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path))
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
        written.map_err(|source| Error::Io { path: path.to_owned(), source })
    }

    pub(super) fn plan_file(&self, digest: &str, extension: &str) -> PathBuf {
        self.plans().join(digest).with_extension(extension)
    }

    fn plans(&self) -> PathBuf {
        self.site.root().join(".pii").join("plans")
    }
}

/// Whether a hold keeps something of a plan: of a dataset, only if rows are there that would go.
fn keeps(hold: &PlannedHold, holds: &[InForce], places: &[PlannedPlace]) -> bool {
    let dataset = holds.iter().find(|one| one.hold.id == hold.id).and_then(InForce::dataset);
    dataset.is_none_or(|dataset| {
        let place = PlaceName::Dataset(dataset.to_owned());
        places.iter().any(|planned| planned.place == place && matches!(planned.intent, Intent::Keep { .. }))
    })
}

/// A place that cannot be looked at is part of the answer, unless it was the person who looked away.
pub(super) fn looked_at(planned: Result<Intent, request::Error>) -> Result<Intent, Error> {
    match planned {
        Err(request::Error::Erase(error)) if matches!(*error, crate::erase::Error::Interrupted) => {
            Err(Error::Interrupted)
        }
        Err(error) => Ok(Intent::Unsearched { why: whole(&error) }),
        Ok(intent) => Ok(intent),
    }
}

/// An error and its causes.
pub(super) fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}
