use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use arrow::array::{Array, StringArray};
use jiff::Timestamp;
use rayon::prelude::*;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::blind::{self, Place};
use super::keys::wrap;
use super::link::{Pointers, Whose, link};
use super::store::{Blind, Field, Link, NewValue, PersonId, PersonRow, Shard, ValueKey, Writer, shard_of};
use super::{Error, People, Vault};
use crate::audit::Receipt;
use crate::keyring;
use crate::keyring::{Keyring, Nonces, SealingKey};
use crate::pseudonym::Normaliser;
use crate::vocab::{Category, DatasetId, IdentifierKind, SubjectId};

/// Rows of one dataset, to be laid into the vault.
#[derive(Debug)]
pub struct Deposit<'a> {
    /// Where they come from.
    pub dataset: &'a DatasetId,
    /// Which of `columns` says who each row is about; it must be an identifier.
    pub subject: usize,
    /// The personal columns, each as long as the others.
    pub columns: &'a [Held],
    /// When they were seen.
    pub at: Timestamp,
}

/// One personal column.
#[derive(Debug)]
pub struct Held {
    /// Dotted path.
    pub path: String,
    /// What it holds.
    pub category: Category,
    /// Where national telephone numbers belong.
    pub region: Option<String>,
    /// If its values point to a person: what kind of identifier they are.
    pub identifier: Option<IdentifierKind>,
    /// The values as text.
    pub values: StringArray,
}

/// What a deposit changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deposited {
    /// People met for the first time.
    pub new_subjects: u64,
    /// Values not known of their person before.
    pub new_values: u64,
    /// Rows that name nobody: their subject column is null.
    pub anonymous_rows: u64,
}

impl std::ops::AddAssign for Deposited {
    fn add_assign(&mut self, other: Self) {
        self.new_subjects += other.new_subjects;
        self.new_values += other.new_values;
        self.anonymous_rows += other.anonymous_rows;
    }
}

impl Held {
    fn value(&self, row: usize) -> Option<&str> {
        let values = &self.values;
        (row < values.len() && values.is_valid(row)).then(|| values.value(row)).filter(|v| !v.trim().is_empty())
    }

    /// The blind tags of its identifiers.
    fn tags(&self, keys: &Keyring) -> Result<Vec<Option<Blind>>, Error> {
        let normaliser = Normaliser::for_category(self.category, self.region.as_deref());
        let key = blind::identifier_key(keys, normaliser)?;
        let tag = |row| Some(blind::identifier(&key, normaliser, self.value(row)?));
        Ok((0..self.values.len()).into_par_iter().with_min_len(256).map(tag).collect())
    }
}

impl Vault {
    /// Lays rows into the vault, in one transaction, and adds whom they are about to `met`. Doing it again changes
    /// nothing. Tags and seals are made on all cores.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Server`], [`Error::Key`]; [`Error::Moved`].
    pub fn deposit(
        &self,
        keys: &Keyring,
        deposit: &Deposit<'_>,
        met: &mut People,
        _recorded: &Receipt,
    ) -> Result<Deposited, Error> {
        // Before the vault is locked.
        let tags = deposit.columns.iter().map(|held| held.identifier.as_ref().map(|_| held.tags(keys)).transpose());
        let tags = tags.collect::<Result<Vec<_>, Error>>()?;

        let mut writer = self.write()?;
        let fields = fields(writer.as_mut(), deposit)?;
        let pointers = fields.iter().zip(tags).map(|(field, tags)| Some(Pointers { kind: field.kind, tags: tags? }));
        let pointers: Vec<_> = pointers.collect();
        let whose = link(writer.as_mut(), &pointers, deposit.subject)?;
        let at = deposit.at.as_microsecond();
        let people = self.load(writer.as_mut(), &whose, at)?;
        keep_links(writer.as_mut(), &pointers, deposit.subject, &whose, &people)?;
        let new_values = self.keep_values(writer.as_mut(), deposit, &fields, &pointers, &whose, &people)?;
        writer.commit()?;

        people.known.keys().for_each(|id| met.insert(*id));
        people.new.iter().for_each(|person| met.insert(person.id));
        Ok(Deposited {
            new_subjects: people.new.len() as u64,
            new_values,
            anonymous_rows: whose.iter().filter(|whose| whose.is_none()).count() as u64,
        })
    }

