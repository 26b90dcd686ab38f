use std::sync::Arc;

use super::places::Spot;
use super::plan::whole;
use crate::error::Error;
use crate::policy::{ColumnRule, Dataset};
use crate::request;
use crate::request::{Intent, Mentions, PlaceName, Sought, Words};
use crate::workspace::Workspace;

impl Workspace {
    /// Files of a dataset that nobody can look for rows in, if there are some.
    pub(super) fn others(&self, dataset: &Dataset, by_hand: &[PlaceName]) -> Result<Option<Spot<'_>>, Error> {
        let name = PlaceName::Others { dataset: dataset.id().to_string() };
        if dataset.subject().is_none() || by_hand.contains(&PlaceName::Dataset(dataset.id().to_string())) {
            return Ok(None);
        }
        if by_hand.contains(&name) {
            return Ok(Some(Spot::Known(name, Box::new(Intent::ByHand))));
        }
        let at = match self.located_at(dataset.location()) {
            Ok(at) => at,
            // The dataset says so itself.
            Err(Error::Store(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let why = request::passed_over(&at).ok().flatten();
        Ok(why.map(|why| Spot::Known(name, Box::new(Intent::Unsearched { why }))))
    }

    /// The columns of a dataset in which rows of others may speak of these people.
    pub(super) fn mentions(
        &self,
        dataset: &Dataset,
        sought: &Sought,
        words: Option<&Arc<Words>>,
        by_hand: &[PlaceName],
    ) -> Result<Vec<Spot<'_>>, Error> {
        let Some(subject) = dataset.subject() else { return Ok(Vec::new()) };
        if by_hand.contains(&PlaceName::Dataset(dataset.id().to_string())) {
            return Ok(Vec::new());
        }
        let mut spots = Vec::new();
        for column in free_texts(dataset) {
            let (id, column) = (dataset.id().to_string(), column.to_owned());
            let name = PlaceName::Mentions { dataset: id.clone(), column: column.clone() };
            spots.push(match self.located_at(dataset.location()) {
                _ if by_hand.contains(&name) => Spot::Known(name, Box::new(Intent::ByHand)),
                Err(Error::Store(error)) => Spot::Known(name, Box::new(Intent::Unsearched { why: whole(&error) })),
                Err(error) => return Err(error),
                Ok(at) => Spot::Open(Box::new(Mentions {
                    dataset: id,
                    column,
                    at,
                    options: self.reading(),
                    subject: subject.column.clone(),
                    theirs: sought.spellings(&subject.kind),
                    words: words.cloned(),
                })),
            });
        }
        Ok(spots)
    }
}

/// The columns in which people write what they like.
pub(super) fn free_texts(dataset: &Dataset) -> impl Iterator<Item = &str> {
    let free = |rule: &ColumnRule| rule.tag().category().is_some_and(Mentions::may_be_in);
    dataset.columns().filter(move |(_, rule)| free(rule)).map(|(path, _)| path)
}
