use std::fs;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::places::Spot;
use super::plan::{looked_at, whole};
use crate::audit::{Action, Hash};
use crate::erase::{self, Eraser, Go, Values};
use crate::error::Error;
use crate::policy::Dataset;
use crate::request;
use crate::request::package::{
    Cover, Kind, Language, MentionLine, Package, PurposeLine, RecipientLine, Rows, SealTo, Table, Written,
};
use crate::request::{
    Deed, HeldRows, Intent, PersonRows, PlaceName, Plan, PlannedPlace, Request, Right, Sought, State,
};
use crate::store::{Listed, Whereabouts};
use crate::vault::Value;
use crate::workspace::Workspace;

/// How a package is made.
pub struct Packing<'a> {
    /// The language of the page for people.
    pub language: Language,
    /// Who can open it; anybody, if nobody is named.
    pub seal: Option<&'a SealTo>,
    /// Where it is written. There must be nothing there yet.
    pub output: &'a Path,
}

/// A package that was made.
#[derive(Debug)]
pub struct Packed {
    /// What was written.
    pub written: Written,
    /// How far the request has come by it.
    pub state: State,
}

impl Workspace {
    /// What a package would hold of the person, dataset by dataset.
    pub(super) fn plan_release(
        &self,
        id: Uuid,
        right: Right,
        by_hand: &[PlaceName],
        go: Go<'_>,
    ) -> Result<Plan, Error> {
        let sought = self.seek(&[id])?;
        let (mut places, words) = (Vec::new(), sought.words(&self.policy).map(Arc::new));
        for dataset in self.policy.datasets().iter().filter(|dataset| dataset.subject().is_some()) {
            let place = PlaceName::Dataset(dataset.id().to_string());
            let intent = match by_hand.contains(&place) {
                true => Intent::ByHand,
                false => self.rows_in(dataset, &sought, go)?,
            };
            places.push(PlannedPlace { place, intent });
            let mut spots: Vec<_> = self.others(dataset, by_hand)?.into_iter().collect();
            // What others wrote is no part of what can be taken along (Art. 20(1)).
            if right == Right::Access {
                spots.extend(self.mentions(dataset, &sought, words.as_ref(), by_hand)?);
            }
            for spot in spots {
                places.push(planned(spot, go)?);
            }
        }
        let plan = Plan {
            v: 1,
            right,
            requests: vec![id],
            made: self.caller.clock.now(),
            policy: Hash::from_bytes(self.policy.digest()).to_string(),
            known: u64::from(sought.unknown().is_empty()),
            holds: Vec::new(),
            recipients: Vec::new(),
            places,
        };
        let digest = plan.digest()?.to_string();
        self.keep(&self.plan_file(&digest, "json"), &plan.to_json()?)?;
        self.step_requests(&[id], &Deed::Plan { digest, unsearched: plan.unsearched() })?;
        Ok(plan)
    }

    /// How many rows of a dataset are about the person.
    fn rows_in(&self, dataset: &Dataset, sought: &Sought, go: Go<'_>) -> Result<Intent, Error> {
        let Some(subject) = dataset.subject() else { return Ok(Intent::Absent) };
        let at = match self.located_at(dataset.location()) {
            Ok(at) => at,
            Err(Error::Store(error)) => return Ok(Intent::Unsearched { why: whole(&error) }),
            Err(error) => return Err(error),
        };
        let Some(values) = sought.spellings(&subject.kind) else {
            return self.without_a_key(dataset, &subject.kind, &at);
        };
        let rows = self.holding(&subject.column, values, &at, go);
        looked_at(rows.map(|files| match files.iter().map(|(_, rows)| rows).sum() {
            0 => Intent::Absent,
            rows => Intent::Release { rows },
        }))
    }

