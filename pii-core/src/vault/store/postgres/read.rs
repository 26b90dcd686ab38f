use postgres::Row as Answer;
use postgres::types::{FromSql, ToSql};

use super::Session;
use crate::vault::store::{
    Arrival, ArrivedValue, Blind, Cell, Column, Counts, Field, Identity, Layout, Link, Named, PersonId, PersonRow,
    Reader, Row, Shard, Table, ValueKey, ValueRow, first_of,
};
use crate::vault::{Error, unsigned};

impl Reader for Session<'_> {
    fn identity(&mut self) -> Result<Option<Identity>, Error> {
        let rows = self.query("SELECT id, moved FROM vault", &[])?;
        rows.first().map(|row| Ok(Identity { id: sixteen(row, 0)?, moved: get(row, 1)? })).transpose()
    }

    fn layout(&mut self) -> Result<Layout, Error> {
        let kinds = self.query("SELECT id, name FROM kind", &[])?;
        let fields = self.query("SELECT id, dataset, path, category, region, kind FROM field", &[])?;
        let field = |row: &Answer| {
            Ok(Field {
                id: get(row, 0)?,
                dataset: get(row, 1)?,
                path: get(row, 2)?,
                category: get(row, 3)?,
                region: get(row, 4)?,
                kind: get(row, 5)?,
            })
        };
        Ok(Layout {
            kinds: kinds.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect::<Result<_, Error>>()?,
            fields: fields.iter().map(field).collect::<Result<_, Error>>()?,
        })
    }

    fn shards(&mut self) -> Result<Vec<Shard>, Error> {
        let rows = self.query("SELECT epoch, next FROM shard ORDER BY shard", &[])?;
        rows.iter().map(|row| Ok(Shard { epoch: epoch(row, 0)?, next: get(row, 1)? })).collect()
    }

    fn named(&mut self, kind: i64, blinds: &[Blind], limit: i64) -> Result<Vec<Vec<Named>>, Error> {
        let tags: Vec<&[u8]> = blinds.iter().map(<[u8; 16]>::as_slice).collect();
        let rows = self.query(
            "SELECT tag.n - 1, one.person, one.is_subject
             FROM unnest($2::bytea[]) WITH ORDINALITY AS tag (blind, n)
             CROSS JOIN LATERAL (SELECT person, is_subject FROM identifier WHERE kind = $1 AND blind = tag.blind
                                 ORDER BY is_subject DESC, person LIMIT $3) AS one
             ORDER BY tag.n, one.is_subject DESC, one.person",
            &[&kind, &tags, &limit],
        )?;
        let mut named = vec![Vec::new(); blinds.len()];
        for row in &rows {
            let who = Named { person: get(row, 1)?, is_subject: integer(row, 2)? == 1 };
            place(&mut named, row)?.push(who);
        }
        Ok(named)
    }

    fn having(&mut self, kind: i64, people: &[PersonId]) -> Result<Vec<PersonId>, Error> {
        let rows = self.query(
            "SELECT who.person FROM unnest($2::bigint[]) AS who (person)
             WHERE EXISTS (SELECT 1 FROM value JOIN field ON field.id = value.field
                           WHERE value.person = who.person AND field.kind = $1)",
            &[&kind, &people],
        )?;
        rows.iter().map(|row| integer(row, 0)).collect()
    }

    fn people(&mut self, people: &[PersonId]) -> Result<Vec<PersonRow>, Error> {
        self.persons("person.id = ANY ($1) ORDER BY person.id", &[&people])
    }

    fn people_of(&mut self, shard: u8, after: PersonId, limit: i64) -> Result<Vec<PersonRow>, Error> {
        let (after, end) = (after.max(first_of(shard) - 1), first_of(shard).saturating_add(first_of(1)));
        self.persons("person.id > $1 AND person.id < $2 ORDER BY person.id LIMIT $3", &[&after, &end, &limit])
    }

    fn by_alias(&mut self, alias: &[u8; 16]) -> Result<Option<PersonRow>, Error> {
        let [shard, ..] = *alias;
        let (first, end) = (first_of(shard), first_of(shard).saturating_add(first_of(1)));
        let which = "person.id >= $1 AND person.id < $2 AND alias = $3";
        Ok(self.persons(which, &[&first, &end, &alias.as_slice()])?.into_iter().next())
    }

    fn known_links(&mut self, links: &[Link]) -> Result<Vec<Option<bool>>, Error> {
        let kinds: Vec<i64> = links.iter().map(|link| link.kind).collect();
        let tags: Vec<&[u8]> = links.iter().map(|link| link.blind.as_slice()).collect();
        let people: Vec<i64> = links.iter().map(|link| link.person).collect();
        let rows = self.query(
            "SELECT asked.n - 1, is_subject
             FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) WITH ORDINALITY AS asked (kind, blind, person, n)
             JOIN identifier USING (kind, blind, person)",
            &[&kinds, &tags, &people],
        )?;
        let mut known = vec![None; links.len()];
        for row in &rows {
            *place(&mut known, row)? = Some(integer(row, 1)? == 1);
        }
        Ok(known)
    }

    fn known_values(&mut self, values: &[ValueKey]) -> Result<Vec<bool>, Error> {
        let people: Vec<i64> = values.iter().map(|value| value.person).collect();
        let fields: Vec<i64> = values.iter().map(|value| value.field).collect();
        let tags: Vec<&[u8]> = values.iter().map(|value| value.blind.as_slice()).collect();
        let rows = self.query(
            "SELECT asked.n - 1
             FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) WITH ORDINALITY AS asked (person, field, blind, n)
             JOIN value USING (person, field, blind)",
            &[&people, &fields, &tags],
        )?;
        let mut known = vec![false; values.len()];
        for row in &rows {
            *place(&mut known, row)? = true;
        }
        Ok(known)
    }

    fn values_of(&mut self, people: &[PersonId]) -> Result<Vec<Vec<ValueRow>>, Error> {
        let rows = self.query(
            "SELECT who.n - 1, field, sealed, at FROM unnest($1::bigint[]) WITH ORDINALITY AS who (person, n)
             JOIN value USING (person) JOIN batch ON batch.id = value.batch ORDER BY who.n, field, batch, blind",
            &[&people],
        )?;
        let mut values: Vec<Vec<ValueRow>> = people.iter().map(|_| Vec::new()).collect();
        for row in &rows {
            let value = ValueRow { field: get(row, 1)?, sealed: get(row, 2)?, seen: get(row, 3)? };
            place(&mut values, row)?.push(value);
        }
        Ok(values)
    }

    fn mark(&mut self, domain: &str, epoch: &str) -> Result<Arrival, Error> {
        let sql = "SELECT batch, person FROM pseudonym_mark WHERE domain = $1 AND epoch = $2";
        let rows = self.query(sql, &[&domain, &epoch])?;
        let mark = rows.first().map(|row| Ok::<_, Error>(Arrival { batch: get(row, 0)?, person: get(row, 1)? }));
        Ok(mark.transpose()?.unwrap_or_default())
    }

    fn arrived(&mut self, mark: Arrival, limit: i64) -> Result<Vec<ArrivedValue>, Error> {
        let rows = self.query(
            "SELECT came.batch, came.person, subject, key, epoch, field, sealed
             FROM (SELECT batch, person FROM arrival WHERE (batch, person) > ($1, $2)
                   ORDER BY batch, person LIMIT $3) AS came
             JOIN person ON person.id = came.person
             JOIN shard ON shard.shard = person.id >> 40
             JOIN value ON value.person = came.person AND value.batch = came.batch
             ORDER BY came.batch, came.person",
            &[&mark.batch, &mark.person, &limit],
        )?;
        let value = |row: &Answer| {
            Ok(ArrivedValue {
                arrival: Arrival { batch: get(row, 0)?, person: get(row, 1)? },
                subject: sixteen(row, 2)?,
                key: get(row, 3)?,
                epoch: epoch(row, 4)?,
                field: get(row, 5)?,
                sealed: get(row, 6)?,
            })
        };
        rows.iter().map(value).collect()
    }

    fn pseudonym(&mut self, domain: &str, epoch: &str, tag: &Blind) -> Result<Vec<PersonId>, Error> {
        let sql = "SELECT person FROM pseudonym WHERE domain = $1 AND epoch = $2 AND tag = $3 ORDER BY person";
        self.query(sql, &[&domain, &epoch, &tag.as_slice()])?.iter().map(|row| integer(row, 0)).collect()
    }

    fn counts(&mut self) -> Result<Counts, Error> {
        let row = self.one(
            "SELECT (SELECT count(*) FROM person), (SELECT count(*) FROM identifier), (SELECT count(*) FROM value)",
            &[],
        )?;
        let count = |n: usize| unsigned(integer(&row, n)?);
        Ok(Counts { people: count(0)?, identifiers: count(1)?, values: count(2)? })
    }

    fn rows(&mut self, table: &Table, after: Option<&Row>, limit: i64) -> Result<Vec<Row>, Error> {
        let (columns, key) = table.names();
        let places: Vec<_> = (1..=table.key).map(|n| format!("${n}")).collect();
        let from = if after.is_some() { format!("WHERE ({key}) > ({})", places.join(", ")) } else { String::new() };
        let sql = format!("SELECT {columns} FROM {} {from} ORDER BY {key} LIMIT {limit}", table.name);
        let after = after.map(|row| table.key_of(row)).unwrap_or_default();
        let after: Vec<&(dyn ToSql + Sync)> = after.iter().map(bound).collect();
        self.query(&sql, &after)?.iter().map(|row| cells(row, table)).collect()
    }

    fn last_row(&mut self, table: &Table) -> Result<Option<Row>, Error> {
        let (columns, _) = table.names();
        let sql = format!("SELECT {columns} FROM {} ORDER BY {} LIMIT 1", table.name, table.backwards());
        self.query(&sql, &[])?.first().map(|row| cells(row, table)).transpose()
    }
}

