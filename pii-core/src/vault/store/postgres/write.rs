use super::Session;
use super::copy::Rows;
use super::read::integer;
use crate::vault::Error;
use crate::vault::store::{
    Arrival, Blind, Cell, Field, Link, NewValue, PersonId, PersonRow, Removed, Row, Table, ValueKey, Writer, first_of,
};

impl Writer for Session<'_> {
    fn begin(&mut self, id: [u8; 16]) -> Result<(), Error> {
        self.execute("INSERT INTO vault (id) VALUES ($1)", &[&id.as_slice()]).map(drop)
    }

    fn add_shards(&mut self, epoch: u32) -> Result<(), Error> {
        let mut rows = Rows::new();
        for shard in 0..=u8::MAX {
            rows.row(3);
            [shard.into(), epoch.into(), first_of(shard)].into_iter().for_each(|number: i64| rows.integer(number));
        }
        self.copy("shard (shard, epoch, next)", rows)
    }

    fn set_moved(&mut self, to: Option<&str>) -> Result<(), Error> {
        self.execute("UPDATE vault SET moved = $1", &[&to]).map(drop)
    }

    fn add_kind(&mut self, id: i64, name: &str) -> Result<(), Error> {
        self.execute("INSERT INTO kind (id, name) VALUES ($1, $2)", &[&id, &name]).map(drop)
    }

    fn add_field(&mut self, field: &Field) -> Result<(), Error> {
        let Field { id, dataset, path, category, region, kind } = field;
        let sql = "INSERT INTO field (id, dataset, path, category, region, kind) VALUES ($1, $2, $3, $4, $5, $6)";
        self.execute(sql, &[id, dataset, path, category, region, kind]).map(drop)
    }

    fn add_batch(&mut self, at: i64) -> Result<i64, Error> {
        let sql = "INSERT INTO batch (id, at) SELECT coalesce(max(id), 0) + 1, $1 FROM batch RETURNING id";
        integer(&self.one(sql, &[&at])?, 0)
    }

    fn add_people(&mut self, people: &[PersonRow]) -> Result<(), Error> {
        if people.is_empty() {
            return Ok(());
        }
        let mut rows = Rows::new();
        for person in people {
            rows.row(5);
            rows.integer(person.id);
            rows.bytes(&person.subject);
            rows.bytes(&person.alias);
            rows.bytes(&person.key);
            rows.integer(person.created);
        }
        self.copy("person (id, subject, alias, key, created)", rows)
    }

    fn set_next(&mut self, shards: &[(u8, i64)]) -> Result<(), Error> {
        let (shards, next): (Vec<i64>, Vec<i64>) = shards.iter().map(|(shard, next)| (i64::from(*shard), next)).unzip();
        let sql = "UPDATE shard SET next = given.next FROM unnest($1::bigint[], $2::bigint[]) AS given (shard, next)
                   WHERE shard.shard = given.shard";
        self.execute(sql, &[&shards, &next]).map(drop)
    }

    fn add_links(&mut self, links: &[Link]) -> Result<(), Error> {
        if links.is_empty() {
            return Ok(());
        }
        let mut rows = Rows::new();
        for link in links {
            rows.row(4);
            rows.integer(link.kind);
            rows.bytes(&link.blind);
            rows.integer(link.person);
            rows.integer(link.is_subject.into());
        }
        self.copy("identifier (kind, blind, person, is_subject)", rows)
    }

    fn promote_links(&mut self, links: &[Link]) -> Result<(), Error> {
        if links.is_empty() {
            return Ok(());
        }
        let kinds: Vec<i64> = links.iter().map(|link| link.kind).collect();
        let tags: Vec<&[u8]> = links.iter().map(|link| link.blind.as_slice()).collect();
        let people: Vec<i64> = links.iter().map(|link| link.person).collect();
        let sql = "UPDATE identifier SET is_subject = 1
                   FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) AS given (kind, blind, person)
                   WHERE identifier.kind = given.kind AND identifier.blind = given.blind
                   AND identifier.person = given.person";
        self.execute(sql, &[&kinds, &tags, &people]).map(drop)
    }

    fn add_values(&mut self, batch: i64, values: &[NewValue]) -> Result<(), Error> {
        let mut rows = Rows::new();
        for NewValue { key, sealed, pointer } in values {
            rows.row(6);
            rows.integer(key.person);
            rows.integer(key.field);
            rows.bytes(&key.blind);
            rows.integer(batch);
            match pointer {
                Some(pointer) => rows.bytes(pointer),
                None => rows.null(),
            }
            rows.bytes(sealed);
        }
        self.copy("value (person, field, blind, batch, pointer, sealed)", rows)
    }

    fn add_arrivals(&mut self, batch: i64, people: &[PersonId]) -> Result<(), Error> {
        let mut rows = Rows::new();
        for person in people {
            rows.row(2);
            rows.integer(batch);
            rows.integer(*person);
        }
        self.copy("arrival (batch, person)", rows)
    }

    fn add_pseudonyms(&mut self, domain: &str, epoch: &str, tags: &[(Blind, PersonId)]) -> Result<(), Error> {
        let people: Vec<i64> = tags.iter().map(|(_, person)| *person).collect();
        let tags: Vec<&[u8]> = tags.iter().map(|(tag, _)| tag.as_slice()).collect();
        let sql = "INSERT INTO pseudonym (domain, epoch, tag, person)
                   SELECT $1, $2, tag, person FROM unnest($3::bytea[], $4::bigint[]) AS given (tag, person)
                   ON CONFLICT DO NOTHING";
        self.execute(sql, &[&domain, &epoch, &tags, &people]).map(drop)
    }

    fn set_mark(&mut self, domain: &str, epoch: &str, mark: Arrival) -> Result<(), Error> {
        let sql = "INSERT INTO pseudonym_mark (domain, epoch, batch, person) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (domain, epoch) DO UPDATE SET batch = excluded.batch, person = excluded.person";
        self.execute(sql, &[&domain, &epoch, &mark.batch, &mark.person]).map(drop)
    }

    fn remove_values(&mut self, values: &[ValueKey]) -> Result<(), Error> {
        let people: Vec<i64> = values.iter().map(|value| value.person).collect();
        let fields: Vec<i64> = values.iter().map(|value| value.field).collect();
        let blinds: Vec<&[u8]> = values.iter().map(|value| value.blind.as_slice()).collect();
        // All parts of a statement see the rows as they were before it: those that go are counted out.
        let sql = "WITH gone AS (
                       DELETE FROM value USING unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS given (person, field, blind)
                       WHERE (value.person, value.field, value.blind) = (given.person, given.field, given.blind)
                       RETURNING value.*),
                   stays AS (
                       SELECT * FROM value WHERE person IN (SELECT person FROM gone)
                       EXCEPT ALL SELECT * FROM gone),
                   unnamed AS (
                       DELETE FROM identifier USING gone JOIN field ON field.id = gone.field
                       WHERE identifier.kind = field.kind AND identifier.blind = gone.pointer
                       AND identifier.person = gone.person AND NOT EXISTS (
                           SELECT 1 FROM stays JOIN field AS other ON other.id = stays.field
                           WHERE stays.person = gone.person AND stays.pointer = gone.pointer
                           AND other.kind = field.kind))
                   DELETE FROM arrival USING gone WHERE arrival.batch = gone.batch AND arrival.person = gone.person
                   AND NOT EXISTS (
                       SELECT 1 FROM stays WHERE stays.person = gone.person AND stays.batch = gone.batch)";
        self.execute(sql, &[&people, &fields, &blinds]).map(drop)
    }

    fn remove(&mut self, people: &[PersonId]) -> Result<Removed, Error> {
        let mut gone = |sql: &str| self.execute(sql, &[&people]);
        // The values say which identifiers and arrivals are theirs, and so go after them.
        let identifiers = gone(
            "DELETE FROM identifier USING (
                 SELECT DISTINCT field.kind, pointer, person FROM value JOIN field ON field.id = field
                 WHERE person = ANY ($1) AND pointer IS NOT NULL) AS theirs
             WHERE identifier.kind = theirs.kind AND blind = pointer AND identifier.person = theirs.person",
        )?;
        gone(
            "DELETE FROM arrival USING (SELECT DISTINCT batch, person FROM value WHERE person = ANY ($1)) AS theirs
             WHERE arrival.batch = theirs.batch AND arrival.person = theirs.person",
        )?;
        Ok(Removed {
            identifiers,
            values: gone("DELETE FROM value WHERE person = ANY ($1)")?,
            pseudonyms: gone("DELETE FROM pseudonym WHERE person = ANY ($1)")?,
            people: gone("DELETE FROM person WHERE id = ANY ($1)")?,
        })
    }

    fn rewrap(&mut self, keys: &[(PersonId, Vec<u8>)]) -> Result<(), Error> {
        let people: Vec<i64> = keys.iter().map(|(person, _)| *person).collect();
        let keys: Vec<&[u8]> = keys.iter().map(|(_, key)| key.as_slice()).collect();
        let sql = "UPDATE person SET key = given.key FROM unnest($1::bigint[], $2::bytea[]) AS given (id, key)
                   WHERE person.id = given.id";
        self.execute(sql, &[&people, &keys]).map(drop)
    }

    fn set_epoch(&mut self, shard: u8, epoch: u32) -> Result<(), Error> {
        let sql = "UPDATE shard SET epoch = $2 WHERE shard = $1";
        self.execute(sql, &[&i64::from(shard), &i64::from(epoch)]).map(drop)
    }

    fn add_rows(&mut self, table: &Table, rows: &[Row]) -> Result<(), Error> {
        let mut copied = Rows::new();
        for row in rows {
            copied.row(i16::try_from(row.len()).unwrap_or(i16::MAX));
            for cell in row {
                match cell {
                    Cell::Null => copied.null(),
                    Cell::Integer(number) => copied.integer(*number),
                    Cell::Bytes(bytes) => copied.bytes(bytes),
                    Cell::Text(text) => copied.bytes(text.as_bytes()),
                }
            }
        }
        self.copy(&format!("{} ({})", table.name, table.names().0), copied)
    }

    fn clear(&mut self, table: &Table) -> Result<(), Error> {
        self.batch(&format!("DELETE FROM {}", table.name))
    }

    fn commit(mut self: Box<Self>) -> Result<(), Error> {
        let done = self.batch("COMMIT");
        self.open = false;
        done
    }
}
