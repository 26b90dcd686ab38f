use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ledger::{Requests, uuid};
use super::{Error, Sought};
use crate::audit::Receipt;
use crate::keyring::{Keyring, PseudonymKey};
use crate::policy::Policy;
use crate::pseudonym::Normaliser;
use crate::vocab::{Identifier, IdentifierKind};

/// Whom the ledger erased, by keyed hashes: enough to know them again when a backup brings them back, and not enough to
/// name them.
#[derive(Debug, Default)]
pub struct Erased {
    /// By kind of identifier and normal form.
    tags: BTreeMap<(String, String), HashSet<[u8; 16]>>,
    requests: u64,
}

/// What is remembered of one erasure. Lines of these, kept apart from the backups, bring the ledger back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedOne {
    /// By which request.
    pub request: Uuid,
    /// When.
    pub at: Timestamp,
    /// Whose keys made the tags: the check value of the ledger's key.
    pub kcv: String,
    /// Kind of identifier, normal form, and the first 128 bits of the keyed hash, in hexadecimal.
    pub tags: Vec<(String, String, String)>,
}

impl Requests {
    /// Remembers who is erased, before it is done, but for those of the requests in `held`. All normal forms are kept in
    /// which a column may have an identifier.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Key`].
    pub fn remember_erased(
        &self,
        keys: &Keyring,
        policy: &Policy,
        sought: &Sought,
        held: &BTreeSet<Uuid>,
        at: Timestamp,
        _recorded: &Receipt,
    ) -> Result<(), Error> {
        let mut known = Keys { keys, known: BTreeMap::new() };
        let norms = Norms::of(policy);
        let at = at.to_string();
        self.write(|tx| {
            let mut insert = tx.prepare_cached(INSERT)?;
            for (id, who) in sought.named().iter().filter(|(id, _)| !held.contains(id)) {
                let id = id.to_string();
                for identifier in who {
                    for norm in norms.of_kind(&identifier.kind) {
                        let tag = known.tag(norm, identifier.value.expose())?;
                        insert.execute((&id, identifier.kind.as_str(), norm.name(), tag, &at))?;
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
        let sql = "SELECT request, kind, norm, tag FROM request_erased WHERE at >= ?1 ORDER BY request";
        let mut select = self.reader().prepare_cached(sql)?;
        let mut rows = select.query([from(since)])?;
        let (mut erased, mut last) = (Erased::default(), String::new());
        while let Some(row) = rows.next()? {
            let request: String = row.get(0)?;
            if request != last {
                erased.requests += 1;
                last = request;
            }
            erased.tags.entry((row.get(1)?, row.get(2)?)).or_default().insert(row.get(3)?);
        }
        Ok(erased)
    }

    /// Gives what is remembered of each erasure since then, to be kept apart from the backups.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Key`]; those of `take`.
    pub fn each_erased<E: From<Error>>(
        &self,
        keys: &Keyring,
        since: Timestamp,
        mut take: impl FnMut(&ErasedOne) -> Result<(), E>,
    ) -> Result<u64, E> {
        let kcv = kcv(keys)?;
        let sql = "SELECT request, at, kind, norm, hex(tag) FROM request_erased WHERE at >= ?1
                   ORDER BY request, at, kind, norm, tag";
        let mut select = self.reader().prepare_cached(sql).map_err(Error::from)?;
        let mut rows = select.query([from(since)]).map_err(Error::from)?;
        let (mut open, mut count) = (None::<ErasedOne>, 0);
        while let Some(row) = rows.next().map_err(Error::from)? {
            let (request, at, tag) = read(row)?;
            match &mut open {
                Some(one) if (one.request, one.at) == (request, at) => one.tags.push(tag),
                _ => {
                    let one = ErasedOne { request, at, kcv: kcv.clone(), tags: vec![tag] };
                    if let Some(whole) = open.replace(one) {
                        take(&whole)?;
                        count += 1;
                    }
                }
            }
        }
        if let Some(whole) = open {
            take(&whole)?;
            count += 1;
        }
        Ok(count)
    }

    /// Brings back what was given away; what is there stays.
    ///
    /// # Errors
    /// [`Error::NotALedger`] if it was made with other keys, or holds what is no tag; [`Error::State`].
    pub fn bring_back(&self, keys: &Keyring, ones: &[ErasedOne], _recorded: &Receipt) -> Result<(), Error> {
        checked(keys, ones.iter().map(|one| one.kcv.as_str()))?;
        self.write(|tx| {
            let mut insert = tx.prepare_cached(INSERT)?;
            for one in ones {
                let (request, at) = (one.request.to_string(), one.at.to_string());
                for (kind, norm, tag) in &one.tags {
                    insert.execute((&request, kind, norm, unhex(tag)?, &at))?;
                }
            }
            Ok(())
        })
    }
}

impl Erased {
    /// Adds what was given away, of erasures since then; nothing is stored.
    ///
    /// # Errors
    /// As of [`Requests::bring_back`].
    pub fn add(&mut self, keys: &Keyring, ones: &[ErasedOne], since: Timestamp) -> Result<(), Error> {
        checked(keys, ones.iter().map(|one| one.kcv.as_str()))?;
        for one in ones.iter().filter(|one| one.at >= since) {
            self.requests += 1;
            for (kind, norm, tag) in &one.tags {
                self.tags.entry((kind.clone(), norm.clone())).or_default().insert(unhex(tag)?);
            }
        }
        Ok(())
    }

    /// By how many requests, those that are known twice counted twice.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Which of these values, of identifiers of a kind, are of somebody who was erased.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn among<'v>(
        &self,
        keys: &Keyring,
        norms: &Norms,
        kind: &IdentifierKind,
        values: impl IntoIterator<Item = &'v str>,
    ) -> Result<BTreeSet<String>, Error> {
        let mut forms = Vec::new();
        for norm in norms.of_kind(kind) {
            if let Some(tags) = self.tags.get(&(kind.to_string(), norm.name().to_owned())) {
                forms.push((norm, keys.ledger(norm.name())?, tags));
            }
        }
        let is_erased = |value: &&str| forms.iter().any(|(norm, key, tags)| tags.contains(&tag(key, *norm, value)));
        Ok(values.into_iter().filter(is_erased).map(str::to_owned).collect())
    }

    /// Whether all of these are of people who were erased; not, if there is none.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn all(&self, keys: &Keyring, norms: &Norms, identifiers: &[Identifier]) -> Result<bool, Error> {
        for who in identifiers {
            if self.among(keys, norms, &who.kind, [who.value.expose().as_str()])?.is_empty() {
                return Ok(false);
            }
        }
        Ok(!identifiers.is_empty())
    }
}

const INSERT: &str = "INSERT OR IGNORE INTO request_erased VALUES (?1, ?2, ?3, ?4, ?5)";

type Read = (Uuid, Timestamp, (String, String, String));

fn read(row: &rusqlite::Row<'_>) -> Result<Read, Error> {
    let (request, at, tag): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(4)?);
    let at = at.parse().map_err(|_| Error::Corrupt("a time"))?;
    Ok((uuid(&request)?, at, (row.get(2)?, row.get(3)?, tag.to_ascii_lowercase())))
}

/// Refuses check values of other keys.
pub(super) fn checked<'k>(keys: &Keyring, kcvs: impl IntoIterator<Item = &'k str>) -> Result<(), Error> {
    let kcv = kcv(keys)?;
    match kcvs.into_iter().find(|one| *one != kcv) {
        Some(_) => Err(Error::NotALedger("it was made with the keys of another workspace".to_owned())),
        None => Ok(()),
    }
}

/// By which a ledger is told from one of other keys.
pub fn kcv(keys: &Keyring) -> Result<String, Error> {
    Ok(keys.ledger("request")?.check_value())
}

fn unhex(text: &str) -> Result<[u8; 16], Error> {
    let whole = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = whole.then(|| u128::from_str_radix(text, 16).ok()).flatten();
    Ok(number.ok_or_else(|| Error::NotALedger("what should be a tag is none".to_owned()))?.to_be_bytes())
}

/// A time as the ledger compares it: a second earlier, as times are written with as many digits as they have.
fn from(since: Timestamp) -> String {
    since.checked_sub(SignedDuration::from_secs(1)).unwrap_or(since).to_string()
}

/// In which normal forms the columns of a policy hold identifiers, by kind: a telephone number is written in one way where
/// its column has a region, in another where not.
#[derive(Debug, Default)]
pub struct Norms(BTreeMap<IdentifierKind, Vec<Normaliser>>);

impl Norms {
    /// Those of a policy.
    pub fn of(policy: &Policy) -> Self {
        let mut norms = Self::default();
        for dataset in policy.datasets() {
            for (path, rule) in dataset.columns() {
                let Some((kind, category)) = dataset.identifier(path).zip(rule.tag().category()) else { continue };
                norms.0.entry(kind).or_default().push(Normaliser::for_category(category, rule.region()));
            }
        }
        norms
    }

    /// Those of a kind, each once: of its columns, that of the kind itself, and plain text, if a column of another category
    /// names people by it.
    pub(super) fn of_kind(&self, kind: &IdentifierKind) -> Vec<Normaliser> {
        let own = kind.category().map(|category| Normaliser::for_category(category, None));
        let mut all: Vec<Normaliser> = Vec::new();
        for norm in self.0.get(kind).into_iter().flatten().copied().chain(own).chain([Normaliser::Text]) {
            if !all.contains(&norm) {
                all.push(norm);
            }
        }
        all
    }
}

/// The first 128 bits of the keyed hash.
fn tag(key: &PseudonymKey, norm: Normaliser, value: &str) -> [u8; 16] {
    key.sign(norm.normalise(value).as_bytes()).first_chunk().copied().unwrap_or_default()
}

struct Keys<'a> {
    keys: &'a Keyring,
    known: BTreeMap<&'static str, PseudonymKey>,
}

impl Keys<'_> {
    fn tag(&mut self, norm: Normaliser, value: &str) -> Result<[u8; 16], Error> {
        let key = match self.known.entry(norm.name()) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => new.insert(self.keys.ledger(norm.name())?),
        };
        Ok(tag(key, norm, value))
    }
}
