//! What the vault needs of a database. Whatever passes here is sealed, blind, or a random number.
//!
//! [`VaultStore`] gives sessions: a [`Reader`] asks, a [`Writer`] is the only writer until it commits or is dropped.
//! Every question and every change is about many rows at once: one look-up, or one journey to a server, for a batch.
//! Who a row is about, what is sealed and with which key is decided above, once for every database.

mod copy;
pub(super) mod postgres;
pub(super) mod sqlite;

pub(super) use copy::{Cell, Column, Row, TABLES, Table};

use super::Error;
use crate::keyring::SHARDS;

/// The number of a person: their shard, then a number that is given once.
pub(super) type PersonId = i64;

/// A blind tag: the first 128 bits of an HMAC.
pub(super) type Blind = [u8; 16];

/// A database that can hold a vault.
pub(super) trait VaultStore: Send {
    /// To ask.
    fn read(&self) -> Result<Box<dyn Reader + '_>, Error>;

    /// To ask and to change, all of it or nothing. Waits until no other writer is left.
    fn write(&self) -> Result<Box<dyn Writer + '_>, Error>;

    /// How many bytes it takes.
    fn bytes(&self) -> Result<u64, Error>;

    /// After rows were removed: makes an end of what the database keeps of them, such as a log of changes.
    fn settle(&self) -> Result<(), Error>;

    /// The same, for what is left of rows in pages that were rewritten before.
    fn compact(&self) -> Result<(), Error>;

    /// Destroys the tables, for good.
    fn wipe(&self) -> Result<(), Error>;
}

/// Questions. Answers are in no particular order unless it is said.
pub(super) trait Reader {
    /// Which vault this is; nobody has made one here if there is none.
    fn identity(&mut self) -> Result<Option<Identity>, Error>;
    /// Kinds of identifiers, and columns that values came from.
    fn layout(&mut self) -> Result<Layout, Error>;
    /// Every shard, in order.
    fn shards(&mut self) -> Result<Vec<Shard>, Error>;
    /// For each of these identifiers of a kind, whom it names: by whose subject column it came first, then by number;
    /// so many at most.
    fn named(&mut self, kind: i64, blinds: &[Blind], limit: i64) -> Result<Vec<Vec<Named>>, Error>;
    /// Which of these people have an identifier of this kind.
    fn having(&mut self, kind: i64, people: &[PersonId]) -> Result<Vec<PersonId>, Error>;
    /// These people, by number. Who is not there is left out.
    fn people(&mut self, people: &[PersonId]) -> Result<Vec<PersonRow>, Error>;
    /// The people of a shard, by number, after this one; so many at most.
    fn people_of(&mut self, shard: u8, after: PersonId, limit: i64) -> Result<Vec<PersonRow>, Error>;
    /// Who has this alias.
    fn by_alias(&mut self, alias: &[u8; 16]) -> Result<Option<PersonRow>, Error>;
    /// For each of these links: not there, or there and whether as a subject.
    fn known_links(&mut self, links: &[Link]) -> Result<Vec<Option<bool>>, Error>;
    /// For each of these values, whether it is there. They come ordered.
    fn known_values(&mut self, values: &[ValueKey]) -> Result<Vec<bool>, Error>;
    /// For each of these people, their values, by field and then as they came.
    fn values_of(&mut self, people: &[PersonId]) -> Result<Vec<Vec<ValueRow>>, Error>;
    /// How far an index of pseudonyms goes.
    fn mark(&mut self, domain: &str, epoch: &str) -> Result<Arrival, Error>;
    /// Values that came after `mark`, of so many arrivals at most, by arrival.
    fn arrived(&mut self, mark: Arrival, limit: i64) -> Result<Vec<ArrivedValue>, Error>;
    /// Whom a pseudonym stands for.
    fn pseudonym(&mut self, domain: &str, epoch: &str, tag: &Blind) -> Result<Vec<PersonId>, Error>;
    /// How much there is.
    fn counts(&mut self) -> Result<Counts, Error>;
    /// Rows of a table, by key, after this one; so many at most.
    fn rows(&mut self, table: &Table, after: Option<&Row>, limit: i64) -> Result<Vec<Row>, Error>;
    /// The row of a table that is last by key.
    fn last_row(&mut self, table: &Table) -> Result<Option<Row>, Error>;
}

