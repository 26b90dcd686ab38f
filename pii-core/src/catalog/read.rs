use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::{Catalog, Column, Dataset, Disclosure, Error};

impl Catalog {
    /// Every dataset, by name.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Corrupt`].
    pub fn datasets(&self) -> Result<Vec<Dataset>, Error> {
        let mut query = self.database.reader().prepare_cached("SELECT * FROM dataset ORDER BY id")?;
        query.query_and_then([], dataset)?.collect()
    }

    /// One dataset, if it was ever ingested.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Corrupt`].
    pub fn dataset(&self, id: &str) -> Result<Option<Dataset>, Error> {
        let mut query = self.database.reader().prepare_cached("SELECT * FROM dataset WHERE id = ?1")?;
        query.query_row([id], |row| Ok(dataset(row))).optional()?.transpose()
    }

    /// The columns of a dataset, by path.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Corrupt`].
    pub fn columns(&self, dataset: &str) -> Result<Vec<Column>, Error> {
        let mut query = self.database.reader().prepare_cached(
            "SELECT path, data_type, tag, detector, proposed, confidence, evidence, seen
             FROM dataset_column WHERE dataset = ?1 ORDER BY path",
        )?;
        query.query_and_then([dataset], column)?.collect()
    }

    /// Datasets and columns whose name, tag or detector contains `text` (case ignored): `(dataset, column)`.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Corrupt`].
    pub fn search(&self, text: &str) -> Result<Vec<(String, Column)>, Error> {
        let mut query = self.database.reader().prepare_cached(
            "SELECT path, data_type, tag, detector, proposed, confidence, evidence, seen, dataset FROM dataset_column
             WHERE instr(lower(dataset || '.' || path || ' ' || tag || ' ' || coalesce(detector, '')), lower(?1)) > 0
             ORDER BY dataset, path",
        )?;
        query.query_and_then([text], |row| Ok((row.get(8)?, column(row)?)))?.collect()
    }

    /// Disclosures, oldest first; of one dataset if it is given.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Corrupt`].
    pub fn disclosures(&self, dataset: Option<&str>) -> Result<Vec<Disclosure>, Error> {
        let mut query = self
            .database
            .reader()
            .prepare_cached("SELECT * FROM disclosure WHERE ?1 IS NULL OR dataset = ?1 ORDER BY at, id")?;
        query.query_and_then(params![dataset], disclosed)?.collect()
    }

    /// The newest release of a dataset to a recipient.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Corrupt`].
    pub fn newest_disclosure(&self, dataset: &str, recipient: &str) -> Result<Option<Disclosure>, Error> {
        let mut query = self.database.reader().prepare_cached(
            "SELECT * FROM disclosure WHERE recipient = ?1 AND dataset = ?2 ORDER BY at DESC LIMIT 1",
        )?;
        query.query_row([recipient, dataset], |row| Ok(disclosed(row))).optional()?.transpose()
    }
}

fn dataset(row: &Row<'_>) -> Result<Dataset, Error> {
    Ok(Dataset {
        id: row.get(0)?,
        location: row.get(1)?,
        first_seen: timestamp(row, 2)?,
        last_seen: timestamp(row, 3)?,
        rows: unsigned(row, 4)?,
        new_subjects: unsigned(row, 5)?,
    })
}

fn column(row: &Row<'_>) -> Result<Column, Error> {
    Ok(Column {
        path: row.get(0)?,
        data_type: row.get(1)?,
        tag: row.get(2)?,
        detector: row.get(3)?,
        proposed: row.get(4)?,
        confidence: row.get(5)?,
        evidence: row.get(6)?,
        seen: timestamp(row, 7)?,
    })
}

fn disclosed(row: &Row<'_>) -> Result<Disclosure, Error> {
    let columns: String = row.get(9)?;
    Ok(Disclosure {
        id: row.get(0)?,
        at: timestamp(row, 1)?,
        dataset: row.get(2)?,
        recipient: row.get(3)?,
        purpose: row.get(4)?,
        destination: row.get(5)?,
        rows: unsigned(row, 6)?,
        dropped_objections: unsigned(row, 11)?,
        dropped_restrictions: unsigned(row, 12)?,
        bytes: unsigned(row, 7)?,
        sha256: row.get(8)?,
        columns: serde_json::from_str(&columns).map_err(|e| Error::Corrupt(e.to_string()))?,
        audit_entry: unsigned(row, 10)?,
    })
}

