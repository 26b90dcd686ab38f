use rusqlite::{CachedStatement, OptionalExtension, ToSql, params_from_iter};

use super::Session;
use super::read::bound;
use crate::vault::Error;
use crate::vault::store::{
    Arrival, Blind, Field, Link, NewValue, PersonId, PersonRow, Removed, Row, Table, ValueKey, Writer, first_of,
};

impl Writer for Session<'_> {
    fn begin(&mut self, id: [u8; 16]) -> Result<(), Error> {
        self.connection.execute("INSERT INTO vault (id) VALUES (?1)", [id.as_slice()])?;
        Ok(())
    }

    fn add_shards(&mut self, epoch: u32) -> Result<(), Error> {
        let mut insert = self.prepared("INSERT INTO shard (shard, epoch, next) VALUES (?1, ?2, ?3)")?;
        (0..=u8::MAX).try_for_each(|shard| Ok(insert.execute((shard, epoch, first_of(shard))).map(drop)?))
    }

    fn set_moved(&mut self, to: Option<&str>) -> Result<(), Error> {
        self.connection.execute("UPDATE vault SET moved = ?1", [to])?;
        Ok(())
    }

    fn add_kind(&mut self, id: i64, name: &str) -> Result<(), Error> {
        self.connection.execute("INSERT INTO kind (id, name) VALUES (?1, ?2)", (id, name))?;
        Ok(())
    }

    fn add_field(&mut self, field: &Field) -> Result<(), Error> {
        self.connection.execute(
            "INSERT INTO field (id, dataset, path, category, region, kind) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (field.id, &field.dataset, &field.path, &field.category, &field.region, field.kind),
        )?;
        Ok(())
    }

    fn add_batch(&mut self, at: i64) -> Result<i64, Error> {
        let sql = "INSERT INTO batch (id, at) SELECT coalesce(max(id), 0) + 1, ?1 FROM batch RETURNING id";
        Ok(self.prepared(sql)?.query_row([at], |r| r.get(0))?)
    }

    fn add_people(&mut self, people: &[PersonRow]) -> Result<(), Error> {
        let mut insert =
            self.prepared("INSERT INTO person (id, subject, alias, key, created) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for person in people {
            let PersonRow { id, subject, alias, key, created, .. } = person;
            insert.execute((id, subject.as_slice(), alias.as_slice(), key, created))?;
        }
        Ok(())
    }

    fn set_next(&mut self, shards: &[(u8, i64)]) -> Result<(), Error> {
        let mut update = self.prepared("UPDATE shard SET next = ?2 WHERE shard = ?1")?;
        shards.iter().try_for_each(|shard| Ok(update.execute(*shard).map(drop)?))
    }

    fn add_links(&mut self, links: &[Link]) -> Result<(), Error> {
        self.insert("identifier (kind, blind, person, is_subject)", 4, links, |row, link| {
            row.bind(link.kind)?;
            row.bind(link.blind.as_slice())?;
            row.bind(link.person)?;
            row.bind(link.is_subject)
        })
    }

    fn promote_links(&mut self, links: &[Link]) -> Result<(), Error> {
        let mut update =
            self.prepared("UPDATE identifier SET is_subject = 1 WHERE kind = ?1 AND blind = ?2 AND person = ?3")?;
        for link in links {
            update.execute((link.kind, link.blind.as_slice(), link.person))?;
        }
        Ok(())
    }

    fn add_values(&mut self, batch: i64, values: &[NewValue]) -> Result<(), Error> {
        self.insert("value (person, field, blind, batch, pointer, sealed)", 6, values, |row, value| {
            row.bind(value.key.person)?;
            row.bind(value.key.field)?;
            row.bind(value.key.blind.as_slice())?;
            row.bind(batch)?;
            row.bind(value.pointer.as_ref().map(<[u8; 16]>::as_slice))?;
            row.bind(value.sealed.as_slice())
        })
    }

    fn add_arrivals(&mut self, batch: i64, people: &[PersonId]) -> Result<(), Error> {
        let mut insert = self.prepared("INSERT INTO arrival (batch, person) VALUES (?1, ?2)")?;
        people.iter().try_for_each(|person| Ok(insert.execute((batch, person)).map(drop)?))
    }

    fn add_pseudonyms(&mut self, domain: &str, epoch: &str, tags: &[(Blind, PersonId)]) -> Result<(), Error> {
        let mut insert = self.prepared(
            "INSERT INTO pseudonym (domain, epoch, tag, person) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        )?;
        for (tag, person) in tags {
            insert.execute((domain, epoch, tag.as_slice(), person))?;
        }
        Ok(())
    }

    fn set_mark(&mut self, domain: &str, epoch: &str, mark: Arrival) -> Result<(), Error> {
        self.connection.execute(
            "INSERT INTO pseudonym_mark (domain, epoch, batch, person) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (domain, epoch) DO UPDATE SET batch = excluded.batch, person = excluded.person",
            (domain, epoch, mark.batch, mark.person),
        )?;
        Ok(())
    }

    fn remove_values(&mut self, values: &[ValueKey]) -> Result<(), Error> {
        let mut delete = self.prepared(
            "DELETE FROM value WHERE person = ?1 AND field = ?2 AND blind = ?3
             RETURNING batch, pointer, (SELECT kind FROM field WHERE id = field)",
        )?;
        let mut identifier = self.prepared(
            "DELETE FROM identifier WHERE kind = ?3 AND blind = ?2 AND person = ?1 AND NOT EXISTS (
                 SELECT 1 FROM value JOIN field ON field.id = field
                 WHERE person = ?1 AND pointer = ?2 AND kind = ?3)",
        )?;
        let mut arrival = self.prepared(
            "DELETE FROM arrival WHERE batch = ?2 AND person = ?1
             AND NOT EXISTS (SELECT 1 FROM value WHERE person = ?1 AND batch = ?2)",
        )?;
        for ValueKey { person, field, blind } in values {
            let gone = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            let gone = delete.query_row((person, field, blind.as_slice()), gone).optional()?;
            let Some((batch, pointer, kind)): Option<(i64, Option<Vec<u8>>, i64)> = gone else { continue };
            if let Some(pointer) = pointer {
                identifier.execute((person, pointer, kind))?;
            }
            arrival.execute((person, batch))?;
        }
        Ok(())
    }

    fn remove(&mut self, people: &[PersonId]) -> Result<Removed, Error> {
        // The values say which identifiers and arrivals are theirs, and so go after them.
        let mut identifiers = self.prepared(
            "DELETE FROM identifier WHERE (kind, blind, person) IN (
                 SELECT kind, pointer, person FROM value JOIN field ON field.id = field
                 WHERE person = ?1 AND pointer IS NOT NULL)",
        )?;
        let mut arrivals = self.prepared(
            "DELETE FROM arrival WHERE (batch, person) IN (SELECT batch, person FROM value WHERE person = ?1)",
        )?;
        let mut values = self.prepared("DELETE FROM value WHERE person = ?1")?;
        let mut pseudonyms = self.prepared("DELETE FROM pseudonym WHERE person = ?1")?;
        let mut persons = self.prepared("DELETE FROM person WHERE id = ?1")?;
        let mut removed = Removed::default();
        for person in people {
            removed.identifiers += identifiers.execute([person])? as u64;
            arrivals.execute([person])?;
            removed.values += values.execute([person])? as u64;
            removed.pseudonyms += pseudonyms.execute([person])? as u64;
            removed.people += persons.execute([person])? as u64;
        }
        Ok(removed)
    }

    fn rewrap(&mut self, keys: &[(PersonId, Vec<u8>)]) -> Result<(), Error> {
        let mut update = self.prepared("UPDATE person SET key = ?2 WHERE id = ?1")?;
        keys.iter().try_for_each(|(person, key)| Ok(update.execute((person, key)).map(drop)?))
    }

    fn set_epoch(&mut self, shard: u8, epoch: u32) -> Result<(), Error> {
        self.prepared("UPDATE shard SET epoch = ?2 WHERE shard = ?1")?.execute((shard, epoch))?;
        Ok(())
    }

    fn add_rows(&mut self, table: &Table, rows: &[Row]) -> Result<(), Error> {
        let (columns, _) = table.names();
        let places = vec!["?"; table.columns.len()].join(", ");
        let mut insert = self.prepared(&format!("INSERT INTO {} ({columns}) VALUES ({places})", table.name))?;
        rows.iter().try_for_each(|row| Ok(insert.execute(params_from_iter(row.iter().map(bound))).map(drop)?))
    }

    fn clear(&mut self, table: &Table) -> Result<(), Error> {
        Ok(self.connection.execute_batch(&format!("DELETE FROM {}", table.name))?)
    }

    fn commit(self: Box<Self>) -> Result<(), Error> {
        if let Some(transaction) = self.transaction {
            transaction.commit()?;
        }
        Ok(())
    }
}