    /// The files in which the values stand, as everybody sees them.
    fn holding(
        &self,
        column: &str,
        values: Values,
        at: &Whereabouts,
        go: Go<'_>,
    ) -> Result<Vec<(Listed, u64)>, request::Error> {
        let eraser = self.reaching(Eraser::new(column, values, erase::Action::DeleteRow, 0)?, at);
        Ok(eraser.holding(&request::readable(at)?, go)?)
    }

    /// Writes the package of an access or portability request that is planned, and nothing else: on record before the
    /// first byte. The file appears whole or not at all.
    ///
    /// # Errors
    /// [`Error::Request`], [`Error::Io`]; then the request is running still, and this can be called again.
    pub fn pack_request(&self, plan: &Plan, packing: &Packing<'_>) -> Result<Packed, Error> {
        let digest = plan.digest()?.to_string();
        let _only = self.only_runner(&digest)?;
        let [id] = plan.requests.as_slice() else { return Err(request::Error::OtherPolicy.into()) };
        if plan.policy != Hash::from_bytes(self.policy.digest()).to_string() {
            return Err(request::Error::OtherPolicy.into());
        }
        let free = !packing.output.exists();
        free.then_some(()).ok_or_else(|| Error::Io {
            path: packing.output.to_owned(),
            source: std::io::ErrorKind::AlreadyExists.into(),
        })?;
        self.vault()?;
        self.begin(&plan.requests, &digest)?;
        let request = self.requests.get(*id)?;
        let written = self.pack(&request, plan, packing)?;
        let unsearched = plan.unsearched();
        let deed = if unsearched > 0 { Deed::Part { places: unsearched } } else { Deed::Fulfil };
        self.step_requests(&plan.requests, &deed)?;
        self.tell(&plan.requests)?;
        Ok(Packed { written, state: self.requests.get(*id)?.state })
    }

    fn pack(&self, request: &Request, plan: &Plan, packing: &Packing<'_>) -> Result<Written, Error> {
        let id = request.id;
        let identity = request.identity().ok_or(request::Error::Unproven { id })?;
        let sought = self.seek(&[id])?;
        let held = self.held_of(&sought, id)?;
        let mut parts: Vec<(&Dataset, Box<dyn Rows>)> = Vec::new();
        for planned in &plan.places {
            let (PlaceName::Dataset(name), false) = (&planned.place, matches!(planned.intent, Intent::Absent)) else {
                continue;
            };
            let known = self.policy.datasets().iter().find(|dataset| dataset.id().as_str() == name);
            let Some((dataset, subject)) = known.and_then(|dataset| Some((dataset, dataset.subject()?))) else {
                continue;
            };
            let rows: Box<dyn Rows> = match (&planned.intent, sought.spellings(&subject.kind)) {
                (Intent::Release { .. }, Some(values)) => {
                    let at = self.located_at(dataset.location())?;
                    let files = self.holding(&subject.column, values.clone(), &at, &|_| ControlFlow::Continue(()))?;
                    if files.is_empty() {
                        return Err(request::Error::Vanished { place: planned.place.clone() }.into());
                    }
                    let files = files.into_iter().map(|(file, _)| file).collect();
                    let objects = at.objects().cloned();
                    Box::new(PersonRows::open(files, objects, self.reading(), &subject.column, &values)?)
                }
                // What the dataset itself could not be asked for, the vault may have.
                _ => Box::new(HeldRows::new(held.iter().filter(|value| value.dataset == *name))?),
            };
            parts.push((dataset, rows));
        }
        let tables: Vec<_> = parts.iter().map(|(dataset, rows)| Table::of(dataset, rows.as_ref())).collect();
        let mut cover = self.cover(request, &tables, packing.language)?;
        cover.mentions = plan.places.iter().filter_map(mention).collect();
        let key = self.document_key()?;
        let package = Package::new(&cover, &tables, &key, &identity)?;
        let rows = plan.places.iter().filter(|planned| matches!(planned.intent, Intent::Release { .. }));
        let rows = rows.map(|planned| planned.intent.rows()).sum();
        let event = self.event(Action::RequestDeliver).with_request(id.to_string()).with_rows(rows);
        let subjects = sought.people().into_iter().map(|person| person.alias);
        let receipt = self.log.append(&event.with_subjects(subjects))?;
        written_whole(packing.output, |out| {
            Ok(match packing.seal {
                Some(to) => package.write_sealed(to, out, &receipt)?,
                None => package.write_clear(out, &receipt)?,
            })
        })
    }

