use std::collections::BTreeSet;

use super::Workspace;
use crate::audit::{self, Action, Alias, Entry, Filter, Hash, Sidecar};
use crate::error::Error;
use crate::vocab::Identifier;

/// Why an entry is one about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mention {
    /// It names their alias.
    Alias,
    /// It concerns many people, and the list of them names theirs.
    List,
    /// It concerns many people, and the list of them is gone: it may be about this person, or not.
    Unknown,
}

impl Workspace {
    /// Reads the log; the reading is an entry of its own, and the last that it finds.
    ///
    /// # Errors
    /// [`Error::Audit`].
    pub fn query_log<'f>(
        &self,
        filter: &'f Filter,
    ) -> Result<impl Iterator<Item = Result<(u64, Entry), audit::Error>> + use<'f>, Error> {
        self.record(&self.event(Action::LogQuery))?;
        let entries = audit::read(&self.site.audit())?;
        Ok(entries.filter(|found| found.as_ref().map_or(true, |(_, entry)| filter.matches(entry))))
    }

    /// Reads what the log says of the people whom the identifiers name: entries with their aliases, and entries about
    /// many people whose list names them (Art. 15(1)). The reading is an entry of its own, with their aliases.
    ///
    /// # Errors
    /// [`Error::UnknownSubject`], and that is recorded; [`Error::Vault`], [`Error::Audit`].
    pub fn query_log_about<'q>(
        &'q self,
        filter: &'q Filter,
        identifiers: &[Identifier],
    ) -> Result<impl Iterator<Item = Result<(u64, Entry, Mention), audit::Error>> + use<'q>, Error> {
        let event = self.event(Action::LogQuery);
        let people: BTreeSet<Alias> = self.resolve(identifiers)?.iter().map(|person| person.alias).collect();
        if people.is_empty() {
            return self.refuse(&event, Error::nobody(identifiers));
        }
        self.record(&event.with_subjects(people.iter().copied()))?;
        let roots = self.sidecar.lists_naming(&people)?;
        let entries = audit::read(&self.site.audit())?;
        Ok(entries.filter_map(move |found| match found {
            Err(error) => Some(Err(error)),
            Ok((_, entry)) if !filter.matches(&entry) => None,
            Ok((index, entry)) => {
                let mention = mention(&self.sidecar, &people, &roots, &entry).transpose()?;
                Some(mention.map(|mention| (index, entry, mention)))
            }
        }))
    }
}

fn mention(
    sidecar: &Sidecar,
    people: &BTreeSet<Alias>,
    roots: &BTreeSet<Hash>,
    entry: &Entry,
) -> Result<Option<Mention>, audit::Error> {
    if entry.event.subjects.iter().any(|alias| people.contains(alias)) {
        return Ok(Some(Mention::Alias));
    }
    Ok(match entry.event.subjects_root {
        Some(root) if roots.contains(&root) => Some(Mention::List),
        Some(root) if !sidecar.has_list(root)? => Some(Mention::Unknown),
        _ => None,
    })
}