    /// The people of a batch with their keys; new ones are made, and laid down.
    fn load(&self, writer: &mut dyn Writer, whose: &[Option<Whose>], at: i64) -> Result<Persons, Error> {
        let (mut known, mut new) = (BTreeSet::new(), 0);
        for whose in whose.iter().flatten() {
            match whose {
                Whose::Known(id) => _ = known.insert(*id),
                Whose::New(n) => new = new.max(n + 1),
            }
        }
        let known: Vec<PersonId> = known.into_iter().collect();
        let rows = writer.people(&known)?;
        let epochs = self.epochs.keys_of(&rows)?;
        let opened = rows.par_iter().with_min_len(64).map(|row| {
            let subject = SubjectId::from_bytes(row.subject);
            Ok((row.id, Holder { id: row.id, subject, key: SealingKey::new(&epochs.open(row)?)? }))
        });
        let known = opened.collect::<Result<HashMap<_, _>, Error>>()?;

        let (new, mut rows) = self.newcomers(writer, new, at)?;
        rows.sort_unstable_by_key(|row| row.id);
        writer.add_people(&rows)?;
        Ok(Persons { known, new })
    }

    /// People whom nobody has met, each with a number, an alias and a key of their own.
    fn newcomers(
        &self,
        writer: &mut dyn Writer,
        count: usize,
        at: i64,
    ) -> Result<(Vec<Holder>, Vec<PersonRow>), Error> {
        if count == 0 {
            return Ok((Vec::new(), Vec::new()));
        }
        let mut shards = writer.shards()?;
        let mut next = BTreeMap::new();
        let mut rows = Vec::with_capacity(count);
        for [subject, alias] in random::<32>(count)?.as_chunks::<16>().0.as_chunks::<2>().0 {
            let row = newcomer(&mut shards, *subject, *alias, at)?;
            next.insert(shard_of(row.id), row.id + 1);
            rows.push(row);
        }
        writer.set_next(&next.into_iter().collect::<Vec<_>>())?;
        let epochs = self.epochs.keys_of(&rows)?;
        let holders = rows.par_chunks_mut(CHUNK).map(|rows| {
            let mut nonces = Nonces::new();
            let keys = random::<32>(rows.len())?;
            let holders = rows.iter_mut().zip(keys.as_chunks::<32>().0).map(|(row, bytes)| {
                row.key = wrap(epochs.key(row)?, &mut nonces, row.subject, bytes)?;
                Ok(Holder { id: row.id, subject: SubjectId::from_bytes(row.subject), key: SealingKey::new(bytes)? })
            });
            holders.collect::<Result<Vec<_>, Error>>()
        });
        let holders: Vec<_> = holders.collect::<Result<_, Error>>()?;
        Ok((holders.into_iter().flatten().collect(), rows))
    }
}

/// Somebody in the shard that their random number says. Their alias begins with the same byte, so that it is looked for
/// in one shard; it says nothing else of them.
fn newcomer(shards: &mut [Shard], subject: [u8; 16], mut alias: [u8; 16], created: i64) -> Result<PersonRow, Error> {
    let ([shard, ..], [first, ..]) = (&subject, &mut alias);
    *first = *shard;
    let place = shards.get_mut(usize::from(*shard)).ok_or(Error::Corrupt("a shard that there is not"))?;
    let id = place.next;
    place.next += 1;
    Ok(PersonRow { id, subject, alias, key: Vec::new(), created, epoch: place.epoch })
}

/// So many times `N` bytes, with one question to the operating system.
fn random<const N: usize>(count: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut bytes = Zeroizing::new(vec![0; N * count]);
    SystemRandom::new().fill(&mut bytes).map_err(|_| keyring::Error::NoRandomness)?;
    Ok(bytes)
}

