use super::{Catalog, Disclosure, Error, Ingest};

impl Catalog {
    /// Remembers what an ingest saw; what was known of the dataset is brought up to date.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn record_ingest(&self, ingest: &Ingest) -> Result<(), Error> {
        let dataset = &ingest.dataset;
        self.database.write(|tx| {
            tx.execute(
                "INSERT INTO dataset VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO UPDATE SET
                 location = excluded.location, last_seen = excluded.last_seen, rows = excluded.rows,
                 new_subjects = excluded.new_subjects",
                (
                    &dataset.id,
                    &dataset.location,
                    dataset.first_seen.to_string(),
                    dataset.last_seen.to_string(),
                    signed(dataset.rows),
                    signed(dataset.new_subjects),
                ),
            )?;
            tx.execute("DELETE FROM dataset_column WHERE dataset = ?1", [&dataset.id])?;
            let mut insert =
                tx.prepare_cached("INSERT INTO dataset_column VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?;
            for column in &ingest.columns {
                insert.execute((
                    &dataset.id,
                    &column.path,
                    &column.data_type,
                    &column.tag,
                    &column.detector,
                    &column.proposed,
                    column.confidence,
                    &column.evidence,
                    column.seen.to_string(),
                ))?;
            }
            Ok(())
        })
    }

    /// Remembers a disclosure.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn record_disclosure(&self, disclosed: &Disclosure) -> Result<(), Error> {
        let columns = serde_json::to_string(&disclosed.columns).map_err(|e| Error::Corrupt(e.to_string()))?;
        self.database.write(|tx| {
            tx.execute(
                "INSERT INTO disclosure VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                (
                    &disclosed.id,
                    disclosed.at.to_string(),
                    &disclosed.dataset,
                    &disclosed.recipient,
                    &disclosed.purpose,
                    &disclosed.destination,
                    signed(disclosed.rows),
                    signed(disclosed.bytes),
                    &disclosed.sha256,
                    columns,
                    signed(disclosed.audit_entry),
                    signed(disclosed.dropped_objections),
                    signed(disclosed.dropped_restrictions),
                ),
            )?;
            Ok(())
        })
    }
}

/// SQLite's integers are signed.
fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
