use super::store::{PersonId, PersonRow};
use super::{Error, People, Person, Vault, blind, time};
use crate::audit::Alias;
use crate::keyring::Keyring;
use crate::pseudonym::Normaliser;
use crate::vocab::{Category, Identifier, SubjectId};

impl Vault {
    /// Who an identifier names: nobody, one person, or several who share it. Nothing of them is released.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Server`], [`Error::Key`].
    pub fn find(&self, keys: &Keyring, identifier: &Identifier) -> Result<Vec<Person>, Error> {
        let mut reader = self.store.read()?;
        let layout = reader.layout()?;
        let Some((kind, _)) = layout.kinds.iter().find(|(_, name)| name == identifier.kind.as_str()) else {
            return Ok(Vec::new());
        };
        // However identifiers of this kind were written, in whichever column.
        let mut tags = Vec::new();
        for field in layout.fields.iter().filter(|field| field.kind == *kind) {
            let category = category(&field.category)?;
            let normaliser = Normaliser::for_category(category, Some(&field.region));
            let key = blind::identifier_key(keys, normaliser)?;
            tags.push(blind::identifier(&key, normaliser, identifier.value.expose()));
        }
        tags.sort_unstable();
        tags.dedup();
        let named = reader.named(*kind, &tags, i64::MAX)?;
        let mut people: Vec<PersonId> = named.into_iter().flatten().map(|named| named.person).collect();
        people.sort_unstable();
        people.dedup();
        reader.people(&people)?.iter().map(person).collect()
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