/// Changes.
pub(super) trait Writer: Reader {
    /// Begins a vault: its identity. It has no shards yet.
    fn begin(&mut self, id: [u8; 16]) -> Result<(), Error>;
    /// The 256 shards of a new vault, all in this epoch.
    fn add_shards(&mut self, epoch: u32) -> Result<(), Error>;
    /// From now on, writers are told that the vault is elsewhere; or that it is here again.
    fn set_moved(&mut self, to: Option<&str>) -> Result<(), Error>;
    fn add_kind(&mut self, id: i64, name: &str) -> Result<(), Error>;
    fn add_field(&mut self, field: &Field) -> Result<(), Error>;
    /// The next batch, in which values come from now on; microseconds since 1970.
    fn add_batch(&mut self, at: i64) -> Result<i64, Error>;
    /// Ordered by number.
    fn add_people(&mut self, people: &[PersonRow]) -> Result<(), Error>;
    /// The numbers that the next people of these shards get.
    fn set_next(&mut self, shards: &[(u8, i64)]) -> Result<(), Error>;
    /// New ones, ordered.
    fn add_links(&mut self, links: &[Link]) -> Result<(), Error>;
    /// These are by subject columns, too.
    fn promote_links(&mut self, links: &[Link]) -> Result<(), Error>;
    /// New ones, ordered.
    fn add_values(&mut self, batch: i64, values: &[NewValue]) -> Result<(), Error>;
    /// Who got values in this batch, ordered.
    fn add_arrivals(&mut self, batch: i64, people: &[PersonId]) -> Result<(), Error>;
    fn add_pseudonyms(&mut self, domain: &str, epoch: &str, tags: &[(Blind, PersonId)]) -> Result<(), Error>;
    fn set_mark(&mut self, domain: &str, epoch: &str, mark: Arrival) -> Result<(), Error>;
    /// Removes values of people who stay, with the identifiers and arrivals that no value of theirs speaks of any more.
    fn remove_values(&mut self, values: &[ValueKey]) -> Result<(), Error>;
    /// Removes people, and everything that is theirs.
    fn remove(&mut self, people: &[PersonId]) -> Result<Removed, Error>;
    /// Wraps these people's keys anew.
    fn rewrap(&mut self, keys: &[(PersonId, Vec<u8>)]) -> Result<(), Error>;
    /// The epoch in which a shard's keys are wrapped from now on.
    fn set_epoch(&mut self, shard: u8, epoch: u32) -> Result<(), Error>;
    /// Adds rows as they came from another database.
    fn add_rows(&mut self, table: &Table, rows: &[Row]) -> Result<(), Error>;
    /// Removes all rows of a table.
    fn clear(&mut self, table: &Table) -> Result<(), Error>;
    /// Ends the session, and keeps what it changed.
    fn commit(self: Box<Self>) -> Result<(), Error>;
}

/// Which vault this is.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) id: [u8; 16],
    /// Where it is now, if it has moved.
    pub(super) moved: Option<String>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Shard {
    /// The epoch of the key that wraps its persons' keys.
    pub(super) epoch: u32,
    /// The number that its next person gets.
    pub(super) next: PersonId,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    pub(super) kinds: Vec<(i64, String)>,
    pub(super) fields: Vec<Field>,
}

/// A column that values came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) id: i64,
    pub(super) dataset: String,
    pub(super) path: String,
    pub(super) category: String,
    pub(super) region: String,
    /// Of which kind its values are as identifiers; 0 if they are none.
    pub(super) kind: i64,
}

/// A person whom an identifier names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) person: PersonId,
    /// By a subject column: rows of some dataset are about them by it.
    pub(super) is_subject: bool,
}

#[derive(Clone, Debug)]
pub(super) struct PersonRow {
    pub(super) id: PersonId,
    pub(super) subject: [u8; 16],
    pub(super) alias: [u8; 16],
    /// Wrapped by the epoch key of the person's shard.
    pub(super) key: Vec<u8>,
    /// Microseconds since 1970.
    pub(super) created: i64,
    /// The epoch of their shard, as it was when this row was read.
    pub(super) epoch: u32,
}

/// An identifier that points to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Link {
    pub(super) kind: i64,
    pub(super) blind: Blind,
    pub(super) person: PersonId,
    pub(super) is_subject: bool,
}

/// What makes a value the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ValueKey {
    pub(super) person: PersonId,
    pub(super) field: i64,
    pub(super) blind: Blind,
}

#[derive(Debug)]
pub(super) struct NewValue {
    pub(super) key: ValueKey,
    pub(super) sealed: Vec<u8>,
    /// The blind tag of its normal form, if it is an identifier: by it the link is found again.
    pub(super) pointer: Option<Blind>,
}

#[derive(Debug)]
pub(super) struct ValueRow {
    pub(super) field: i64,
    pub(super) sealed: Vec<u8>,
    /// When it was first seen: microseconds since 1970.
    pub(super) seen: i64,
}

/// In a batch, a person got values. Their order is that in which they came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrival {
    pub(super) batch: i64,
    pub(super) person: PersonId,
}

#[derive(Debug)]
pub(super) struct ArrivedValue {
    pub(super) arrival: Arrival,
    pub(super) subject: [u8; 16],
    pub(super) key: Vec<u8>,
    pub(super) epoch: u32,
    pub(super) field: i64,
    pub(super) sealed: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Removed {
    pub(super) people: u64,
    pub(super) identifiers: u64,
    pub(super) values: u64,
    pub(super) pseudonyms: u64,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) people: u64,
    pub(super) identifiers: u64,
    pub(super) values: u64,
}

/// The shard of a person.
pub(super) fn shard_of(person: PersonId) -> u8 {
    u8::try_from(person >> SHARD_BITS).unwrap_or(0)
}

/// The first number of a shard.
pub(super) fn first_of(shard: u8) -> PersonId {
    PersonId::from(shard) << SHARD_BITS
}

/// People of one shard follow each other, so that their rows do: a shard is wrapped anew without a walk over the rest.
const SHARD_BITS: u32 = 40;

const _: () = assert!(SHARDS == 256);
