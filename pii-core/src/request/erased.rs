use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::ledger::Requests;
use super::{Error, Sought};
use crate::audit::Receipt;
use crate::keyring::{Keyring, PseudonymKey};
use crate::pseudonym::Normaliser;
use crate::vocab::IdentifierKind;

/// Whom the ledger erased, by keyed hashes: enough to know them again when a backup brings them back, and not enough to
/// name them.
#[derive(Debug, Default)]
pub struct Erased {
    /// By kind of identifier and normal form.
    tags: BTreeMap<(String, String), HashSet<[u8; 16]>>,
}

impl Requests {
    /// Remembers who is erased, before it is done. All normal forms are kept in which a column may have an identifier.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Key`].
    pub fn remember_erased(
        &self,
        keys: &Keyring,
        sought: &Sought,
        at: Timestamp,
        _recorded: &Receipt,
    ) -> Result<(), Error> {
        let mut known = Keys { keys, known: BTreeMap::new() };
        self.write(|tx| {
            let mut insert = tx.prepare_cached("INSERT OR IGNORE INTO request_erased VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for (id, who) in sought.named() {
                for identifier in who {
                    for norm in norms(&identifier.kind) {
                        let tag = known.tag(norm, identifier.value.expose())?;
                        insert.execute((id.to_string(), identifier.kind.as_str(), norm.name(), tag, at.to_string()))?;
                    }
                }
            }
            Ok(())
        })
    }

    /// Whom requests erased since then.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn erased_since(&self, since: Timestamp) -> Result<Erased, Error> {
        let sql = "SELECT kind, norm, tag FROM request_erased WHERE at >= ?1";
        let mut select = self.reader().prepare_cached(sql)?;
        let mut rows = select.query([since.to_string()])?;
        let mut erased = Erased::default();
        while let Some(row) = rows.next()? {
            erased.tags.entry((row.get(0)?, row.get(1)?)).or_default().insert(row.get(2)?);
        }
        Ok(erased)
    }

    /// Requests that erased somebody since then.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn erasures_since(&self, since: Timestamp) -> Result<Vec<Uuid>, Error> {
        let sql = "SELECT DISTINCT request FROM request_erased WHERE at >= ?1 ORDER BY request";
        let mut select = self.reader().prepare_cached(sql)?;
        let ids = select.query_map([since.to_string()], |row| row.get::<_, String>(0))?;
        ids.map(|id| Uuid::try_parse(&id?).map_err(|_| Error::Corrupt("a number"))).collect()
    }
}

impl Erased {
    /// Which of these values, of a column of this kind and normal form, are of somebody who was erased.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn among<'v>(
        &self,
        keys: &Keyring,
        kind: &IdentifierKind,
        normaliser: Normaliser,
        values: impl IntoIterator<Item = &'v str>,
    ) -> Result<BTreeSet<String>, Error> {
        let Some(tags) = self.tags.get(&(kind.to_string(), normaliser.name().to_owned())) else {
            return Ok(BTreeSet::new());
        };
        let mut known = Keys { keys, known: BTreeMap::new() };
        let mut found = BTreeSet::new();
        for value in values {
            if tags.contains(&known.tag(normaliser, value)?) {
                found.insert(value.to_owned());
            }
        }
        Ok(found)
    }
}

/// In which normal forms columns of a kind are written: that of the kind's category, and plain text, if a column of another
/// category names people by it.
fn norms(kind: &IdentifierKind) -> Vec<Normaliser> {
    let own = kind.category().map(|category| Normaliser::for_category(category, None));
    let mut norms: Vec<_> = own.into_iter().chain([Normaliser::Text]).collect();
    norms.dedup();
    norms
}

struct Keys<'a> {
    keys: &'a Keyring,
    known: BTreeMap<&'static str, PseudonymKey>,
}

impl Keys<'_> {
    /// The first 128 bits of the keyed hash.
    fn tag(&mut self, norm: Normaliser, value: &str) -> Result<[u8; 16], Error> {
        let key = match self.known.entry(norm.name()) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => new.insert(self.keys.ledger(norm.name())?),
        };
        let tag = key.sign(norm.normalise(value).as_bytes());
        Ok(tag.first_chunk().copied().unwrap_or_default())
    }
}
