use rusqlite::types::{Value, ValueRef};
use rusqlite::{OptionalExtension, params_from_iter};

use super::Session;
use crate::state::snapshot;
use crate::vault::store::{
    Arrival, ArrivedValue, Blind, Cell, Counts, Field, Identity, Layout, Link, Named, PersonId, PersonRow, Reader, Row,
    Shard, Table, ValueKey, ValueRow, first_of,
};
use crate::vault::{Error, unsigned};

impl Reader for Session<'_> {
    fn identity(&mut self) -> Result<Option<Identity>, Error> {
        let mut query = self.connection.prepare_cached("SELECT id, moved FROM vault")?;
        Ok(query.query_row([], |r| Ok(Identity { id: r.get(0)?, moved: r.get(1)? })).optional()?)
    }

    fn layout(&mut self) -> Result<Layout, Error> {
        let mut kinds = self.connection.prepare_cached("SELECT id, name FROM kind")?;
        let mut fields =
            self.connection.prepare_cached("SELECT id, dataset, path, category, region, kind FROM field")?;
        let kinds = kinds.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Result<_, _>>()?;
        let field = |r: &rusqlite::Row<'_>| {
            Ok(Field {
                id: r.get(0)?,
                dataset: r.get(1)?,
                path: r.get(2)?,
                category: r.get(3)?,
                region: r.get(4)?,
                kind: r.get(5)?,
            })
        };
        Ok(Layout { kinds, fields: fields.query_map([], field)?.collect::<Result<_, _>>()? })
    }

    fn shards(&mut self) -> Result<Vec<Shard>, Error> {
        let mut query = self.connection.prepare_cached("SELECT epoch, next FROM shard ORDER BY shard")?;
        let shards = query.query_map([], |r| Ok(Shard { epoch: r.get(0)?, next: r.get(1)? }))?;
        Ok(shards.collect::<Result<_, _>>()?)
    }

    fn named(&mut self, kind: i64, blinds: &[Blind], limit: i64) -> Result<Vec<Vec<Named>>, Error> {
        let _moment = snapshot(self.connection)?;
        const ALL: &str = "SELECT person, is_subject FROM identifier WHERE kind = ?1 AND blind = ?2";
        // To have SQLite order them costs more than to find them, and nearly always there is one.
        let mut some = self.connection.prepare_cached(&format!("{ALL} LIMIT ?3"))?;
        let mut ordered =
            self.connection.prepare_cached(&format!("{ALL} ORDER BY is_subject DESC, person LIMIT ?3"))?;
        let name = |r: &rusqlite::Row<'_>| Ok(Named { person: r.get(0)?, is_subject: r.get(1)? });
        let more = limit.saturating_add(1);
        let named = blinds.iter().map(|blind| {
            let found = some.query_map((kind, blind.as_slice(), more), name)?.collect::<Result<Vec<_>, _>>()?;
            if i64::try_from(found.len()).unwrap_or(i64::MAX) <= limit {
                let mut found = found;
                found.sort_by_key(|named| (!named.is_subject, named.person));
                return Ok(found);
            }
            Ok(ordered.query_map((kind, blind.as_slice(), limit), name)?.collect::<Result<_, _>>()?)
        });
        named.collect()
    }

    fn having(&mut self, kind: i64, people: &[PersonId]) -> Result<Vec<PersonId>, Error> {
        let _moment = snapshot(self.connection)?;
        let mut query = self.connection.prepare_cached(
            "SELECT 1 FROM value WHERE person = ?1 AND field IN (SELECT id FROM field WHERE kind = ?2) LIMIT 1",
        )?;
        let mut having = Vec::new();
        for person in people {
            if query.exists((person, kind))? {
                having.push(*person);
            }
        }
        Ok(having)
    }

    fn people(&mut self, people: &[PersonId]) -> Result<Vec<PersonRow>, Error> {
        let _moment = snapshot(self.connection)?;
        let mut query = self.connection.prepare_cached(&select_person("person.id = ?1"))?;
        let mut found = Vec::with_capacity(people.len());
        for id in people {
            found.extend(query.query_row([id], person).optional()?);
        }
        found.sort_by_key(|person| person.id);
        Ok(found)
    }

    fn people_of(&mut self, shard: u8, after: PersonId, limit: i64) -> Result<Vec<PersonRow>, Error> {
        let which = "person.id > ?1 AND person.id < ?2 ORDER BY person.id LIMIT ?3";
        let mut query = self.connection.prepare_cached(&select_person(which))?;
        let end = first_of(shard).saturating_add(first_of(1));
        let people = query.query_map((after.max(first_of(shard) - 1), end, limit), person)?;
        Ok(people.collect::<Result<_, _>>()?)
    }

    fn by_alias(&mut self, alias: &[u8; 16]) -> Result<Option<PersonRow>, Error> {
        let [shard, ..] = *alias;
        let which = "person.id BETWEEN ?1 AND ?2 AND alias = ?3";
        let mut query = self.connection.prepare_cached(&select_person(which))?;
        let end = first_of(shard).saturating_add(first_of(1) - 1);
        Ok(query.query_row((first_of(shard), end, alias.as_slice()), person).optional()?)
    }

    fn known_links(&mut self, links: &[Link]) -> Result<Vec<Option<bool>>, Error> {
        let _moment = snapshot(self.connection)?;
        let mut query = self
            .connection
            .prepare_cached("SELECT is_subject FROM identifier WHERE kind = ?1 AND blind = ?2 AND person = ?3")?;
        let known = links.iter().map(|link| {
            let known = query.query_row((link.kind, link.blind.as_slice(), link.person), |r| r.get(0));
            Ok(known.optional()?)
        });
        known.collect()
    }

    fn known_values(&mut self, values: &[ValueKey]) -> Result<Vec<bool>, Error> {
        let _moment = snapshot(self.connection)?;
        let sql = "SELECT 1 FROM value WHERE person = ?1 AND field = ?2 AND blind = ?3";
        let mut query = self.connection.prepare_cached(sql)?;
        values.iter().map(|key| Ok(query.exists((key.person, key.field, key.blind.as_slice()))?)).collect()
    }

    fn values_of(&mut self, people: &[PersonId]) -> Result<Vec<Vec<ValueRow>>, Error> {
        let _moment = snapshot(self.connection)?;
        let mut query = self.connection.prepare_cached(
            "SELECT field, sealed, at FROM value JOIN batch ON batch.id = value.batch
             WHERE person = ?1 ORDER BY field, batch, blind",
        )?;
        let row = |r: &rusqlite::Row<'_>| Ok(ValueRow { field: r.get(0)?, sealed: r.get(1)?, seen: r.get(2)? });
        people.iter().map(|person| Ok(query.query_map([person], row)?.collect::<Result<_, _>>()?)).collect()
    }

    fn mark(&mut self, domain: &str, epoch: &str) -> Result<Arrival, Error> {
        let sql = "SELECT batch, person FROM pseudonym_mark WHERE domain = ?1 AND epoch = ?2";
        let mut query = self.connection.prepare_cached(sql)?;
        let mark = query.query_row((domain, epoch), |r| Ok(Arrival { batch: r.get(0)?, person: r.get(1)? }));
        Ok(mark.optional()?.unwrap_or_default())
    }

    fn arrived(&mut self, mark: Arrival, limit: i64) -> Result<Vec<ArrivedValue>, Error> {
        let mut query = self.connection.prepare_cached(
            "SELECT came.batch, came.person, subject, key, epoch, field, sealed
             FROM (SELECT batch, person FROM arrival WHERE (batch, person) > (?1, ?2)
                   ORDER BY batch, person LIMIT ?3) AS came
             CROSS JOIN person ON person.id = came.person
             CROSS JOIN shard ON shard.shard = person.id >> 40
             CROSS JOIN value ON value.person = came.person AND value.batch = came.batch
             ORDER BY came.batch, came.person",
        )?;
        let arrived = query.query_map((mark.batch, mark.person, limit), |r| {
            Ok(ArrivedValue {
                arrival: Arrival { batch: r.get(0)?, person: r.get(1)? },
                subject: r.get(2)?,
                key: r.get(3)?,
                epoch: r.get(4)?,
                field: r.get(5)?,
                sealed: r.get(6)?,
            })
        })?;
        Ok(arrived.collect::<Result<_, _>>()?)
    }

    fn pseudonym(&mut self, domain: &str, epoch: &str, tag: &Blind) -> Result<Vec<PersonId>, Error> {
        let sql = "SELECT person FROM pseudonym WHERE domain = ?1 AND epoch = ?2 AND tag = ?3 ORDER BY person";
        let mut query = self.connection.prepare_cached(sql)?;
        let people = query.query_map((domain, epoch, tag.as_slice()), |r| r.get(0))?;
        Ok(people.collect::<Result<_, _>>()?)
    }

    fn counts(&mut self) -> Result<Counts, Error> {
        let count = |table: &str| {
            unsigned(self.connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get(0))?)
        };
        Ok(Counts { people: count("person")?, identifiers: count("identifier")?, values: count("value")? })
    }

    fn rows(&mut self, table: &Table, after: Option<&Row>, limit: i64) -> Result<Vec<Row>, Error> {
        let (columns, key) = table.names();
        let from = match after {
            Some(_) => format!("WHERE ({key}) > ({})", vec!["?"; table.key].join(", ")),
            None => String::new(),
        };
        let sql = format!("SELECT {columns} FROM {} {from} ORDER BY {key} LIMIT {limit}", table.name);
        self.cells(&sql, table, after.map(|row| table.key_of(row)).unwrap_or_default())
    }

    fn last_row(&mut self, table: &Table) -> Result<Option<Row>, Error> {
        let (columns, _) = table.names();
        let sql = format!("SELECT {columns} FROM {} ORDER BY {} LIMIT 1", table.name, table.backwards());
        Ok(self.cells(&sql, table, &[])?.into_iter().next())
    }
}

