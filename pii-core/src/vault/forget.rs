use super::{Error, Person, Vault};
use crate::audit::Receipt;

/// What went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Identifiers that pointed to the person.
    pub identifiers: u64,
    /// Sealed values.
    pub values: u64,
    /// Pseudonyms in the index.
    pub pseudonyms: u64,
}

impl Vault {
    /// Destroys all that the vault holds of a person, their key with it, in the file and in its log of changes. The
    /// receipt proves that the erasure is on record. Their alias stands in the audit log and leads nowhere from now on.
    ///
    /// # Errors
    /// [`Error::State`]. If it is [`crate::state::Error::Locked`], the person may be gone from the tables while others
    /// read an older state of the file: it is written over when they end and anybody writes.
    pub fn forget(&self, person: &Person, _recorded: &Receipt) -> Result<Forgotten, Error> {
        let forgotten = self.database.write(|tx| -> Result<Forgotten, Error> {
            let gone = |sql: &str| -> Result<u64, Error> { Ok(tx.execute(sql, [person.id])? as u64) };
            let forgotten = Forgotten {
                identifiers: gone("DELETE FROM identifier WHERE person = ?1")?,
                values: gone("DELETE FROM value WHERE person = ?1")?,
                pseudonyms: gone("DELETE FROM pseudonym WHERE person = ?1")?,
            };
            gone("DELETE FROM person WHERE id = ?1")?;
            // SQLite gives the numbers of the last rows again; the index must not take new values for old ones.
            tx.execute(
                "UPDATE pseudonym_mark SET last_value = min(last_value, (SELECT coalesce(max(id), 0) FROM value))",
                [],
            )?;
            Ok(forgotten)
        })?;
        self.database.settle()?;
        Ok(forgotten)
    }

    /// Writes the vault's file anew, so that no page keeps a copy of a row that was deleted later: an old page may hold a
    /// blind tag that has moved on before it was destroyed. To be done after people were forgotten; once for many is
    /// enough. Takes as long as the file is large, and as much room again.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn compact(&self) -> Result<(), Error> {
        Ok(self.database.rebuild()?)
    }
}
