use std::path::Path;

use jiff::Timestamp;

use super::{Error, Intent, Place, PlaceName, Ran};
use crate::audit::{Receipt, Sidecar};
use crate::erase::Go;
use crate::vault::{Person, Vault};

/// The vault, and what the log keeps beside its entries.
pub struct Memory<'a> {
    /// The vault.
    pub vault: &'a Vault,
    /// Beside the log.
    pub sidecar: &'a Sidecar,
    /// Who is to be forgotten.
    pub people: Vec<Person>,
    /// How many values the vault holds of them.
    pub values: u64,
    /// How many others a hold keeps.
    pub held: u64,
}

impl Place for Memory<'_> {
    fn name(&self) -> PlaceName {
        PlaceName::Vault
    }

    fn plan(&self, _go: Go<'_>) -> Result<Intent, Error> {
        if self.people.is_empty() && self.held == 0 {
            return Ok(Intent::Absent);
        }
        Ok(Intent::Shred { people: self.people.len() as u64, values: self.values, held: self.held })
    }

    fn run(
        &self,
        _intent: &Intent,
        at: Timestamp,
        _journal: &Path,
        _go: Go<'_>,
        recorded: &Receipt,
    ) -> Result<Ran, Error> {
        self.sidecar.forget_all(self.people.iter().map(|person| person.alias), recorded)?;
        self.vault.shred(&self.people, at, recorded)?;
        self.vault.compact()?;
        Ok(Ran { rows: self.people.len() as u64, held: self.held, ..Ran::default() })
    }
}
