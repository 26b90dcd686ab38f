use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::copies::newest_of_each;
use super::hold::{InForce, planned};
use super::places::{Aim, Spot};
use super::plan::looked_at;
use super::run::EndedPlace;
use crate::audit::{Action, Hash};
use crate::batch::text_of;
use crate::catalog::Disclosure;
use crate::erase;
use crate::erase::{Go, Progress, Values};
use crate::error::Error;
use crate::policy::Dataset;
use crate::register::Entry;
use crate::request;
use crate::request::{
    Deed, Erased, Files, Intent, KeptLedger, Memory, Norms, Place, PlaceName, Plan, PlannedPlace, Request, Right,
    Sought, Step, kind_of,
};
use crate::store;
use crate::store::{Location, Source, Whereabouts};
use crate::vocab::{DatasetId, Identifier, IdentifierKind, Personal};
use crate::workspace::Workspace;

/// What a backup brought back of people who were erased, and what would be done about it.
pub struct Replay<'a> {
    /// Every place, in the order in which they are done. It is of no request: its digest tells it in the log.
    pub plan: Plan,
    /// How many erasures were looked for.
    pub erasures: u64,
    /// Rectifications that were carried out since then. What was right is not known any more: they are to be asked for again.
    pub rectified: Vec<Uuid>,
    /// What is forbidden, or was lifted, and the register does not know it.
    forgotten: Vec<Entry>,
    spots: Vec<Spot<'a>>,
}

/// A place, with what there is to do, and how.
type Planned<'a> = (PlannedPlace, Option<Spot<'a>>);