impl Session<'_> {
    /// People with the epoch of their shard, in one statement: both are of one moment.
    fn persons(&mut self, which: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<PersonRow>, Error> {
        let sql = format!(
            "SELECT person.id, subject, alias, key, created, epoch FROM person
             JOIN shard ON shard.shard = person.id >> 40 WHERE {which}"
        );
        let person = |row: &Answer| {
            Ok(PersonRow {
                id: get(row, 0)?,
                subject: sixteen(row, 1)?,
                alias: sixteen(row, 2)?,
                key: get(row, 3)?,
                created: get(row, 4)?,
                epoch: epoch(row, 5)?,
            })
        };
        self.query(&sql, values)?.iter().map(person).collect()
    }
}

pub(super) fn integer(row: &Answer, n: usize) -> Result<i64, Error> {
    get(row, n)
}

fn get<'r, T: FromSql<'r>>(row: &'r Answer, n: usize) -> Result<T, Error> {
    row.try_get(n).map_err(|_| Error::Corrupt("a column of another type"))
}

fn sixteen(row: &Answer, n: usize) -> Result<[u8; 16], Error> {
    get::<&[u8]>(row, n)?.try_into().map_err(|_| Error::Corrupt("a number that is not 16 bytes long"))
}

fn epoch(row: &Answer, n: usize) -> Result<u32, Error> {
    u32::try_from(integer(row, n)?).map_err(|_| Error::Corrupt("an epoch outside of its range"))
}