impl Session<'_> {
    /// Inserts many rows, some dozens a statement: half of what a row costs is to begin a statement and to end it.
    fn insert<T>(
        &self,
        table: &str,
        columns: usize,
        rows: &[T],
        bind: impl Fn(&mut Binding<'_, '_>, &T) -> Result<(), rusqlite::Error>,
    ) -> Result<(), Error> {
        let (many, rest) = rows.split_at(rows.len() - rows.len() % TOGETHER);
        for (rows, together) in [(many, TOGETHER), (rest, 1)] {
            let row = format!("({})", vec!["?"; columns].join(", "));
            let sql = format!("INSERT INTO {table} VALUES {}", vec![row; together].join(", "));
            let mut statement = self.prepared(&sql)?;
            for rows in rows.chunks(together) {
                let mut binding = Binding { statement: &mut statement, next: 1 };
                rows.iter().try_for_each(|row| bind(&mut binding, row))?;
                statement.raw_execute()?;
            }
        }
        Ok(())
    }

    fn prepared(&self, sql: &str) -> Result<CachedStatement<'_>, Error> {
        Ok(self.connection.prepare_cached(sql)?)
    }
}

/// The places of a statement, filled one after the other.
struct Binding<'s, 'c> {
    statement: &'s mut CachedStatement<'c>,
    next: usize,
}

impl Binding<'_, '_> {
    fn bind(&mut self, value: impl ToSql) -> Result<(), rusqlite::Error> {
        self.statement.raw_bind_parameter(self.next, value)?;
        self.next += 1;
        Ok(())
    }
}

/// Rows of one statement.
const TOGETHER: usize = 32;
