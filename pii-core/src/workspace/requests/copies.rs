use std::path::Path;

use super::hold::InForce;
use super::places::{Aim, Spot, rows};
use crate::catalog::Disclosure;
use crate::erase;
use crate::erase::{Eraser, Values};
use crate::error::Error;
use crate::pseudonym::{Normaliser, Pseudonymiser};
use crate::request::{Files, Intent, PlaceName, Sought};
use crate::store::{Location, Whereabouts};
use crate::vocab::{DatasetId, IdentifierKind, RecipientId};
use crate::workspace::{Workspace, rotate};

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
    /// Nothing of a copy in which nothing is wrong, or that went to a stream, has left where it was written, or has no column that leads to people.
    pub(super) fn copy_place(
        &self,
        disclosure: &Disclosure,
        aim: &Aim,
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
        let name = self.copy_name(disclosure);
        let action = match aim {
            Aim::Forgotten => erase::Action::DeleteRow,
            Aim::Right(rights) => match self.in_copy(disclosure, rights)? {
                None => return Ok(None),
                Some(Err(why)) => return Ok(Some(Spot::Known(name, Box::new(Intent::Unsearched { why })))),
                Some(Ok(action)) => action,
            },
        };
        let mut held = Vec::new();
        for one in holds {
            let traces = self.traces(disclosure, &one.theirs)?.into_iter();
            held.extend(traces.filter(|trace| trace.column == column).map(|trace| (one, trace.values)));
        }
        let at = Whereabouts::Here(Location::from(file));
        let eraser = self.reaching(Eraser::new(&column, values, action, 0)?, &at);
        let eraser = eraser.with_holds(rows(held), self.today())?;
        Ok(Some(Spot::Open(Box::new(Files { name, at, eraser, reading: self.reading(), keep: None }))))
    }

    /// A copy, by where it lies from the workspace.
    pub(super) fn copy_name(&self, disclosure: &Disclosure) -> PlaceName {
        let file = Path::new(&disclosure.destination);
        PlaceName::Copy {
            recipient: disclosure.recipient.clone(),
            dataset: disclosure.dataset.clone(),
            file: file.strip_prefix(self.site.root()).unwrap_or(file).to_owned(),
        }
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
}

/// A file that was written several times is what it was written as last.
pub(super) fn newest_of_each(disclosures: Vec<Disclosure>) -> Vec<Disclosure> {
    let mut newest = std::collections::BTreeMap::new();
    for disclosure in disclosures {
        newest.insert(disclosure.destination.clone(), disclosure);
    }
    newest.into_values().collect()
}
