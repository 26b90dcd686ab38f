use std::collections::HashSet;
use std::sync::Arc;

use super::beside::free_texts;
use super::copies::newest_of_each;
use super::hold;
use super::hold::InForce;
use super::plan::whole;
use super::rectify::Rights;
use crate::audit;
use crate::erase;
use crate::erase::{Eraser, Values};
use crate::error::Error;
use crate::policy::{Dataset, ErasureStrategy};
use crate::request;
use crate::request::{Files, Intent, Memory, Place, PlaceName, Sought};
use crate::store::{Location, ObjectLocation, ReadOptions, Whereabouts};
use crate::vocab::IdentifierKind;
use crate::workspace::Workspace;

/// A place, or what there is to say of it without looking.
pub(super) enum Spot<'a> {
    /// To be looked at.
    Open(Box<dyn Place + 'a>),
    /// Known already.
    Known(PlaceName, Box<Intent>),
}

/// What is to become of people in each place.
pub(super) enum Aim {
    /// They are forgotten (Art. 17).
    Forgotten,
    /// What is said of them is put right (Art. 16).
    Right(Rights),
}

impl Workspace {
    /// Every place that can hold something of these people: datasets, copies of them, the vault; in the order in which
    /// they are to be done. What is held is left alone.
    pub(super) fn places<'a>(
        &'a self,
        aim: &'a Aim,
        sought: &Sought,
        by_hand: &[PlaceName],
        holds: &[InForce],
    ) -> Result<Vec<Spot<'a>>, Error> {
        let mut spots = Vec::new();
        let has_texts = self.policy.datasets().iter().any(|dataset| free_texts(dataset).next().is_some());
        let words = if has_texts { sought.words(&self.policy).map(Arc::new) } else { None };
        for dataset in self.policy.datasets() {
            let place = self.dataset_place(dataset, aim, sought, by_hand, holds)?;
            // What others wrote of somebody is not what is said of them.
            let mentions = matches!(aim, Aim::Forgotten);
            if mentions || place.is_some() {
                spots.extend(place);
                spots.extend(self.others(dataset, by_hand)?);
            }
            if mentions {
                spots.extend(self.mentions(dataset, sought, words.as_ref(), by_hand)?);
            }
        }
        for disclosure in newest_of_each(self.catalog.disclosures(None)?) {
            spots.extend(self.copy_place(&disclosure, aim, sought, holds)?);
        }
        if let Aim::Forgotten = aim {
            spots.extend(self.acted(sought)?);
        }
        let held = hold::held(holds);
        let free = if held.is_empty() { None } else { Some(sought.part(&held, false)) };
        let free = free.as_ref().unwrap_or(sought);
        if let Aim::Right(rights) = aim {
            spots.push(Spot::Open(Box::new(self.amended(free, rights)?)));
            return Ok(spots);
        }
        let people = free.people();
        spots.push(Spot::Open(Box::new(Memory {
            vault: self.vault()?,
            sidecar: &self.sidecar,
            values: free.values(),
            held: (sought.people().len() - people.len()) as u64,
            people,
        })));
        Ok(spots)
    }

    /// Nothing of a dataset that holds no personal data, or nothing that is wrong.
    fn dataset_place(
        &self,
        dataset: &Dataset,
        aim: &Aim,
        sought: &Sought,
        by_hand: &[PlaceName],
        holds: &[InForce],
    ) -> Result<Option<Spot<'_>>, Error> {
        let Some(subject) = dataset.subject() else { return Ok(None) };
        if let Aim::Right(rights) = aim
            && rights.in_dataset(dataset.id()).is_none()
        {
            return Ok(None);
        }
        let name = PlaceName::Dataset(dataset.id().to_string());
        if by_hand.contains(&name) {
            return Ok(Some(Spot::Known(name, Box::new(Intent::ByHand))));
        }
        let unsearched = |why: String| Ok(Some(Spot::Known(name.clone(), Box::new(Intent::Unsearched { why }))));
        let at = match self.located_at(dataset.location()) {
            Ok(at) => at,
            Err(Error::Store(error)) => return unsearched(whole(&error)),
            Err(error) => return Err(error),
        };
        let Some(values) = sought.spellings(&subject.kind) else {
            return Ok(Some(Spot::Known(name, Box::new(self.without_a_key(dataset, &subject.kind, &at)?))));
        };
        let keep = holds.iter().find(|one| one.dataset() == Some(dataset.id().as_str()));
        let keep = keep.map(|one| (one.hold.ground.clone(), one.hold.until));
        let holds = holds.iter().filter_map(|one| Some((one, one.theirs.spellings(&subject.kind)?)));
        let files = self.files_of(dataset, aim, at, values, holds.collect())?;
        Ok(files.map(|files| Spot::Open(Box::new(Files { keep: keep.or(files.keep.clone()), ..files }))))
    }

    /// What there is to say of a dataset if nothing is known by which these people would be found in it.
    pub(super) fn without_a_key(
        &self,
        dataset: &Dataset,
        kind: &IdentifierKind,
        at: &Whereabouts,
    ) -> Result<Intent, Error> {
        // Had they been in it when it was taken in, the vault would know them by its key.
        let known = self.catalog.dataset(dataset.id().as_str())?;
        Ok(match known.map(|_| is_there(at)) {
            Some(Ok(())) => Intent::Absent,
            Some(Err(error)) => Intent::Unsearched { why: whole(&error) },
            None => Intent::Unsearched { why: format!("it was never taken in, and no `{kind}` of theirs is known") },
        })
    }

    /// The files of a dataset, in which people are found by these values of its subject column. None, if nothing is to
    /// become of them.
    pub(super) fn files_of(
        &self,
        dataset: &Dataset,
        aim: &Aim,
        at: Whereabouts,
        values: Values,
        holds: Vec<(&InForce, Values)>,
    ) -> Result<Option<Files>, Error> {
        let Some(subject) = dataset.subject() else { return Ok(None) };
        let today = self.today();
        let keep = match dataset.erasure() {
            ErasureStrategy::Keep { ground, until } if until.is_none_or(|until| today <= until) => {
                Some((ground.clone(), *until))
            }
            _ => None,
        };
        let action = match (aim, dataset.erasure()) {
            (Aim::Right(rights), _) => rights.in_dataset(dataset.id()),
            // The ground is over: the rows go as they go when their time is.
            (Aim::Forgotten, ErasureStrategy::Keep { .. }) => Some(of(&dataset.retention().then, dataset)),
            (Aim::Forgotten, strategy) => Some(of(strategy, dataset)),
        };
        let Some(action) = action else { return Ok(None) };
        let eraser = self.reaching(Eraser::new(&subject.column, values, action, 0)?, &at);
        let eraser = eraser.with_holds(rows(holds), today)?;
        Ok(Some(Files {
            name: PlaceName::Dataset(dataset.id().to_string()),
            at,
            eraser,
            reading: self.reading(),
            keep,
        }))
    }

    /// With the keys of files that were encrypted here, and with the store that the files lie in.
    pub(super) fn reaching(&self, eraser: Eraser, at: &Whereabouts) -> Eraser {
        let eraser = eraser.with_keys(&self.file_keys());
        match at.objects() {
            Some(objects) => eraser.with_objects(Arc::clone(objects)),
            None => eraser,
        }
    }

    /// How rows of a dataset are read, encrypted ones too.
    pub(super) fn reading(&self) -> ReadOptions {
        ReadOptions { keys: Some(self.file_keys()), ..ReadOptions::default() }
    }

    /// What the log keeps of people who are staff: that they did what they did.
    fn acted(&self, sought: &Sought) -> Result<Option<Spot<'_>>, Error> {
        let who = sought.named().iter().flat_map(|(_, who)| who);
        let who: HashSet<String> = who.map(|who| who.value.expose().to_lowercase()).collect();
        let rows = audit::acted(&self.site.audit(), |actor| who.contains(&actor.to_lowercase()))?;
        let keep = || Intent::Keep { ground: ACTED.to_owned(), until: None, rows };
        Ok((rows > 0).then(|| Spot::Known(PlaceName::Log, Box::new(keep()))))
    }

    /// Where the policy says that a dataset lies: a path, or what lies in a bucket.
    pub(super) fn located_at(&self, location: &str) -> Result<Whereabouts, Error> {
        if ObjectLocation::is_meant(location) {
            return Ok(Whereabouts::Bucket(ObjectLocation::parse(location)?, self.objects()?));
        }
        let parsed = Location::parse(location)?;
        Ok(Whereabouts::Here(match parsed.path() {
            Some(path) => Location::from(self.site.root().join(path)),
            None => parsed,
        }))
    }
}

