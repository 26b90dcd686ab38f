use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::{Connection, Row, Transaction, params};
use uuid::Uuid;

use super::known::Known;
use super::write::signed;
use super::{Bar, Entry, Error, Forbidden, Listed, Mark, Prohibition, Register, Restriction};
use crate::vocab::{IdentifierKind, PurposeId, RecipientId};

impl Register {
    /// Whose data may not go to `recipient` for `purpose`, as far as they are known by identifiers of these kinds.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Corrupt`].
    pub fn forbidden(
        &self,
        purpose: &PurposeId,
        recipient: &RecipientId,
        kinds: &BTreeSet<IdentifierKind>,
    ) -> Result<Forbidden, Error> {
        self.database.pass(|tx| forbidden(tx, purpose, recipient, kinds))
    }

    /// Whether nobody has objected or was restricted since `forbidden` was read, as far as it is concerned.
    ///
    /// # Errors
    /// [`Error::Changed`]; [`Error::State`].
    pub fn confirm(&self, forbidden: &Forbidden) -> Result<(), Error> {
        let now = generation(self.database.reader(), &forbidden.purpose, &forbidden.recipient)?;
        if now == forbidden.generation { Ok(()) } else { Err(Error::Changed { purpose: forbidden.purpose.clone() }) }
    }

    /// The oldest restriction that stands, of whoever has one of these marks.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Corrupt`].
    pub fn restriction(&self, marks: &[Mark]) -> Result<Option<Restriction>, Error> {
        let mut select = self.database.reader().prepare_cached(
            "SELECT since, request FROM register_entry
             WHERE scope = (SELECT id FROM register_scope WHERE purpose = '')
             AND kind = ?1 AND sieve = ?2 AND tag = ?3 AND lifted IS NULL",
        )?;
        let mut oldest: Option<Restriction> = None;
        for mark in marks {
            let mut rows = select.query((mark.kind.as_str(), signed(mark.sieve), mark.tag))?;
            while let Some(row) = rows.next()? {
                let found = Restriction { since: time(row.get(0)?)?, request: Uuid::from_bytes(row.get(1)?) };
                if oldest.is_none_or(|oldest| found.since < oldest.since) {
                    oldest = Some(found);
                }
            }
        }
        Ok(oldest)
    }

    /// Whether anybody was ever restricted: whoever asks for a person need not look for their marks if not.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn has_restrictions(&self) -> Result<bool, Error> {
        let mut select =
            self.database.reader().prepare_cached("SELECT EXISTS (SELECT 1 FROM register_scope WHERE purpose = '')")?;
        Ok(select.query_row([], |row| row.get(0))?)
    }

    /// Every entry, what was lifted too, by when it was made.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Corrupt`].
    pub fn list(&self) -> Result<Vec<Listed>, Error> {
        let mut select = self.database.reader().prepare_cached(
            "SELECT purpose, recipient, request, min(since), max(lifted), count(*)
             FROM register_entry JOIN register_scope ON id = scope
             GROUP BY scope, request, lifted IS NULL ORDER BY 4, request, scope",
        )?;
        let mut rows = select.query([])?;
        let mut listed = Vec::new();
        while let Some(row) = rows.next()? {
            let lifted: Option<i64> = row.get(4)?;
            listed.push(Listed {
                forbids: prohibition(row)?,
                request: Uuid::from_bytes(row.get(2)?),
                since: time(row.get(3)?)?,
                lifted: lifted.map(time).transpose()?,
                marks: u64::try_from(row.get::<_, i64>(5)?).map_err(|_| Error::Corrupt("a negative count"))?,
            });
        }
        Ok(listed)
    }

    /// What stands by these requests.
    ///
    /// # Errors
    /// [`Error::NothingStands`] if nothing does by one of them; [`Error::State`], [`Error::Corrupt`].
    pub fn standing(&self, requests: &[Uuid]) -> Result<Vec<(Uuid, Prohibition)>, Error> {
        let asked: BTreeSet<Uuid> = requests.iter().copied().collect();
        let mut select = self.database.reader().prepare_cached(
            "SELECT DISTINCT purpose, recipient, request FROM register_entry JOIN register_scope ON id = scope
             WHERE lifted IS NULL",
        )?;
        let mut rows = select.query([])?;
        let (mut found, mut standing) = (BTreeSet::new(), Vec::new());
        while let Some(row) = rows.next()? {
            let request = Uuid::from_bytes(row.get(2)?);
            if asked.contains(&request) {
                found.insert(request);
                standing.push((request, prohibition(row)?));
            }
        }
        match asked.difference(&found).next() {
            Some(request) => Err(Error::NothingStands { request: *request }),
            None => Ok(standing),
        }
    }

    /// Every entry that was made or lifted at `since` or later, whole: to be entered again into a copy of the register
    /// that was restored.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Corrupt`].
    pub fn entries(&self, since: Timestamp) -> Result<Vec<Entry>, Error> {
        let mut select = self.database.reader().prepare_cached(
            "SELECT purpose, recipient, request, since, lifted, kind, sieve, tag
             FROM register_entry JOIN register_scope ON id = scope WHERE since >= ?1 OR lifted >= ?1
             ORDER BY since, request, scope, lifted",
        )?;
        let mut rows = select.query(params![since.as_microsecond()])?;
        let mut entries: Vec<Entry> = Vec::new();
        while let Some(row) = rows.next()? {
            let lifted: Option<i64> = row.get(4)?;
            let kind: String = row.get(5)?;
            let mark = Mark {
                kind: IdentifierKind::parse(&kind).map_err(|_| Error::Corrupt("a kind of identifier"))?,
                sieve: unsigned(row.get(6)?),
                tag: tag(row, 7)?,
            };
            let entry = Entry {
                forbids: prohibition(row)?,
                request: Uuid::from_bytes(row.get(2)?),
                since: time(row.get(3)?)?,
                lifted: lifted.map(time).transpose()?,
                marks: vec![mark],
            };
            match entries.last_mut().filter(|last| last.is_with(&entry)) {
                Some(last) => last.marks.extend(entry.marks),
                None => entries.push(entry),
            }
        }
        Ok(entries)
    }
}