fn timestamp(row: &Row<'_>, index: usize) -> Result<Timestamp, Error> {
    row.get::<_, String>(index)?.parse().map_err(|e: jiff::Error| Error::Corrupt(e.to_string()))
}

fn unsigned(row: &Row<'_>, index: usize) -> Result<u64, Error> {
    u64::try_from(row.get::<_, i64>(index)?).map_err(|e| Error::Corrupt(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::{DisclosedColumn, Ingest};
    use super::*;

    fn ingest(rows: u64, at: &str) -> Ingest {
        let at: Timestamp = at.parse().unwrap();
        Ingest {
            dataset: Dataset {
                id: "crm.customers".into(),
                location: "customers.csv".into(),
                first_seen: at,
                last_seen: at,
                rows,
                new_subjects: 2,
            },
            columns: vec![Column {
                path: "email".into(),
                data_type: "Utf8".into(),
                tag: "user.contact.email".into(),
                detector: Some("EMAIL_ADDRESS".into()),
                proposed: Some("user.contact.email".into()),
                confidence: Some(0.99),
                evidence: Some("2 of 2".into()),
                seen: at,
            }],
        }
    }

    #[test]
    fn an_ingest_again_keeps_the_first_day() {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(&dir.path().join("state.db")).unwrap();
        catalog.record_ingest(&ingest(2, "2026-01-01T00:00:00Z")).unwrap();
        catalog.record_ingest(&ingest(3, "2026-02-01T00:00:00Z")).unwrap();
        let dataset = catalog.dataset("crm.customers").unwrap().unwrap();
        assert_eq!((dataset.rows, dataset.first_seen.to_string()), (3, "2026-01-01T00:00:00Z".to_owned()));
        assert_eq!(catalog.columns("crm.customers").unwrap(), ingest(3, "2026-02-01T00:00:00Z").columns);
        assert_eq!(catalog.dataset("crm.orders").unwrap(), None);
    }

    #[test]
    fn a_search_finds_names_tags_and_detectors() {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(&dir.path().join("state.db")).unwrap();
        catalog.record_ingest(&ingest(2, "2026-01-01T00:00:00Z")).unwrap();
        for text in ["EMAIL", "crm.customers.email", "user.contact", "email_address"] {
            assert_eq!(catalog.search(text).unwrap().len(), 1, "{text}");
        }
        assert!(catalog.search("phone").unwrap().is_empty());
    }

    #[test]
    fn a_disclosure_comes_back_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(&dir.path().join("state.db")).unwrap();
        let disclosed = Disclosure {
            id: "d".into(),
            at: "2026-01-01T00:00:00Z".parse().unwrap(),
            dataset: "crm.customers".into(),
            recipient: "warehouse".into(),
            purpose: "analytics".into(),
            destination: "out.parquet".into(),
            rows: 2,
            dropped_objections: 3,
            dropped_restrictions: 1,
            bytes: 100,
            sha256: "00".into(),
            columns: vec![DisclosedColumn {
                path: "email".into(),
                tag: "user.contact.email".into(),
                method: "pseudonymise".into(),
                key: Some("warehouse/1".into()),
                bridges: None,
            }],
            audit_entry: 7,
        };
        catalog.record_disclosure(&disclosed).unwrap();
        assert_eq!(catalog.disclosures(None).unwrap(), vec![disclosed.clone()]);
        assert!(catalog.disclosures(Some("crm.orders")).unwrap().is_empty());
        let later = Disclosure { id: "a".into(), at: "2026-02-01T00:00:00Z".parse().unwrap(), ..disclosed };
        catalog.record_disclosure(&later).unwrap();
        assert_eq!(catalog.newest_disclosure("crm.customers", "warehouse").unwrap(), Some(later));
        assert_eq!(catalog.newest_disclosure("crm.customers", "partner").unwrap(), None);
    }
}