impl Workspace {
    /// Looks in every dataset, every copy that was written in clear, and the vault, for people whom the ledger, or one that
    /// was given away, erased since then; changes nothing. Subject columns are read once, whole. What is kept by policy or
    /// by a hold is kept.
    ///
    /// # Errors
    /// [`Error::Request`] for a ledger of other keys. What is wrong with a place is in the plan: it could not be searched.
    pub fn plan_replay(&self, since: Timestamp, ledger: &KeptLedger, go: Go<'_>) -> Result<Replay<'_>, Error> {
        let mut erased = self.requests.erased_since(since)?;
        erased.add(&self.keys, &ledger.erased, since)?;
        let norms = Norms::of(&self.policy);
        let forgotten = self.forgotten_prohibitions(ledger)?;
        let (mut found, mut unread) = (BTreeMap::new(), BTreeMap::new());
        for dataset in self.policy.datasets() {
            let Some(subject) = dataset.subject() else { continue };
            let values = match self.located_at(dataset.location()) {
                Ok(at) => self.distinct(&at, &subject.column, go),
                Err(Error::Store(error)) => Err(error.into()),
                Err(error) => return Err(error),
            };
            match values {
                Ok(values) => {
                    let back = erased.among(&self.keys, &norms, &subject.kind, values.iter().map(String::as_str))?;
                    found.insert(dataset.id().clone(), back);
                }
                Err(error) => {
                    if let Intent::Unsearched { why } = looked_at(Err(error))? {
                        unread.insert(dataset.id().clone(), why);
                    }
                }
            }
        }
        let copies = newest_of_each(self.catalog.disclosures(None)?);
        let mut named: BTreeSet<(IdentifierKind, String)> = BTreeSet::new();
        for (id, values) in &found {
            let subject = self.policy.dataset(id).and_then(Dataset::subject);
            named.extend(subject.iter().flat_map(|of| values.iter().map(|value| (of.kind.clone(), value.clone()))));
        }
        let mut lost = Vec::new();
        for copy in &copies {
            match self.in_clear(copy, &erased, &norms, go) {
                Ok(more) => named.extend(more),
                Err(error) => lost.push((self.copy_name(copy), looked_at(Err(error))?)),
            }
        }
        let sought = self.back_in_the_vault(named, &erased, &norms)?;
        let holds = self.holds_over(&sought)?;

        let mut places: Vec<Planned<'_>> = Vec::new();
        if !ledger.forbidden.is_empty() {
            let people = forgotten.len() as u64;
            let intent = if people > 0 { Intent::Forbid { people } } else { Intent::Absent };
            places.push((PlannedPlace { place: PlaceName::Register, intent }, None));
        }
        for dataset in self.policy.datasets().iter().filter(|dataset| dataset.subject().is_some()) {
            let name = PlaceName::Dataset(dataset.id().to_string());
            if let Some(Spot::Known(place, intent)) = self.others(dataset, &[])? {
                places.push((PlannedPlace { place, intent: *intent }, None));
            }
            let intent = match (unread.remove(dataset.id()), found.remove(dataset.id()).and_then(Values::new)) {
                (Some(why), _) => Intent::Unsearched { why },
                (None, None) => Intent::Absent,
                (None, Some(values)) => {
                    places.extend(self.back_in(dataset, values, &holds, go)?);
                    continue;
                }
            };
            places.push((PlannedPlace { place: name, intent }, None));
        }
        places.extend(lost.into_iter().map(|(place, intent)| (PlannedPlace { place, intent }, None)));
        for copy in &copies {
            if let Some(Spot::Open(place)) = self.copy_place(copy, &Aim::Forgotten, &sought, &holds)? {
                let intent = looked_at(place.plan(go))?;
                places.push((PlannedPlace { place: place.name(), intent }, Some(Spot::Open(place))));
            }
        }
        let held = super::hold::held(&holds);
        let free = sought.part(&held, false);
        let memory = Memory {
            vault: self.vault()?,
            sidecar: &self.sidecar,
            values: free.values(),
            held: (sought.people().len() - free.people().len()) as u64,
            people: free.people(),
        };
        places.push((
            PlannedPlace { place: memory.name(), intent: memory.plan(go)? },
            Some(Spot::Open(Box::new(memory))),
        ));

        let (places, spots): (Vec<_>, Vec<_>) = places.into_iter().unzip();
        let plan = Plan {
            v: 1,
            right: Right::Erasure,
            requests: Vec::new(),
            made: self.caller.clock.now(),
            policy: Hash::from_bytes(self.policy.digest()).to_string(),
            known: sought.people().len() as u64,
            holds: planned(&holds),
            recipients: Vec::new(),
            places,
        };
        let spots = spots.into_iter().flatten().collect();
        let rectified = self.rectified_since(since)?;
        Ok(Replay { plan, erasures: erased.requests(), rectified, forgotten, spots })
    }

    /// Requests by which something was put right since then.
    fn rectified_since(&self, since: Timestamp) -> Result<Vec<Uuid>, Error> {
        let requests = self.requests.list(true)?.into_iter();
        let is = |request: &Request| {
            let ran = |step: &Step| matches!(step.deed, Deed::Run { .. }) && step.at >= since;
            request.claim.right() == Right::Rectification && request.steps.iter().any(ran)
        };
        Ok(requests.filter(is).map(|request| request.id).collect())
    }

    /// Erases again what came back: each again what was forbidden: each place on record before it is touched. What was
    /// given away goes back into the ledger. Done before, or in part, it ends the same.
    ///
    /// # Errors
    /// [`Error::Audit`], [`Error::State`]; what went wrong in a place is beside it.
    pub fn run_replay(&self, replay: &Replay<'_>, ledger: &KeptLedger, go: Go<'_>) -> Result<Vec<EndedPlace>, Error> {
        let digest = replay.plan.digest()?.to_string();
        if !ledger.erased.is_empty() {
            let receipt = self.log.append(&self.event(Action::VaultDeposit).with_rows(ledger.erased.len() as u64))?;
            self.requests.bring_back(&self.keys, &ledger.erased, &receipt)?;
        }
        let (mut ended, mut failed) = (Vec::new(), false);
        for (number, planned) in replay.plan.places.iter().enumerate() {
            if planned.place == PlaceName::Vault && failed {
                break;
            }
            let ran = match &planned.place {
                PlaceName::Register => self.forbid_again(&replay.forgotten),
                _ => self.run_place(&replay.plan, number, &replay.spots, &digest, go),
            };
            let ran = match ran {
                Err(Error::Request(error)) => Err(error),
                Err(error) => return Err(error),
                Ok(ran) => Ok(ran),
            };
            failed |= ran.is_err();
            ended.push((planned.clone(), ran));
        }
        Ok(ended)
    }

    /// People who are in the vault again: of those whom these identifiers name, the ones of whom nothing is known that was
    /// not erased. Whoever shares an address with somebody who was erased stays.
    fn back_in_the_vault(
        &self,
        named: BTreeSet<(IdentifierKind, String)>,
        erased: &Erased,
        norms: &Norms,
    ) -> Result<Sought, Error> {
        let identifier = |(kind, value)| Identifier { kind, value: Personal::new(value) };
        let named: Vec<Identifier> = named.into_iter().map(identifier).collect();
        let mut sought = Sought::default();
        let found = self.vault()?.find_all(&self.keys, &named.iter().collect::<Vec<_>>())?;
        let mut met = HashSet::new();
        let people: Vec<_> = found.into_iter().flatten().filter(|person| met.insert(person.subject)).collect();
        for who in named {
            sought.add(&self.policy, Uuid::now_v7(), vec![who], None);
        }
        for people in people.chunks(PAGE) {
            let look = |person: &crate::vault::Person| self.event(Action::VaultRead).with_subjects([person.alias]);
            let receipts = self.log.append_all(people.iter().map(look))?;
            for (person, values) in people.iter().zip(self.vault()?.read_all(people, &receipts)?) {
                let own = values.iter().filter_map(|held| {
                    Some(Identifier { kind: kind_of(&self.policy, held)?, value: held.value.clone() })
                });
                if erased.all(&self.keys, norms, &own.collect::<Vec<_>>())? {
                    sought.add(&self.policy, Uuid::now_v7(), Vec::new(), Some((person.clone(), values)));
                }
            }
        }
        Ok(sought)
    }

    fn back_in<'a>(
        &'a self,
        dataset: &Dataset,
        values: Values,
        holds: &[InForce],
        go: Go<'_>,
    ) -> Result<Option<Planned<'a>>, Error> {
        let (Some(subject), at) = (dataset.subject(), self.located_at(dataset.location())?) else {
            return Ok(None);
        };
        let keep = holds.iter().find(|one| one.dataset() == Some(dataset.id().as_str()));
        let keep = keep.map(|one| (one.hold.ground.clone(), one.hold.until));
        let holds = holds.iter().filter_map(|one| Some((one, one.theirs.spellings(&subject.kind)?)));
        let Some(files) = self.files_of(dataset, &Aim::Forgotten, at, values, holds.collect())? else {
            return Ok(None);
        };
        let files = Files { keep: keep.or(files.keep.clone()), ..files };
        let intent = looked_at(files.plan(go))?;
        Ok(Some((PlannedPlace { place: files.name(), intent }, Some(Spot::Open(Box::new(files))))))
    }

    /// Identifiers of erased people that stand in a copy as they are.
    fn in_clear(
        &self,
        copy: &Disclosure,
        erased: &Erased,
        norms: &Norms,
        go: Go<'_>,
    ) -> Result<Vec<(IdentifierKind, String)>, request::Error> {
        let mut named = Vec::new();
        let file = self.site.root().join(&copy.destination);
        let dataset = DatasetId::parse(&copy.dataset).ok().and_then(|id| self.policy.dataset(&id));
        let Some(dataset) = dataset.filter(|_| copy.destination != "-" && file.is_file()) else { return Ok(named) };
        for column in copy.columns.iter().filter(|column| column.key.is_none() && column.method == "keep") {
            let Some(category) = dataset.column(&column.path).and_then(|rule| rule.tag().category()) else { continue };
            let own = dataset.subject().filter(|subject| subject.column == column.path);
            let kind = own.map(|subject| subject.kind.clone());
            let Some(kind) = kind.or_else(|| IdentifierKind::of_column(category, &column.path)) else { continue };
            let values = self.distinct(&Whereabouts::Here(Location::from(file.clone())), &column.path, go)?;
            let back = erased.among(&self.keys, norms, &kind, values.iter().map(String::as_str))?;
            named.extend(back.into_iter().map(|value| (kind.clone(), value)));
        }
        Ok(named)
    }

    /// The values of a column, each once. Files are read one after the other, encrypted ones too.
    fn distinct(&self, at: &Whereabouts, column: &str, go: Go<'_>) -> Result<HashSet<String>, request::Error> {
        let (mut values, options) = (HashSet::new(), self.reading());
        for file in request::readable(at)?.files {
            let source = match Source::listed(&[file], at.objects().map(Arc::as_ref), &options) {
                // An object of which only old versions are left.
                Err(store::Error::NoSource) => continue,
                source => source?,
            };
            for rows in source.batches() {
                if go(Progress::default()) == ControlFlow::Break(()) {
                    return Err(erase::Error::Interrupted.into());
                }
                let missing = || request::Error::NoSubjectColumn { column: column.to_owned() };
                let text = text_of(&rows?, column).ok_or_else(missing)?;
                for value in text.iter().flatten() {
                    if !values.contains(value) {
                        values.insert(value.to_owned());
                    }
                }
            }
        }
        Ok(values)
    }
}

/// People whose values are in memory at once.
const PAGE: usize = 4096;