impl Session<'_> {
    fn cells(&self, sql: &str, table: &Table, values: &[Cell]) -> Result<Vec<Row>, Error> {
        let mut query = self.connection.prepare_cached(sql)?;
        let rows = query.query_map(params_from_iter(values.iter().map(bound)), |r| {
            (0..table.columns.len()).map(|n| r.get_ref(n).map(cell)).collect::<Result<Row, _>>()
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// A person with the epoch of their shard, in one statement: both are of one moment.
fn select_person(which: &str) -> String {
    format!(
        "SELECT person.id, subject, alias, key, created, epoch FROM person
         CROSS JOIN shard ON shard.shard = person.id >> 40 WHERE {which}"
    )
}

fn person(row: &rusqlite::Row<'_>) -> rusqlite::Result<PersonRow> {
    Ok(PersonRow {
        id: row.get(0)?,
        subject: row.get(1)?,
        alias: row.get(2)?,
        key: row.get(3)?,
        created: row.get(4)?,
        epoch: row.get(5)?,
    })
}

pub(super) fn bound(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(number) => Value::Integer(*number),
        Cell::Bytes(bytes) => Value::Blob(bytes.clone()),
        Cell::Text(text) => Value::Text(text.clone()),
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Null | ValueRef::Real(_) => Cell::Null,
    }
}