/// A person of this batch, ready to seal for.
struct Holder {
    id: PersonId,
    subject: SubjectId,
    key: SealingKey,
}

struct Persons {
    known: HashMap<PersonId, Holder>,
    new: Vec<Holder>,
}

impl Persons {
    fn of(&self, whose: Whose) -> Option<&Holder> {
        match whose {
            Whose::Known(id) => self.known.get(&id),
            Whose::New(n) => self.new.get(n),
        }
    }
}

/// The columns' numbers, and those of their kinds; new ones are added.
fn fields(writer: &mut dyn Writer, deposit: &Deposit<'_>) -> Result<Vec<Field>, Error> {
    let mut layout = writer.layout()?;
    let mut fields = Vec::with_capacity(deposit.columns.len());
    for held in deposit.columns {
        let kind = match &held.identifier {
            None => 0,
            Some(kind) => match layout.kinds.iter().find(|(_, name)| name == kind.as_str()) {
                Some((id, _)) => *id,
                None => {
                    let id = layout.kinds.iter().map(|(id, _)| *id).max().unwrap_or(0) + 1;
                    writer.add_kind(id, kind.as_str())?;
                    layout.kinds.push((id, kind.as_str().to_owned()));
                    id
                }
            },
        };
        let mut field = Field {
            id: 0,
            dataset: deposit.dataset.to_string(),
            path: held.path.clone(),
            category: held.category.name().to_owned(),
            region: held.region.clone().unwrap_or_default(),
            kind,
        };
        match layout.fields.iter().find(|known| Field { id: 0, ..(*known).clone() } == field) {
            Some(known) => field.id = known.id,
            None => {
                field.id = layout.fields.iter().map(|field| field.id).max().unwrap_or(0) + 1;
                writer.add_field(&field)?;
                layout.fields.push(field.clone());
            }
        }
        fields.push(field);
    }
    Ok(fields)
}

/// Has every identifier of a row point to whom the row is about.
fn keep_links(
    writer: &mut dyn Writer,
    pointers: &[Option<Pointers>],
    subject: usize,
    whose: &[Option<Whose>],
    people: &Persons,
) -> Result<(), Error> {
    let (mut new, mut known) = (Vec::new(), Vec::new());
    for (number, column) in pointers.iter().enumerate() {
        let Some(Pointers { kind, tags }) = column else { continue };
        for (whose, blind) in whose.iter().zip(tags) {
            let Some((whose, blind)) = whose.zip(*blind) else { continue };
            let Some(Holder { id, .. }) = people.of(whose) else { continue };
            let link = Link { kind: *kind, blind, person: *id, is_subject: number == subject };
            if matches!(whose, Whose::New(_)) { &mut new } else { &mut known }.push(link);
        }
    }
    let (fresh, promoted) = sort_out(writer, distinct(known))?;
    new.extend(fresh);
    writer.add_links(&distinct(new))?;
    writer.promote_links(&promoted)
}

/// Those links that are not there yet, and those that are there, but not as a subject's.
pub(super) fn sort_out(writer: &mut dyn Writer, links: Vec<Link>) -> Result<(Vec<Link>, Vec<Link>), Error> {
    let there = writer.known_links(&links)?;
    let (mut fresh, mut promoted) = (Vec::new(), Vec::new());
    for (link, there) in links.into_iter().zip(there) {
        match there {
            None => fresh.push(link),
            Some(false) if link.is_subject => promoted.push(link),
            Some(_) => {}
        }
    }
    Ok((fresh, promoted))
}

/// Ordered, each once; as a subject, if it is one in some column.
pub(super) fn distinct(mut links: Vec<Link>) -> Vec<Link> {
    links.sort_unstable_by(|a, b| b.cmp(a));
    links.dedup_by_key(|link| (link.kind, link.blind, link.person));
    links.reverse();
    links
}

/// A value of a row: where it is to be found again.
struct Cell {
    key: ValueKey,
    whose: Whose,
    column: usize,
    row: usize,
}

