use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Error;
use super::replace::Replacement;
use crate::vocab::Domain;

/// A generation of a domain's keys, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(u32);

impl Epoch {
    /// The generation that every domain begins with.
    pub const FIRST: Self = Self(1);

    /// The generation of this number, if there can be one: they count from 1.
    pub fn new(number: u32) -> Option<Self> {
        (number >= Self::FIRST.0).then_some(Self(number))
    }

    /// The generation after this one.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// All generations from this one up to the one before `end`, oldest first.
    pub fn until(self, end: Self) -> impl DoubleEndedIterator<Item = Self> {
        (self.0..end.0).map(Self)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The epochs of every domain: which one is current, and since when. No secret: the file `domains.json`.
///
/// A domain that does not stand there is in its first epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Epochs(BTreeMap<Domain, Vec<Begun>>);

/// An epoch of a domain, in its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Which.
    pub epoch: Epoch,
    /// When it began; the first one did when the domain was first used.
    pub since: Option<Timestamp>,
    /// When the next one began, and this one became one that no new pseudonyms are made with.
    pub retired: Option<Timestamp>,
}

impl Epochs {
    /// The generation that new pseudonyms of `domain` are made with.
    pub fn current(&self, domain: &Domain) -> Epoch {
        self.0.get(domain).and_then(|begun| begun.last()).map_or(Epoch::FIRST, |begun| begun.epoch)
    }

    /// Every epoch that `domain` has had, oldest first; the last one is the current one.
    pub fn history(&self, domain: &Domain) -> Vec<Generation> {
        let mut history = vec![Generation { epoch: Epoch::FIRST, since: None, retired: None }];
        for begun in self.0.get(domain).into_iter().flatten() {
            if let Some(before) = history.last_mut() {
                before.retired = Some(begun.since);
            }
            history.push(Generation { epoch: begun.epoch, since: Some(begun.since), retired: None });
        }
        history
    }

    /// With `domain` in epoch `to` since `at`; epochs between the current one and that one are passed over.
    pub(super) fn advanced(mut self, domain: &Domain, to: Epoch, at: Timestamp) -> Self {
        let missing = self.current(domain).next().until(to.next());
        self.0.entry(domain.clone()).or_default().extend(missing.map(|epoch| Begun { epoch, since: at }));
        self
    }

    /// Writes the epochs of a new keyring, in which every domain is in its first.
    pub(super) fn create(keys: &Path) -> Result<(), Error> {
        Self::default().replacement(keys)?.make()
    }

    /// Reads the file in the folder `keys`. That it is missing is an error: else a lost file would bring retired keys back.
    pub(super) fn read(keys: &Path) -> Result<Self, Error> {
        let path = keys.join(DOMAINS);
        let unusable = |reason: String| Error::Domains { path: path.clone(), reason };
        let text = std::fs::read_to_string(&path).map_err(|e| unusable(e.to_string()))?;
        let file: File = serde_json::from_str(&text).map_err(|e| unusable(e.to_string()))?;
        if file.v != 1 {
            return Err(unusable("a later version wrote it".to_owned()));
        }
        let mut epochs = BTreeMap::new();
        for (name, begun) in file.domains {
            let domain = Domain::parse(&name).map_err(|e| unusable(e.to_string()))?;
            let expected = Epoch::FIRST.next().0..;
            if !begun.iter().zip(expected).all(|(begun, number)| begun.epoch.0 == number) {
                return Err(unusable(format!("the epochs of `{name}` do not follow one another from 2")));
            }
            epochs.insert(domain, begun);
        }
        Ok(Self(epochs))
    }

    /// The file as it is to be.
    pub(super) fn replacement(&self, keys: &Path) -> Result<Replacement, Error> {
        let path = keys.join(DOMAINS);
        let domains = self.0.iter().map(|(domain, begun)| (domain.to_string(), begun.clone())).collect();
        let text = serde_json::to_string_pretty(&File { v: 1, domains })
            .map_err(|e| Error::Domains { path: path.clone(), reason: e.to_string() })?;
        Replacement::stage(&path, text.as_bytes())
    }
}

/// The file `domains.json`.
#[derive(Serialize, Deserialize)]
struct File {
    v: u32,
    domains: BTreeMap<String, Vec<Begun>>,
}

/// An epoch that began with a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Begun {
    epoch: Epoch,
    since: Timestamp,
}

const DOMAINS: &str = "domains.json";

#[cfg(test)]
mod tests {
    use super::*;

    fn warehouse() -> Domain {
        Domain::parse("warehouse").unwrap()
    }

    fn at(day: u8) -> Timestamp {
        format!("2026-11-{day:02}T08:00:00Z").parse().unwrap()
    }

    #[test]
    fn a_domain_begins_in_its_first_epoch_and_remembers_when_others_began() {
        let epochs = Epochs::default();
        assert_eq!(epochs.current(&warehouse()), Epoch::FIRST);
        let epochs = epochs.advanced(&warehouse(), Epoch(2), at(1)).advanced(&warehouse(), Epoch(3), at(2));
        assert_eq!(epochs.current(&warehouse()), Epoch(3));
        let history: Vec<_> = epochs.history(&warehouse()).iter().map(|g| (g.epoch.0, g.since, g.retired)).collect();
        assert_eq!(history, [(1, None, Some(at(1))), (2, Some(at(1)), Some(at(2))), (3, Some(at(2)), None)]);
        assert_eq!(epochs.current(&Domain::parse("partner").unwrap()), Epoch::FIRST);
    }

    #[test]
    fn what_was_written_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        Epochs::create(dir.path()).unwrap();
        assert_eq!(Epochs::read(dir.path()).unwrap(), Epochs::default());
        let epochs = Epochs::default().advanced(&warehouse(), Epoch(4), at(1));
        epochs.replacement(dir.path()).unwrap().make().unwrap();
        assert_eq!(Epochs::read(dir.path()).unwrap(), epochs);
    }

    #[test]
    fn a_file_that_is_lost_or_was_meddled_with_is_no_first_epoch() {
        let dir = tempfile::tempdir().unwrap();
        let written = |text: &str| {
            std::fs::write(dir.path().join(DOMAINS), text).unwrap();
            Epochs::read(dir.path()).map(drop).unwrap_err().to_string()
        };
        assert!(matches!(Epochs::read(dir.path()), Err(Error::Domains { .. })));
        assert!(written("").contains("domains.json"));
        assert!(written(r#"{"v":2,"domains":{}}"#).contains("a later version wrote it"));
        for epoch in ["0", "1", "3"] {
            let said = written(&format!(
                r#"{{"v":1,"domains":{{"warehouse":[{{"epoch":{epoch},"since":"2026-11-21T08:00:00Z"}}]}}}}"#
            ));
            assert!(said.contains("`warehouse` do not follow"), "{said}");
        }
    }
}
