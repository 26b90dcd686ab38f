use super::hold;
use super::hold::InForce;
use crate::catalog::Disclosure;
use crate::erase;
use crate::erase::{Eraser, Values};
use crate::error::Error;
use crate::policy::{Dataset, ErasureStrategy};
use crate::pseudonym::{Normaliser, Pseudonymiser};
use crate::request::{Files, Intent, Memory, Place, PlaceName, Sought};
use crate::store::{self, Location};
use crate::vocab::{DatasetId, IdentifierKind, RecipientId};
use crate::workspace::{Workspace, rotate};

/// A place, or what there is to say of it without looking.
pub(super) enum Spot<'a> {
    /// To be looked at.
    Open(Box<dyn Place + 'a>),
    /// Known already.
    Known(PlaceName, Box<Intent>),
}

/// People, as a recipient knows them.
pub(super) struct Trace {
    is_subject: bool,
    /// In which column.
    pub(super) column: String,
    /// With which key, if they are pseudonyms.
    pub(super) key: Option<String>,
    /// As what.
    pub(super) values: Values,
}

impl Workspace {
    /// Every place that can hold something of these people: datasets, copies of them, the vault; in the order in which
    /// they are to be done. What is held is left alone.
    pub(super) fn places<'a>(
        &'a self,
        sought: &Sought,
        by_hand: &[DatasetId],
        holds: &[InForce],
    ) -> Result<Vec<Spot<'a>>, Error> {
        let mut spots = Vec::new();
        for dataset in self.policy.datasets() {
            spots.extend(self.dataset_place(dataset, sought, by_hand, holds)?);
        }
        for disclosure in newest_of_each(self.catalog.disclosures(None)?) {
            spots.extend(self.copy_place(&disclosure, sought, holds)?);
        }
        let held = hold::held(holds);
        let free = if held.is_empty() { None } else { Some(sought.part(&held, false)) };
        let free = free.as_ref().unwrap_or(sought);
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

    /// Nothing of a dataset that holds no personal data.
    fn dataset_place(
        &self,
        dataset: &Dataset,
        sought: &Sought,
        by_hand: &[DatasetId],
        holds: &[InForce],
    ) -> Result<Option<Spot<'_>>, Error> {
        let Some(subject) = dataset.subject() else { return Ok(None) };
        let name = PlaceName::Dataset(dataset.id().to_string());
        if by_hand.contains(dataset.id()) {
            return Ok(Some(Spot::Known(name, Box::new(Intent::ByHand))));
        }
        let unsearched = |why: String| Ok(Some(Spot::Known(name.clone(), Box::new(Intent::Unsearched { why }))));
        let location = match self.located_at(dataset.location()) {
            Ok(location) => location,
            Err(error) => return unsearched(error.to_string()),
        };
        let Some(values) = sought.spellings(&subject.kind) else {
            // Had they been in it when it was taken in, the vault would know them by its key.
            return match self.catalog.dataset(dataset.id().as_str())? {
                Some(_) => Ok(Some(Spot::Known(name, Box::new(Intent::Absent)))),
                None => unsearched(format!("it was never taken in, and no `{}` of theirs is known", subject.kind)),
            };
        };
        let keep = holds.iter().find(|one| one.dataset() == Some(dataset.id().as_str()));
        let keep = keep.map(|one| (one.hold.ground.clone(), one.hold.until));
        let holds = holds.iter().filter_map(|one| Some((one, one.theirs.spellings(&subject.kind)?)));
        let files = self.files_of(dataset, location, values, holds.collect())?;
        Ok(files.map(|files| Spot::Open(Box::new(Files { keep: keep.or(files.keep.clone()), ..files }))))
    }

    /// The files of a dataset, in which people are found by these values of its subject column.
    pub(super) fn files_of(
        &self,
        dataset: &Dataset,
        location: Location,
        values: Values,
        holds: Vec<(&InForce, Values)>,
    ) -> Result<Option<Files>, Error> {
        let Some(subject) = dataset.subject() else { return Ok(None) };
        let today = self.today();
        let (action, keep) = match dataset.erasure() {
            ErasureStrategy::Keep { ground, until } if until.is_none_or(|until| today <= until) => {
                (erase::Action::DeleteRow, Some((ground.clone(), *until)))
            }
            ErasureStrategy::NullColumns => (erase::Action::NullColumns(personal(dataset)), None),
            // The ground is over: the rows go as they go when their time is.
            ErasureStrategy::Keep { .. } => (of(&dataset.retention().then, dataset), None),
            ErasureStrategy::DeleteRow => (erase::Action::DeleteRow, None),
        };
        let eraser = Eraser::new(&subject.column, values, action, 0)?.with_holds(rows(holds), today)?;
        Ok(Some(Files { name: PlaceName::Dataset(dataset.id().to_string()), location, eraser, keep }))
    }

    /// Nothing of a copy that went to a stream, has left where it was written, or has no column that leads to people.
    pub(super) fn copy_place(
        &self,
        disclosure: &Disclosure,
        sought: &Sought,
        holds: &[InForce],
    ) -> Result<Option<Spot<'_>>, Error> {
        let file = self.site.root().join(&disclosure.destination);
        if disclosure.destination == "-" || !file.is_file() {
            return Ok(None);
        }
        let Some(Trace { column, values, .. }) = self.traces(disclosure, sought)?.into_iter().next() else {
            return Ok(None);
        };
        let name = PlaceName::Copy {
            recipient: disclosure.recipient.clone(),
            dataset: disclosure.dataset.clone(),
            file: file.clone(),
        };
        let mut held = Vec::new();
        for one in holds {
            let traces = self.traces(disclosure, &one.theirs)?.into_iter();
            held.extend(traces.filter(|trace| trace.column == column).map(|trace| (one, trace.values)));
        }
        let eraser = Eraser::new(&column, values, erase::Action::DeleteRow, 0)?.with_holds(rows(held), self.today())?;
        Ok(Some(Spot::Open(Box::new(Files { name, location: Location::from(file), eraser, keep: None }))))
    }

    /// By which columns of a release these people are found, and as whom the recipient knows them there; the subject's own
    /// column before any other.
    pub(super) fn traces(&self, disclosure: &Disclosure, sought: &Sought) -> Result<Vec<Trace>, Error> {
        let (Ok(dataset), Ok(recipient)) =
            (DatasetId::parse(&disclosure.dataset), RecipientId::parse(&disclosure.recipient))
        else {
            return Ok(Vec::new());
        };
        let (Some(dataset), Some(recipient)) = (self.policy.dataset(&dataset), self.policy.recipient(&recipient))
        else {
            return Ok(Vec::new());
        };
        let mut traces = Vec::new();
        for column in disclosure.columns.iter().filter(|column| column.bridges.is_none()) {
            let Some(rule) = dataset.column(&column.path) else { continue };
            let Some(category) = rule.tag().category() else { continue };
            let subject = dataset.subject().filter(|subject| subject.column == column.path);
            let is_subject = subject.is_some();
            let kind = subject.map(|subject| subject.kind.clone());
            let Some(kind) = kind.or_else(|| IdentifierKind::of_column(category, &column.path)) else { continue };
            let Some(spellings) = sought.spellings(&kind) else { continue };
            let values = match (&column.key, column.method.as_str()) {
                (Some(key), _) => {
                    let domain = recipient.domain();
                    let Some(epoch) = rotate::epoch(key, &domain) else { continue };
                    let normaliser = Normaliser::for_category(category, rule.region());
                    let form = recipient.pseudonym_form();
                    let hash = Pseudonymiser::of_epoch(&self.keys, &domain, epoch, normaliser, form)?;
                    Values::new(spellings.iter().map(|spelling| hash.written(spelling)).collect::<Vec<_>>())
                }
                (None, "keep") => Some(spellings),
                _ => None,
            };
            let trace = |values| Trace { is_subject, column: column.path.clone(), key: column.key.clone(), values };
            traces.extend(values.map(trace));
        }
        traces.sort_by_key(|trace| !trace.is_subject);
        Ok(traces)
    }

    /// Where the policy says that a dataset lies.
    pub(super) fn located_at(&self, location: &str) -> Result<Location, store::Error> {
        let parsed = Location::parse(location)?;
        match parsed.path() {
            Some(path) => Ok(Location::from(self.site.root().join(path))),
            None => Ok(parsed),
        }
    }
}

/// What the policy calls a way to erase, as the eraser takes it.
fn of(strategy: &ErasureStrategy, dataset: &Dataset) -> erase::Action {
    match strategy {
        ErasureStrategy::NullColumns => erase::Action::NullColumns(personal(dataset)),
        _ => erase::Action::DeleteRow,
    }
}

/// Holds of people, as the eraser takes them.
fn rows(holds: Vec<(&InForce, Values)>) -> Vec<erase::Hold> {
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

/// A file that was written several times is what it was written as last.
pub(super) fn newest_of_each(disclosures: Vec<Disclosure>) -> Vec<Disclosure> {
    let mut newest = std::collections::BTreeMap::new();
    for disclosure in disclosures {
        newest.insert(disclosure.destination.clone(), disclosure);
    }
    newest.into_values().collect()
}