/// The place of an answer among the answers: the row's first column says which question it is to.
fn place<'t, T>(answers: &'t mut [T], row: &Answer) -> Result<&'t mut T, Error> {
    let n = usize::try_from(integer(row, 0)?).unwrap_or(usize::MAX);
    answers.get_mut(n).ok_or(Error::Corrupt("an answer to no question"))
}

fn bound(cell: &Cell) -> &(dyn ToSql + Sync) {
    match cell {
        Cell::Null => &None::<i64>,
        Cell::Integer(number) => number,
        Cell::Bytes(bytes) => bytes,
        Cell::Text(text) => text,
    }
}

fn cells(row: &Answer, table: &Table) -> Result<Row, Error> {
    (0..).zip(table.columns).map(|(n, (_, column))| cell(row, n, *column)).collect()
}

fn cell(row: &Answer, n: usize, column: Column) -> Result<Cell, Error> {
    Ok(match column {
        Column::Integer => get::<Option<i64>>(row, n)?.map_or(Cell::Null, Cell::Integer),
        Column::Bytes => get::<Option<Vec<u8>>>(row, n)?.map_or(Cell::Null, Cell::Bytes),
        Column::Text => get::<Option<String>>(row, n)?.map_or(Cell::Null, Cell::Text),
    })
}