impl Entry {
    /// Whether the two differ in their marks alone.
    fn is_with(&self, other: &Self) -> bool {
        (&self.forbids, self.request, self.since, self.lifted)
            == (&other.forbids, other.request, other.since, other.lifted)
    }
}

/// What each scope knows by identifiers of each kind, at one moment.
fn forbidden(
    tx: &Transaction<'_>,
    purpose: &PurposeId,
    recipient: &RecipientId,
    kinds: &BTreeSet<IdentifierKind>,
) -> Result<Forbidden, Error> {
    let mut select = tx.prepare_cached(
        "SELECT id, purpose = '', generation FROM register_scope WHERE purpose = ''
         OR purpose = ?1 AND recipient IN ('', ?2)",
    )?;
    let mut scopes = select.query((purpose.as_str(), recipient.as_str()))?;
    let (mut generation, mut known) = (0, BTreeMap::<_, Vec<_>>::new());
    let mut select = tx.prepare_cached(
        "SELECT sieve, tag FROM register_entry WHERE scope = ?1 AND kind = ?2 AND lifted IS NULL ORDER BY sieve, tag",
    )?;
    while let Some(scope) = scopes.next()? {
        let (id, is_restriction): (i64, bool) = (scope.get(0)?, scope.get(1)?);
        generation += scope.get::<_, i64>(2)?;
        let bar = if is_restriction { Bar::Restriction } else { Bar::Objection };
        for kind in kinds {
            let marks = Known::read(select.query_and_then((id, kind.as_str()), mark)?)?;
            if !marks.is_empty() {
                known.entry(kind.clone()).or_default().push((bar, marks));
            }
        }
    }
    Ok(Forbidden { purpose: purpose.clone(), recipient: recipient.clone(), generation, known })
}

/// How often what concerns a purpose and a recipient has changed.
fn generation(connection: &Connection, purpose: &PurposeId, recipient: &RecipientId) -> Result<i64, Error> {
    let mut select = connection.prepare_cached(
        "SELECT coalesce(sum(generation), 0) FROM register_scope
         WHERE purpose = '' OR purpose = ?1 AND recipient IN ('', ?2)",
    )?;
    Ok(select.query_row((purpose.as_str(), recipient.as_str()), |row| row.get(0))?)
}

fn prohibition(row: &Row<'_>) -> Result<Prohibition, Error> {
    let (purpose, recipient): (String, String) = (row.get(0)?, row.get(1)?);
    if purpose.is_empty() {
        return Ok(Prohibition::Restriction);
    }
    let corrupt = |_| Error::Corrupt("a name");
    let recipient = (!recipient.is_empty()).then(|| RecipientId::parse(&recipient)).transpose().map_err(corrupt)?;
    Ok(Prohibition::Objection { purpose: PurposeId::parse(&purpose).map_err(corrupt)?, recipient })
}

/// Sieve and tag.
fn mark(row: &Row<'_>) -> Result<(u64, [u8; 16]), Error> {
    Ok((unsigned(row.get(0)?), tag(row, 1)?))
}

fn tag(row: &Row<'_>, index: usize) -> Result<[u8; 16], Error> {
    let bytes = row.get_ref(index)?.as_blob().map_err(|_| Error::Corrupt("a tag"))?;
    bytes.try_into().map_err(|_| Error::Corrupt("a tag"))
}

fn unsigned(sieve: i64) -> u64 {
    sieve.cast_unsigned() ^ 1 << 63
}

fn time(microseconds: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(microseconds).map_err(|_| Error::Corrupt("a time outside of time"))
}