/// Whether there are files at all where a dataset should lie.
fn is_there(at: &Whereabouts) -> Result<(), request::Error> {
    let listing = request::readable(at)?;
    let missing = listing.missing();
    missing.map_or(Ok(()), |error| Err(error.into()))
}

/// What the policy calls a way to erase, as the eraser takes it.
fn of(strategy: &ErasureStrategy, dataset: &Dataset) -> erase::Action {
    match strategy {
        ErasureStrategy::NullColumns => erase::Action::NullColumns(personal(dataset)),
        _ => erase::Action::DeleteRow,
    }
}

/// Holds of people, as the eraser takes them.
pub(super) fn rows(holds: Vec<(&InForce, Values)>) -> Vec<erase::Hold> {
    let rows = |(one, values): (&InForce, Values)| erase::Hold {
        ground: one.hold.ground.clone(),
        until: one.hold.until,
        values: Some(values),
        paths: Vec::new(),
    };
    holds.into_iter().map(rows).collect()
}

/// The columns with personal data.
fn personal(dataset: &Dataset) -> Vec<String> {
    dataset.columns().filter(|(_, rule)| rule.tag().category().is_some()).map(|(path, _)| path.to_owned()).collect()
}

/// Why the log keeps who acted.
const ACTED: &str = "who acted stays on record, to show that the law was kept (Art. 5(2), 17(3)(b))";
