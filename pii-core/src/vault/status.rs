use super::{Error, Vault};

/// How much the vault holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// People.
    pub subjects: u64,
    /// Identifiers that point to them.
    pub identifiers: u64,
    /// Sealed values.
    pub values: u64,
    /// Size of the file, in bytes.
    pub bytes: u64,
    /// The datasets that values came from.
    pub datasets: Vec<String>,
}

impl Vault {
    /// Counts, without opening a value.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn status(&self) -> Result<Status, Error> {
        let reader = self.database.reader();
        let count = |sql: &str| -> Result<u64, Error> {
            let n: i64 = reader.query_row(sql, [], |r| r.get(0))?;
            u64::try_from(n).map_err(|_| Error::Corrupt("a negative count"))
        };
        let mut datasets = reader.prepare_cached("SELECT DISTINCT dataset FROM field ORDER BY dataset")?;
        Ok(Status {
            subjects: count("SELECT count(*) FROM person")?,
            identifiers: count("SELECT count(*) FROM identifier")?,
            values: count("SELECT count(*) FROM value")?,
            bytes: count("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")?,
            datasets: datasets.query_map([], |r| r.get(0))?.collect::<Result<_, _>>()?,
        })
    }
}
