use super::schema::{blind, identifier_key};
use super::{Error, People, Person, Vault};
use crate::audit::Alias;
use crate::keyring::Keyring;
use crate::pseudonym::Normaliser;
use crate::vocab::{Category, Identifier, SubjectId};

impl Vault {
    /// Who an identifier names: nobody, one person, or several who share it. Nothing of them is released.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Key`].
    pub fn find(&self, keys: &Keyring, identifier: &Identifier) -> Result<Vec<Person>, Error> {
        let mut spellings = self.database.reader().prepare_cached(
            "SELECT kind.id, category, region FROM spelling JOIN kind ON kind.id = spelling.kind WHERE name = ?1",
        )?;
        let spellings: Vec<(i64, String, String)> = spellings
            .query_map([identifier.kind.as_str()], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
            .collect::<Result<_, _>>()?;
        let mut query = self.database.reader().prepare_cached(
            "SELECT DISTINCT id, subject, alias, created FROM identifier JOIN person ON person.id = identifier.person
             WHERE kind = ?1 AND blind = ?2",
        )?;
        let mut people = Vec::new();
        for (kind, category, region) in spellings {
            let category = Category::parse(&category).map_err(|_| Error::Corrupt("a category of a later version"))?;
            let normaliser = Normaliser::for_category(category, Some(&region));
            let key = identifier_key(keys, normaliser)?;
            let tag = blind(&key, &[normaliser.normalise(identifier.value.expose()).as_bytes()]);
            people.extend(query.query_and_then((kind, tag.as_slice()), person)?.collect::<Result<Vec<_>, Error>>()?);
        }
        people.sort_by_key(|p| p.id);
        people.dedup_by_key(|p| p.id);
        Ok(people)
    }
}

impl Vault {
    /// Whom an alias of the log stands for; nobody, once they are forgotten. Nothing of them is released.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn find_alias(&self, alias: Alias) -> Result<Option<Person>, Error> {
        let mut query =
            self.database.reader().prepare_cached("SELECT id, subject, alias, created FROM person WHERE alias = ?1")?;
        query.query_and_then([alias.as_bytes()], person)?.next().transpose()
    }

    /// The aliases of people, in the order of [`People`]. Whoever was forgotten meanwhile has none.
    pub fn aliases<'a>(&'a self, people: &'a People) -> impl Iterator<Item = Result<Alias, Error>> + 'a {
        people.words().flat_map(|(first, word)| match self.aliases_of(first, word) {
            Ok(aliases) => aliases.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        })
    }

    /// Of the 64 people from `first` on, those whose bit is set: neighbours come with one question.
    fn aliases_of(&self, first: i64, word: u64) -> Result<Vec<Alias>, Error> {
        let mut query =
            self.database.reader().prepare_cached("SELECT id, alias FROM person WHERE id BETWEEN ?1 AND ?1 + 63")?;
        let mut rows = query.query([first])?;
        let mut aliases = Vec::with_capacity(64);
        while let Some(row) = rows.next()? {
            if word >> (row.get::<_, i64>(0)? - first) & 1 == 1 {
                aliases.push(Alias::from_bytes(row.get(1)?));
            }
        }
        Ok(aliases)
    }
}

pub(super) fn person(row: &rusqlite::Row<'_>) -> Result<Person, Error> {
    let created: String = row.get(3)?;
    Ok(Person {
        id: row.get(0)?,
        subject: SubjectId::from_bytes(row.get(1)?),
        alias: Alias::from_bytes(row.get(2)?),
        since: created.parse().map_err(|_| Error::Corrupt("a malformed time"))?,
    })
}