impl Vault {
    /// Seals the values that are not there yet, and says how many they were.
    fn keep_values(
        &self,
        writer: &mut dyn Writer,
        deposit: &Deposit<'_>,
        fields: &[Field],
        pointers: &[Option<Pointers>],
        whose: &[Option<Whose>],
        people: &Persons,
    ) -> Result<u64, Error> {
        let tags = &self.value_tags;
        let cells = |row: usize| {
            let whose = whose.get(row).copied().flatten();
            let holder = whose.and_then(|whose| Some((whose, people.of(whose)?)));
            let columns = holder.into_iter().flat_map(|_| deposit.columns.iter().zip(fields).enumerate());
            columns.filter_map(move |(column, (held, field))| {
                let ((whose, holder), text) = (holder?, held.value(row)?);
                let blind = blind::value(tags, holder.id, field.id, text);
                Some(Cell { key: ValueKey { person: holder.id, field: field.id, blind }, whose, column, row })
            })
        };
        let mut cells: Vec<Cell> = (0..whose.len()).into_par_iter().with_min_len(CHUNK).flat_map_iter(cells).collect();
        cells.par_sort_unstable_by_key(|cell| cell.key);
        cells.dedup_by_key(|cell| cell.key);
        // Whoever is new has no values yet.
        let asked: Vec<_> =
            cells.iter().filter(|cell| matches!(cell.whose, Whose::Known(_))).map(|cell| cell.key).collect();
        let known = writer.known_values(&asked)?;
        let known: HashSet<ValueKey> = asked.into_iter().zip(known).filter_map(|(key, is)| is.then_some(key)).collect();
        cells.retain(|cell| !known.contains(&cell.key));

        if cells.is_empty() {
            return Ok(0);
        }
        let seal = |cells: &[Cell]| {
            let mut nonces = Nonces::new();
            let place = |held: &Held| Place::new(deposit.dataset.as_str(), &held.path, held.category);
            let mut places: Vec<Place> = deposit.columns.iter().map(place).collect();
            let seal = |cell: &Cell| {
                let pointer = pointers.get(cell.column).and_then(Option::as_ref);
                let pointer = pointer.and_then(|column| column.tags.get(cell.row).copied().flatten());
                let text = deposit.columns.get(cell.column).and_then(|held| held.value(cell.row));
                let (holder, place) = (people.of(cell.whose), places.get_mut(cell.column));
                let (Some(holder), Some(place), Some(text)) = (holder, place, text) else {
                    return Err(Error::Corrupt("a value that there is not"));
                };
                let sealed = holder.key.seal_with(&mut nonces, place.of(holder.subject), text.as_bytes())?;
                Ok(NewValue { key: cell.key, sealed, pointer })
            };
            cells.iter().map(seal).collect::<Result<Vec<_>, Error>>()
        };
        let batch = writer.add_batch(deposit.at.as_microsecond())?;
        // While some are laid down, the next are sealed.
        let sealed = |cells: &[Cell]| cells.par_chunks(CHUNK).map(&seal).collect::<Result<Vec<_>, Error>>();
        let sealed = &sealed;
        std::thread::scope(|scope| {
            let mut sealing = None;
            for next in cells.chunks(AHEAD).map(Some).chain([None]) {
                let next = next.map(|cells| scope.spawn(move || sealed(cells)));
                if let Some(done) = std::mem::replace(&mut sealing, next) {
                    let done: Result<Vec<Vec<NewValue>>, Error> =
                        done.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                    done?.iter().try_for_each(|values| writer.add_values(batch, values))?;
                }
            }
            Ok::<_, Error>(())
        })?;
        let mut arrived: Vec<PersonId> = cells.iter().map(|cell| cell.key.person).collect();
        arrived.dedup();
        writer.add_arrivals(batch, &arrived)?;
        Ok(cells.len() as u64)
    }
}

/// People or values that one thread takes at a time.
const CHUNK: usize = 256;
/// Values that are sealed while others are laid down.
const AHEAD: usize = 16_384;
