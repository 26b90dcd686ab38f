use std::collections::HashMap;

use rayon::prelude::*;

use super::store::{Blind, Field, PersonId, PersonRow};
use super::{Error, People, Person, Vault, blind, time};
use crate::audit::Alias;
use crate::keyring::{Keyring, PseudonymKey};
use crate::pseudonym::Normaliser;
use crate::vocab::{Category, Identifier, SubjectId};

impl Vault {
    /// Who an identifier names: nobody, one person, or several who share it. Nothing of them is released.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Server`], [`Error::Key`].
    pub fn find(&self, keys: &Keyring, identifier: &Identifier) -> Result<Vec<Person>, Error> {
        Ok(self.find_all(keys, &[identifier])?.into_iter().flatten().collect())
    }

    /// Whom each of these identifiers names, in their order: one question for thousands of them.
    ///
    /// # Errors
    /// As of [`find`](Self::find).
    pub fn find_all(&self, keys: &Keyring, identifiers: &[&Identifier]) -> Result<Vec<Vec<Person>>, Error> {
        let mut reader = self.store.read()?;
        let layout = reader.layout()?;
        let mut found = vec![Vec::new(); identifiers.len()];
        for (kind, name) in &layout.kinds {
            let forms = forms(keys, layout.fields.iter().filter(|field| field.kind == *kind))?;
            let asked = identifiers.iter().enumerate().filter(|(_, asked)| asked.kind.as_str() == name);
            let asked: Vec<_> = asked.map(|(place, identifier)| (place, identifier.value.expose().as_str())).collect();
            for page in asked.chunks(PAGE) {
                let tags = page.par_iter().with_min_len(64).flat_map_iter(|(place, value)| {
                    forms.iter().map(|(normaliser, key)| (blind::identifier(key, *normaliser, value), *place))
                });
                let mut tags: Vec<(Blind, usize)> = tags.collect();
                tags.sort_unstable();
                tags.dedup();
                let mut blinds: Vec<Blind> = tags.iter().map(|(tag, _)| *tag).collect();
                blinds.dedup();
                let named: HashMap<Blind, Vec<PersonId>> = (blinds.iter().copied())
                    .zip(reader.named(*kind, &blinds, i64::MAX)?)
                    .map(|(tag, named)| (tag, named.into_iter().map(|named| named.person).collect()))
                    .collect();
                for (tag, place) in tags {
                    if let (Some(found), Some(people)) = (found.get_mut(place), named.get(&tag)) {
                        found.extend(people);
                    }
                }
            }
        }
        let mut everybody: Vec<PersonId> = found.iter().flatten().copied().collect();
        everybody.sort_unstable();
        everybody.dedup();
        let mut known = HashMap::with_capacity(everybody.len());
        for page in everybody.chunks(PAGE) {
            for row in reader.people(page)? {
                known.insert(row.id, person(&row)?);
            }
        }
        Ok(found
            .into_iter()
            .map(|mut people| {
                people.sort_unstable();
                people.dedup();
                people.iter().filter_map(|id| known.get(id).cloned()).collect()
            })
            .collect())
    }

    /// Whom an alias of the log stands for; nobody, once they are forgotten. Nothing of them is released.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Server`].
    pub fn find_alias(&self, alias: Alias) -> Result<Option<Person>, Error> {
        self.store.read()?.by_alias(alias.as_bytes())?.as_ref().map(person).transpose()
    }

    /// The aliases of people, in the order of [`People`]. Whoever was forgotten meanwhile has none.
    pub fn aliases<'a>(&'a self, people: &'a People) -> impl Iterator<Item = Result<Alias, Error>> + 'a {
        let mut ids = people.iter();
        let pages = std::iter::from_fn(move || {
            let page: Vec<PersonId> = ids.by_ref().take(PAGE).collect();
            (!page.is_empty()).then_some(page)
        });
        pages.flat_map(|page| match self.store.read().and_then(|mut reader| reader.people(&page)) {
            Ok(people) => people.iter().map(|person| Ok(Alias::from_bytes(person.alias))).collect(),
            Err(error) => vec![Err(error)],
        })
    }
}

/// However identifiers of a kind were written, in whichever column.
fn forms<'a>(
    keys: &Keyring,
    fields: impl Iterator<Item = &'a Field>,
) -> Result<Vec<(Normaliser, PseudonymKey)>, Error> {
    let mut forms: Vec<(Normaliser, PseudonymKey)> = Vec::new();
    for field in fields {
        let normaliser = Normaliser::for_category(category(&field.category)?, Some(&field.region));
        if !forms.iter().any(|(known, _)| *known == normaliser) {
            forms.push((normaliser, blind::identifier_key(keys, normaliser)?));
        }
    }
    Ok(forms)
}

pub(super) fn person(row: &PersonRow) -> Result<Person, Error> {
    Ok(Person {
        id: row.id,
        subject: SubjectId::from_bytes(row.subject),
        alias: Alias::from_bytes(row.alias),
        since: time(row.created)?,
    })
}

pub(super) fn category(name: &str) -> Result<Category, Error> {
    Category::parse(name).map_err(|_| Error::Corrupt("a category of a later version"))
}

/// People that one question is about.
const PAGE: usize = 1024;