    /// What the vault holds of the person.
    fn held_of(&self, sought: &Sought, id: Uuid) -> Result<Vec<Value>, Error> {
        let mut held = Vec::new();
        for person in sought.people() {
            let event = self.event(Action::VaultRead).with_request(id.to_string()).with_subjects([person.alias]);
            let receipt = self.log.append(&event)?;
            held.extend(self.vault()?.read(&person, &receipt)?);
        }
        Ok(held)
    }

    fn cover(&self, request: &Request, tables: &[Table<'_>], language: Language) -> Result<Cover, Error> {
        let kind = if request.claim.right() == Right::Portability { Kind::Portability } else { Kind::Access };
        let zone = self.policy.calendar().zone.clone();
        let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
        // The time of the plan: the same package can be made again.
        let made = request.steps.iter().rev().find(|step| matches!(step.deed, Deed::Plan { .. }));
        let made = made.map_or(request.received, |step| step.at);
        let mut cover = Cover::new(request.id, kind, self.policy.controller(), day(request.received), made);
        cover.language = language;
        let serves =
            |purpose: &crate::policy::Purpose| tables.iter().any(|table| table.purposes.contains(purpose.id()));
        cover.purposes = self.policy.purposes().iter().filter(|purpose| serves(purpose)).map(PurposeLine::of).collect();
        let disclosures = self.catalog.disclosures(None)?;
        for recipient in self.policy.recipients() {
            let got = disclosures.iter().filter(|disclosure| disclosure.recipient == recipient.id().as_str());
            let got: Vec<_> = got
                .filter_map(|disclosure| {
                    let table = tables.iter().find(|table| table.dataset.as_str() == disclosure.dataset)?;
                    Some((table.dataset.clone(), disclosure.at))
                })
                .collect();
            if let Some(last) = got.iter().map(|(_, at)| *at).max() {
                let mut datasets: Vec<_> = got.into_iter().map(|(dataset, _)| dataset).collect();
                datasets.sort();
                datasets.dedup();
                cover.recipients.push(RecipientLine::of(recipient, datasets, Some(day(last))));
            }
        }
        Ok(cover)
    }
}

/// What is planned in a place.
fn planned(spot: Spot<'_>, go: Go<'_>) -> Result<PlannedPlace, Error> {
    Ok(match spot {
        Spot::Known(place, intent) => PlannedPlace { place, intent: *intent },
        Spot::Open(place) => PlannedPlace { place: place.name(), intent: looked_at(place.plan(go))? },
    })
}

/// What rows of others say of the person is not handed out (Art. 15(4)); that it is there, is said.
fn mention(planned: &PlannedPlace) -> Option<MentionLine> {
    match (&planned.place, &planned.intent) {
        (PlaceName::Mentions { dataset, column }, Intent::Mentioned { rows }) => {
            Some(MentionLine { dataset: dataset.clone(), column: column.clone(), rows: *rows })
        }
        _ => None,
    }
}

/// Writes a file beside its name, and gives it that name once it is whole. Nobody else can read it.
fn written_whole<T>(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<T, Error>) -> Result<T, Error> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".part");
    let draft = path.with_file_name(name);
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(io)?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let wrote = write(&mut out).and_then(|wrote| {
        let synced = out.flush().and_then(|()| out.get_ref().sync_all());
        synced.and_then(|()| fs::rename(&draft, path)).map_err(io)?;
        Ok(wrote)
    });
    if wrote.is_err() {
        let _ = fs::remove_file(&draft);
    }
    wrote
}
